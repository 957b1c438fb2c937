"""The student network: wide embeddings, windows of words, one attention layer, pooling by learned questions.

    ids ─ norm(embedding) + position ─ [window of 3 → ReLU] ─ [attention] ─ [window of 3 → ReLU] ─ pool ─ logits

Chosen for what a CPU does well: nearly all arithmetic is in large int8 matrix products, a ReLU costs nothing when the
result is quantized with zero point 0, and embeddings cost no arithmetic at all (their norm goes into the
table). The pooling asks `questions` learned
questions of all positions (attention with constant queries), so the classifier runs once a text, not once a token.

With `factor` the table is narrow and a projection widens its rows. The first window then reads the narrow rows, which
costs half as much as wide ones; it does not see positions, which are added behind the projection.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 30522
    positions: int = 128
    width: int = 256
    window: int = 3
    inner: int = 256
    attention: int = 128
    heads: int = 2
    questions: int = 4
    classifier: int = 256
    layers: str = "WAW"
    labels: int = 2
    normed: bool = True  # False: the table of words holds what their norm would give, as it does in a graph
    factor: int = 0  # columns of the table of words, which are projected to `width`; 0: the table is that wide itself

    def to_dict(self) -> dict:
        return asdict(self)


def drop(x: Tensor, share: float, training: bool) -> Tensor:
    """Dropout of whole dimensions of a text: one mask for all its positions, which costs a fraction of one for each."""
    if not training or share == 0:
        return x
    return x * F.dropout(x.new_ones(x.shape[0], 1, x.shape[2]), share)


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
    """Attention written out: for short texts on a CPU several times faster than torch's kernel, backwards above all."""
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + bias.to(q.dtype)
    return scores.softmax(-1).to(v.dtype) @ v


class Window(nn.Module):
    """Each position sees its neighbours: a convolution written as one matrix product, then a feed-forward.

    `seen`: how wide the rows of words are, where the window looks at these and not at the stream they are added to.
    """

    def __init__(self, shape: Shape, seen: int = 0) -> None:
        super().__init__()
        self.half = shape.window // 2
        self.mix = nn.Linear(shape.window * (seen or shape.width), shape.inner, bias=False)
        self.out = nn.Linear(shape.inner, shape.width)
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor, real: Tensor, dropout: float, rows: Tensor | None = None) -> Tensor:
        length = x.shape[1]
        padded = F.pad((x if rows is None else rows) * real.unsqueeze(2), (0, 0, self.half, self.half))
        windows = torch.cat([padded[:, i : i + length] for i in range(2 * self.half + 1)], dim=2)
        y = self.out(F.relu(self.mix(windows)))
        return self.norm(x + drop(y, dropout, self.training))


class Attention(nn.Module):
    """Self-attention of `attention` dimensions inside a wider stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.width, 3 * shape.attention)
        self.out = nn.Linear(shape.attention, shape.width)
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor, real: Tensor, dropout: float) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = attend(q, k, v, (real[:, None, None, :] - 1) * 1e4)
        y = self.out(mixed.transpose(1, 2).reshape(batch, length, -1))
        return self.norm(x + drop(y, dropout, self.training))


class Summary(nn.Module):
    """Tells every position what the whole text says: a few questions asked of all positions, the answers added to each.

    A cheap stand-in for self-attention: its cost is that of a text, not that of a pair of tokens.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.ask = nn.Linear(shape.width, shape.questions, bias=False)
        self.out = nn.Linear(shape.questions * shape.width, shape.width)
        self.norm = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor, real: Tensor, dropout: float) -> Tensor:
        y = self.out(pool(self.ask(x), x, real)).unsqueeze(1)
        return self.norm(x + drop(y, dropout, self.training))


def pool(score: Tensor, x: Tensor, real: Tensor) -> Tensor:
    """Means of x weighted by the softmax of score over the real positions: [batch, questions × width]."""
    share = F.softmax(score + (real.unsqueeze(2) - 1) * 1e4, dim=1)
    return (share.transpose(1, 2) @ x).flatten(1)


class Student(nn.Module):
    def __init__(self, shape: Shape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.dropout = dropout
        self.words = nn.Embedding(shape.vocabulary, shape.factor or shape.width, sparse=True)
        self.places = nn.Embedding(shape.positions, shape.width)
        self.norm = nn.LayerNorm(shape.width) if shape.normed else nn.Identity()
        kinds = {"W": Window, "A": Attention, "S": Summary}
        self.layers = nn.ModuleList(kinds[letter](shape) for letter in shape.layers)
        if shape.factor:
            self.widen = nn.Linear(shape.factor, shape.width, bias=False)
            self.layers[0] = Window(shape, shape.factor)
        self.ask = nn.Linear(shape.width, shape.questions, bias=False)
        self.hidden = nn.Linear(shape.questions * shape.width, shape.classifier)
        self.logits = nn.Linear(shape.classifier, shape.labels)
        self.teacher = nn.Linear(shape.classifier, 384)  # only for training: guesses the teacher's last state

    def forward(self, ids: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """ids int64 [batch, sequence], real float [batch, sequence] (1 = a token)
        → logits [batch, labels], guess [batch, 384]."""
        layers = list(self.layers)
        if self.shape.factor:
            rows = drop(self.words(ids), self.dropout, self.training)
            x = layers.pop(0)(self.widen(rows) + self.places.weight[: ids.shape[1]], real, self.dropout, rows)
        else:
            x = self.norm(self.words(ids)) + self.places.weight[: ids.shape[1]]
            x = drop(x, self.dropout, self.training)
        for layer in layers:
            x = layer(x, real, self.dropout)
        hidden = F.relu(self.hidden(pool(self.ask(x), x, real)))
        hidden = F.dropout(hidden, self.dropout, self.training)
        return self.logits(hidden), self.teacher(hidden)


def initialise_embeddings(student: Student, words: Tensor, places: Tensor, counts: Tensor) -> None:
    """Starts from the teacher's embeddings [vocabulary, 384], turned to the directions that matter most.

    Principal components of the words, weighted by the root of their frequency; places go through the same projection.
    """
    weight = counts.float().sqrt() + 0.1
    weight = weight / weight.sum()
    centred = words - (weight[:, None] * words).sum(0)
    covariance = (centred * weight[:, None]).T @ centred
    directions = torch.linalg.eigh(covariance).eigenvectors.flip(1)[:, : student.shape.width]
    with torch.no_grad():
        projected = centred @ directions
        scale = 1.0 / projected.std()
        student.words.weight.copy_(projected * scale)
        student.places.weight.copy_((places[: student.shape.positions] - places.mean(0)) @ directions * scale)


def load_student(checkpoint: Path) -> tuple[Shape, Student]:
    """As a training has left it, for use."""
    saved = torch.load(checkpoint)
    shape = Shape(**saved["shape"])
    student = Student(shape).eval()
    student.load_state_dict(saved["weights"])
    return shape, student
