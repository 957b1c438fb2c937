"""Trains the small tokenizers that are fuzzed: python3 make.py, with the package `tokenizers` 0.23.3."""

import json
import sys
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fixtures/tokenizer"))
from components import ALBERT, LLAMA3, SENTENCEPIECE, byte_level, metaspace, replace, split, steps  # noqa: E402
from components import normalizers as normalizers_of  # noqa: E402

TEXTS = [
    "The film is wonderful, and I can't stop smiling!",
    "un café très bon; el mejor día",
    "Worst movie ever... 2/10, don't watch it.",
    "@user so happy 😀 #best http",
    "中文 テスト 한국어",
    "unaffable unbelievable believable able",
] * 20
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def byte_bpe():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=ROBERTA, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=150, special_tokens=ROBERTA, unk_token="<unk>")
    tokenizer.train_from_iterator(TEXTS, trainer)
    special = [("<s>", 0), ("</s>", 2)]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=special)
    return tokenizer


def wordpiece_cased():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(TEXTS, trainers.WordPieceTrainer(vocab_size=300, special_tokens=BERT))
    special = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=special)
    return tokenizer


def changed(tokenizer, **components):
    """The same vocabulary with other components."""
    return Tokenizer.from_str(json.dumps({**json.loads(tokenizer.to_str()), **components}))


def llama3():
    return changed(byte_bpe(), normalizer={"type": "NFC"}, pre_tokenizer=steps(split(LLAMA3), byte_level()))


def albert():
    forms = normalizers_of(*ALBERT, {"type": "NFC"}, replace({"Regex": r"[\s\p{P}]{2,}"}, " "))
    digits = {"type": "Digits", "individual_digits": False}
    pre_tokenizer = steps({"type": "Whitespace"}, digits, split(r"[^\p{L}a-c]+", "MergedWithNext"), metaspace())
    return changed(unigram(), normalizer=forms, pre_tokenizer=pre_tokenizer)


def llama2():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokens = ROBERTA + [f"<0x{byte:02X}>" for byte in range(0xE0)]  # not all, so that there are unknown characters
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=tokens, limit_alphabet=60)
    tokenizer.train_from_iterator(TEXTS, trainer)
    added = json.loads(tokenizer.to_str())["added_tokens"][: len(ROBERTA)]
    return changed(tokenizer, normalizer=SENTENCEPIECE, pre_tokenizer=None, added_tokens=added)


for make in (byte_bpe, unigram, wordpiece_cased, llama3, albert, llama2):
    make().save(str(Path(__file__).with_name(make.__name__.replace("_", "-") + ".json")), pretty=False)
