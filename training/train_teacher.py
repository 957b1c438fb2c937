"""Fine-tunes MiniLM-L6 on the SST-2 phrases. Resumable; CPU or GPU; about 10 minutes an epoch on one core.

Writes work/teacher-SEED/teacher.pt. `label` lets it score the transfer set beside the teacher that is there already:
the student then learns the mean of both.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from tqdm import tqdm

from bert import Teacher, load_pretrained
from data import WORK, check_data
from distill import TransferSet, accuracy, dev_rows


def batches_of(lengths: torch.Tensor, tokens: int, seed: int) -> list[torch.Tensor]:
    """One pass in random order, texts of like length together, about `tokens` tokens a batch."""
    random = torch.Generator().manual_seed(seed)
    order = torch.argsort(lengths + 4 * torch.rand(len(lengths), generator=random))
    batches, start = [], 0
    while start < len(order):
        end = min(len(order), start + max(8, tokens // int(lengths[order[start]] + 4)))
        batches.append(order[start:end])
        start = end
    return [batches[i] for i in torch.randperm(len(batches), generator=random)]


def train(args: argparse.Namespace, out: Path) -> None:
    data = TransferSet(sorted((WORK / "transfer").glob("[0-9][0-9][0-9].npz"))[:4])
    gold = torch.nonzero(data.label >= 0).flatten()
    teacher = Teacher()
    load_pretrained(teacher)
    teacher.to(args.device).train()
    decayed = [p for p in teacher.parameters() if p.dim() > 1]
    plain = [p for p in teacher.parameters() if p.dim() == 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.rate, fused=True)
    per_epoch = len(batches_of(data.lengths[gold], args.tokens, 0))
    steps = int(per_epoch * args.epochs)
    warm = max(1, steps // 15)
    checkpoint, step = out / "checkpoint.pt", 0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        teacher.load_state_dict(saved["weights"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
    dev, saved_at = dev_rows("dev"), time.time()
    bar = tqdm(total=steps, initial=step, mininterval=20, desc="steps")
    while step < steps:
        for batch in batches_of(data.lengths[gold], args.tokens, args.seed + step // per_epoch)[step % per_epoch :]:
            index = gold[batch]
            for group in optimizer.param_groups:
                group["lr"] = args.rate * min((step + 1) / warm, (steps - step) / (steps - warm))
            ids, real = data.rows(index)
            logits, _ = teacher(ids.to(args.device), real.to(args.device))
            loss = F.cross_entropy(logits, data.label[index].to(args.device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            step += 1
            bar.update()
            if time.time() - saved_at > 180:
                partial = checkpoint.with_suffix(".part")
                state = {"weights": teacher.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
                torch.save(state, partial)
                partial.rename(checkpoint)
                saved_at = time.time()
            if step % per_epoch == 0 or step == steps:
                whole, long = accuracy(teacher, *dev)
                tqdm.write(json.dumps({"step": step, "loss": loss.item(), "dev": whole, "dev_long": long}))
            if step == steps:
                break
    torch.save({"weights": teacher.state_dict()}, out / "teacher.pt")
    checkpoint.unlink(missing_ok=True)


@torch.no_grad()
def label(args: argparse.Namespace, out: Path) -> None:
    """Scores every shard of the transfer set: work/teacher-SEED/NNN.npy, float32 [texts, 2]."""
    teacher = Teacher()
    teacher.load_state_dict(torch.load(out / "teacher.pt")["weights"])
    teacher.to(args.device).eval()
    shards = sorted((WORK / "transfer").glob("[0-9][0-9][0-9].npz"))
    for shard in tqdm(shards, desc="shards"):
        path = out / f"{shard.stem}.npy"
        if path.exists():
            continue
        data = TransferSet([shard])
        logits = torch.empty(len(data.lengths), 2)
        for index in torch.argsort(data.lengths).split(128):
            ids, real = data.rows(index)
            logits[index] = teacher(ids.to(args.device), real.to(args.device))[0].cpu()
        np.save(path, logits.numpy())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--tokens", type=int, default=1000, help="tokens a step")
    parser.add_argument("--rate", type=float, default=8e-5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    check_data()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    out = WORK / f"teacher-{args.seed}"
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "teacher.pt").exists():
        train(args, out)
    label(args, out)


if __name__ == "__main__":
    main()
