"""Tokenizers in which one component does the work and what it does is seen: for component_parity.py.

Normalizers are seen through a model that has a token for each byte; pre-tokenizers, too, with a space before each
piece. What can be set differently is a setting of its own.
"""

import gzip
import json
import random
import sys
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures/tokenizer"
sys.path.insert(0, str(FIXTURES))
from components import CLIP, DEBERTA_SPACES, GPT2, LLAMA2, LLAMA3, MERGES, PIECES, QWEN2, QWEN3_5  # noqa: E402
from components import SUBWORDS, WORDS  # noqa: E402
from components import bpe, byte_level, metaspace, normalizers, replace, split, steps  # noqa: E402
from generate import TOKEN  # noqa: E402

BEHAVIORS = ("Removed", "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext")
WHITESPACE = {"type": "WhitespaceSplit"}


def fixture(name):
    return json.loads(gzip.decompress((FIXTURES / f"{name}.json.gz").read_bytes()))


ROBERTA, XLM = fixture("roberta"), fixture("xlm-roberta-bytes")


def byte_characters():
    """The characters that stand for the bytes 0 to 255 in byte-level tokenizers."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return [chr(byte if byte in plain else 256 + others.index(byte)) for byte in range(256)]


BYTES = {"type": "BPE", "vocab": {c: i for i, c in enumerate(byte_characters())}, "merges": []}


def tokenizer(model=BYTES, normalizer=None, pre_tokenizer=None, post_processor=None, added_tokens=()):
    return {
        "version": "1.0",
        "added_tokens": list(added_tokens),
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": post_processor,
        "model": model,
    }


def seen(normalizer):
    return tokenizer(normalizer=normalizer, pre_tokenizer=byte_level())


def pieces(*parts):
    return tokenizer(pre_tokenizer=steps(*parts, byte_level(add_prefix_space=True)))


def named(name, *options):
    return [{"type": name, **each} for each in options or ({},)]


def bert():
    for flags in range(16):
        clean, chinese, accents, lower = (bool(flags >> bit & 1) for bit in range(4))
        yield {
            "type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": chinese,
            "strip_accents": accents, "lowercase": lower,
        }  # fmt: skip
    yield {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "lowercase": True}


STRIP = [{"strip_left": left, "strip_right": right} for left, right in ((True, False), (False, True), (True, True))]
RUNS = [r"\s+", r"[^a-z\p{N}]", " {2,}", r"\p{L}{1,3}", r"\d", r"\w+", r"\p{P}+", r"[\p{L}\p{M}]{2,}", r"[^\s]{3}",
        r"\p{Zs}", r"[\u00AD\u200B-\u200D\uFEFF]", r"[^\p{Zs}]{2,}"]  # fmt: skip
ALTERNATIVES = [DEBERTA_SPACES, r"\p{N}{2,3}|[^a-z]|e+", r"\s|\p{M}{2,}|\w{3}"]
NORMALIZERS = {
    **{name: named(name) for name in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt")},
    "Replace": [replace("''", '"'), replace(" ", "▁"), *(replace({"Regex": run}, "é ") for run in RUNS + ALTERNATIVES)],
    "Prepend": named("Prepend", {"prepend": "▁"}, {"prepend": "Ça "}),
    "Strip": named("Strip", *STRIP),
    "Precompiled": [XLM["normalizer"]],
    "BertNormalizer": list(bert()),
    "Sequence": [
        normalizers(*named("NFD"), *named("StripAccents"), *named("Lowercase")),
        normalizers(*named("Nmt"), *named("NFKC"), *named("Strip", STRIP[2]), replace({"Regex": r"\s+"}, " ")),
        normalizers(XLM["normalizer"], *named("Lowercase"), *named("NFKD"), *named("Prepend", {"prepend": "▁"})),
    ],
}
DIGITS = {"type": "Digits", "individual_digits": False}
SPLITS = [{"Regex": run} for run in RUNS] + [{"String": text} for text in (" ", "the", "é", "''")]
PRE_TOKENIZERS = {
    "ByteLevel": [tokenizer(pre_tokenizer=byte_level(bool(i & 1), bool(i & 2))) for i in range(4)],
    "Split by words": [pieces(split(pattern)) for pattern in (GPT2, LLAMA3, QWEN2, QWEN3_5)]
    + [pieces(split(GPT2, "Removed", True))],
    "Split by runs": [
        pieces(split(pattern, BEHAVIORS[i % 5], i % 2 == 1)) for i, pattern in enumerate(SPLITS + SPLITS[::-1])
    ],
    "Digits": [pieces(*named("Digits", {"individual_digits": alone})) for alone in (True, False)],
    "Punctuation": [pieces(*named("Punctuation", {"behavior": behavior})) for behavior in BEHAVIORS],
    "Whitespace": [pieces(*named("Whitespace"))],
    "WhitespaceSplit": [pieces(WHITESPACE)],
    "BertPreTokenizer": [pieces(*named("BertPreTokenizer"))],
    "Metaspace": [
        tokenizer(pre_tokenizer=steps(metaspace(scheme, parts), byte_level(add_prefix_space=True)))
        for scheme in ("always", "never") for parts in (True, False)
    ] + [tokenizer(pre_tokenizer=steps(metaspace("first", parts), byte_level())) for parts in (True, False)],
    "Sequence": [
        pieces(WHITESPACE, *named("Punctuation", {"behavior": "MergedWithNext"}), DIGITS),
        pieces(split(r"\p{N}{1,3}"), split(LLAMA3), *named("Whitespace")),
    ],
}  # fmt: skip
MODELS = {
    "WordPiece": [tokenizer(PIECES, pre_tokenizer={"type": "Whitespace"}), tokenizer(PIECES)],
    "BPE of bytes": [
        tokenizer(ROBERTA["model"] | {"ignore_merges": ignored}, pre_tokenizer=byte_level(True))
        for ignored in (False, True)
    ],
    "BPE of characters": [
        tokenizer(bpe(MERGES, unk_token="<unk>", fuse_unk=fused), normalizer=replace(" ", "▁"))
        for fused in (False, True)
    ] + [tokenizer(bpe(MERGES), pre_tokenizer=WHITESPACE)],
    "BPE with byte_fallback": [
        tokenizer(LLAMA2 | {"ignore_merges": ignored}, normalizer=replace(" ", "▁")) for ignored in (False, True)
    ],
    "BPE with a suffix": [tokenizer(CLIP, pre_tokenizer={"type": "Whitespace"}), tokenizer(CLIP)],
    "BPE with a prefix": [tokenizer(SUBWORDS, pre_tokenizer=WHITESPACE)],
    "Unigram": [
        tokenizer(XLM["model"] | {"byte_fallback": fallback}, normalizer=replace(" ", "▁"))
        for fallback in (False, True)
    ] + [tokenizer(XLM["model"], pre_tokenizer=metaspace(scheme)) for scheme in ("always", "never")],
    "WordLevel": [tokenizer(WORDS, pre_tokenizer=pre) for pre in ({"type": "Whitespace"}, WHITESPACE, None)],
}  # fmt: skip


def template(*names):
    ids = {"[CLS]": 0, "[SEP]": 1, "<s>": 2}
    single = [
        {"Sequence": {"id": "A", "type_id": 0}} if name == "A" else {"SpecialToken": {"id": name, "type_id": 0}}
        for name in names
    ]
    tokens = {name: {"id": name, "ids": [ids[name]], "tokens": [name]} for name in set(names) - {"A"}}
    pair = [*single, {"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": tokens}


AROUND = {"cls": ["<s>", 2], "sep": ["</s>", 3]}
POST_PROCESSORS = {
    "TemplateProcessing": [template("[CLS]", "A", "[SEP]"), template("A", "[SEP]", "<s>"), template("[CLS]", "A")],
    "BertProcessing": named("BertProcessing", AROUND),
    "RobertaProcessing": [
        {"type": "RobertaProcessing", **AROUND, "trim_offsets": bool(i & 1), "add_prefix_space": bool(i & 2)}
        for i in range(4)
    ],
    "ByteLevel": [byte_level(True, True)],
    "Sequence": [{"type": "Sequence", "processors": [byte_level(True), template("[CLS]", "A", "[SEP]")]}],
}


def added_tokens(seed):
    """Tokens with flags that are drawn by lot."""
    generator = random.Random(seed)
    names = ["<x>", "New York", "Ça", "the", "a", "ing", "[SEP]", "ﬁ", "ß", "  ", "中", "!", "'s", "\u0301"]
    names += ["Å", "movie"]
    chosen = generator.sample(names, 8)
    ids = dict(BYTES["vocab"])
    for name in chosen:
        ids.setdefault(name, len(ids))
    flags = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return [
        {**TOKEN, "id": ids[name], "content": name, **{flag: generator.random() < 0.5 for flag in flags}}
        for name in chosen
    ]


LOWER = normalizers(*named("NFC"), *named("Lowercase"))
ADDED = [
    tokenizer(normalizer=LOWER if seed % 2 else None, pre_tokenizer=byte_level(), added_tokens=added_tokens(seed))
    for seed in range(16)
]
COMPONENTS = {
    **{f"normalizer {name}": [seen(each) for each in settings] for name, settings in NORMALIZERS.items()},
    **{f"pre-tokenizer {name}": settings for name, settings in PRE_TOKENIZERS.items()},
    **{f"model {name}": settings for name, settings in MODELS.items()},
    **{
        f"post-processor {name}": [tokenizer(pre_tokenizer=byte_level(True), post_processor=each) for each in settings]
        for name, settings in POST_PROCESSORS.items()
    },
    "added tokens": ADDED,
}
