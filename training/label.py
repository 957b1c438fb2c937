"""Lets a trained network (teacher or student) score the transfer set: work/NAME/SHARD.npy, float32 [texts, 2].

`distill.py --teachers` and `train_teacher.py --teachers` then learn the mean of these and of models/accurate.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from bert import Teacher
from data import WORK
from distill import TransferSet
from student import Shape, Student


def load(path: Path) -> nn.Module:
    saved = torch.load(path)
    network = Student(Shape(**saved["shape"])) if "shape" in saved else Teacher()
    network.load_state_dict(saved["weights"])
    return network.eval()


@torch.no_grad()
def label(network: nn.Module, shard: Path, device: str) -> np.ndarray:
    data = TransferSet([shard])
    logits = torch.empty(len(data.lengths), 2)
    for index in torch.argsort(data.lengths).split(128):
        ids, real = data.rows(index)
        logits[index] = network(ids.to(device), real.to(device))[0].cpu()
    return logits.numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("weights", type=Path, help="student.pt or teacher.pt; the scores go beside it")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    network = load(args.weights).to(args.device)
    for shard in tqdm(sorted((WORK / "transfer").glob("*.npz")), desc="shards"):
        path = args.weights.parent / f"{shard.stem}.npy"
        if not path.exists():
            np.save(path, label(network, shard, args.device))


if __name__ == "__main__":
    main()
