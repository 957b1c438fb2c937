#!/usr/bin/env python3
"""Writes native/unicode_tables.cc by querying the Hugging Face `tokenizers` library for every code point.

The library carries its own, partly old, Unicode data. Tables made from today's Unicode would give other
token ids, so nothing here is taken from Unicode itself except the reference marks for combining classes,
and those are checked against the library before they are used.

    pip install tokenizers==0.23.3
    python3 native/tools/generate_unicode_tables.py
"""

import sys
import unicodedata
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

VERSION = "0.23.3"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
BLOCK = 128
# Bits in the order of `UnicodeProperty` in native/unicode.h.
FLAGS = ["control", "white_space", "punctuation", "cjk", "mark", "decomposes", "lowers", "word"]
HANGUL = range(0xAC00, 0xAC00 + 11172)


def bert(**on):
    options = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**{**options, **on})


def hangul_jamo(code_point):
    index = code_point - 0xAC00
    jamo = [0x1100 + index // 588, 0x1161 + index % 588 // 28]
    return jamo + ([0x11A7 + index % 28] if index % 28 else [])


def probe_flags():
    """One set of code points per flag, and the NFD and lowercase mappings."""
    clean, cjk, lower = bert(clean_text=True), bert(handle_chinese_chars=True), bert(lowercase=True)
    strip, nfd, split = bert(strip_accents=True), normalizers.NFD(), pre_tokenizers.BertPreTokenizer()
    single_word = Tokenizer(models.WordLevel({"[T]": 0, "?": 1}, unk_token="?"))
    single_word.add_special_tokens([AddedToken("[T]", single_word=True)])
    sets = {name: set() for name in FLAGS}
    decomposition, lowercase = {}, {}
    for c in CODE_POINTS:
        char = chr(c)
        if clean.normalize_str(char) == "":
            sets["control"].add(c)
        if cjk.normalize_str(char) == f" {char} ":
            sets["cjk"].add(c)
        pieces = [piece for piece, _ in split.pre_tokenize_str(f"a{char}b")]
        if pieces == ["a", "b"]:
            sets["white_space"].add(c)
        elif pieces == ["a", char, "b"]:
            sets["punctuation"].add(c)
        else:
            assert pieces == [f"a{char}b"], hex(c)
        decomposed = nfd.normalize_str(char)
        if decomposed != char:
            decomposition[c] = [ord(x) for x in decomposed]
            sets["decomposes"].add(c)
        elif strip.normalize_str(char) == "":
            sets["mark"].add(c)
        lowered = lower.normalize_str(char)
        if lowered != char:
            lowercase[c] = [ord(x) for x in lowered]
            sets["lowers"].add(c)
        if single_word.encode(f"{char}[T]").ids[-1:] != [0]:
            sets["word"].add(c)
    return sets, decomposition, lowercase


def probe_combining_classes():
    """Finds the class of a code point by which reference marks canonical ordering moves before it."""
    nfd = normalizers.NFD()
    references = {}
    overlay, iota = "\u0334", "\u0345"  # the lowest class and the highest
    for c in CODE_POINTS:
        value = unicodedata.combining(chr(c))
        if not value or value in references or nfd.normalize_str(chr(c)) != chr(c):
            continue
        pair = iota + chr(c) if value < 240 else chr(c) + overlay
        if nfd.normalize_str(pair) == pair[::-1]:  # otherwise newer than the library's data
            references[value] = chr(c)
    order = sorted(references)
    for low, high in zip(order, order[1:]):
        pair = references[high] + references[low]
        assert nfd.normalize_str(pair) == pair[::-1], (low, high)
    first, last = references[order[0]], references[order[-1]]
    classes = {}
    for c in CODE_POINTS:
        char = chr(c)
        if nfd.normalize_str(char) != char:
            continue
        after_first = nfd.normalize_str("a" + char + first) != "a" + char + first
        before_last = nfd.normalize_str("a" + last + char) != "a" + last + char
        if not (after_first or before_last):
            continue
        moves = lambda a, b: a != b and nfd.normalize_str(a + b) == b + a
        equal = [v for v, mark in references.items() if not moves(char, mark) and not moves(mark, char)]
        assert len(equal) == 1, (hex(c), equal)
        classes[c] = equal[0]
    return classes


def check(sets, decomposition, lowercase, classes):
    """What native/normalizer.cc relies on; a library that breaks this needs other code, not just other tables."""
    strip, both = bert(strip_accents=True), bert(strip_accents=True, lowercase=True)
    clean = bert(clean_text=True)
    for c in HANGUL:
        assert decomposition.pop(c) == hangul_jamo(c), hex(c)
    for c in CODE_POINTS:
        decomposed = decomposition.get(c, hangul_jamo(c) if c in HANGUL else [c])
        kept = [x for x in decomposed if x not in sets["mark"]]
        assert strip.normalize_str(chr(c)) == "".join(map(chr, kept)), hex(c)
        lowered = [y for x in kept for y in lowercase.get(x, [x])]
        assert both.normalize_str(chr(c)) == "".join(map(chr, lowered)), hex(c)
        longest = max(len("".join(map(chr, form)).encode()) for form in (decomposed, lowered, lowercase.get(c, [c])))
        assert longest + 2 * (c in sets["cjk"]) <= 3 * len(chr(c).encode()), hex(c)
        cleaned = "" if c in sets["control"] else " " if c in sets["white_space"] else chr(c)
        assert c in (0x9, 0xA, 0xD) or clean.normalize_str(chr(c)) == cleaned, hex(c)
    # A reordered mark never ends a word, so a run of marks may be cut at the longest word.
    for c in classes:
        if c not in sets["mark"]:
            assert c not in sets["white_space"] | sets["punctuation"] | sets["cjk"] | sets["lowers"], hex(c)
    assert max(len(m) for m in decomposition.values()) <= 4 and max(len(m) for m in lowercase.values()) <= 2


def two_stage(values, blocks_max=256):
    """Splits a table over all code points into shared blocks of BLOCK entries."""
    blocks, index, seen = [], [], {}
    for start in range(0, 0x110000, BLOCK):
        block = tuple(values[start : start + BLOCK])
        if block not in seen:
            seen[block] = len(blocks)
            blocks.append(block)
        index.append(seen[block])
    assert len(blocks) <= blocks_max
    return index, [value for block in blocks for value in block]


def rows(numbers, width=99):
    line = ""
    for number in numbers:
        text = f"{number},"
        if len(line) + len(text) > width:
            yield line
            line = ""
        line += text
    yield line


def array(type_name, name, numbers):
    return "\n".join([f"const {type_name} {name}[{len(numbers)}] = {{", *rows(numbers), "};", ""])


def mapping_arrays(name, mapping):
    """A sorted list of code points, where the text of each begins in a pool, and the pool."""
    keys, starts, pool = sorted(mapping), [], []
    for key in keys:
        starts.append(len(pool))
        pool.extend(mapping[key])
    starts.append(len(pool))
    return "\n".join(
        [
            array("uint32_t", f"k{name}Keys", keys),
            array("uint16_t", f"k{name}Starts", starts),
            array("uint32_t", f"k{name}Pool", pool),
            f"const int k{name}Count = {len(keys)};\n",
        ]
    )


def main():
    if tokenizers.__version__ != VERSION:
        sys.exit(f"tokenizers {VERSION} is needed, {tokenizers.__version__} is installed.")
    sets, decomposition, lowercase = probe_flags()
    classes = probe_combining_classes()
    check(sets, decomposition, lowercase, classes)
    values = [0] * 0x110000
    for bit, name in enumerate(FLAGS):
        for c in sets[name]:
            values[c] |= 1 << bit
    for c, value in classes.items():
        values[c] |= value << 8
    index, blocks = two_stage(values)
    target = Path(__file__).resolve().parent.parent / "unicode_tables.cc"
    target.write_text(
        "\n".join(
            [
                f"// Generated by native/tools/generate_unicode_tables.py from tokenizers {VERSION}. Do not edit.",
                "// clang-format off",
                '#include "unicode.h"',
                "",
                "namespace kubesentiment::unicode {",
                "",
                array("uint8_t", "kPropertyIndex", index),
                array("uint16_t", "kPropertyBlocks", blocks),
                mapping_arrays("Decomposition", decomposition),
                mapping_arrays("Lowercase", lowercase),
                "}  // namespace kubesentiment::unicode",
                "",
            ]
        )
    )
    print(f"{target}: {len(blocks) // BLOCK} blocks, " + ", ".join(f"{n} {len(sets[n])}" for n in FLAGS))


if __name__ == "__main__":
    main()
