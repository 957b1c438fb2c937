#!/usr/bin/env python3
"""How sure models without a neutral label are of texts that people called neutral, and nothing else (GoEmotions).

    npm run build:ts && python3 training/neutral.py models/default models/accurate
"""

import argparse
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SURE = 0.9


def neutral_texts(folder):
    neutral = str((folder / "labels.txt").read_text().split().index("neutral"))
    with open(folder / "dev.tsv", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [text for text, labels, _ in rows if labels == neutral]


def scores(model, texts):
    command = ["node", str(ROOT / "dist/test/parity/classify.js"), model, "{}", "together"]
    answer = subprocess.run(command, input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True)
    return [max(prediction["scores"].values()) for prediction in json.loads(answer.stdout)["predictions"]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--goemotions", type=Path, default=ROOT.parent / "shared/data/goemotions")
    options = parser.parse_args()
    texts = neutral_texts(options.goemotions)
    for model in options.models:
        sure = sum(score > SURE for score in scores(model, texts))
        share = 100 * sure / len(texts)
        print(f"{model}: {sure} of {len(texts)} neutral texts get a score above {SURE}, {share:.1f} %")


if __name__ == "__main__":
    main()
