"""Lets a trained network (teacher or student) score texts: SHARD.npy beside its weights, float32 [texts, 2].

Teachers also leave SHARD.state.npy, float16 [texts, width]: their last state before the pooler.
`train_teacher.py --teachers` and `distill.py --teachers` then learn the mean of these.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from bert import Teacher
from data import WORK
from distill import TransferSet
from mpnet import MPNet
from student import Shape, Student


def load(path: Path) -> nn.Module:
    saved = torch.load(path, map_location="cpu")
    if "shape" in saved:
        network: nn.Module = Student(Shape(**saved["shape"]))
    else:
        network = MPNet() if saved["model"] == "mpnet" else Teacher()
    network.load_state_dict(saved["weights"])
    return network.eval()


@torch.no_grad()
def label(network: nn.Module, shard: Path, device: str, tokens: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores float32 [texts, 2] and last states float16 [texts, width]; `tokens` go through the network at a time."""
    data = TransferSet([shard], device=device)
    logits, states = torch.empty(len(data.lengths), 2, device=device), None
    order = torch.argsort(data.lengths)
    with torch.autocast(device, torch.bfloat16):
        start = 0
        while start < len(order):
            end = start + max(1, tokens // int(data.lengths[order[start]]))
            index = order[start:end]
            start = end
            some, state = network(*data.rows(index))
            if states is None:
                states = torch.empty(len(data.lengths), state.shape[1], dtype=torch.float16, device=device)
            index = index.to(device)
            logits[index], states[index] = some.float(), state.half()
    return logits.cpu().numpy(), states.cpu().numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="student.pt or teacher.pt; the scores go beside it")
    parser.add_argument("--texts", type=Path, default=WORK / "transfer")
    parser.add_argument("--skip-gold", action="store_true", help="not shards in which every text has a gold label")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this time; what is there is enough")
    parser.add_argument("--no-states", action="store_true", help="scores only: for any teacher but the first")
    parser.add_argument("--tokens", type=int, default=3000, help="at a time; more for a GPU")
    parser.add_argument("--reverse", action="store_true", help="begin with the last shard, for a second process")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    network, began = load(args.weights).to(args.device), time.time()
    shards = sorted(args.texts.glob("[0-9][0-9][0-9].npz"), reverse=args.reverse)
    for shard in tqdm(shards, desc="shards"):
        path = args.weights.parent / f"{shard.stem}.npy"
        if args.skip_gold and (np.load(shard)["label"] >= 0).all():
            continue
        if not path.exists() and time.time() - began < 60 * args.minutes:
            logits, states = label(network, shard, args.device, args.tokens)
            if not isinstance(network, Student) and not args.no_states:
                np.save(args.weights.parent / f"{shard.stem}.state.npy", states)
            np.save(path, logits)


if __name__ == "__main__":
    main()
