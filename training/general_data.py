"""The texts that models/general learns from, and those it is chosen and measured by."""

import random
import re
from importlib.metadata import files

from data import DATA, TRAINING, as_treebank, cut_sentences, read_imdb, read_sst2
from make_transfer_set import review_ends
from noise import typed, with_names
from recombine import Patterns, capitalised, labelled_texts

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


def read_probe() -> tuple[list[str], list[int]]:
    """Hand-written messages of eight kinds, never trained on."""
    lines = (TRAINING / "general" / "probe.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return [text for _, _, text in rows], [["NEGATIVE", "NEUTRAL", "POSITIVE"].index(label) for label, _, _ in rows]


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


def film_sentences(count: int, rng: random.Random) -> list[str]:
    """Sentences of the unlabelled reviews, 30 % of them spelled like SST-2: half of them tell, half of them judge."""
    reviews = read_imdb("unsup")
    rng.shuffle(reviews)
    out: list[str] = []
    for review in reviews:
        out += cut_sentences(review)
        if len(out) >= count:
            break
    return [as_treebank(s) if rng.random() < 0.3 else s for s in out[:count]]


def mixed(texts: list[str], count: int, rng: random.Random) -> list[str]:
    """Texts with other words in some places, and pairs of texts: the teacher says what that changes."""
    vocabulary = [word for text in rng.sample(texts, 8_000) for word in text.split()]
    out = []
    for number in range(count):
        words = rng.choice(texts).split()
        if number % 2:
            words = [rng.choice(vocabulary) if rng.random() < 0.15 else word for word in words]
        else:
            words += [rng.choice((".", ",", "but", "and", "!", "..."))] + rng.choice(texts).split()
        out.append(" ".join(words[:60]))
    return out


def teacher_texts(seed: int) -> list[tuple[str, int]]:
    """Gold labels only, as the teacher reads them."""
    rng = random.Random(seed)
    learned, _ = goemotions_parts()
    pairs = [(with_names(text, rng), label) for text, label in learned if label >= 0]
    pairs += rng.sample([p for p in sentiment_phrases() if len(p[0].split()) >= 8], 9_000)
    pairs += rng.sample(polar_reviews()[4000:], 3_000)
    pairs += [(typed(text, label, rng), label) for text, label in labelled_texts(15_000, seed)]
    pairs += rng.sample(lexicon_texts(rng), 6_000)
    rng.shuffle(pairs)
    return pairs


def student_texts(seed: int) -> list[tuple[str, int]]:
    """(text, gold label or -1) in random order, so that any number of the first ones has some of each kind."""
    rng = random.Random(seed)
    learned, _ = goemotions_parts()
    pairs = [(typed(with_names(text, rng), label, rng), label) for text, label in learned]
    pairs += [(with_names(text, rng), label) for text, label in learned]
    pairs += rng.sample(sentiment_phrases(), 36_000)
    pairs += rng.sample(polar_reviews()[4000:], 8_000)
    pairs += [(typed(text, label, rng), label) for text, label in labelled_texts(50_000, seed + 1)]
    pairs += lexicon_texts(rng)
    pairs += [(typed(text, -1, rng), -1) for text in film_sentences(30_000, rng)]
    patterns = Patterns()
    plain = [with_names(text, rng) for text, _ in learned]
    plain += [capitalised(patterns.clause(rng.randrange(3), rng)) for _ in range(15_000)]
    pairs += [(typed(text, -1, rng), -1) for text in mixed(plain, 50_000, rng)]
    rng.shuffle(pairs)
    return pairs
