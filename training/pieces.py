"""The vocabulary of models/general: that of models/default and, behind it, emoji and words that it cuts to pieces.

BERT's vocabulary comes from books and an encyclopedia: to it an emoji is an unknown word, and "lol" or "refund" are two
or three pieces. An emoji that touches a word ("great😀") would even make that word unknown, so each has a second
piece for inside of a word. The new rows of the embedding table begin as the mean of the pieces that stood for them; an
emoji begins as the words of its Unicode name.
"""

import collections
import json
import re
import unicodedata
from pathlib import Path

from tokenizers import Tokenizer

from data import MODELS

BASE = MODELS / "default" / "tokenizer.json"
EMOJI_RANGES = [
    (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122), (0x2139, 0x2139), (0x2194, 0x21AA), (0x231A, 0x231B),
    (0x2328, 0x2328), (0x23CF, 0x23FA), (0x24C2, 0x24C2), (0x25AA, 0x25FE), (0x2600, 0x27BF), (0x2934, 0x2935),
    (0x2B05, 0x2B55), (0x3030, 0x3030), (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F170, 0x1F251),
    (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F7E0, 0x1F7F0), (0x1F90C, 0x1F9FF), (0x1FA70, 0x1FAFF),
]  # fmt: skip
WORD = re.compile(r"[a-z]{2,18}")
WORDS_MAX = 6_000


def emoji_name(character: str) -> str:
    """`face with tears of joy`; empty where this Python's Unicode is older than the emoji."""
    return unicodedata.name(character, "").lower().replace("-", " ")


def emoji() -> list[str]:
    """Every emoji of one code point, and the parts of the others (skin tones, flags, ♀)."""
    characters = (chr(code) for low, high in EMOJI_RANGES for code in range(low, high + 1))
    return [c for c in characters if unicodedata.category(c) in ("So", "Sk", "Sm")]


def frequent_words(texts: list[str], least: int, known: dict[str, int]) -> list[str]:
    """Words that the base vocabulary cuts to pieces, the most frequent ones first."""
    counts = collections.Counter(word for text in texts for word in WORD.findall(text.lower()))
    return [word for word, count in counts.most_common() if count >= least and word not in known]


def extend(words: list[str], out: Path) -> int:
    """Writes a tokenizer.json with the emoji and `words` behind the pieces of BASE; returns the number of pieces."""
    content = json.loads(BASE.read_text())
    vocabulary = content["model"]["vocab"]
    for piece in [p for c in emoji() for p in (c, f"##{c}")] + words[:WORDS_MAX]:
        vocabulary.setdefault(piece, len(vocabulary))
    out.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
    return len(vocabulary)


def origins(tokenizer: Path) -> list[list[int]]:
    """For each new piece, in order: the pieces of BASE whose mean it begins as."""
    base = Tokenizer.from_file(str(BASE))
    size = base.get_vocab_size()
    vocabulary = json.loads(tokenizer.read_text())["model"]["vocab"]
    out = []
    for piece, number in sorted(vocabulary.items(), key=lambda item: item[1])[size:]:
        plain = piece.removeprefix("##")
        text = (emoji_name(plain) or "symbol") if plain in EMOJI else plain
        out.append(base.encode(text, add_special_tokens=False).ids)
        assert number == size + len(out) - 1
    return out


EMOJI = frozenset(emoji())
