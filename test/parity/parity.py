#!/usr/bin/env python3
"""Compares the native tokenizers with Hugging Face `tokenizers`, id for id, on a few million texts each.

    pip install -r test/parity/requirements.txt
    python3 test/parity/train.py && npm run build
    python3 test/parity/parity.py --json benchmarking/results/2026-11-23-parity.json
    python3 test/parity/parity.py --suite truncated --stride 4      the windows of long texts

Exit code 1, and the first differences on standard output, if anything differs.
"""

import argparse
import json
import os
import struct
import subprocess
import sys
import time
from array import array
from concurrent.futures import ProcessPoolExecutor
from itertools import islice, repeat
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402
from texts import suites  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BATCH = 4096
SHOWN = 5
WINDOWS_MAX = 32


class Native:
    """The native tokenizer in a process of its own."""

    def __init__(self, path, max_tokens, stride, rows=BATCH):
        arguments = [path, max_tokens, "none" if stride is None else stride, rows]
        command = ["node", str(ROOT / "dist/test/parity/encode.js"), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, texts):
        frame = json.dumps(texts).encode()
        self.process.stdin.write(struct.pack("<I", len(frame)) + frame)
        self.process.stdin.flush()

    def receive(self):
        return self.rows(self.read())

    def read(self):
        size = struct.unpack("<I", self.process.stdout.read(4))[0]
        return self.process.stdout.read(size)

    @staticmethod
    def rows(answer):
        numbers = array("I", answer)
        at = 0
        while at < len(numbers):
            count = numbers[at] & 0x7FFFFFFF
            yield numbers[at + 1 : at + 1 + count].tolist(), numbers[at] >> 31 == 1
            at += 1 + count

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


def expected(tokenizer, texts, stride):
    """Ids of the library, windows one after the other, and whether it cut anything off."""
    for encoding in tokenizer.encode_batch_fast(texts):
        if stride is None:
            yield encoding.ids, len(encoding.overflowing) > 0
            continue
        windows = [encoding.ids, *(more.ids for more in encoding.overflowing)]
        yield sum(windows[:WINDOWS_MAX], []), len(windows) > WINDOWS_MAX


def compare(tokenizer, native, texts, stride):
    """How many texts there were, and those that differ."""
    count, differences = 0, []
    while batch := list(islice(texts, BATCH)):
        native.send(batch)
        wanted = list(expected(tokenizer, batch, stride))
        found = list(native.receive())
        assert len(found) == len(batch)
        differences += [case for case in zip(batch, wanted, found) if case[1] != case[2]]
        count += len(batch)
    return count, differences


def run(folder, options):
    path = folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    results = []
    for name, max_tokens, texts in suites(options.shared, options.random):
        if options.suite and options.suite not in name:
            continue
        tokenizer.enable_truncation(max_tokens, stride=options.stride or 0)
        native = Native(path, max_tokens, options.stride)
        started = time.monotonic()
        count, differences = compare(tokenizer, native, texts, options.stride)
        seconds = time.monotonic() - started
        native.close()
        results.append({"tokenizer": folder.name, "suite": name, "texts": count, "differences": len(differences)})
        print(f"{folder.name}, {name}: {count} texts, {len(differences)} differences, {seconds:.0f} s", flush=True)
        for text, wanted, found in differences[:SHOWN]:
            print(f"  {ascii(text[:200])}\n    wanted {str(wanted)[:200]}\n    found  {str(found)[:200]}", flush=True)
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokenizers", type=Path, default=Path(".cache/tokenizers"))
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--random", type=int, default=1_000_000, help="random strings for each tokenizer")
    parser.add_argument("--only", help="comma-separated names of tokenizers")
    parser.add_argument("--suite", help="only suites whose name contains this")
    parser.add_argument("--stride", type=int, help="compare windows that share this many tokens")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="tokenizers at the same time")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folders = sorted(path.parent for path in options.tokenizers.glob("*/tokenizer.json"))
    if options.only:
        folders = [folder for folder in folders if folder.name in options.only.split(",")]
    with ProcessPoolExecutor(options.jobs) as pool:
        results = [result for part in pool.map(run, folders, repeat(options)) for result in part]
    texts = sum(result["texts"] for result in results)
    differences = sum(result["differences"] for result in results)
    print(f"{texts} texts, {differences} differences")
    if options.json:
        summary = {"tokenizers": tokenizers.__version__, "texts": texts, "differences": differences}
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({**summary, "results": results}, indent=2) + "\n")
    sys.exit(1 if differences or not texts else 0)


if __name__ == "__main__":
    main()
