"""The model card of models/general, from what evaluate_general.py measured."""

from pathlib import Path

CARD = """# general

English messages of many kinds: NEGATIVE, NEUTRAL or POSITIVE. As small as `models/default`, and of the same family.
`models/default` is better at telling praise from blame in film reviews; this one knows when there is neither.

| | `models/general` |
|---|---|
| GLUE SST-2 development set (872): right where it says positive or negative | {sst[accuracy_of_called]:.1%} |
| … how many of the 872 it calls neutral; people called all of them positive or negative | {sst_neutral} |
| … right of all 872 if the larger of the two scores counts | {sst[forced]:.1%} |
| GoEmotions development set, macro-F1 of the three labels ({go[n]:,} texts) | **{go[macro_f1]:.1%}** |
| … accuracy | {go[accuracy]:.1%} |
| … of the negative, neutral, positive ones found | {go_recall} |
| … expected calibration error, before and after the temperature of {temperature} | {before:.1%}, {after:.1%} |
| IMDB test set, {imdb[n]:,} reviews cut at 128 tokens: right where it says either | {imdb[accuracy_of_called]:.1%} |
| … how many of them it calls neutral | {imdb_neutral:,} |
| … right of all if the larger of the two scores counts | {imdb[forced]:.1%} |
| hand-written messages, accuracy ({probe[n]} texts) | {probe[accuracy]:.1%} |
| … macro-F1 | {probe[macro_f1]:.1%} |
| texts a second of processor time, times `models/default` in the same run | {rate} |
| size | {megabytes:.1f} MB |
| largest change of a score by batch, order or padding | {change:.0e} |

Standard errors: about {sst_error:.1f} points for SST-2, {go_error:.1f} for GoEmotions, {probe_error:.1f} for the
hand-written messages.
GoEmotions: the grouping of its authors. Texts with an ambiguous emotion, or with a positive and a negative one, are
left out. NEUTRAL is a text with that label alone. The hand-written messages are
[training/general/probe.tsv](../../training/general/probe.tsv): tickets, chats, posts, product reviews and notices,
written for this purpose and never trained on.

Measured {date} on {machine}, ONNX Runtime {onnxruntime}, with
`python evaluate_general.py` in `training/`. `npm run verify:model -- models/general` repeats the rows of SST-2 and
GoEmotions through the service's own path.

## Input and output

`input_ids`, `attention_mask`: int64 [batch, sequence], at most 128 tokens, padding at the end. `logits`: float32
[batch, 3]: 0 NEGATIVE, 1 NEUTRAL, 2 POSITIVE.
Tokenizer: WordPiece, uncased English, {pieces:,} pieces (`tokenizer.json`): BERT's, every emoji, and words of chats and
customer service that BERT's vocabulary cuts to pieces.

## How it is built

The graph is that of `models/default`, with three logits: embeddings → window of 3 words → attention (2 heads) → window
of 3 words → 4 learned questions. Weights int8 for each output, activations int8 with constant scales, so a score never
depends on the rest of the batch. The temperature is in the weights of the last layer.

It begins as `models/default` and learns labels that people gave; there is no teacher. How it was trained:
`training/README.md`.

## What it is not good at

- Texts that are not English: the score is valid but means nothing.
- Irony without a sign of it, and praise that is taken back late in a long text. It reads 128 tokens, no more.
- Film reviews: `models/default` and `models/accurate` are better there.
- What people call neutral differs between data sets. A reported problem ("my order is two weeks late") is NEGATIVE
  here, a question or a notice ("the parcel arrived on Tuesday") is NEUTRAL.
- It learned from comments on Reddit and from film reviews, with their prejudices; do not use it to judge people.

Weights: Apache-2.0, as MiniLM-L6-H384, from whose embeddings `models/default` starts. Data: GoEmotions (CC BY 4.0),
SST-2 and IMDB reviews, the lexicon of VADER (MIT), and patterns of our own; the texts are not included.
"""


def error(share: float, count: int) -> float:
    """Standard error in points."""
    return 100 * (share * (1 - share) / count) ** 0.5


def write_card(folder: Path, report: dict, pieces: int) -> None:
    figures = report["figures"]
    go, sst, imdb, probe = (figures[name] for name in ("goemotions_dev", "sst2_test", "imdb_test", "probe"))
    times = figures.get("times_default")
    card = CARD.format(
        go=go,
        sst=sst,
        imdb=imdb,
        probe=probe,
        sst_neutral=sst["n"] - sst["called"],
        imdb_neutral=imdb["n"] - imdb["called"],
        go_recall=", ".join(f"{share:.0%}" for share in go["recall"].values()),
        temperature=report["temperature"],
        before=go["calibration_error_before"],
        after=go["calibration_error"],
        rate=f"{times:.2f}" if times else "not measured",
        megabytes=figures["megabytes"],
        change=figures["score_change_max"],
        sst_error=error(sst["accuracy_of_called"], sst["called"]),
        go_error=error(go["accuracy"], go["n"]),
        probe_error=error(probe["accuracy"], probe["n"]),
        date=report["date"][:10],
        machine=report["machine"],
        onnxruntime=report["onnxruntime"],
        pieces=pieces,
    )
    (folder / "README.md").write_text(card)
