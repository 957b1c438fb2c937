"""Writes a teacher of train_teacher.py as a Hugging Face directory with an int8 ONNX graph, like models/accurate.

Weights int8 for each output, activations int8 with constant scales calibrated on the transfer set.
"""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from bert import EPSILON, HEADS, INNER, LAYERS, WIDTH, Block, Teacher
from data import MODELS, WORK
from distill import TransferSet
from graph import MS, Graph
from quantize import calibrate, numpy, to_scale

POSITIONS = 512


class TeacherWriter:
    def __init__(self, teacher: Teacher, ranges: dict[str, tuple[float, float]]) -> None:
        self.teacher, self.ranges, self.g = teacher, ranges, Graph()

    def write(self) -> onnx.ModelProto:
        g = self.g
        axes = [g.const(np.array([i], np.int64), f"axis{i}") for i in range(3)]
        real = g.op("Cast", ["attention_mask"], "real", to=1)
        lengths = g.op("ReduceSum", [g.op("Cast", ["attention_mask"], "mask32", to=6), axes[1]], "lengths", keepdims=0)
        x = self.embed(axes[0])
        for i, block in enumerate(self.teacher.blocks):
            x = self.block(x, lengths, block, i)
        weighted = g.op("MatMul", [g.op("Unsqueeze", [real, axes[1]], "real_row"), x], "token_sum")
        total = g.op("Squeeze", [weighted, axes[1]], "text_sum")
        count = g.op("ReduceSum", [real, axes[1]], "count", keepdims=1)
        pooled = g.op("Gemm", [g.op("Div", [total, count], "state"), *self.linear("pooler")], "pooled", transB=1)
        g.op("Gemm", [g.op("Tanh", [pooled], "pooled_tanh"), *self.linear("logits")], "logits", transB=1)
        return g.model("kubesentiment training/export_teacher.py")

    def linear(self, name: str) -> list[str]:
        layer = getattr(self.teacher, name)
        return [self.g.const(numpy(getattr(layer, part)), f"{name}.{part}") for part in ("weight", "bias")]

    def embed(self, zero_axis: str) -> str:
        g = self.g
        words = numpy(self.teacher.words.weight)
        scale = np.abs(words).max(axis=0) / 127
        table = g.const(np.rint(words / scale).astype(np.int8), "words")
        zero = g.const(np.zeros(WIDTH, np.int8), "words.zero_point")
        rows = g.op("Gather", [table, "input_ids"], "rows")
        x = g.op("DequantizeLinear", [rows, g.const(scale, "words.scale"), zero], "rows_float", axis=2)
        length = g.op("Shape", ["input_ids"], "sequence", start=1, end=2)
        table = g.const(numpy(self.teacher.places.weight), "places")
        begin = g.const(np.array([0], np.int64), "axis0")
        places = g.op("Slice", [table, begin, length, zero_axis], "places_used")
        return self.normalise(g.op("Add", [x, places], "embedded"), self.teacher.norm, "embedded_norm")

    def normalise(self, x: str, norm: nn.LayerNorm, name: str, skip: str = "") -> str:
        return self.g.layer_norm(x, numpy(norm.weight), numpy(norm.bias), name, skip, EPSILON)

    def product(self, x: str, layer: nn.Linear, name: str, bias: bool = True) -> str:
        q = self.g.quantize(x, *to_scale(*self.ranges[name]), f"{name}.in")
        return self.g.matmul(q, numpy(layer.weight).T, numpy(layer.bias) if bias else None, name)

    def block(self, x: str, lengths: str, block: Block, i: int) -> str:
        g = self.g
        q = g.quantize(x, *to_scale(*self.ranges[f"{i}.qkv"]), f"{i}.qkv.in")
        qkv, bias = numpy(block.qkv.weight).T, numpy(block.qkv.bias)
        mixed = g.attention(q, qkv, bias, lengths, HEADS, f"{i}.attention")
        x = self.normalise(self.product(mixed, block.mixed, f"{i}.mixed"), block.norm1, f"{i}.norm1", skip=x)
        inner = self.product(x, block.inner, f"{i}.inner", bias=False)
        gelu = g.op("BiasGelu", [inner, g.const(numpy(block.inner.bias), f"{i}.inner.bias")], f"{i}.gelu", MS)
        return self.normalise(self.product(gelu, block.outer, f"{i}.outer"), block.norm2, f"{i}.norm2", skip=x)


def write_directory(model: onnx.ModelProto, out: Path, tokenizer: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "id2label": {"0": "NEGATIVE", "1": "POSITIVE"},
        "label2id": {"NEGATIVE": 0, "POSITIVE": 1},
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "max_position_embeddings": POSITIONS,
        "pad_token_id": 0,
        "vocab_size": 30522,
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if out != tokenizer:
            shutil.copyfile(tokenizer / name, out / name)
    onnx.save(model, out / "model.onnx")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--teacher", type=Path, default=WORK / "minilm" / "teacher.pt")
    parser.add_argument("--calibration", type=Path, default=WORK / "texts", help="folder with shards of texts")
    parser.add_argument("--out", type=Path, default=WORK / "accurate")
    parser.add_argument("--texts", type=int, default=2000, help="texts for the calibration")
    args = parser.parse_args()
    teacher = Teacher().eval()
    teacher.load_state_dict(torch.load(args.teacher)["weights"])
    data = TransferSet(sorted(args.calibration.glob("[0-9][0-9][0-9].npz"))[-2:])
    ranges = calibrate(teacher, teacher.blocks, data, args.texts)
    write_directory(TeacherWriter(teacher, ranges).write(), args.out, MODELS / "accurate")
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
