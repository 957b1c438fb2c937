#!/usr/bin/env python3
"""Speed of the native tokenizers beside `encode_batch_fast` of Hugging Face `tokenizers`, one thread each.

    python3 test/parity/speed.py --json benchmarking/results/2026-11-23-tokenizers.json

Ours reads the text out of a JSON request first. Rounds of both alternate, and processor time is measured, so that a
busy machine disturbs both alike; the medians count. The texts are those of SST-2, or of IMDB cut to 512 tokens.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from itertools import islice
from pathlib import Path
from statistics import median

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
import tokenizers  # noqa: E402
from texts import imdb, sst2  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def measure(path, texts, rounds):
    library = Tokenizer.from_file(str(path))
    library.enable_truncation(512)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(texts, file)
        file.flush()
        command = ["node", str(ROOT / "dist/test/parity/speed.js"), str(path), file.name]
        native = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        theirs, ours = [], []
        for _ in range(rounds):
            begin = time.process_time()
            encodings = library.encode_batch_fast(texts)
            theirs.append(time.process_time() - begin)
            del encodings
            native.stdin.write("\n")
            native.stdin.flush()
            answer = json.loads(native.stdout.readline())
            ours.append(answer["seconds"])
        native.stdin.close()
        native.wait()
    size = sum(len(text.encode()) for text in texts)
    return {
        "texts": len(texts),
        "bytes_per_text": round(size / len(texts), 1),
        "library_texts_per_second": round(len(texts) / median(theirs)),
        "native_texts_per_second": round(len(texts) / median(ours)),
        "native_tokens_per_second": round(answer["tokens"] / median(ours)),
        "ratio": round(median(theirs) / median(ours), 1),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokenizers", type=Path, default=Path(".cache/tokenizers"))
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    sentences = (text for text in sst2(options.shared / "sst2") if len(text) > 20)
    corpora = {"SST-2": list(islice(sentences, 20_000)), "IMDB": list(islice(imdb(options.shared / "imdb"), 1_000))}
    results = []
    for path in sorted(options.tokenizers.glob("*/tokenizer.json")):
        for corpus, texts in corpora.items():
            results.append({"tokenizer": path.parent.name, "corpus": corpus, **measure(path, texts, options.rounds)})
            print(json.dumps(results[-1]), flush=True)
    if options.json:
        load = [round(value, 1) for value in os.getloadavg()]
        summary = {"tokenizers": tokenizers.__version__, "rounds": options.rounds, "load_average": load}
        options.json.write_text(json.dumps({**summary, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
