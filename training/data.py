"""Where the data lies, whether it is the data we mean, and how it is read."""

import csv
import hashlib
import re
from pathlib import Path

TRAINING = Path(__file__).resolve().parent
DATA = TRAINING.parent.parent / "shared" / "data"
MODELS = TRAINING.parent / "models"
WORK = TRAINING / "work"
RESULTS = TRAINING / "results"
CHECKSUMS = TRAINING / "checksums.sha256"


def check_data() -> None:
    """Raises SystemExit when a data file is missing or is not the one the results were made with."""
    for line in CHECKSUMS.read_text().splitlines():
        digest, name = line.split()
        path = DATA / name
        if not path.exists():
            raise SystemExit(f"{path} is missing: SST-2, GoEmotions and IMDB belong there (see training/README.md)")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{path} differs from the file the published figures were made with (checksum)")


def read_sst2(split: str) -> tuple[list[str], list[int]]:
    """Texts and labels (0 negative, 1 positive) of `train`, `dev` (held out of train) or `test` (872 sentences)."""
    with open(DATA / "sst2" / f"{split}.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [row[0].strip() for row in rows], [int(row[1]) for row in rows]


def read_imdb(name: str) -> list[str]:
    """The reviews of `unsup`, `train_pos`, `train_neg`, `test_pos` or `test_neg`, one string each."""
    import zstandard  # only here, so that training needs nothing but the texts of make_transfer_set.py

    path = DATA / "imdb" / f"{name}.txt.zst"
    with zstandard.open(path, "rb") as file:
        text = file.read().decode("utf-8", "replace")
    return [line.replace("<br />", " ") for line in text.splitlines() if line.strip()]


SENTENCE_END = re.compile(r"(?<=[.!?])[\"')]*\s+(?=[\"'(]*[A-Z0-9])")


def cut_sentences(review: str) -> list[str]:
    """Sentences of 4 to 45 words; what is longer or shorter is seldom an opinion or is badly cut."""
    parts = (part.strip() for part in SENTENCE_END.split(review))
    return [part for part in parts if 4 <= len(part.split()) <= 45]


CONTRACTIONS = re.compile(r"(?i)(?<=[a-z])(n't|'s|'re|'ve|'ll|'d|'m)\b")
PUNCTUATION = re.compile(r"([.,!?;:()\"]+)")


def as_treebank(text: str) -> str:
    """The spelling of SST-2: lower case, punctuation and contractions set apart (`do n't`)."""
    spaced = PUNCTUATION.sub(r" \1 ", CONTRACTIONS.sub(r" \1", text.lower()))
    return " ".join(spaced.split())
