"""Accuracy, speed, size and repeatability of model directories, side by side in one run.

    python evaluate.py ../models/accurate ../models/default --imdb --json results/evaluation.json

Accuracy is that of exact int8 products, which is what CPUs with VNNI compute, and ARM's. Where this machine's saturate,
`…_here` is the accuracy with these (../docs/adr/0023-session-options.md).
Speed: texts a second of bare ONNX Runtime on SST-2 test and IMDB training sentences (about 25 tokens on average),
sorted by length, batches of about 1,000 tokens, one process for each worker with one thread each; the models take
turns.
"""

import argparse
import json
import math
import multiprocessing
import os
import platform
import random
import time
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from tokenizers import Tokenizer
from tqdm import tqdm

from data import check_data, cut_sentences, read_imdb, read_sst2
from make_transfer_set import REVIEWS_PER_SHARD, labelled_reviews, review_ends

LENGTH_MAX = 128
TOKENS_PER_BATCH = 1000
SAMPLE = 6  # every sixth batch is timed, so that the slowest model makes whole passes in a few seconds


class Model:
    """A Hugging Face directory, loaded as the product loads it: one thread. `exact`: int8 products never saturate."""

    def __init__(self, folder: Path, exact: bool = False) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        if exact:
            options.add_session_config_entry("session.x64quantprecision", "1")
        self.session = ort.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
        self.labels = self.session.get_outputs()[0].shape[1]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LENGTH_MAX)

    def tokenize(self, texts: list[str]) -> list[list[int]]:
        return [e.ids for e in self.tokenizer.encode_batch(texts)]

    def run(self, rows: list[list[int]], pad_to: int = 0) -> np.ndarray:
        width = max(pad_to, max(map(len, rows)))
        ids = np.zeros((len(rows), width), np.int64)
        mask = np.zeros_like(ids)
        for r, row in enumerate(rows):
            ids[r, : len(row)] = row
            mask[r, : len(row)] = 1
        return self.session.run(None, {"input_ids": ids, "attention_mask": mask})[0]

    def logits(self, rows: list[list[int]]) -> np.ndarray:
        out = np.empty((len(rows), self.labels), np.float32)
        for index in batches(rows):
            out[index] = self.run([rows[i] for i in index])
        return out


def batches(rows: list[list[int]]) -> list[list[int]]:
    """Indices sorted by length, cut where rows × longest would pass the token budget."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    out: list[list[int]] = [[]]
    for i in order:
        if out[-1] and (len(out[-1]) + 1) * len(rows[i]) > TOKENS_PER_BATCH:
            out.append([])
        out[-1].append(i)
    return out


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def accuracy(model: Model, texts: list[str], labels: list[int]) -> float:
    return float((model.logits(model.tokenize(texts)).argmax(1) == np.array(labels)).mean())


def repeatability(model: Model) -> float:
    """The largest change of a score between a text alone, in a batch, among others, and padded to the limit."""
    odd = ["", "   ", "\U0001f600\U0001f600", "x " * 500, "c'est très bon"]
    rows = model.tokenize(read_sst2("test")[0][:96] + odd)
    alone = np.concatenate([model.run([row]) for row in rows])
    shuffled = np.random.default_rng(0).permutation(len(rows))
    mixed = np.empty_like(alone)
    mixed[shuffled] = model.run([rows[i] for i in shuffled])
    short = [i for i, row in enumerate(rows) if len(row) < 40]
    padded = alone.copy()
    padded[short] = model.run([rows[i] for i in short], pad_to=100)
    score = [softmax(x) for x in (alone, mixed, padded)]
    return float(max(np.abs(score[0] - score[1]).max(), np.abs(score[0] - score[2]).max()))


def speed_texts() -> list[str]:
    texts = read_sst2("test")[0]
    for review in read_imdb("train_pos")[:150]:
        texts += cut_sentences(review)
    return texts


def time_passes(folder: Path, seconds: float, barrier, answers) -> None:
    """Runs in a process of its own: passes over all texts until the time is over."""
    model = Model(folder)
    rows = model.tokenize(speed_texts())
    feeds = [[rows[i] for i in batch] for batch in batches(rows)[::SAMPLE]]
    model.run(feeds[-1])
    barrier.wait()
    start, passes, cpu = time.perf_counter(), 0, time.process_time()
    while time.perf_counter() - start < seconds:  # whole passes only: every length has its share
        for feed in feeds:
            model.run(feed)
        passes += 1
    done = passes * sum(map(len, feeds))
    answers.put((done / (time.perf_counter() - start), done / (time.process_time() - cpu)))


def speed(folder: Path, workers: int, seconds: float) -> np.ndarray:
    """Texts a second of wall-clock time and of processor time, all workers together.

    The two are equal on a machine that does nothing else; on a busy one the second says what the machine could do.
    """
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(workers), context.Queue()
    processes = [context.Process(target=time_passes, args=(folder, seconds, barrier, answers)) for _ in range(workers)]
    for process in processes:
        process.start()
    total = np.sum([answers.get() for _ in processes], axis=0)
    for process in processes:
        process.join()
    return total


def parameters(folder: Path) -> int:
    """Numbers that were learned, and the scales and zero points that came with int8."""
    constants = onnx.load(folder / "model.onnx").graph.initializer
    numbers = (onnx.TensorProto.FLOAT, onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
    return sum(math.prod(c.dims) for c in constants if c.data_type in numbers)


def texts_of(split: str) -> tuple[list[str], list[int]]:
    """Of SST-2, or 4,000 labelled IMDB training reviews, their ends or whole: no model has learned their labels."""
    if split not in ("reviews", "starts"):
        return read_sst2(split)
    reviews = review_ends(seed=0) if split == "reviews" else labelled_reviews(random.Random(0))
    texts, labels = zip(*reviews[:REVIEWS_PER_SHARD])
    return list(texts), list(labels)


def imdb_test() -> tuple[list[str], list[int]]:
    positive, negative = read_imdb("test_pos"), read_imdb("test_neg")
    return positive + negative, [1] * len(positive) + [0] * len(negative)


def cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def has_vnni() -> bool:
    info = Path("/proc/cpuinfo")
    return platform.machine() != "x86_64" or not info.exists() or "vnni" in info.read_text()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--split", default="test", help="dev, reviews or starts while choosing, test for the report")
    parser.add_argument("--imdb", nargs="*", help="also the 25,000 IMDB test reviews (minutes), of all or these models")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10, help="for each timing; each model is timed three times")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    check_data()
    names = [str(folder.resolve().name) for folder in args.models]
    texts, labels = texts_of(args.split)
    rows = {name: {} for name in names}
    for name, folder in zip(names, args.models):
        model = Model(folder, exact=True)
        key = f"{args.split}_accuracy" if args.split in ("reviews", "starts") else f"sst2_{args.split}_accuracy"
        rows[name][key] = accuracy(model, texts, labels)
        if not has_vnni():
            rows[name][f"{key}_here"] = accuracy(Model(folder), texts, labels)
        rows[name]["score_change_max"] = repeatability(model)
        rows[name]["megabytes"] = sum(f.stat().st_size for f in folder.iterdir()) / 1e6
        rows[name]["parameters"] = parameters(folder)
        if args.imdb is not None and name in (args.imdb or names):
            rows[name]["imdb_test_accuracy"] = accuracy(model, *imdb_test())
    if args.seconds:
        timings: dict[str, list[np.ndarray]] = {name: [] for name in names}
        for _ in tqdm(range(3), desc="timings"):
            for name, folder in zip(names, args.models):
                timings[name].append(speed(folder, args.workers, args.seconds))
        for name in names:
            wall, cpu = np.median(timings[name], axis=0)
            rows[name] |= {"texts_per_second": float(wall), "texts_per_cpu_second": float(cpu)}
            rows[name]["times_first_model"] = float(cpu / rows[names[0]]["texts_per_cpu_second"])
    report = {
        "load": os.getloadavg()[0],
        "models": rows,
        "texts": len(texts),
        "workers": args.workers,
        "machine": f"{cpu_name()}, {multiprocessing.cpu_count()} CPUs",
        "onnxruntime": ort.__version__,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    print(json.dumps(report, indent=2))
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
