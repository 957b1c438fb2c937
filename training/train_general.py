"""Trains models/general: the network of models/default (warm.py) with three labels, on gold labels. Resumable.

    python train_general.py --out work/general/first
    python train_general.py --out work/general/student --start work/general/first/student.pt --texts …/texts1

The weights that are written are a mean over the last steps.
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from data import MODELS
from distill import TransferSet
from loop import add_options, learn, open_student, prepare
from make_general_texts import FOLDER
from pieces import origins
from student import Student
from warm import read_with_new_words

SMOOTHED = 0.06  # of a label's weight goes to the other two: people disagree about many texts


def loss_of(model: Student, data: TransferSet, index: Tensor) -> Tensor:
    logits, _ = model(*data.rows(index))
    wanted = F.one_hot(data.label[index], 3).float() * (1 - 1.5 * SMOOTHED) + SMOOTHED / 2
    return F.cross_entropy(logits, wanted)


@torch.no_grad()
def figures(model: Student, choice: TransferSet) -> dict[str, float]:
    """Accuracy and macro-F1 on the texts to choose by."""
    model.eval()
    said = torch.empty(len(choice.lengths), dtype=torch.long)
    for index in torch.argsort(choice.lengths).split(256):
        said[index] = model(*choice.rows(index))[0].argmax(1)
    model.train()
    scores = []
    for kind in range(3):
        both = ((said == kind) & (choice.label == kind)).sum().item()
        scores.append(2 * both / max(1, ((said == kind).sum() + (choice.label == kind).sum()).item()))
    right = (said == choice.label).float().mean().item()
    return {"choice_accuracy": round(right, 4), "choice_macro_f1": round(sum(scores) / 3, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER / "student")
    parser.add_argument("--texts", type=Path, default=FOLDER / "texts")
    add_options(parser, passes=2, rate=8e-4, average=0.15, report=250, seed=1)
    args = parser.parse_args()
    if not prepare(args):
        return
    if args.start:
        model = open_student(args.start, args.dropout)
    else:
        model = read_with_new_words(MODELS / "default", origins(FOLDER / "tokenizer.json"))
    data, choice = TransferSet(sorted(args.texts.glob("[0-9][0-9][0-9].npz"))), TransferSet([FOLDER / "choice.npz"])
    data.split(0)
    learn(
        model.train(),
        lambda seed: data.epoch(args.tokens, seed),
        lambda index: loss_of(model, data, index),
        lambda: figures(model, choice),
        args,
    )


if __name__ == "__main__":
    main()
