"""Trains models/general: the network of models/default (warm.py) with three labels, on gold labels. Resumable.

    python train_general.py --out work/general/first
    python train_general.py --out work/general/student --start work/general/first/student.pt --texts …/texts1

The weights that are written are a mean over the last steps.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from data import MODELS
from distill import TransferSet, save
from make_general_texts import FOLDER
from pieces import origins
from student import Shape, Student
from warm import read_student

AVERAGED = 0.15  # of the time, the last part: its weights count for the mean
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


def train(model: Student, data: TransferSet, choice: TransferSet, args: argparse.Namespace) -> list[dict]:
    """Trains in place; returns the log. Goes on at args.out/checkpoint.pt if there is one."""
    words = model.words.weight
    body = [p for p in model.parameters() if p is not words]
    optimizers = [
        torch.optim.AdamW(body, lr=args.rate, weight_decay=0.01, betas=(0.9, 0.98)),
        torch.optim.SparseAdam([words], lr=args.rate, betas=(0.9, 0.98)),
    ]
    per_pass = len(data.epoch(args.tokens, 0))
    steps = max(1, int(per_pass * args.passes))
    warm = max(1, min(300, steps // 12))
    checkpoint, step, spent, done, log = args.out / "checkpoint.pt", 0, 0.0, 0.0, []
    mean = torch.optim.swa_utils.AveragedModel(model)
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["weights"])
        for optimizer, state in zip(optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        step, spent, log = saved["step"], saved["spent"], saved["log"]
    began, saved_at = time.time() - spent, time.time()
    bar = tqdm(total=steps, initial=step, mininterval=20, desc="steps")
    while done < 1:
        batches = data.epoch(args.tokens, args.seed + step // per_pass)
        for index in batches[step % per_pass :]:
            done = max((step + 1) / steps, (time.time() - began) / (60 * args.minutes))
            rate = args.rate * max(0.0, min((step + 1) / warm, 1 - 0.97 * done))
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = rate
                optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model, data, index)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(body, 1.0)
            for optimizer in optimizers:
                optimizer.step()
            step += 1
            bar.update()
            if done > 1 - AVERAGED and (step % 10 == 0 or done >= 1):
                mean.update_parameters(model)
            if step % args.report == 0:
                log.append({"step": step, "loss": round(loss.item(), 4)} | figures(model, choice))
                tqdm.write(json.dumps(log[-1]))
            if time.time() - saved_at > 180:
                saved_at = time.time()
                save(model, optimizers, {"step": step, "log": log, "spent": saved_at - began}, checkpoint)
            if done >= 1:
                break
    model.load_state_dict(mean.module.state_dict())
    log.append({"step": step, "minutes": round((time.time() - began) / 60, 1)} | figures(model, choice))
    tqdm.write(json.dumps(log[-1]))
    return log


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER / "student")
    parser.add_argument("--texts", type=Path, default=FOLDER / "texts")
    parser.add_argument("--start", type=Path, help="a finished student.pt to go on from (new schedule)")
    parser.add_argument("--passes", type=float, default=2)
    parser.add_argument("--minutes", type=float, default=1e9, help="end (with the whole schedule) after this time")
    parser.add_argument("--tokens", type=int, default=3000, help="tokens a step")
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--report", type=int, default=250, help="steps between measurements")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    args.out.mkdir(parents=True, exist_ok=True)
    if (args.out / "student.pt").exists():
        return
    if args.start:
        saved = torch.load(args.start)
        model = Student(Shape(**saved["shape"]), args.dropout)
        model.load_state_dict(saved["weights"])
    else:
        model = read_student(MODELS / "default", origins(FOLDER / "tokenizer.json"))
    data, choice = TransferSet(sorted(args.texts.glob("[0-9][0-9][0-9].npz"))), TransferSet([FOLDER / "choice.npz"])
    data.split(0)
    log = train(model.train(), data, choice, args)
    torch.save({"weights": model.state_dict(), "shape": model.shape.to_dict(), "log": log}, args.out / "student.pt")
    (args.out / "checkpoint.pt").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
