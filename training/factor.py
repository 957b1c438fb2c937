"""Makes the wide table of words of a student a narrow one and a projection, for some of its words.

The narrow table has the directions that change most of what the first window hands on. The first window reads its rows
(student.py), so what is common to all positions moves from the positions into the rows.
"""

from dataclasses import replace

import torch
from torch import Tensor

from student import Student, Window

TYPICAL = 24  # tokens: the positions that most texts have
OPEN = 0.5  # share of what a ReLU lets through


@torch.no_grad()
def factorised(student: Student, kept: Tensor, counts: Tensor, columns: int, first: int) -> tuple[Student, float]:
    """The student with the words `kept` and a table of so many columns; how much of its words is lost (0 to 1).

    kept: numbers of words. counts: how often each of them occurs. first: place in `kept` of the token with which all
    texts begin. Student.shape.normed must be False.
    """
    words, places = student.words.weight[kept].clone(), student.places.weight.clone()
    common = places[1:TYPICAL].mean(0)
    words, places = words + common, places - common
    words[first] += places[0]
    places[0] = 0

    root, inverse = square_root(importance(student.layers[0]))
    seen, weight = words @ root, counts.float().sqrt() + 0.1
    weight = weight / weight.sum()
    covariance = (seen * weight[:, None]).T @ seen
    strengths, directions = torch.linalg.eigh(covariance)
    directions = directions.flip(1)[:, :columns]
    rows, up = seen @ directions, directions.T @ inverse
    scale = rows.std(0)
    rows, up = rows / scale, up * scale[:, None]

    shape = replace(student.shape, vocabulary=len(kept), factor=columns)
    mix = student.layers[0].mix.weight.chunk(shape.window, dim=1)
    out = Student(shape, student.dropout)
    changed = {
        "words.weight": rows,
        "places.weight": places,
        "widen.weight": up.T,
        "layers.0.mix.weight": torch.cat([part @ up.T for part in mix], dim=1),
    }
    out.load_state_dict(student.state_dict() | changed)
    return out, 1 - (strengths.flip(0)[:columns].sum() / strengths.sum()).item()


def importance(window: Window) -> Tensor:
    """[width, width]: how much an error of a row changes what the window hands on for this word and its neighbours."""
    width = window.out.out_features
    total = torch.zeros(width, width)
    for place, part in enumerate(window.mix.weight.chunk(2 * window.half + 1, dim=1)):
        effect = OPEN * window.out.weight @ part
        if place == window.half:
            effect = effect + torch.eye(width)
        total += effect.T @ effect
    return total


def square_root(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Of a symmetric positive matrix, and its inverse."""
    values, vectors = torch.linalg.eigh(matrix)
    values = values.clamp(min=1e-6).sqrt()
    return (vectors * values) @ vectors.T, (vectors / values) @ vectors.T
