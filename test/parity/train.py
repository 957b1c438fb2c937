#!/usr/bin/env python3
"""Trains small tokenizers with the components that the usual sentiment models of the Hugging Face hub have.

    pip install -r test/parity/requirements.txt
    python3 test/parity/train.py --imdb ../shared/data/imdb --out .cache/tokenizers

Writes OUT/NAME/tokenizer.json, and for RoBERTa also vocab.json and merges.txt; with --fixtures, the small ones that
are kept in test/fixtures/tokenizer (--size 1000 --reviews 300). The map of characters of XLM-R is not
in the Python package `tokenizers`; SentencePiece puts it (`nmt_nfkc`) into every model that it trains.
"""

import argparse
import gzip
import io
import json
import sys
from pathlib import Path

import sentencepiece
import zstandard
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fixtures/tokenizer"))
from components import ALBERT, LLAMA3, QWEN2, SENTENCEPIECE, metaspace, split, steps  # noqa: E402
from components import byte_level as byte_level_step  # noqa: E402
from components import normalizers as normalizers_of  # noqa: E402

# Which tokenizer stands for which models of the hub.
STANDS_FOR = {
    "wordpiece-uncased": ["distilbert-sst-2", "finbert", "nlptown multilingual"],
    "wordpiece-cased": ["lxyuan multilingual"],
    "roberta": ["twitter-roberta", "siebert"],
    "xlm-roberta": ["twitter-xlm-roberta"],
    "xlm-roberta-bytes": ["twitter-xlm-roberta with every byte in its vocabulary"],
    "xlm-roberta-converted": ["twitter-xlm-roberta as newer versions of transformers convert it, with every byte"],
    "modernbert": ["ModernBERT"],
    "llama-3": ["Llama 3"],
    "qwen-2": ["Qwen 2"],
    "falcon": ["Falcon, SmolLM: several pre-tokenizers"],
    "albert": ["ALBERT"],
    "deberta-v3": ["DeBERTa v3 that splits at punctuation"],
    "llama-2": ["Llama 2, Gemma: BPE of characters and bytes"],
    "normal-forms": ["the normal forms one after another, without accents, in lower case"],
}
FIXTURES = ["roberta", "xlm-roberta-bytes"]
ROBERTA_TOKENS = ["<s>", "<pad>", "</s>", "<unk>"]
MASK = AddedToken("<mask>", lstrip=True, normalized=False, special=True)


def reviews(folder, count):
    for name in ("train_pos", "train_neg"):
        with open(folder / f"{name}.txt.zst", "rb") as file:
            lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8")
            yield from (line for _, line in zip(range(count // 2), lines))


def charsmap():
    """The precompiled `nmt_nfkc`, and a few sentences to make SentencePiece write it."""
    model = io.BytesIO()
    sentences = iter(["one two three", "four five six", "seven eight nine"])
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sentences, model_writer=model, vocab_size=24, hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc", minloglevel=2,
    )  # fmt: skip
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def wordpiece(texts, size, lowercase):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]"))],
    )
    return tokenizer


def roberta(texts, size):
    tokenizer = Tokenizer(models.BPE(continuing_subword_prefix="", end_of_word_suffix="", fuse_unk=False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size - 1, special_tokens=ROBERTA_TOKENS, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([MASK])
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), add_prefix_space=False, trim_offsets=True
    )
    return tokenizer


def xlm_roberta(texts, size, blob):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Precompiled(blob)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=size - 1, special_tokens=ROBERTA_TOKENS, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([MASK])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def converted(trained, blob):
    """The same vocabulary with the components that transformers makes of a sentencepiece.bpe.model today."""
    tokenizer = Tokenizer.from_str(trained.to_str())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(blob),
            normalizers.Strip(left=False, right=True),
            normalizers.Replace(Regex(" {2,}"), "▁"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return tokenizer


def with_bytes(trained):
    """A vocabulary with a token for each byte, so that no text is hidden behind <unk>."""
    file = json.loads(trained.to_str())
    file["model"]["vocab"] += [[f"<0x{byte:02X}>", -30.0] for byte in range(256)]
    file["model"]["byte_fallback"] = True
    for token in file["added_tokens"]:
        if token["content"] == "<mask>":
            token["id"] = len(file["model"]["vocab"])
    return Tokenizer.from_str(json.dumps(file))


def with_characters(trained):
    """A vocabulary with every character of the first three planes, so that no text is hidden behind [UNK]."""
    file = json.loads(trained.to_str())
    vocab = file["model"]["vocab"]
    for c in (c for c in range(0x21, 0x30000) if not 0xD800 <= c <= 0xDFFF):
        for token in (chr(c), "##" + chr(c)):
            vocab.setdefault(token, len(vocab))
    return Tokenizer.from_str(json.dumps(file))


def changed(trained, **components):
    """The same vocabulary with other components."""
    return Tokenizer.from_str(json.dumps({**json.loads(trained.to_str()), **components}))


def llama2(texts, size):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokens = ROBERTA_TOKENS + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=tokens, limit_alphabet=200, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    # The bytes are tokens of the model only, not added ones that a text could name.
    added = json.loads(tokenizer.to_str())["added_tokens"][: len(ROBERTA_TOKENS)]
    return changed(tokenizer, normalizer=SENTENCEPIECE, pre_tokenizer=None, added_tokens=added)


def newer(byte_level, unigram, texts, size):
    """The components of newer models, on the vocabularies of RoBERTa and XLM-R."""
    nfc = {"type": "NFC"}
    behind = json.loads(unigram.to_str())["normalizer"]
    ignores = json.loads(byte_level.to_str())["model"] | {"ignore_merges": True}
    digits = {"type": "Digits", "individual_digits": True}
    punctuation = {"type": "Punctuation", "behavior": "Contiguous"}
    forms = [{"type": name} for name in ("NFKD", "NFKC", "NFD", "NFC", "StripAccents", "Lowercase")]
    isolated = {"type": "Punctuation", "behavior": "Isolated"}
    deberta = normalizers_of({"type": "Strip", "strip_left": True, "strip_right": True}, behind)
    return {
        "modernbert": changed(byte_level, normalizer=nfc),
        "llama-3": changed(byte_level, model=ignores, pre_tokenizer=steps(split(LLAMA3), byte_level_step())),
        "qwen-2": changed(byte_level, normalizer=nfc, pre_tokenizer=steps(split(QWEN2), byte_level_step())),
        "falcon": changed(byte_level, pre_tokenizer=steps(punctuation, digits, byte_level_step(True, True))),
        "albert": changed(unigram, normalizer=normalizers_of(*ALBERT, behind)),
        "deberta-v3": changed(unigram, normalizer=deberta, pre_tokenizer=steps(isolated, metaspace())),
        "llama-2": llama2(texts, size),
        "normal-forms": changed(byte_level, normalizer=normalizers_of(*forms)),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--imdb", type=Path, default=Path("../shared/data/imdb"))
    parser.add_argument("--out", type=Path, default=Path(".cache/tokenizers"))
    parser.add_argument("--fixtures", action="store_true", help="write FIXTURES as NAME.json.gz to OUT instead")
    parser.add_argument("--size", type=int, default=4000, help="tokens of each vocabulary")
    parser.add_argument("--reviews", type=int, default=800)
    options = parser.parse_args()
    texts = list(reviews(options.imdb, options.reviews))
    blob = charsmap()
    xlm = xlm_roberta(texts, options.size, blob)
    made = {
        "wordpiece-uncased": with_characters(wordpiece(texts, options.size, True)),
        "wordpiece-cased": with_characters(wordpiece(texts, options.size, False)),
        "roberta": roberta(texts, options.size),
        "xlm-roberta": xlm,
        "xlm-roberta-bytes": with_bytes(xlm),
        "xlm-roberta-converted": with_bytes(converted(xlm, blob)),
    }
    made |= newer(made["roberta"], made["xlm-roberta-bytes"], texts, options.size)
    for name in FIXTURES if options.fixtures else []:
        path = options.out / f"{name}.json.gz"
        path.write_bytes(gzip.compress(made[name].to_str().encode(), mtime=0))
        print(path)
    for name, tokenizer in [] if options.fixtures else made.items():
        folder = options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
        if name == "roberta":
            tokenizer.model.save(str(folder))
        print(f"{folder}: {tokenizer.get_vocab_size()} tokens, for {', '.join(STANDS_FOR[name])}")


if __name__ == "__main__":
    main()
