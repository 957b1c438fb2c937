#!/usr/bin/env python3
"""Compares each component of a tokenizer with Hugging Face `tokenizers`, id for id: a million random texts, every code
point, every pair of awkward characters.

    pip install -r test/parity/requirements.txt
    python3 test/parity/component_parity.py --progress FILE --json benchmarking/results/DATE-tokenizer-components.json
    python3 test/parity/component_parity.py --prove      one fault in each setting, which must be seen

What is finished is in the progress file, a line for each; started again, it goes on behind it. Delete the lines of a
component to have it compared once more. Exit code 1, and the first differences on standard output, if anything differs.
"""

import argparse
import json
import os
import platform
import struct
import subprocess
import sys
import tempfile
import time
from array import array
from collections import defaultdict
from datetime import date
from functools import lru_cache
from itertools import chain
from multiprocessing import Pool
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402
from component_faults import UNSEEN, with_fault  # noqa: E402
from component_list import COMPONENTS  # noqa: E402
from component_suites import suites  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
RANDOM = 1_000_000
BATCH, LONG_BATCH = 2048, 32
TOKENS_MAX = 512
LONG_TOKENS_MAX = 60_000
POST_PROCESSED_TOKENS_MAX = 9
TRUNCATED = 1 << 31
SHOWN = 5
PROOF_TEXTS = 2000


class Native:
    """The native tokenizers in a process of their own, which keeps the texts for all of them."""

    def __init__(self):
        command = ["node", str(ROOT / "dist/test/parity/component-ids.js")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.texts = None

    def hold(self, texts):
        if texts is not self.texts:
            self.send(texts)
        self.texts = texts

    def send(self, value):
        frame = json.dumps(value).encode()
        self.process.stdin.write(struct.pack("<I", len(frame)) + frame)
        self.process.stdin.flush()

    def read(self):
        size = struct.unpack("<I", self.process.stdout.read(4))[0]
        return self.process.stdout.read(size)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


def answered(tokenizer, batch):
    """What the library makes of each text: None where it panics (`AddedVocabulary bad split`), so nothing is right."""
    try:
        return tokenizer.encode_batch_fast(batch)
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
    if len(batch) == 1:
        return [None]
    middle = len(batch) // 2
    return answered(tokenizer, batch[:middle]) + answered(tokenizer, batch[middle:])


def flat(tokenizer, encodings, max_tokens):
    """Encodings as the native process writes them: the lengths of the rows, and the rows."""
    rows = [encoding.ids for encoding in encodings]
    lengths = array("I", map(len, rows))
    if min(lengths) == 0 or max(lengths) >= max_tokens:
        for i, length in enumerate(lengths):
            if length == 0:
                rows[i], lengths[i] = [pad_of(tokenizer)], 1
            elif length >= max_tokens and len(encodings[i].overflowing) > 0:
                lengths[i] += TRUNCATED
    return lengths.tobytes() + array("I", chain.from_iterable(rows)).tobytes()


def pad_of(tokenizer):
    """The one token that a text without tokens gets here, because no model takes an empty row."""
    found = [tokenizer.token_to_id(name) for name in ("[PAD]", "<pad>")]
    return next((id for id in found if id is not None), 0)


def rows_of(answer, count):
    """Of each text its ids, and whether it was cut."""
    numbers = array("I", answer)
    at, rows = count, []
    for length in numbers[:count]:
        size = length & ~TRUNCATED
        rows.append((numbers[at : at + size].tolist(), length >= TRUNCATED))
        at += size
    assert at == len(numbers)
    return rows


def compare(native, setting, texts, deal, limits, native_setting=None):
    """How many texts there were, how many of them the library panicked at, and those that differ.

    `deal`: (share, shares) of the texts.
    """
    (share, shares), (max_tokens, size) = deal, limits
    own = texts[share::shares]
    if not own:
        return 0, 0, []
    native.hold(texts)
    tokenizer = Tokenizer.from_str(json.dumps(setting))
    tokenizer.enable_truncation(max_tokens)
    found, panics = [], 0
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(native_setting or setting, file)
        file.flush()
        native.send({"tokenizer": file.name, "maxTokens": max_tokens, "rows": size, "share": share, "shares": shares})
        for first in range(0, len(own), size):
            batch = own[first : first + size]
            encodings, answer = answered(tokenizer, batch), native.read()
            if None not in encodings and answer == flat(tokenizer, encodings, max_tokens):
                continue
            for text, encoding, ids in zip(batch, encodings, rows_of(answer, len(batch))):
                if encoding is None:
                    panics += 1
                    continue
                [wanted] = rows_of(flat(tokenizer, [encoding], max_tokens), 1)
                if wanted != ids:
                    found.append((text, wanted, ids))
    return len(own), panics, found


def limits_of(name, kind):
    """Tokens of a row, and texts of a batch."""
    if kind == "long":
        return LONG_TOKENS_MAX, LONG_BATCH
    return POST_PROCESSED_TOKENS_MAX if name.startswith("post-processor") else TOKENS_MAX, BATCH


@lru_cache(maxsize=1)
def native_process():
    return Native()


@lru_cache(maxsize=1)
def texts_of(count, suite_name):
    return next(suite for suite in suites(count) if suite.name == suite_name).texts()


def run(task):
    """One suite of one component."""
    count, suite_name, kind, is_dealt, name = task
    settings, texts = COMPONENTS[name], texts_of(count, suite_name)
    started, compared, panics, differences = time.monotonic(), 0, 0, 0
    for number, setting in enumerate(settings):
        deal = (number, len(settings)) if is_dealt else (0, 1)
        more, unanswered, cases = compare(native_process(), setting, texts, deal, limits_of(name, kind))
        compared += more - unanswered
        panics += unanswered
        differences += len(cases)
        for text, wanted, ids in cases[:SHOWN]:
            print(f"  {name} {number}: {ascii(text[:200])}")
            print(f"    wanted {str(wanted)[:200]}\n    found  {str(ids)[:200]}", flush=True)
    seconds = round(time.monotonic() - started, 1)
    return {"component": name, "suite": suite_name, "kind": kind, "settings": len(settings), "texts": compared,
            "panics": panics, "differences": differences, "seconds": seconds}  # fmt: skip


def prove():
    """Whether the comparison sees a fault in each setting."""
    first = [suite.texts() for suite in suites(RANDOM) if suite.kind in ("pairs", "random") and suite.part == 0]
    texts = [text for all_of_them in first for text in all_of_them[:: len(all_of_them) // PROOF_TEXTS]]
    unseen = 0
    for name, settings in COMPONENTS.items():
        faults = [(setting, with_fault(name, setting)) for setting in settings]
        counts = [
            len(compare(native_process(), setting, texts, (0, 1), limits_of(name, "proof"), fault)[2])
            for setting, fault in faults
        ]
        missed = 0 if name in UNSEEN else counts.count(0)
        unseen += missed
        print(f"{name}: {len(counts)} faults, {missed} not seen; texts that differ: {min(counts)} to {max(counts)}")
    sys.exit(1 if unseen else 0)


def results_of(progress):
    lines = progress.read_text().splitlines() if progress.exists() else []
    results = [json.loads(line) for line in lines]
    return list({(result["component"], result["suite"]): result for result in results}.values())


def report(results, tasks):
    """The sums of each component, by kind of texts."""
    done = {(result["component"], result["suite"]) for result in results}
    components = defaultdict(lambda: {"texts": defaultdict(int), "panics": 0, "differences": 0})
    for result in results:
        own = components[result["component"]]
        own["settings"] = result["settings"]
        own["texts"][result["kind"]] += result["texts"]
        own["panics"] += result.get("panics", 0)
        own["differences"] += result["differences"]
    node = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    versions = {"node": node, "python": platform.python_version()}
    return {
        "date": date.today().isoformat(),
        "machine": {"cores": os.cpu_count(), "os": platform.system(), **versions},
        "command": "python3 test/parity/component_parity.py --progress FILE --json FILE",
        "finished": all((name, suite) in done for _, suite, _, _, name in tasks),
        "parts": len(tasks),
        "parts_finished": sum((name, suite) in done for _, suite, _, _, name in tasks),
        "tokenizers": tokenizers.__version__,
        "texts": sum(result["texts"] for result in results),
        "panics_of_the_library": sum(result.get("panics", 0) for result in results),
        "differences": sum(result["differences"] for result in results),
        "components": [{"component": name, **components[name]} for name in COMPONENTS if name in components],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--random", type=int, default=RANDOM, help="random strings for each component")
    parser.add_argument("--only", default="", help="components whose name contains this")
    parser.add_argument("--suite", default="", help="suites whose name contains this")
    parser.add_argument("--jobs", type=int, default=1, help="components at the same time; 0: only the report")
    parser.add_argument("--progress", type=Path, default=Path(".cache/component-parity.jsonl"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--prove", action="store_true", help="see one fault in each setting")
    options = parser.parse_args()
    if options.prove:
        prove()
    options.progress.parent.mkdir(parents=True, exist_ok=True)
    every = [(options.random, suite.name, suite.kind, suite.is_dealt, name)
             for suite in suites(options.random) for name in COMPONENTS]  # fmt: skip
    done = {(result["component"], result["suite"]) for result in results_of(options.progress)}
    tasks = [task for task in every if (task[4], task[1]) not in done]
    tasks = [task for task in tasks if options.jobs > 0 and options.only in task[4] and options.suite in task[1]]
    with Pool(max(1, options.jobs)) as pool:
        for result in pool.imap_unordered(run, tasks):
            print(json.dumps(result), flush=True)
            with open(options.progress, "a") as file:
                file.write(json.dumps(result) + "\n")
    summary = report(results_of(options.progress), every)
    print(f"{summary['texts']} texts, {summary['differences']} differences, finished: {summary['finished']}")
    if options.json:
        options.json.write_text(json.dumps(summary, indent=2) + "\n")
    sys.exit(1 if summary["differences"] or not summary["texts"] else 0)


if __name__ == "__main__":
    main()
