"""Fine-tunes MPNet-base on gold labels (the large teacher), or MiniLM-L6 on the teacher's scores (models/accurate).

    python train_teacher.py --model mpnet --out work/mpnet
    python label.py work/mpnet/teacher.pt --texts work/texts
    python train_teacher.py --model minilm --teachers work/mpnet --out work/minilm

Without `--teachers` only texts with a gold label are learned; with them every text, its target being the mean score
of the teachers, mixed with the gold label where there is one. Texts that make_transfer_set.py has let models/accurate
score have a teacher without that. The weights that are written are a running mean over the last steps. Resumable; CPU
or GPU. bfloat16 by autocast, which is what makes large models affordable on a CPU with AMX or AVX512-BF16. Needs the
texts of make_transfer_set.py and the weights to start from, and nothing else.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

import bert
import mpnet
from data import WORK
from distill import MEASURES, TransferSet, accuracy, distance
from warm import read_teacher

UNSEEN = 500  # texts that are never trained on, to compare students with their teacher
AVERAGED = 0.15  # of the steps, the last ones: their weights count for the running mean


class Texts(TransferSet):
    """The texts of make_transfer_set.py --no-scores, with what `teachers` said about them (logits, last state).

    Texts which no teacher has scored have their gold label; those without one are left out.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        shards = sorted(args.texts.glob("[0-9][0-9][0-9].npz"))
        if args.reviews:  # the first 4,000 are there to choose by
            shards += sorted(args.texts.glob("reviews-[1-9]*.npz"))
        super().__init__(shards, device=args.device)
        if args.teachers or not self.has_state:
            taught = self.ask(args.teachers, shards)
        else:
            taught = torch.ones(len(self.lengths), dtype=torch.bool)
            self.place = torch.arange(len(self.lengths), device=args.device)
        has_gold = self.label.cpu() >= 0
        self.usable = has_gold if args.only_gold else taught | has_gold
        self.unseen = torch.nonzero(taught & ~has_gold).flatten()[:UNSEEN]
        self.usable[self.unseen] = False
        self.planned, self.taught = taught, taught.to(args.device)

    @property
    def has_state(self) -> bool:
        """Whether there are texts of which a teacher's last state is known."""
        return hasattr(self, "hidden")

    def ask(self, teachers: list[Path], shards: list[Path]) -> Tensor:
        """Reads what the teachers said. bool [texts]: which texts all of them have scored."""
        taught = torch.zeros(len(self.lengths), dtype=torch.bool)
        margin, place = torch.zeros(len(self.lengths)), torch.zeros(len(self.lengths), dtype=torch.long)
        states: list[np.ndarray] = []
        start = 0
        for shard in shards:
            count = len(np.load(shard)["lengths"])
            if teachers and all((folder / f"{shard.stem}.npy").exists() for folder in teachers):
                here = slice(start, start + count)
                logits = np.mean([np.load(folder / f"{shard.stem}.npy") for folder in teachers], axis=0)
                margin[here] = torch.from_numpy(logits[:, 1] - logits[:, 0])
                taught[here] = True
                place[here] = torch.arange(count) + sum(map(len, states))
                states.append(np.load(teachers[0] / f"{shard.stem}.state.npy"))
            start += count
        self.margin, self.place = margin.to(self.device), place.to(self.device)
        if states:
            self.hidden = torch.from_numpy(np.concatenate(states)).to(self.device)
            sample = self.hidden[:: max(1, len(self.hidden) // 20_000)].float()
            self.mean, self.std = sample.mean(0), sample.std(0) + 1e-3
        return taught

    def states(self, index: Tensor) -> Tensor:
        """The teacher's last states of texts, scaled to mean 0 and variance 1; no matter where it scored none."""
        return (self.hidden[self.place[index]].float() - self.mean) / self.std

    def batches(self, args: argparse.Namespace, number: int) -> list[Tensor]:
        """Indices of one pass in random order, texts of like length together, about `tokens` tokens a batch.

        A pass takes all scored texts and, for each, `gold_share` of those that have only a gold label, drawn anew.
        """
        random = torch.Generator().manual_seed(args.seed + number)
        usable = self.usable & (self.lengths >= args.shortest)
        picked = torch.nonzero(usable & self.planned).flatten()
        gold = torch.nonzero(usable & ~self.planned).flatten()
        if len(picked):
            count = int(args.gold_share * len(picked))
            gold = gold[torch.randperm(len(gold), generator=random)[:count]]
        picked = torch.cat([picked, gold])
        lengths = self.lengths[picked]
        order = torch.argsort(lengths + 3 * torch.rand(len(lengths), generator=random))
        batches, start = [], 0
        while start < len(order):
            end = min(len(order), start + max(8, args.tokens // int(lengths[order[start]] + 3)))
            batches.append(picked[order[start:end]])
            start = end
        return [batches[i] for i in torch.randperm(len(batches), generator=random)]


class Guess(nn.Module):
    """Only for training: the model's guess of the teacher's last state, which tells more than two logits."""

    def __init__(self, width: int, wanted: int) -> None:
        super().__init__()
        self.out = nn.Linear(width, wanted)

    def forward(self, state: Tensor) -> Tensor:
        return self.out(state)


def bfloat16(device: str) -> torch.autocast:
    """Faster on GPUs and on CPUs that multiply it; others would only convert."""
    pays = device != "cpu" or "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    return torch.autocast(device, torch.bfloat16, enabled=pays)


def loss_of(model: nn.Module, guess: Guess, data: Texts, index: Tensor, args: argparse.Namespace) -> Tensor:
    with bfloat16(args.device):
        logits, state = model(*data.rows(index))
    logits, state, index = logits.float(), state.float(), index.to(args.device)
    label, taught = data.label[index], data.taught[index]
    gold = F.cross_entropy(logits, label.clamp(min=0), reduction="none")
    margin, wanted = logits[:, 1] - logits[:, 0], data.margin[index]
    soft = F.binary_cross_entropy_with_logits(margin, torch.sigmoid(wanted), reduction="none")
    soft = soft + args.margin * (margin - wanted).square()
    share = torch.where(label < 0, 0.0, torch.where(taught, args.gold, 1.0))
    loss = share * gold + (1 - share) * soft
    if data.has_state:
        loss = loss + args.state * taught * (guess(state) - data.states(index)).square().mean(1)
    return loss.mean()


def build(args: argparse.Namespace) -> nn.Module:
    model = mpnet.MPNet() if args.model == "mpnet" else bert.Teacher()
    if args.start and args.start.is_dir():
        model = read_teacher(args.start)
    elif args.start:
        model.load_state_dict(torch.load(args.start, map_location="cpu")["weights"])
    else:
        (mpnet if args.model == "mpnet" else bert).load_pretrained(model)
    if args.model == "mpnet":
        model.freeze(args.freeze)
    elif args.device == "cpu":
        model.words.requires_grad_(False)  # its gradient costs more than a layer and changes little
    return model.to(args.device).train()


def train(args: argparse.Namespace) -> None:
    data = Texts(args)
    model = build(args)
    guess = Guess(model.pooler.in_features, data.hidden.shape[1] if data.has_state else 1).to(args.device)
    learned = [p for p in [*model.parameters(), *guess.parameters()] if p.requires_grad]
    groups = [
        {"params": [p for p in learned if p.dim() > 1], "weight_decay": 0.01},
        {"params": [p for p in learned if p.dim() == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=args.rate)
    mean = torch.optim.swa_utils.AveragedModel(model)
    per_pass = min(len(data.batches(args, number)) for number in range(math.ceil(args.passes) + 1))
    steps = max(1, int(per_pass * args.passes))
    warm = max(1, steps // 15)
    parts = {"weights": model, "guess": guess, "optimizer": optimizer, "mean": mean}
    checkpoint, step, spent, done, log = args.out / "checkpoint.pt", 0, 0.0, 0.0, []
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        step, spent, log = saved["step"], saved["spent"], saved["log"]
    files = [path for path in args.texts.glob("*.npz") if path.stem in args.measures]
    measures = {path.stem: TransferSet([path], device=args.device) for path in files}
    began, saved_at = time.time() - spent, time.time()
    bar = tqdm(total=steps, initial=step, mininterval=20, desc="steps")
    while done < 1:
        batches = data.batches(args, step // per_pass)
        for index in batches[step % per_pass : per_pass]:
            done = max((step + 1) / steps, (time.time() - began) / (60 * args.minutes))
            for group in optimizer.param_groups:
                group["lr"] = args.rate * max(0.0, min((step + 1) / warm, 1 - 0.97 * done))
            loss = loss_of(model, guess, data, index, args)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimizer.step()
            step += 1
            if done > 1 - AVERAGED:
                if step % 5 == 0 or done >= 1:
                    mean.update_parameters(model)
            bar.update()
            if step % args.report == 0 and done < 1:
                log.append({"step": step, "loss": round(loss.item(), 4)} | figures(model, data, measures))
                tqdm.write(json.dumps(log[-1]))
            if time.time() - saved_at > 240:
                saved_at = time.time()
                partial = checkpoint.with_suffix(".part")
                state = {name: part.state_dict() for name, part in parts.items()}
                torch.save(state | {"step": step, "spent": saved_at - began, "log": log}, partial)
                partial.rename(checkpoint)
            if done >= 1:
                break
    log.append({"mean_of_last_steps": int(mean.n_averaged)} | figures(mean.module, data, measures))
    tqdm.write(json.dumps(log[-1]))
    torch.save({"model": args.model, "weights": mean.module.state_dict(), "log": log}, args.out / "teacher.pt")
    checkpoint.unlink(missing_ok=True)


def figures(model: nn.Module, data: Texts, measures: dict[str, TransferSet]) -> dict[str, float]:
    out = {}
    with bfloat16(data.device.type):
        for name, texts in measures.items():
            out[name], out[f"{name}_long"] = accuracy(model, texts)
        if len(data.unseen):
            out["unseen_mse"], out["unseen_agree"] = distance(model, data, data.unseen)
    return {name: round(value, 4) for name, value in out.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=("mpnet", "minilm"), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--texts", type=Path, default=WORK / "texts")
    parser.add_argument("--teachers", type=Path, nargs="*", default=[], help="folders of label.py; states of the first")
    parser.add_argument("--reviews", action="store_true", help="also learn the labels of 21,000 ends of reviews")
    parser.add_argument("--only-gold", action="store_true", help="only texts with a gold label")
    parser.add_argument("--start", type=Path, help="a finished teacher.pt, or models/accurate, to go on from")
    parser.add_argument("--freeze", type=int, default=6, help="MPNet's first layers that stay as they are")
    parser.add_argument("--passes", type=float, default=2)
    parser.add_argument("--minutes", type=float, default=1e9, help="end (with the whole schedule) after this time")
    parser.add_argument("--shortest", type=int, default=0, help="leave out texts of fewer tokens")
    parser.add_argument("--tokens", type=int, default=2000, help="tokens a step")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--gold", type=float, default=0.5, help="weight of a gold label against the teachers' score")
    parser.add_argument("--gold-share", type=float, default=1, help="texts with only a gold label for each scored one")
    parser.add_argument("--margin", type=float, default=0.05)
    parser.add_argument("--state", type=float, default=0.3)
    parser.add_argument("--measures", nargs="*", default=MEASURES, help="files of texts to measure with")
    parser.add_argument("--report", type=int, default=500, help="steps between measurements")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    args.out.mkdir(parents=True, exist_ok=True)
    if not (args.out / "teacher.pt").exists():
        train(args)


if __name__ == "__main__":
    main()
