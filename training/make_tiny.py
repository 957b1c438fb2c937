"""Prepares models/tiny: a smaller vocabulary, the scored texts in its numbers, and models/default made small.

    python make_transfer_set.py --shuffle --out work/tiny/scored …
    python make_tiny.py

    work/tiny/tokenizer.json      the smaller vocabulary (narrow.py)
    work/tiny/texts/*.npz         the shards of work/tiny/scored in its numbers; dev and reviews-0 to choose by
    work/tiny/begin/student.pt    models/default with that vocabulary and a narrow table (factor.py)

The pieces that stay are those of SST-2's training phrases, then the most frequent ones of these, of ends of IMDB's
training reviews, and of GoEmotions. No text of SST-2's test set or of IMDB's is looked at.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from data import MODELS, WORK, check_data, read_sst2
from factor import factorised
from general_data import read_goemotions
from make_general_texts import open_tokenizer, write
from make_transfer_set import review_ends
from narrow import BASE, Narrower, choose, read_pieces, write_tokenizer
from student import Shape
from warm import read_student

FOLDER = WORK / "tiny"
POSITIONS = Shape().positions


def piece_counts(size: int, ends: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """How often each of `size` pieces occurs in SST-2's training phrases, and in everything together."""
    tokenizer = open_tokenizer(BASE, POSITIONS)

    def count(texts: list[str]) -> np.ndarray:
        rows = tokenizer.encode_batch(texts)
        return np.bincount(np.concatenate([row.ids for row in rows]), minlength=size)

    held_out = set(read_sst2("dev")[0]) | set(read_sst2("test")[0])
    phrases = count([text for text in read_sst2("train")[0] if text not in held_out])
    return phrases, phrases + count(read_goemotions("train")[0]) + count(ends)


def narrow_shard(shard: Path, out: Path, narrower: Narrower) -> None:
    content = dict(np.load(shard))
    ends = np.cumsum(content["lengths"].astype(np.int64))[:-1]
    rows = [narrower.text(row.tolist()) for row in np.split(content["ids"], ends)]
    rows = [row if len(row) <= POSITIONS else row[: POSITIONS - 1] + row[-1:] for row in rows]
    content["ids"] = np.concatenate([np.array(row, np.uint16) for row in rows])
    content["lengths"] = np.array([len(row) for row in rows], np.uint16)
    partial = out.with_suffix(".part.npz")
    np.savez(partial, **content)
    partial.rename(out)


def check(narrower: Narrower, tokenizer: Path) -> None:
    """The numbers are those that the tokenizer gives, and nothing has become unknown."""
    base, narrow = Tokenizer.from_file(str(BASE)), Tokenizer.from_file(str(tokenizer))
    texts = [*read_sst2("dev")[0], *read_goemotions("train")[0][:5000]]
    unknown = [base.token_to_id("[UNK]"), narrow.token_to_id("[UNK]")]
    for old, new in zip(base.encode_batch(texts), narrow.encode_batch(texts)):
        assert narrower.text(old.ids) == new.ids, new.tokens
        assert old.ids.count(unknown[0]) == new.ids.count(unknown[1]), new.tokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scored", type=Path, default=FOLDER / "scored")
    parser.add_argument("--size", type=int, default=16_384, help="pieces")
    parser.add_argument("--columns", type=int, default=128, help="of the narrow table")
    args = parser.parse_args()
    check_data()
    (FOLDER / "texts").mkdir(parents=True, exist_ok=True)
    (FOLDER / "begin").mkdir(exist_ok=True)
    pieces, ends = read_pieces(), review_ends(seed=0)
    phrases, total = piece_counts(len(pieces), [text for text, _ in ends])
    kept = choose(pieces, phrases > 0, total, args.size)
    names = [pieces[number] for number in kept]
    write_tokenizer(names, FOLDER / "tokenizer.json")
    print(f"{len(kept)} pieces of {len(pieces)}, {total[kept].sum() / total.sum():.2%} of the tokens")
    narrower = Narrower(pieces, names)
    check(narrower, FOLDER / "tokenizer.json")

    torch.manual_seed(0)
    student = read_student(MODELS / "default")
    small, lost = factorised(
        student, torch.from_numpy(kept), torch.from_numpy(total[kept]), args.columns, names.index("[CLS]")
    )
    torch.save({"weights": small.state_dict(), "shape": small.shape.to_dict()}, FOLDER / "begin" / "student.pt")
    count = sum(p.numel() for name, p in small.named_parameters() if not name.startswith("teacher."))
    print(f"{count:,} parameters; {lost:.2%} of the words is lost")

    tokenizer = open_tokenizer(FOLDER / "tokenizer.json", POSITIONS)
    write(FOLDER / "texts" / "dev.npz", tokenizer, list(zip(*read_sst2("dev"))))
    write(FOLDER / "texts" / "reviews-0.npz", tokenizer, ends[:4000])
    for shard in sorted(args.scored.glob("[0-9][0-9][0-9].npz")):
        if not (FOLDER / "texts" / shard.name).exists():
            narrow_shard(shard, FOLDER / "texts" / shard.name, narrower)


if __name__ == "__main__":
    main()
