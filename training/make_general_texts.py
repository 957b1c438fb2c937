"""Collects and tokenizes the texts for models/general; writes its tokenizer.

    work/general/tokenizer.json   the extended vocabulary (pieces.py)
    work/general/texts/NNN.npz    to learn from
    work/general/choice.npz       GoEmotions texts that nothing is trained on

Each has `ids` uint16 [tokens], `lengths` uint16 [texts] and `label` int8 [texts]: 0 NEGATIVE, 1 NEUTRAL, 2 POSITIVE.
"""

import argparse
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from data import WORK, check_data, read_imdb
from general_data import goemotions_parts, labelled, lexicon_words
from pieces import BASE, extend, frequent_words
from recombine import labelled_texts

FOLDER = WORK / "general"
LENGTH_MAX = 64


def open_tokenizer(path: Path, length: int = LENGTH_MAX) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    return tokenizer


def write(path: Path, tokenizer: Tokenizer, pairs: list[tuple[str, int]]) -> None:
    rows = [e.ids for e in tokenizer.encode_batch([text for text, _ in pairs])]
    partial = path.with_suffix(".part.npz")
    np.savez_compressed(
        partial,
        ids=np.concatenate([np.array(row, np.uint16) for row in rows]),
        lengths=np.array([len(row) for row in rows], np.uint16),
        label=np.array([label for _, label in pairs], np.int8),
    )
    partial.rename(path)


def vocabulary_words(known: dict[str, int]) -> list[str]:
    """Words of the lexicon, of GoEmotions, of our patterns and of reviews that are cut to pieces so far."""
    learned, _ = goemotions_parts()
    words = frequent_words([text for text, _ in learned], 8, known)
    words += frequent_words([text for text, _ in labelled_texts(6_000, 5)], 8, known)
    words += [word for word in lexicon_words() if word not in known]
    words += frequent_words(read_imdb("train_pos")[:6000] + read_imdb("train_neg")[:6000], 60, known)
    return list(dict.fromkeys(words))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shard", type=int, default=10_000, help="texts in one file")
    parser.add_argument("--out", type=Path, default=FOLDER / "texts")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    check_data()
    args.out.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "tokenizer.json").exists():
        count = extend(vocabulary_words(open_tokenizer(BASE).get_vocab()), FOLDER / "tokenizer.json")
        print(f"{count} pieces")
    tokenizer = open_tokenizer(FOLDER / "tokenizer.json")
    write(FOLDER / "choice.npz", tokenizer, goemotions_parts()[1])
    pairs = labelled(args.seed)
    for number, start in enumerate(range(0, len(pairs), args.shard)):
        path = args.out / f"{number:03d}.npz"
        if not path.exists():
            write(path, tokenizer, pairs[start : start + args.shard])
    print(f"{len(pairs)} texts")


if __name__ == "__main__":
    main()
