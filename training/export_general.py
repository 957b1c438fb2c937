"""Writes the student of train_general.py as models/general: int8 graph, tokenizer, temperature.

The temperature by which the logits are divided is chosen on texts of GoEmotions that nothing was trained on, with the
quantized graph, and goes into the weights of the last layer. config.json says what it was.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch

from data import MODELS
from distill import TransferSet
from evaluate import Model, softmax
from make_general_texts import FOLDER
from optimize import optimize
from quantize import Writer, calibrate, write_config
from recombine import LABELS
from student import load_student


def best_temperature(logits: np.ndarray, label: np.ndarray) -> float:
    """The one with the least cross-entropy, to two decimals."""
    candidates = np.arange(0.5, 3, 0.01)
    losses = [-np.log(softmax(logits / t)[np.arange(len(label)), label] + 1e-9).mean() for t in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", type=Path, default=FOLDER / "student" / "student.pt")
    parser.add_argument("--out", type=Path, default=MODELS / "general")
    parser.add_argument("--texts", type=int, default=4000, help="texts for the calibration")
    args = parser.parse_args()
    shape, student = load_student(args.student)
    args.out.mkdir(parents=True, exist_ok=True)
    write_config(shape, args.out, FOLDER / "tokenizer.json", LABELS)
    seen = TransferSet(sorted((FOLDER / "texts").glob("[0-9][0-9][0-9].npz"))[:2])
    ranges = calibrate(student, student.layers, seen, args.texts)
    onnx.save(optimize(Writer(student, ranges).write()), args.out / "model.onnx")

    choice = np.load(FOLDER / "choice.npz")
    rows = [row.tolist() for row in np.split(choice["ids"], np.cumsum(choice["lengths"].astype(int))[:-1])]
    label = choice["label"].astype(int)
    logits = Model(args.out).logits(rows)
    temperature = best_temperature(logits, label)
    with torch.no_grad():
        student.logits.weight /= temperature
        student.logits.bias /= temperature
    onnx.save(optimize(Writer(student, ranges).write()), args.out / "model.onnx")
    config = json.loads((args.out / "config.json").read_text()) | {"temperature": temperature}
    (args.out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    size = sum(f.stat().st_size for f in args.out.iterdir()) / 1e6
    right = (logits.argmax(1) == label).mean()
    print(f"wrote {args.out}: {size:.1f} MB, temperature {temperature}")
    print(f"{right:.2%} of the {len(label)} texts to choose by")


if __name__ == "__main__":
    main()
