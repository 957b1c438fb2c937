"""Reads the weights of a published graph back, so that a training can begin where another one ended."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from bert import LAYERS, Teacher
from student import Shape, Student


class Constants:
    """The constants of a graph that quantize.py or export_teacher.py wrote, int8 weights as float32."""

    def __init__(self, folder: Path) -> None:
        model = onnx.load(folder / "model.onnx")
        self.arrays = {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}

    def __getitem__(self, name: str) -> Tensor:
        return torch.from_numpy(self.arrays[name].astype(np.float32))

    def linear(self, name: str, product: str, bias: bool = True) -> dict[str, Tensor]:
        """Weight and bias for the module `name`, from the matrix product `product` (its weight is [in, out])."""
        out = {f"{name}.weight": (self[f"{product}.weight"] * self[f"{product}.weight_scale"]).T}
        return out | ({f"{name}.bias": self[f"{product}.bias"]} if bias else {})

    def plain(self, name: str) -> dict[str, Tensor]:
        """A layer that was not quantized."""
        return {f"{name}.{part}": self[f"{name}.{part}"] for part in ("weight", "bias")}

    def norm(self, name: str, product: str) -> dict[str, Tensor]:
        return {f"{name}.weight": self[f"{product}.gamma"], f"{name}.bias": self[f"{product}.beta"]}

    def words(self) -> Tensor:
        return self["words"] * self["words.scale"]


def three(rows: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """The last layer of two labels as one of three: NEUTRAL, in between, begins as the mean of its neighbours."""
    return {
        f"{name}.{part}": torch.stack([old[0], (old[0] + old[1]) / 2, old[1]])
        for part in ("weight", "bias")
        for old in [rows[f"{name}.{part}"]]
    }


def read_weights(folder: Path, layers: str) -> dict[str, Tensor]:
    """The weights of a graph with these layers, by their names in a `Student`; those that only training needs lack."""
    graph = Constants(folder)
    weights = {"words.weight": graph.words(), "places.weight": graph["places"]}
    for i, kind in enumerate(layers):
        at = f"layers.{i}"
        if kind == "W":
            weights |= graph.linear(f"{at}.mix", f"window{i}.mix", bias=False)
            weights |= graph.linear(f"{at}.out", f"window{i}.out") | graph.norm(f"{at}.norm", f"window{i}.norm")
        else:
            weights |= graph.linear(f"{at}.qkv", f"attention{i}.mixed")
            weights |= graph.linear(f"{at}.out", f"attention{i}.out") | graph.norm(f"{at}.norm", f"attention{i}.norm")
    return weights | {"ask.weight": graph["pool.ask"].T} | graph.plain("hidden") | graph.plain("logits")


def fill(student: Student, weights: dict[str, Tensor]) -> Student:
    missing = student.load_state_dict(weights, strict=False)
    assert all(name.startswith("teacher.") for name in missing.missing_keys) and not missing.unexpected_keys
    return student


def read_student(folder: Path, dropout: float = 0.1) -> Student:
    """models/default as a network."""
    weights = read_weights(folder, Shape().layers)
    return fill(Student(Shape(vocabulary=len(weights["words.weight"]), normed=False), dropout), weights)


def read_with_new_words(folder: Path, origins: list[list[int]]) -> Student:
    """models/default as a network with three labels and a new word for each of `origins`: the mean of these pieces."""
    weights = read_weights(folder, Shape().layers)
    words = weights["words.weight"]
    new = torch.stack([words[torch.tensor(pieces)].mean(0) for pieces in origins])
    shape = Shape(vocabulary=len(words) + len(new), labels=3, normed=False)
    return fill(Student(shape), weights | three(weights, "logits") | {"words.weight": torch.cat([words, new])})


def read_teacher(folder: Path, dropout: float = 0.1) -> Teacher:
    """models/accurate as a network."""
    graph = Constants(folder)
    weights = {"words.weight": graph.words(), "places.weight": graph["places"]} | graph.norm("norm", "embedded_norm")
    for i in range(LAYERS):
        weights |= graph.linear(f"blocks.{i}.qkv", f"{i}.attention")
        for layer in ("mixed", "inner", "outer"):
            weights |= graph.linear(f"blocks.{i}.{layer}", f"{i}.{layer}")
        for norm in ("norm1", "norm2"):
            weights |= graph.norm(f"blocks.{i}.{norm}", f"{i}.{norm}")
    teacher = Teacher(dropout)
    teacher.load_state_dict(weights | graph.plain("pooler") | graph.plain("logits"))
    return teacher
