"""Trains the three-label teacher of models/general on gold labels, or the student on what the teacher said.

    python train_general.py teacher --passes 2
    python label.py work/general/teacher/teacher.pt --texts work/general/named
    python train_general.py student --passes 3

The teacher begins as models/accurate, the student as models/default (warm.py). Without scores of a teacher the student
learns the gold labels alone. The weights that are written are a mean over the last steps. Resumable.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from data import MODELS
from distill import TransferSet
from make_general_texts import FOLDER
from pieces import origins
from student import Shape, Student
from warm import read_student, read_teacher

AVERAGED = 0.15  # of the time, the last part: its weights count for the mean
SMOOTHED = 0.06  # of a gold label's weight goes to the other two


class Scored(TransferSet):
    """The student's texts with what the teacher said about them: `soft` [texts, 3] and `state`, where there are any."""

    def __init__(self, shards: list[Path], teacher: Path | None) -> None:
        if teacher:
            shards = [shard for shard in shards if (teacher / f"{shard.stem}.npy").exists()]
        super().__init__(shards)
        self.soft = self.state = None
        if teacher:
            logits = torch.from_numpy(np.concatenate([np.load(teacher / f"{s.stem}.npy") for s in shards]))
            self.soft = logits.softmax(1)
            self.state = torch.from_numpy(np.concatenate([np.load(teacher / f"{s.stem}.state.npy") for s in shards]))
            sample = self.state[::10].float()
            self.mean, self.std = sample.mean(0), sample.std(0) + 1e-3
        self.trained = len(self.lengths)

    def epoch(self, tokens: int, seed: int) -> list[Tensor]:
        """As before; without a teacher only the texts with a gold label."""
        batches = super().epoch(tokens, seed)
        if self.soft is None:
            batches = [batch[self.label[batch] >= 0] for batch in batches]
        return [batch for batch in batches if len(batch)]


def smoothed(label: Tensor) -> Tensor:
    return F.one_hot(label.clamp(min=0), 3).float() * (1 - 1.5 * SMOOTHED) + SMOOTHED / 2


def teacher_loss(model: nn.Module, data: TransferSet, index: Tensor, args: argparse.Namespace) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=not args.float32):
        logits, _ = model(*data.rows(index))
    return F.cross_entropy(logits.float(), smoothed(data.label[index]))


def student_loss(model: nn.Module, data: Scored, index: Tensor, args: argparse.Namespace) -> Tensor:
    logits, guess = model(*data.rows(index))
    label = data.label[index]
    if data.soft is None:
        return F.cross_entropy(logits, smoothed(label))
    share = args.gold * (label >= 0).float().unsqueeze(1)
    target = share * smoothed(label) + (1 - share) * data.soft[index]
    state = (data.state[index].float() - data.mean) / data.std
    return F.cross_entropy(logits, target) + args.state * F.mse_loss(guess, state)


@torch.no_grad()
def predictions(model: nn.Module, data: TransferSet) -> Tensor:
    """Logits [texts, 3]."""
    model.eval()
    out = torch.empty(len(data.lengths), 3)
    for index in torch.argsort(data.lengths).split(256):
        out[index] = model(*data.rows(index))[0].float()
    model.train()
    return out


def macro_f1(predicted: Tensor, label: Tensor) -> float:
    scores = []
    for kind in range(3):
        both = ((predicted == kind) & (label == kind)).sum().item()
        scores.append(2 * both / max(1, ((predicted == kind).sum() + (label == kind).sum()).item()))
    return sum(scores) / 3


def figures(model: nn.Module, choice: TransferSet) -> dict[str, float]:
    predicted = predictions(model, choice).argmax(1)
    right = (predicted == choice.label).float().mean().item()
    return {"choice_accuracy": round(right, 4), "choice_macro_f1": round(macro_f1(predicted, choice.label), 4)}


def optimizers_of(model: nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    sparse = [model.words.weight] if isinstance(model, Student) else []
    body = [p for p in model.parameters() if p.requires_grad and not any(p is other for other in sparse)]
    out: list[torch.optim.Optimizer] = [torch.optim.AdamW(body, lr=rate, weight_decay=0.01, betas=(0.9, 0.98))]
    return out + ([torch.optim.SparseAdam(sparse, lr=rate, betas=(0.9, 0.98))] if sparse else [])


def learn(
    model: nn.Module, loss_of: Callable, data: TransferSet, choice: TransferSet, args: argparse.Namespace
) -> list[dict]:
    """Trains in place; returns the log. Goes on at args.out/checkpoint.pt if there is one."""
    optimizers = optimizers_of(model, args.rate)
    body = optimizers[0].param_groups[0]["params"]
    per_pass = len(data.epoch(args.tokens, 0))
    steps = max(1, int(per_pass * args.passes))
    warm = max(1, min(300, steps // 12))
    checkpoint, step, spent, done, mean, log = args.out / "checkpoint.pt", 0, 0.0, 0.0, None, []
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        model.load_state_dict(saved["weights"])
        for optimizer, state in zip(optimizers, saved["optimizers"]):
            optimizer.load_state_dict(state)
        step, spent, log = saved["step"], saved["spent"], saved["log"]
    began, saved_at, counted = time.time() - spent, time.time(), 0
    bar = tqdm(total=steps, initial=step, mininterval=20, desc="steps")
    while done < 1:
        batches = data.epoch(args.tokens, args.seed + step // per_pass)
        for index in batches[step % per_pass :]:
            done = max((step + 1) / steps, (time.time() - began) / (60 * args.minutes))
            rate = args.rate * max(0.0, min((step + 1) / warm, 1 - 0.97 * done))
            for optimizer in optimizers:
                optimizer.param_groups[0]["lr"] = rate
                optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model, data, index, args)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(body, 1.0)
            for optimizer in optimizers:
                optimizer.step()
            step += 1
            bar.update()
            if done > 1 - AVERAGED and (step % 10 == 0 or done >= 1):
                counted += 1
                mean = averaged(mean, model, counted)
            if step % args.report == 0:
                log.append({"step": step, "loss": round(loss.item(), 4)} | figures(model, choice))
                tqdm.write(json.dumps(log[-1]))
            if time.time() - saved_at > 180:
                saved_at = time.time()
                save(model, optimizers, {"step": step, "log": log, "spent": saved_at - began}, checkpoint)
            if done >= 1:
                break
    model.load_state_dict(mean)
    log.append({"step": step, "minutes": round((time.time() - began) / 60, 1)} | figures(model, choice))
    tqdm.write(json.dumps(log[-1]))
    checkpoint.unlink(missing_ok=True)
    return log


def averaged(mean: dict[str, Tensor] | None, model: nn.Module, count: int) -> dict[str, Tensor]:
    state = model.state_dict()
    if mean is None:
        return {name: value.clone() for name, value in state.items()}
    for name, value in state.items():
        mean[name].lerp_(value, 1 / count)
    return mean


def save(model: nn.Module, optimizers: list, progress: dict, path: Path) -> None:
    partial = path.with_suffix(".part")
    states = [optimizer.state_dict() for optimizer in optimizers]
    torch.save({"weights": model.state_dict(), "optimizers": states} | progress, partial)
    partial.rename(path)


def train_teacher(args: argparse.Namespace) -> None:
    model = read_teacher(MODELS / "accurate").train()
    for module in (model.words, model.places, model.norm, *model.blocks[: args.freeze]):
        module.requires_grad_(False)
    log = learn(model, teacher_loss, texts_of("gold.npz"), texts_of("choice.npz"), args)
    torch.save({"model": "minilm", "weights": model.state_dict(), "log": log}, args.out / "teacher.pt")


def train_student(args: argparse.Namespace) -> None:
    if args.start:
        saved = torch.load(args.start)
        model = Student(Shape(**saved["shape"]), args.dropout)
        model.load_state_dict(saved["weights"])
    else:
        model = read_student(MODELS / "default", origins(FOLDER / "tokenizer.json"))
    shards = sorted((FOLDER / "texts").glob("[0-9][0-9][0-9].npz"))
    data = Scored(shards[: args.shards or None], args.teacher)
    log = learn(model.train(), student_loss, data, texts_of("texts/choice.npz"), args)
    torch.save({"weights": model.state_dict(), "shape": model.shape.to_dict(), "log": log}, args.out / "student.pt")


def texts_of(name: str) -> TransferSet:
    data = TransferSet([FOLDER / name])
    data.split(0)
    return data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("teacher", "student"))
    parser.add_argument("--out", type=Path, help="work/general/teacher or work/general/student")
    parser.add_argument("--teacher", type=Path, help="student: the folder with the teacher's scores")
    parser.add_argument("--start", type=Path, help="student: a finished student.pt to go on from (new schedule)")
    parser.add_argument("--shards", type=int, default=0, help="student: only the first N shards (0 = all)")
    parser.add_argument("--passes", type=float, default=2)
    parser.add_argument("--minutes", type=float, default=1e9, help="end (with the whole schedule) after this time")
    parser.add_argument("--tokens", type=int, default=2000, help="tokens a step")
    parser.add_argument("--rate", type=float, help="default: 1e-4 for the teacher, 8e-4 for the student")
    parser.add_argument("--freeze", type=int, default=2, help="teacher: the first layers, which stay as they are")
    parser.add_argument("--float32", action="store_true", help="teacher: no bfloat16")
    parser.add_argument("--gold", type=float, default=0.4, help="weight of a gold label against the teacher's score")
    parser.add_argument("--state", type=float, default=0.2, help="weight of the guess of the teacher's last state")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--report", type=int, default=500, help="steps between measurements")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    args.out = args.out or FOLDER / args.what
    args.rate = args.rate or {"teacher": 1e-4, "student": 8e-4}[args.what]
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    args.out.mkdir(parents=True, exist_ok=True)
    if not (args.out / f"{args.what}.pt").exists():
        (train_teacher if args.what == "teacher" else train_student)(args)


if __name__ == "__main__":
    main()
