"""The model card of models/tiny, from results/ (reports.py)."""

import json
from pathlib import Path

from data import MODELS
from reports import read_reports

CARD = """# tiny

English sentiment, NEGATIVE or POSITIVE, in {megabytes:.1f} MB: `models/default` made a third as large, for where a
download, an image or memory is what counts. It learned from the scores of `models/accurate`.

{table}

With {n} sentences the standard error of an accuracy is about 1 point: smaller differences than 2 points say little.
The 872 were scored once, for this card.

Measured {date} on {machine}, ONNX Runtime {onnxruntime}, the graphs as they
are published: sentences of about 25 tokens sorted by length, batches of about 1,000 tokens, {workers} workers of one
thread, the models in turns, machine load {load:.0f}. What the other two get right is that of their cards: their weights
are newer, their graphs are not. This model learned from the `models/accurate` and `models/default` of before.
`./run_all.sh tiny` in `training/` makes it and measures it again; `npm run verify:model -- models/tiny` checks the
first row.

## Input and output

`input_ids`, `attention_mask`: int64 [batch, sequence], at most 128 tokens, padding at the end. `logits`: float32
[batch, 2] (0 NEGATIVE, 1 POSITIVE).
Tokenizer: WordPiece, uncased English, {pieces:,} pieces (`tokenizer.json`): those of BERT's that English needs.
No word is unknown that is not unknown to `models/default`; rare ones are cut into more pieces.

## How it is built

Most of `models/default` is its table of words. Here the table has half the words and half the columns: {factor}
numbers a word, which a product widens to {width}. The first window of three words reads these rows themselves, then all
is as in `models/default`: attention ({heads} heads) → window of 3 words → {questions} learned questions → 2 logits.
Weights int8 for each output (the classifier is stored as int8 and computed in float32), activations int8 with constant
scales, so a score never depends on the rest of the batch. How it was trained: `training/README.md`.

## What it is not good at

What `models/default` is not good at: texts that are not English, neutral ones, irony, anything but opinions on films
and the like, emoji. It learned from film reviews with their prejudices; do not use it to judge people.

Weights: Apache-2.0, as MiniLM-L6-H384, from whose embeddings `models/default` starts. Data: SST-2 and IMDB reviews, not
included.
"""


ROWS = [
    ("GLUE SST-2 development set (872)", "{sst2_test_accuracy:.1%}"),
    ("… sentences that are right", "{right}"),
    ("IMDB test set, 25,000 reviews, cut at 128 tokens", "{imdb_test_accuracy:.1%}"),
    ("texts a second of processor time × {workers}", "{texts_per_cpu_second:,.0f}"),
    ("processor time in the same run, times `models/accurate`", "{times_first_model:.1f}"),
    ("numbers in the graph, scales included", "{millions:.2f} million"),
    ("pieces of words", "{pieces:,}"),
    ("size of all files", "{megabytes:.2f} MB"),
    ("largest change of a score by batch, order or padding", "{score_change_max:.0e}"),
]
NAMES = ("tiny", "default", "accurate")


def table(facts: dict[str, dict], workers: int) -> str:
    lines = ["| | " + " | ".join(f"`models/{name}`" for name in NAMES) + " |", "|---|---|---|---|"]
    for title, cell in ROWS:
        cells = [cell.format(**facts[name]) for name in NAMES]
        lines.append(f"| {title.format(workers=workers)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write_card(folder: Path, report: dict, facts: dict[str, dict]) -> None:
    facts["tiny"]["megabytes"] = sum(f.stat().st_size for f in folder.iterdir()) / 1e6
    card = CARD.format(
        table=table(facts, report["workers"]),
        megabytes=facts["tiny"]["megabytes"],
        n=report["texts"],
        pieces=facts["tiny"]["pieces"],
        date=report["date"][:10],
        **{name: report[name] for name in ("workers", "machine", "onnxruntime", "load")},
        **{name: facts["tiny"]["student"][name] for name in ("factor", "width", "heads", "questions")},
    )
    (folder / "README.md").write_text(card)


def main() -> None:
    report, models = read_reports()
    facts = {}
    for name, row in models.items():
        config = json.loads((MODELS / name / "config.json").read_text())
        facts[name] = config | row | {
            "millions": row["parameters"] / 1e6,
            "pieces": config["vocab_size"],
        }
    for _ in range(2):  # the card is one of the files whose size it states
        write_card(MODELS / "tiny", report, facts)


if __name__ == "__main__":
    main()
