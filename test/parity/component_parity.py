#!/usr/bin/env python3
"""Compares each component of a tokenizer with Hugging Face `tokenizers`, id for id: a million random texts, every code
point, every pair of awkward characters.

    pip install -r test/parity/requirements.txt
    python3 test/parity/component_parity.py --progress FILE --json benchmarking/results/DATE-tokenizer-components.json

What is finished is in the progress file, a line for each; started again, it goes on behind it. Delete the lines of a
component to have it compared once more. Exit code 1, and the first differences on standard output, if anything differs.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from array import array
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import tokenizers  # noqa: E402
from component_list import COMPONENTS  # noqa: E402
from parity import BATCH, SHOWN, Native, expected  # noqa: E402
from texts import CODE_POINTS, pairs, random_strings  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

TOKENS_MAX = 512
LONG_TOKENS_MAX = 60_000
POST_PROCESSED_TOKENS_MAX = 9
LONG_BATCH = 32
PARTS = 10
TRUNCATED = 1 << 31


def suites(count):
    """(name, texts): the random ones in parts, so that all components have been tried soon."""
    yield "pairs", pairs
    yield "long", lambda: long_texts(count // 1000)
    for part in range(PARTS):
        yield f"random {part + 1} of {PARTS}", partial(random_part, count // PARTS, part)
    yield "code points", lambda: chain(CODE_POINTS, (f"a{c}b" for c in CODE_POINTS))


@lru_cache(maxsize=1)
def random_part(count, part):
    return list(random_strings(count, 2026 + part))


def long_texts(count):
    """Ten thousand bytes and more, which are normalized in pieces."""
    parts = list(random_strings(20_000))
    generator = random.Random(30)
    for _ in range(count):
        between = generator.choice((" ", "", " a ", "\n"))
        yield between.join(generator.choices(parts, k=generator.randint(100, 400)))


def batches(texts, share, shares, size):
    """Every setting of a component gets its share of the batches."""
    texts = iter(texts)
    for number in range(sys.maxsize):
        batch = list(islice(texts, size))
        if not batch:
            return
        if number % shares == share:
            yield batch


def flat(tokenizer, batch, max_tokens):
    """The library's answer as the native process writes it."""
    numbers = []
    for encoding in tokenizer.encode_batch_fast(batch):
        ids = encoding.ids or [pad_of(tokenizer)]
        is_cut = len(ids) >= max_tokens and len(encoding.overflowing) > 0
        numbers.append(len(ids) + (TRUNCATED if is_cut else 0))
        numbers += ids
    return array("I", numbers).tobytes()


def pad_of(tokenizer):
    """The one token that a text without tokens gets here, because no model takes an empty row."""
    found = [tokenizer.token_to_id(name) for name in ("[PAD]", "<pad>")]
    return next((id for id in found if id is not None), 0)


def differences(native, batch, wanted, tokenizer):
    answer = native.read()
    if answer == wanted:
        return []
    found = list(native.rows(answer))
    assert len(found) == len(batch)
    rows = ((ids or [pad_of(tokenizer)], is_cut) for ids, is_cut in expected(tokenizer, batch, None))
    return [case for case in zip(batch, rows, found) if case[1] != case[2]]


def compare(setting, texts, share, shares, limits):
    max_tokens, size = limits
    tokenizer = Tokenizer.from_str(json.dumps(setting))
    tokenizer.enable_truncation(max_tokens)
    count, found = 0, []
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(setting, file)
        file.flush()
        native = Native(file.name, max_tokens, None, size)
        for batch in batches(texts, share, shares, size):
            native.send(batch)
            found += differences(native, batch, flat(tokenizer, batch, max_tokens), tokenizer)
            count += len(batch)
        native.close()
    return count, found


def limits_of(name, suite):
    """Tokens of a row, and texts of a batch."""
    if suite == "long":
        return LONG_TOKENS_MAX, LONG_BATCH
    return POST_PROCESSED_TOKENS_MAX if name.startswith("post-processor") else TOKENS_MAX, BATCH


def run(name, settings, suite, texts):
    """The random texts are shared out among the settings; if there are few, each gets every pair and code point."""
    shares = len(settings) if suite.startswith(("random", "long")) or len(settings) > 4 else 1
    started, count, found = time.monotonic(), 0, []
    for number, setting in enumerate(settings):
        share = number if shares > 1 else 0
        more, cases = compare(setting, texts(), share, shares, limits_of(name, suite))
        count += more
        found += cases
        for text, wanted, ids in cases[:SHOWN]:
            print(f"  {name} {number}: {ascii(text[:200])}")
            print(f"    wanted {str(wanted)[:200]}\n    found  {str(ids)[:200]}", flush=True)
    seconds = round(time.monotonic() - started)
    return {"component": name, "suite": suite, "settings": len(settings), "texts": count,
            "differences": len(found), "seconds": seconds}  # fmt: skip


def results_of(progress):
    return [json.loads(line) for line in progress.read_text().splitlines()] if progress.exists() else []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--random", type=int, default=1_000_000, help="random strings for each component")
    parser.add_argument("--only", default="", help="components whose name contains this")
    parser.add_argument("--suite", default="", help="suites whose name contains this")
    parser.add_argument("--progress", type=Path, default=Path(".cache/component-parity.jsonl"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.progress.parent.mkdir(parents=True, exist_ok=True)
    for suite, texts in suites(options.random):
        for name, settings in COMPONENTS.items():
            done = {(result["component"], result["suite"]) for result in results_of(options.progress)}
            if (name, suite) in done or options.only not in name or options.suite not in suite:
                continue
            result = run(name, settings, suite, texts)
            print(json.dumps(result), flush=True)
            with open(options.progress, "a") as file:
                file.write(json.dumps(result) + "\n")
    results = results_of(options.progress)
    total = {key: sum(result[key] for result in results) for key in ("texts", "differences")}
    print(f"{total['texts']} texts, {total['differences']} differences")
    if options.json:
        summary = {"tokenizers": tokenizers.__version__, **total, "results": results}
        options.json.write_text(json.dumps(summary, indent=2) + "\n")
    sys.exit(1 if total["differences"] or not results else 0)


if __name__ == "__main__":
    main()
