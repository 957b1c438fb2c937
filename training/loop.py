"""The loop in which students learn: schedule, two optimizers, checkpoints, a mean over the last steps. Resumable.

distill.py and train_general.py bring what differs: the loss and what is reported.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from student import Shape, Student

CHECKPOINT_SECONDS = 180


def add_options(parser: argparse.ArgumentParser, **defaults: float) -> None:
    """What the loop wants to know. `average`: 0 leaves the last weights as they are, and lets the rate fall to 0."""
    parser.add_argument(
        "--start", type=Path, help="a finished student.pt, or directory of a model, to go on from (new schedule)"
    )
    parser.add_argument("--passes", type=float)
    parser.add_argument("--minutes", type=float, default=1e9, help="end (with the whole schedule) after this time")
    parser.add_argument("--tokens", type=int, default=3000, help="tokens a step")
    parser.add_argument("--rate", type=float)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--average", type=float, help="share of the time, the last part, that makes the mean")
    parser.add_argument("--report", type=int, help="steps between measurements")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.set_defaults(**defaults)


def prepare(args: argparse.Namespace) -> bool:
    """Seeds and threads. False if the student is there already, and nothing is to be done."""
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    args.out.mkdir(parents=True, exist_ok=True)
    return not (args.out / "student.pt").exists()


def open_student(path: Path, dropout: float) -> Student:
    """A finished student, to learn more."""
    saved = torch.load(path, map_location="cpu")
    model = Student(Shape(**saved["shape"]), dropout)
    model.load_state_dict(saved["weights"])
    return model


class Loop:
    """All that a checkpoint holds."""

    def __init__(self, model: Student, args: argparse.Namespace) -> None:
        words = model.words.weight
        self.model, self.args = model, args
        self.body = [p for p in model.parameters() if p is not words]
        self.mean = torch.optim.swa_utils.AveragedModel(model)
        self.parts = {
            "weights": model,
            "body": torch.optim.AdamW(self.body, lr=args.rate, weight_decay=0.01, betas=(0.9, 0.98)),
            "words": torch.optim.SparseAdam([words], lr=args.rate, betas=(0.9, 0.98)),
            "mean": self.mean,
        }
        self.optimizers = [self.parts["body"], self.parts["words"]]
        self.step, self.spent, self.log = 0, 0.0, []
        self.checkpoint = args.out / "checkpoint.pt"
        if self.checkpoint.exists():
            saved = torch.load(self.checkpoint)
            for name, part in self.parts.items():
                part.load_state_dict(saved[name])
            self.step, self.spent, self.log = saved["step"], saved["spent"], saved["log"]
        self.began = self.saved_at = time.time()

    def seconds(self) -> float:
        return self.spent + time.time() - self.began

    def save(self) -> None:
        partial = self.checkpoint.with_suffix(".part")
        state = {name: part.state_dict() for name, part in self.parts.items()}
        torch.save(state | {"step": self.step, "log": self.log, "spent": self.seconds()}, partial)
        partial.rename(self.checkpoint)
        self.saved_at = time.time()

    def report(self, entry: dict) -> None:
        self.log.append({"step": self.step} | entry)
        tqdm.write(json.dumps(self.log[-1]))

    def advance(self, loss: Tensor, rate: float) -> None:
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.body, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1


def learn(
    model: Student,
    passes: Callable[[int], list[Tensor]],
    loss_of: Callable[[Tensor], Tensor],
    figures: Callable[[], dict[str, float]],
    args: argparse.Namespace,
) -> None:
    """Trains in place and writes args.out/student.pt. Goes on at args.out/checkpoint.pt if there is one.

    `passes(seed)`: the batches of one pass, as `loss_of` takes them. The rate rises, then falls with the steps or the
    time, whichever is further.
    """
    loop, per_pass = Loop(model, args), len(passes(args.seed))
    steps = max(1, int(per_pass * args.passes))
    warm, least = max(1, min(300, steps // 12)), 0.03 if args.average else 0.0
    bar = tqdm(total=steps, initial=loop.step, mininterval=20, desc="steps")
    for index in batches_from(loop.step, per_pass, passes, args.seed):
        done = max((loop.step + 1) / steps, loop.seconds() / (60 * args.minutes))
        rate = args.rate * max(0.0, min((loop.step + 1) / warm, 1 - (1 - least) * done))
        loss = loss_of(index)
        loop.advance(loss, rate)
        bar.update()
        if done > 1 - args.average and (loop.step % 10 == 0 or done >= 1):
            loop.mean.update_parameters(model)
        if loop.step % args.report == 0 and done < 1:
            loop.report({"loss": round(loss.item(), 4)} | figures())
        if time.time() - loop.saved_at > CHECKPOINT_SECONDS:
            loop.save()
        if done >= 1:
            break
    if args.average:
        model.load_state_dict(loop.mean.module.state_dict())
    loop.report({"minutes": round(loop.seconds() / 60, 1)} | figures())
    content = {"weights": model.state_dict(), "shape": model.shape.to_dict(), "log": loop.log}
    torch.save(content, args.out / "student.pt")
    loop.checkpoint.unlink(missing_ok=True)


def batches_from(step: int, per_pass: int, passes: Callable[[int], list[Tensor]], seed: int) -> Iterator[Tensor]:
    """Without end: the batches of one pass after another, each drawn anew, from a step on."""
    while True:
        for index in passes(seed + step // per_pass)[step % per_pass : per_pass]:
            yield index
            step += 1
