"""Trains the student on what the teacher said about the transfer set. Resumable; CPU or GPU.

Loss: squared error of the logit margin + cross-entropy with the teacher's probabilities + cross-entropy with the gold
labels where there are any + squared error of the guess of the teacher's last state.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

from data import MODELS, WORK
from loop import add_options, learn, open_student, prepare
from student import Shape, Student, initialise_embeddings
from warm import read_student


UNSEEN = 4000
MEASURES = ("dev", "reviews-0", "starts")  # files of texts with gold labels that nothing is trained on


class TransferSet:
    """All shards in memory as flat arrays; batches hold texts of like length and about `tokens` tokens."""

    def __init__(
        self, shards: list[Path], more_teachers: list[Path] | None = None, device: str | torch.device = "cpu"
    ) -> None:
        """`more_teachers`: folders written by label.py; the margin is the mean over all teachers, shards' own included.

        Shards without scores have no `hidden`, and no `margin` either unless other teachers are named. All of it lies
        on `device`, but for `lengths`, by which batches are planned.
        """
        self.device = torch.device(device)
        parts = [np.load(p) for p in shards]
        self.ids = torch.from_numpy(np.concatenate([p["ids"] for p in parts]).astype(np.int32)).to(device)
        lengths = np.concatenate([p["lengths"] for p in parts]).astype(np.int64)
        self.lengths = torch.from_numpy(lengths)
        self.counts = self.lengths.to(device)
        self.starts = torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)[:-1]])).to(device)
        scored = "logits" in parts[0]
        voices = [torch.from_numpy(np.concatenate([p["logits"] for p in parts]))] if scored else []
        for folder in more_teachers or []:
            voices.append(torch.from_numpy(np.concatenate([np.load(folder / f"{p.stem}.npy") for p in shards])))
        if voices:
            self.margin = torch.stack([v[:, 1] - v[:, 0] for v in voices]).mean(0).to(device)
        if scored:
            hidden = np.concatenate([p["hidden"] for p in parts])
            sample = hidden[:: max(1, len(hidden) // 20_000)].astype(np.float32)
            self.mean = torch.from_numpy(sample.mean(0)).to(device)
            self.std = torch.from_numpy(sample.std(0) + 1e-3).to(device)
            self.hidden = torch.from_numpy(hidden).to(device)
        self.label = torch.from_numpy(np.concatenate([p["label"] for p in parts]).astype(np.int64)).to(device)

    def split(self, count: int) -> torch.Tensor:
        """Takes the last `count` texts out of training; returns their indices, to measure agreement on unseen texts."""
        self.trained = len(self.lengths) - count
        return torch.arange(self.trained, len(self.lengths))

    def epoch(self, tokens: int, seed: int) -> list[torch.Tensor]:
        """Index tensors of one pass in random order: sorted by length with jitter, cut, shuffled."""
        random = torch.Generator().manual_seed(seed)
        jitter = torch.rand(self.trained, generator=random)
        order = torch.argsort(self.lengths[: self.trained] + jitter)
        batches, start = [], 0
        lengths = self.lengths[order]
        while start < len(order):
            end = min(len(order), start + max(1, tokens // int(lengths[start])))
            batches.append(order[start:end])
            start = end
        shuffled = torch.randperm(len(batches), generator=random)
        return [batches[i] for i in shuffled]

    def rows(self, index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """ids int64 and mask float32, both [rows, longest]."""
        width = int(self.lengths[index].max())
        if self.device.type == "cuda":
            width = -(-width // 8) * 8  # what its matrix units like
        index = index.to(self.device)
        place = torch.arange(width, device=self.device)
        real = place[None, :] < self.counts[index][:, None]
        at = torch.where(real, self.starts[index][:, None] + place, 0)
        return torch.where(real, self.ids[at], 0).long(), real.float()


@torch.no_grad()
def answers(model: nn.Module, data: TransferSet) -> torch.Tensor:
    """The margins (logit of positive less that of negative) of all texts, float32 [texts], on the data's device."""
    model.eval()
    margins = torch.empty(len(data.lengths), device=data.device)
    for index in torch.argsort(data.lengths).split(256):
        logits = model(*data.rows(index))[0].float()
        margins[index.to(data.device)] = logits[:, 1] - logits[:, 0]
    model.train()
    return margins


def accuracy(model: nn.Module, data: TransferSet) -> tuple[float, float]:
    """Share of right answers on all texts, and on those of 15 tokens or more (whole sentences, like the test set)."""
    right = ((answers(model, data) > 0) == (data.label > 0)).float().cpu()
    return right.mean().item(), right[data.lengths >= 15].mean().item()


@torch.no_grad()
def distance(model: nn.Module, data: TransferSet, unseen: torch.Tensor) -> tuple[float, float]:
    """Mean squared difference of the margins of student and teacher on unseen texts, and share of equal labels."""
    model.eval()
    margins = []
    for index in unseen.split(200):
        logits = model(*data.rows(index))[0].float()
        margins.append(logits[:, 1] - logits[:, 0])
    model.train()
    margin, wanted = torch.cat(margins), data.margin[unseen.to(data.device)]
    return F.mse_loss(margin, wanted).item(), ((margin > 0) == (wanted > 0)).float().mean().item()


def teacher_embeddings() -> tuple[torch.Tensor, torch.Tensor]:
    """The word and position embeddings of models/accurate, [30522, 384] and [512, 384].

    Both graphs are known: the one of export_teacher.py (positions not quantized) and the model the project began with.
    """
    model = onnx.load(MODELS / "accurate" / "model.onnx")
    constants = {c.name.removeprefix("m."): numpy_helper.to_array(c) for c in model.graph.initializer}
    if "words" in constants:
        words = constants["words"].astype(np.float32) * constants["words.scale"]
        return torch.from_numpy(words), torch.from_numpy(constants["places"].copy())
    out = []
    for kind in ("word", "position"):
        name = f"bert.embeddings.{kind}_embeddings.weight"
        zero, scale = constants[f"{name}_zero_point"].astype(np.float32), constants[f"{name}_scale"]
        out.append(torch.from_numpy((constants[f"{name}_quantized"].astype(np.float32) - zero) * scale).float())
    return out[0], out[1]


def loss_of(student: Student, data: TransferSet, index: torch.Tensor, args: argparse.Namespace) -> torch.Tensor:
    logits, guess = student(*data.rows(index))
    index = index.to(data.device)
    margin, wanted = logits[:, 1] - logits[:, 0], data.margin[index]
    loss = args.margin * F.mse_loss(margin, wanted)
    loss = loss + args.soft * F.binary_cross_entropy_with_logits(margin, torch.sigmoid(wanted))
    if args.state:
        state = (data.hidden[index].float() - data.mean) / data.std
        loss = loss + args.state * F.mse_loss(guess, state)
    label = data.label[index]
    gold = F.cross_entropy(logits, label.clamp(min=0), reduction="none") * (label >= 0)
    return loss + args.gold * gold.mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--out", type=Path, default=WORK / "student")
    parser.add_argument("--texts", type=Path, default=WORK / "transfer", help="folder of shards, with dev.npz")
    parser.add_argument("--teachers", type=Path, nargs="*", help="folders of label.py, beside models/accurate")
    parser.add_argument("--shards", type=int, default=0, help="only the first N shards (0 = all)")
    parser.add_argument("--gold", type=float, default=0.5)
    parser.add_argument("--state", type=float, default=0.3)
    parser.add_argument("--margin", type=float, default=0.1)
    parser.add_argument("--soft", type=float, default=1.0)
    parser.add_argument("--shape", type=json.loads, default={}, help='JSON, for example {"width": 192}')
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    add_options(parser, passes=6, rate=1e-3, average=0, report=400, seed=0)
    args = parser.parse_args()
    if not prepare(args):
        return
    shards = sorted(args.texts.glob("[0-9][0-9][0-9].npz"))
    train(args, TransferSet(shards[: args.shards] if args.shards else shards, args.teachers, args.device))


def train(args: argparse.Namespace, data: TransferSet) -> None:
    if args.start and args.start.is_dir():
        student = read_student(args.start, args.dropout)
    elif args.start:
        student = open_student(args.start, args.dropout)
    else:
        student = Student(Shape(**args.shape), args.dropout)
        initialise_embeddings(student, *teacher_embeddings(), torch.bincount(data.ids.cpu(), minlength=30522))
    student.to(args.device).train()
    unseen = data.split(UNSEEN)
    measures = {p.stem: TransferSet([p], device=args.device) for p in args.texts.glob("*.npz") if p.stem in MEASURES}

    def figures() -> dict[str, float]:
        out = {}
        for name, texts in measures.items():
            out[name], out[f"{name}_long"] = accuracy(student, texts)
        out["unseen_mse"], out["unseen_agree"] = distance(student, data, unseen)
        return {name: round(value, 4) for name, value in out.items()}

    learn(
        student,
        lambda seed: data.epoch(args.tokens, seed),
        lambda index: loss_of(student, data, index, args),
        figures,
        args,
    )


if __name__ == "__main__":
    main()
