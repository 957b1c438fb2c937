"""The vocabulary of models/tiny: those pieces of BERT's that English needs, in the same order.

What is dropped is cut into shorter pieces that stay. Every piece of one character stays, alone and inside of a word, so
no word becomes an unknown one that was none before.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data import MODELS

BASE = MODELS / "default" / "tokenizer.json"
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
INNER = "##"


def read_pieces(path: Path = BASE) -> list[str]:
    """The pieces of a tokenizer.json by their numbers."""
    vocabulary = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
    return sorted(vocabulary, key=vocabulary.__getitem__)


def needed(pieces: list[str]) -> np.ndarray:
    """bool [pieces]: without these, a word could become unknown.

    Beside those of one character: pieces with a character that has no piece of its own where it stands.
    """
    known = set(pieces)

    def is_needed(piece: str) -> bool:
        if piece.startswith("[") and len(piece) > 1:
            return piece in SPECIAL  # the others are [unused7] and so on
        plain = piece.removeprefix(INNER) or piece
        first = INNER if piece != plain else ""
        alone = [first + plain[0], *(INNER + character for character in plain[1:])]
        return len(plain) == 1 or any(part not in known for part in alone)

    return np.array([is_needed(piece) for piece in pieces])


def choose(pieces: list[str], wanted: np.ndarray, counts: np.ndarray, size: int) -> np.ndarray:
    """Numbers of the pieces that stay, in order: the needed and the wanted ones, then the most frequent, `size` in all.

    `wanted` bool and `counts` int, both [pieces].
    """
    kept = needed(pieces) | wanted
    if kept.sum() > size:
        raise SystemExit(f"{kept.sum()} pieces are needed or wanted; --size {size} is too small")
    for number in np.argsort(-counts, kind="stable"):
        if kept.sum() == size or counts[number] == 0:
            break
        if not pieces[number].startswith("[unused"):
            kept[number] = True
    return np.flatnonzero(kept)


def write_tokenizer(pieces: list[str], out: Path) -> None:
    """The tokenizer.json of BASE with these pieces, numbered anew."""
    content = json.loads(BASE.read_text(encoding="utf-8"))
    numbers = {piece: number for number, piece in enumerate(pieces)}
    content["model"]["vocab"] = numbers
    for token in content["added_tokens"]:
        token["id"] = numbers[token["content"]]
    for name, token in content["post_processor"]["special_tokens"].items():
        token["ids"] = [numbers[name]]
    out.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


class Narrower:
    """Turns numbers of pieces of BASE into those that the smaller vocabulary gives the same text, word by word."""

    def __init__(self, base: list[str], kept: list[str]) -> None:
        self.base = base
        self.number = {piece: number for number, piece in enumerate(kept)}
        self.known: dict[tuple[int, ...], list[int]] = {}

    def text(self, ids: list[int]) -> list[int]:
        return [number for word in self.words(ids) for number in self.word(word)]

    def words(self, ids: list[int]) -> Iterator[tuple[int, ...]]:
        start = 0
        for at in range(1, len(ids) + 1):
            if at == len(ids) or not self.base[ids[at]].startswith(INNER):
                yield tuple(ids[start:at])
                start = at

    def word(self, ids: tuple[int, ...]) -> list[int]:
        if ids not in self.known:
            pieces = [self.base[number] for number in ids]
            text = pieces[0] + "".join(piece.removeprefix(INNER) for piece in pieces[1:])
            self.known[ids] = [self.number[text]] if text in SPECIAL else self.cut(text)
        return self.known[ids]

    def cut(self, word: str) -> list[int]:
        """As WordPiece does: the longest piece that fits, again and again."""
        out: list[int] = []
        start = 0
        while start < len(word):
            inner = INNER if start else ""
            end = next((e for e in range(len(word), start, -1) if inner + word[start:e] in self.number), 0)
            if not end:
                return [self.number["[UNK]"]]
            out.append(self.number[inner + word[start:end]])
            start = end
        return out
