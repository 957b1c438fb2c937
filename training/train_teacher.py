"""Fine-tunes MiniLM-L6: gold labels of SST-2 phrases and of review ends, and what earlier models said about the rest.

Each pass takes all texts with a gold label and as many others, drawn anew. `--start` goes on from a finished model
such as models/accurate instead of the pre-trained weights, which takes a fraction of the steps. With `--teachers`
the target of the others is the mean of several models, so the new teacher can be better than each of them.
Resumable; CPU or GPU.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from torch.nn import functional as F
from tqdm import tqdm

from bert import Teacher, load_onnx, load_pretrained
from data import WORK, check_data
from distill import TransferSet, accuracy, dev_rows


def pass_of(data: TransferSet, tokens: int, seed: int, shortest: int) -> list[torch.Tensor]:
    """Batches of one pass in random order, texts of like length together, about `tokens` tokens a batch.

    Texts under `shortest` tokens are left out: most SST-2 phrases are a few words, the test set is whole sentences.
    """
    random = torch.Generator().manual_seed(seed)
    long_enough = data.lengths >= shortest
    gold = torch.nonzero((data.label >= 0) & long_enough).flatten()
    others = torch.nonzero((data.label < 0) & long_enough).flatten()
    picked = torch.cat([gold, others[torch.randperm(len(others), generator=random)[: len(gold)]]])
    lengths = data.lengths[picked]
    order = torch.argsort(lengths + 4 * torch.rand(len(lengths), generator=random))
    batches, start = [], 0
    while start < len(order):
        end = min(len(order), start + max(8, tokens // int(lengths[order[start]] + 4)))
        batches.append(picked[order[start:end]])
        start = end
    return [batches[i] for i in torch.randperm(len(batches), generator=random)]


def loss_of(teacher: Teacher, data: TransferSet, index: torch.Tensor, device: str) -> torch.Tensor:
    ids, real = data.rows(index)
    with torch.autocast(device, torch.bfloat16):
        logits, _ = teacher(ids.to(device), real.to(device))
    logits = logits.float()
    label = data.label[index].to(device)
    known = label >= 0
    margin, wanted = logits[:, 1] - logits[:, 0], data.margin[index].to(device)
    soft = F.binary_cross_entropy_with_logits(margin, torch.sigmoid(wanted), reduction="none")
    soft = soft + 0.05 * (margin - wanted).square()
    gold = F.cross_entropy(logits, label.clamp(min=0), reduction="none")
    return torch.where(known, gold, soft).mean()


def train(args: argparse.Namespace, out: Path) -> None:
    shards = sorted((WORK / "transfer").glob("*.npz"))
    data = TransferSet(shards, args.teachers)
    teacher = Teacher()
    if args.start:
        load_onnx(teacher, args.start / "model.onnx")
        teacher.words.requires_grad_(False)  # its gradient costs more than a layer, and it is settled by now
    else:
        load_pretrained(teacher)
    teacher.to(args.device).train()
    decayed = [p for p in teacher.parameters() if p.requires_grad and p.dim() > 1]
    plain = [p for p in teacher.parameters() if p.dim() == 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=args.rate, fused=True)
    per_pass = len(pass_of(data, args.tokens, args.seed, args.shortest))
    steps = int(per_pass * args.passes)
    warm = max(1, min(200, steps // 15))
    checkpoint, step, spent, done = out / "checkpoint.pt", 0, 0.0, 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        teacher.load_state_dict(saved["weights"])
        optimizer.load_state_dict(saved["optimizer"])
        step, spent = saved["step"], saved["spent"]
    dev, began, saved_at = dev_rows("dev"), time.time() - spent, time.time()
    bar = tqdm(total=steps, initial=step, mininterval=20, desc="steps")
    while done < 1:
        batches = pass_of(data, args.tokens, args.seed + step // per_pass, args.shortest)
        for index in batches[step % per_pass :]:
            done = max((step + 1) / steps, (time.time() - began) / (60 * args.minutes))
            for group in optimizer.param_groups:
                group["lr"] = args.rate * max(0.0, min((step + 1) / warm, 1 - done))
            loss = loss_of(teacher, data, index, args.device)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            step += 1
            bar.update()
            if time.time() - saved_at > 180:
                saved_at = time.time()
                partial = checkpoint.with_suffix(".part")
                state = {"weights": teacher.state_dict(), "optimizer": optimizer.state_dict()}
                torch.save(state | {"step": step, "spent": saved_at - began}, partial)
                partial.rename(checkpoint)
            if step % 500 == 0 or done >= 1:
                whole, long = accuracy(teacher, *dev)
                tqdm.write(json.dumps({"step": step, "loss": loss.item(), "dev": whole, "dev_long": long}))
            if done >= 1:
                break
    torch.save({"weights": teacher.state_dict()}, out / "teacher.pt")
    checkpoint.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passes", type=float, default=3)
    parser.add_argument("--minutes", type=float, default=1e9, help="end (with the whole schedule) after this time")
    parser.add_argument("--teachers", type=Path, nargs="*", help="folders of label.py, beside models/accurate")
    parser.add_argument("--start", type=Path, help="a model directory with an int8 MiniLM graph, as ../models/accurate")
    parser.add_argument("--shortest", type=int, default=0, help="leave out texts of fewer tokens")
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


if __name__ == "__main__":
    main()
