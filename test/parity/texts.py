"""The texts of the parity suite: every code point, awkward neighbours, real texts, random strings."""

import io
import random
import sys
from pathlib import Path

import zstandard

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures/tokenizer"))
from generate import PARTS, SENTENCES  # noqa: E402

CODE_POINTS = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
AWKWARD = (
    [chr(c) for c in (0x00, 0x09, 0x0A, 0x0B, 0x0D, 0x1C, 0x7F, 0x85, 0xA0, 0xA9, 0xAD, 0xAE, 0xB7, 0xBD, 0xDF, 0xE9)]
    + [chr(c) for c in (0x130, 0x149, 0x301, 0x307, 0x323, 0x327, 0x338, 0x345, 0x34F, 0x3A3, 0x483, 0x489, 0x5B0)]
    + [chr(c) for c in (0x600, 0x61C, 0x64B, 0x6DD, 0x70F, 0x890, 0x8E2, 0x903, 0x915, 0x93C, 0x93F, 0x94D, 0x958)]
    + [chr(c) for c in (0x9CD, 0xA4D, 0xB4D, 0xC4D, 0xD4D, 0xD4E, 0xE33, 0xEB3, 0xF0B, 0xF71, 0x1039, 0x1100)]
    + [chr(c) for c in (0x115F, 0x1161, 0x11A8, 0x17D2, 0x180E, 0x1A60, 0x1CF4, 0x1E9B, 0x1F80, 0x200B, 0x200C)]
    + [chr(c) for c in (0x200D, 0x200E, 0x2028, 0x202E, 0x2060, 0x20DD, 0x20E3, 0x2122, 0x212B, 0x2581, 0x2764)]
    + [chr(c) for c in (0x3000, 0x302E, 0x302F, 0x3042, 0x3099, 0x30AC, 0x30FC, 0x3400, 0x4DBF, 0x4E00, 0x9FFF)]
    + [chr(c) for c in (0xA806, 0xA8E0, 0xA960, 0xABED, 0xAC00, 0xAC01, 0xD7A3, 0xD7B0, 0xE000, 0xF900, 0xFB01)]
    + [chr(c) for c in (0xFB1D, 0xFDFA, 0xFE0E, 0xFE0F, 0xFEFF, 0xFF21, 0xFF76, 0xFF9E, 0xFFFC, 0xFFFD, 0xFFFF)]
    + [chr(c) for c in (0x101FD, 0x110BD, 0x11133, 0x111C2, 0x11F02, 0x1D165, 0x1D15E, 0x1E000, 0x1E948, 0x1F1E6)]
    + [chr(c) for c in (0x1F468, 0x1F3FD, 0x20000, 0x2B820, 0x2FA1D, 0x30000, 0xE0001, 0xE0020, 0xE0100, 0xF0000)]
    + list(" a'1.,!<[") + ["'s", "'S", "'ll", "  ", "<mask>", "[MASK]", "<s>", "ﬁ", "…", "½", "™"]
)


def pairs():
    for first in AWKWARD:
        for second in AWKWARD:
            yield first + second
            yield f"a{first}{second}b"
            yield f"é{first}{second}\u0301 {second}{first}"


def triples(count):
    generator = random.Random(3)
    return ("".join(generator.choices(AWKWARD, k=3)) for _ in range(count))


def sst2(folder):
    for name in ("train", "dev", "test"):
        with open(folder / f"{name}.tsv", encoding="utf-8") as file:
            yield from (part for line in file for part in line.rstrip("\n").split("\t"))


def imdb(folder):
    for path in sorted(folder.glob("t*.txt.zst")):
        with open(path, "rb") as file:
            yield from io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")


def random_strings(count, seed=2026):
    """Parts of real texts, awkward characters, and code points of every plane, in every mixture."""
    generator = random.Random(seed)
    words = [word for sentence in SENTENCES for word in sentence.split(" ")]
    parts = PARTS + AWKWARD + words + [" "] * 60 + list("etaoinshrdlu") * 4
    for _ in range(count):
        chosen = generator.choices(parts, k=generator.randint(1, 16))
        for _ in range(generator.randint(0, 2)):
            chosen.insert(generator.randrange(len(chosen) + 1), generator.choice(CODE_POINTS))
        yield "".join(chosen)


def hostile():
    """Long words and long runs."""
    parts = ["a", "ab", "the", "é", "aA1", "=", "'", "中", "a\u0301", "\u0301", "\u200d", "👩\u200d", "▁", "é ", " \n"]
    for part in parts:
        for count in (1, 2, 7, 39, 40, 41, 80, 81, 333, 5000):
            yield part * count
    generator = random.Random(7)
    for alphabet in ("ab", "aeinrst", "theandwasforyou", "0123456789", "aàé日"):
        for size in (23, 50, 100, 1000, 20000):
            yield "".join(generator.choices(alphabet, k=size))


def suites(shared, count):
    """(name, most tokens of a row, texts)"""
    yield "code points alone", 512, iter(CODE_POINTS)
    yield "code points between letters", 512, (f"a{c}b" for c in CODE_POINTS)
    yield "code points beside punctuation", 512, (f".{c}!" for c in CODE_POINTS)
    yield "code points before a mark and behind a space", 512, (f" {c}\u0301{c}" for c in CODE_POINTS)
    yield "awkward neighbours", 512, pairs()
    yield "three awkward neighbours", 512, triples(count // 5)
    yield "SST-2", 512, sst2(shared / "sst2")
    yield "IMDB", 512, imdb(shared / "imdb")
    yield "long words and runs", 512, hostile()
    yield "random strings", 512, random_strings(count)
    yield "random strings, truncated", 9, random_strings(count // 10)
    yield "long words and runs, truncated", 9, hostile()
