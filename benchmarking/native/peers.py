"""One pass of each Python tokenizer over texts, one a line, on one thread: prints seconds of processor time as JSON.

python3 peers.py TOKENIZER_JSON VOCAB_TXT|- TEXTS
"""

import json
import os
import sys
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer  # noqa: E402  (reads the environment)

tokenizer_path, vocabulary_path, texts_path = sys.argv[1:]
with open(texts_path, encoding="utf-8", newline="\n") as file:
    texts = file.read().split("\n")[:-1]


def measure(encode):
    begin = time.process_time()
    encoded = encode(texts)
    return time.process_time() - begin, encoded


tokenizer = Tokenizer.from_file(tokenizer_path)
tokenizer.enable_truncation(512)
tokenizer.no_padding()
measure(lambda texts: tokenizer.encode_batch_fast(texts[:200]))
seconds, encoded = measure(tokenizer.encode_batch_fast)
result = {"tokenizers": {"seconds": seconds, "tokens": sum(len(each.ids) for each in encoded)}}

if vocabulary_path != "-":
    try:
        from flash_tokenizer import BertTokenizerFlash

        flash = BertTokenizerFlash(vocabulary_path, do_lower_case=True, model_max_length=512)
        seconds, encoded = measure(lambda texts: [flash.tokenizer.encode(text, "longest", 512) for text in texts])
        result["flash_tokenizer"] = {"seconds": seconds, "tokens": sum(len(ids) for ids in encoded)}
    except ImportError:
        pass

print(json.dumps(result))
