"""The texts that models/general learns from, and those it is chosen and measured by."""

import random
import re
from importlib.metadata import files

from data import DATA, TRAINING, read_sst2
from make_transfer_set import review_ends
from noise import typed, with_names
from recombine import LABELS, labelled_texts

NEGATIVE, NEUTRAL, POSITIVE = range(3)
GROUPS = {
    "admiration amusement approval caring desire excitement gratitude joy love optimism pride relief": POSITIVE,
    "anger annoyance disappointment disapproval disgust embarrassment fear grief nervousness remorse sadness": NEGATIVE,
    "neutral": NEUTRAL,
}
GROUP_OF = {name: group for names, group in GROUPS.items() for name in names.split()}
CHOICE = 3_000  # texts of GoEmotions' training set that are never trained on: for choices and for the temperature
FRAMES = [
    "{}", "{}", "so {}", "very {}", "this is {}", "it was {}", "feeling {}", "{}!", "how {}", "they are {}",
    "totally {}", "just {}", "it's {}", "i feel {}", "really {} today", "what a {} day", "that was {}",
]  # fmt: skip


def read_goemotions(split: str) -> tuple[list[str], list[int]]:
    """Texts and labels (0 NEGATIVE, 1 NEUTRAL, 2 POSITIVE) of `train` or `dev`; -1: ambiguous, or two opinions.

    The grouping is that of the data's authors. NEUTRAL is a text with that label alone.
    """
    names = (DATA / "goemotions" / "labels.txt").read_text().split()
    texts, labels = [], []
    for line in (DATA / "goemotions" / f"{split}.tsv").read_text(encoding="utf-8").splitlines():
        text, numbers, _ = line.split("\t")
        groups = {GROUP_OF.get(names[int(number)], -1) for number in numbers.split(",")}
        opinions = groups - {NEUTRAL}
        texts.append(text)
        labels.append((opinions or groups).pop() if len(opinions) < 2 else -1)
    return texts, labels


def read_messages(name: str) -> tuple[list[str], list[int]]:
    """Hand-written messages that nothing is trained on: `choose` to choose by, `probe` for the report."""
    lines = (TRAINING / "general" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return [text for _, _, text in rows], [LABELS.index(label) for label, _, _ in rows]


def goemotions_parts() -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """(text, label) of the training set: those to learn from, and those to choose by."""
    pairs = list(zip(*read_goemotions("train")))
    random.Random(7).shuffle(pairs)
    return pairs[CHOICE:], [pair for pair in pairs[:CHOICE] if pair[1] >= 0]


def lexicon_texts(rng: random.Random) -> list[tuple[str, int]]:
    """VADER's words with a clear valence (MIT licence; ten people rated each), alone or in a few words around."""
    path = next(f for f in files("vaderSentiment") or [] if f.name == "vader_lexicon.txt")
    out = []
    for line in path.read_text(encoding="utf-8").splitlines():
        word, valence, *_ = line.split("\t")
        if abs(float(valence)) >= 0.9:
            label = POSITIVE if float(valence) > 0 else NEGATIVE
            frames = FRAMES if re.fullmatch(r"[a-z]+", word) else ["{}", "{}"]
            out += [(frame.format(word), label) for frame in rng.sample(frames, 2)]
    return out


def lexicon_words() -> list[str]:
    path = next(f for f in files("vaderSentiment") or [] if f.name == "vader_lexicon.txt")
    words = (line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines())
    return [word for word in words if re.fullmatch(r"[a-z]{3,18}", word)]


def sentiment_phrases() -> list[tuple[str, int]]:
    """SST-2's training phrases of three words and more, without those of its dev and test files."""
    held_out = set(read_sst2("dev")[0]) | set(read_sst2("test")[0])
    pairs = zip(*read_sst2("train"))
    return [(t, 2 * l) for t, l in pairs if t not in held_out and len(t.split()) >= 3]


def polar_reviews() -> list[tuple[str, int]]:
    return [(text, 2 * label) for text, label in review_ends(seed=0)]


def labelled(seed: int) -> list[tuple[str, int]]:
    """(text, label) in random order: GoEmotions as it is and as typed, phrases, reviews, words, recombined texts."""
    rng = random.Random(seed)
    learned, _ = goemotions_parts()
    known = [(text, label) for text, label in learned if label >= 0]
    pairs = [(typed(with_names(text, rng), label, rng), label) for text, label in known]
    pairs += [(with_names(text, rng), label) for text, label in known]
    pairs += rng.sample(sentiment_phrases(), 36_000)
    pairs += rng.sample(polar_reviews()[4000:], 8_000)
    pairs += [(typed(text, label, rng), label) for text, label in labelled_texts(90_000, seed + 1)]
    pairs += lexicon_texts(rng)
    rng.shuffle(pairs)
    return pairs
