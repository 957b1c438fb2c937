"""How far a score of a quantized model moves when sums of floats are rounded elsewhere, as another CPU rounds them.

Between two int8 products a model computes with floats, and rounds the result to one of 256 steps. Where a value lies on
the edge between two of them, its last bit decides, and with it a whole step. This changes the last bit of the float
constants of each model, at random, and says how far its scores move. Nothing else is changed, and everything runs on
this machine.

  .cache/parity/bin/python3 test/parity/rounding_edges.py --json FILE
"""

import argparse
import datetime
import json
import platform
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, numpy_helper
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
MODELS = ("default", "accurate", "general", "tiny")
TEXTS = ROOT.parent / "shared/data/sst2/dev.tsv"
LENGTH_MAX = 128
# Scores that are further apart than this came from another step of int8, not from the last bits of a float.
SAME = 1e-5


def main():
    options = parse_options()
    texts = [line.split("\t")[0] for line in options.texts.read_text().splitlines()[1 : options.count + 1]]
    report = {
        "date": datetime.date.today().isoformat(),
        "machine": {"cpu": cpu(), "os": platform.system(), "onnxruntime": onnxruntime.__version__},
        "command": "python3 test/parity/rounding_edges.py --json FILE",
        "texts": len(texts),
        "seeds": options.seeds,
        "models": {},
    }
    for name in MODELS:
        report["models"][name] = found = movement(ROOT / "models" / name, texts, options.seeds)
        print(json.dumps({"model": name, **found}), flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=Path, default=TEXTS, help="a table with a heading, texts in its first column")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def movement(folder, texts, seeds):
    path = next(folder.glob("*.onnx"))
    rows = encode(folder, texts)
    before = scores(path.read_bytes(), rows)
    after = numpy.array([scores(with_other_last_bits(path, seed), rows) for seed in range(seeds)])
    moved = numpy.abs(after - before).max(axis=2)
    labels = before.argmax(axis=1)
    return {
        "median": float(numpy.median(moved)),
        "share_moved": round(float((moved > SAME).mean()), 4),
        "share_moved_more_than_0.01": round(float((moved > 0.01).mean()), 4),
        "largest": float(moved.max()),
        "other_labels": int((after.argmax(axis=2) != labels).sum()),
        "answers": int(moved.size),
    }


def encode(folder, texts):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTH_MAX)
    return tokenizer.encode_batch(texts)


def scores(graph, rows):
    """Rows by labels: the softmax of the logits, one text at a time, so that no padding plays a part."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    answers = []
    for row in rows:
        all_inputs = {
            "input_ids": row.ids,
            "attention_mask": row.attention_mask,
            "token_type_ids": row.type_ids,
        }
        feed = {name: numpy.array([all_inputs[name]], numpy.int64) for name in names}
        logits = session.run(None, feed)[0][0].astype(numpy.float64)
        exponents = numpy.exp(logits - logits.max())
        answers.append(exponents / exponents.sum())
    return numpy.array(answers)


def with_other_last_bits(path, seed):
    """Each float constant up or down by one bit, or as it is. Single numbers, which are scales, stay."""
    random = numpy.random.default_rng(seed)
    model = onnx.load(str(path))
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size == 1:
            continue
        towards = random.choice(numpy.array([-numpy.inf, numpy.nan, numpy.inf], numpy.float32), values.shape)
        moved = numpy.where(numpy.isnan(towards), values, numpy.nextafter(values, towards))
        tensor.CopyFrom(numpy_helper.from_array(moved.astype(numpy.float32), tensor.name))
    return model.SerializeToString()


def cpu():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
