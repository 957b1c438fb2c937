#!/usr/bin/env python3
"""Writes native/segmentation_tables.cc by querying the Hugging Face `tokenizers` library for every code point.

Two things are asked: the classes of the regular expression that splits words for byte-level BPE, and the classes by
which the `Precompiled` normalizer finds grapheme clusters. The library does not show its clusters. But a cluster of
less than 6 bytes becomes what the map says of its beginning, and a longer one is mapped character by character, so
a map with one entry tells where a cluster ends wherever that matters.

    pip install tokenizers==0.23.3
    python3 native/tools/generate_segmentation_tables.py
"""

import struct
import sys
from pathlib import Path

import tokenizers
from generate_unicode_tables import CODE_POINTS, HANGUL, VERSION, array, two_stage
from tokenizers import normalizers, pre_tokenizers

# In the order of `WordClass`, `Grapheme` and `Conjunct` in native/segmentation.h.
WORD_CLASSES = ["other", "letter", "number", "space"]
GRAPHEMES = ["other", "cr", "lf", "control", "extend", "zwj", "spacing_mark", "prepend", "pictograph"]
GRAPHEMES += ["hangul_l", "hangul_v", "hangul_t", "hangul_lv", "hangul_lvt"]
CONJUNCTS = ["none", "consonant", "linker", "extend"]

MARK = "\u0301"
ZWJ = "\u200d"
COPYRIGHT = "\u00a9"
HANGUL_L, HANGUL_V, HANGUL_T = "\u1100", "\u1161", "\u11a8"
REGISTERED = "\u00ae"
GA, VIRAMA, KA = "\u0917", "\u094d", "\u0915"


def map_of(key):
    """A Precompiled normalizer whose only entry maps `key` to "Y": one block of 256 units per byte."""
    units = [0] * 256 * (len(key) + 2)
    units[0] = 256 << 10
    for i, byte in enumerate(key):
        at, behind = 256 * (i + 1) ^ byte, 256 * (i + 2)
        units[at] = (at ^ behind) << 10 | (1 << 8 if i + 1 == len(key) else 0) | byte
    blob = struct.pack(f"<I{len(units)}I", 4 * len(units), *units) + b"Y\0"
    return normalizers.Precompiled(blob).normalize_str


MAPS = {key: map_of(key.encode()) for key in ("X", MARK, COPYRIGHT, "\u00e9", HANGUL_L, HANGUL_V, HANGUL_T, KA)}


def joins(before, key):
    """Whether the cluster that `before` ends with continues with `key`; if so, both together have 6 bytes or more."""
    found = MAPS[key](before + key + MARK)
    apart, together = before.replace(key, "Y") + "Y", before.replace(key, "Y") + "Y" + MARK
    assert found in (apart, together), ascii(before + key)
    return found == together


def grapheme_of(c):
    char = chr(c)
    if char in "\r\n":
        return "cr" if char == "\r" else "lf"
    if c in HANGUL:
        return "hangul_lv" if (c - HANGUL[0]) % 28 == 0 else "hangul_lvt"
    if char != MARK and MAPS[MARK](char + MARK + MARK) == char + "Y":
        return "control"
    if MAPS["X"]("X" + char) == "Y":
        if char == ZWJ:
            return "zwj"
        return "extend" if joins(REGISTERED + char + ZWJ, COPYRIGHT) else "spacing_mark"
    if c < 0x80:
        return "other"
    if char != "\u00e9" and joins(char, "\u00e9"):
        return "prepend"
    if joins(char + ZWJ, COPYRIGHT):
        return "pictograph"
    if joins(char, HANGUL_L):
        return "hangul_l"
    if joins(char, HANGUL_V):
        return "hangul_v"
    return "hangul_t" if joins(char, HANGUL_T) else "other"


def conjunct_of(c):
    """The parts of Indic conjuncts; none if the library does not know them."""
    char = chr(c)
    if c < 0x80:
        return "none"
    if joins(char + VIRAMA, KA):
        return "consonant"
    if joins(GA + char, KA):
        return "linker"
    return "extend" if joins(GA + VIRAMA + char, KA) else "none"


def word_class_of(c, split):
    char = chr(c)
    one_piece = lambda text: len(split.pre_tokenize_str(text)) == 1
    found = [name for name, like in zip(WORD_CLASSES, "!a1") if one_piece(like + char)]
    if not found:
        assert one_piece(char + "\n") and not one_piece("\n" + char + "!"), hex(c)
        return "space"
    assert len(found) == 1 or char == "'", (hex(c), found)
    return found[0]


def check(graphemes):
    """What native/grapheme.cc relies on."""
    for name, example in (("prepend", 0x600), ("extend", 0x301), ("spacing_mark", 0x903), ("pictograph", 0xA9)):
        assert graphemes[example] == name, name
    for c in HANGUL:
        left = [key for key in (HANGUL_L, HANGUL_V, HANGUL_T) if joins(chr(c), key)]
        assert left == ([HANGUL_V, HANGUL_T] if graphemes[c] == "hangul_lv" else [HANGUL_T]), hex(c)
    assert all(graphemes[c] in ("other", "control", "cr", "lf") for c in range(0x80))


def main():
    if tokenizers.__version__ != VERSION:
        sys.exit(f"tokenizers {VERSION} is needed, {tokenizers.__version__} is installed.")
    split = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words = {c: word_class_of(c, split) for c in CODE_POINTS}
    graphemes = {c: grapheme_of(c) for c in CODE_POINTS}
    conjuncts = {c: conjunct_of(c) for c in CODE_POINTS}
    check(graphemes)
    values = [0] * 0x110000
    for c in CODE_POINTS:
        values[c] = WORD_CLASSES.index(words[c]) | GRAPHEMES.index(graphemes[c]) << 2
        values[c] |= CONJUNCTS.index(conjuncts[c]) << 6
    index, blocks = two_stage(values, blocks_max=65536)
    target = Path(__file__).resolve().parent.parent / "segmentation_tables.cc"
    target.write_text(
        "\n".join(
            [
                f"// Generated by native/tools/generate_segmentation_tables.py from tokenizers {VERSION}. Do not edit.",
                "// clang-format off",
                '#include "segmentation.h"',
                "",
                "namespace kubesentiment::unicode {",
                "",
                array("uint16_t", "kSegmentationIndex", index),
                array("uint8_t", "kSegmentationBlocks", blocks),
                "}  // namespace kubesentiment::unicode",
                "",
            ]
        )
    )
    for kinds in (words, graphemes, conjuncts):
        counts = {}
        for name in kinds.values():
            counts[name] = counts.get(name, 0) + 1
        print(counts)


if __name__ == "__main__":
    main()
