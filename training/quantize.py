"""Writes the trained student as a Hugging Face directory with an int8 ONNX graph.

Activation scales are constants, calibrated on texts of the transfer set, so the score of a text never depends on what
else is in its batch. Embeddings: int8 with one scale for each dimension. Pooling and classifier compute in float32;
where size is what matters (Shape.factor), positions and classifier are stored as int8 and made float32 at the load.
"""

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from data import MODELS, WORK
from distill import TransferSet
from graph import Graph, quantize_columns
from student import Attention, Shape, Student, Summary, Window, load_student

PERCENTILE = 0.005  # of the values are cut off on each side: a few outliers would cost everyone precision


@torch.no_grad()
def calibrate(model: nn.Module, layers: nn.Module, data: TransferSet, texts: int) -> dict[str, tuple[float, float]]:
    """Low and high end of what enters each matrix product inside `layers` of the model, by module name."""
    values: dict[str, list[torch.Tensor]] = {}

    def listen(name: str):
        def hook(_module: nn.Module, inputs: tuple) -> None:
            flat = inputs[0].flatten()
            values.setdefault(name, []).append(flat[torch.randint(len(flat), (4000,))])

        return hook

    hooks = [
        module.register_forward_pre_hook(listen(name))
        for name, module in layers.named_modules()
        if isinstance(module, nn.Linear)
    ]
    torch.manual_seed(0)
    for index in torch.randperm(len(data.lengths))[:texts].split(16):
        order = index[torch.argsort(data.lengths[index])]
        model(*data.rows(order))
    for hook in hooks:
        hook.remove()
    ends = torch.tensor([PERCENTILE / 100, 1 - PERCENTILE / 100])
    return {name: tuple(torch.quantile(torch.cat(v), ends).tolist()) for name, v in values.items()}


def to_scale(low: float, high: float) -> tuple[float, int]:
    """uint8 scale and zero point that cover [low, high] and hold 0 exactly."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = (high - low) / 255
    return scale, int(round(-low / scale))


def numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy().astype(np.float32)


class Writer:
    """Walks through the student and writes each part into the graph."""

    def __init__(self, student: Student, ranges: dict[str, tuple[float, float]]) -> None:
        self.student, self.ranges, self.g = student, ranges, Graph()

    def write(self) -> onnx.ModelProto:
        g, student = self.g, self.student
        axes = [g.const(np.array([i], np.int64), f"axis{i}") for i in range(3)]
        real = g.op("Unsqueeze", [g.op("Cast", ["attention_mask"], "real", to=1), axes[2]], "real3")
        counts = g.op("Cast", ["attention_mask"], "mask32", to=6)
        lengths = g.op("ReduceSum", [counts, axes[1]], "lengths", keepdims=0)
        one, far = g.const(np.float32(1), "one"), g.const(np.float32(1e4), "far")
        self.padding = g.op("Mul", [g.op("Sub", [real, one], "not_real"), far], "padding")
        x = self.embed()
        for i, layer in enumerate(student.layers):
            if isinstance(layer, Window):
                x = self.window(x, real, layer, i)
            elif isinstance(layer, Summary):
                x = self.summarise(x, layer, i)
            else:
                x = self.attend(x, lengths, layer, i)
        self.classify(x)
        return g.model("kubesentiment training/quantize.py", student.shape.labels)

    def embed(self) -> str:
        return self.embed_narrow() if self.student.shape.factor else self.embed_wide()

    def embed_narrow(self) -> str:
        """Looked-up rows, uint8 as they are, widened by a product. The scales of their columns go into the weights."""
        g, student = self.g, self.student
        words = numpy(student.words.weight)
        words[0] = 0  # what is outside of a text reads the row of [PAD]
        self.column_scale = np.abs(words).max(axis=0) / 127
        g.const((np.rint(words / self.column_scale) + 128).astype(np.uint8), "words")
        g.const(np.float32(1), "words.scale")
        g.const(np.uint8(128), "words.zero_point")
        self.ids = g.op("Mul", ["input_ids", "attention_mask"], "real_ids")
        rows = g.op("Gather", ["words", self.ids], "rows")
        wide = g.matmul(rows, numpy(student.widen.weight).T * self.column_scale[:, None], None, "widened")
        return g.op("Add", [wide, self.places_used()], "embedded")

    def embed_wide(self) -> str:
        g, student = self.g, self.student
        words = numpy(student.norm(student.words.weight))
        scale = np.abs(words).max(axis=0) / 127
        table = g.const(np.rint(words / scale).astype(np.int8), "words")
        rows = g.op("Gather", [table, "input_ids"], "rows")
        zero = g.const(np.zeros(len(scale), np.int8), "words.zero_point")
        x = g.op("DequantizeLinear", [rows, g.const(scale, "words.scale"), zero], "rows_float", axis=2)
        return g.op("Add", [x, self.places_used()], "embedded")

    def places_used(self) -> str:
        shape = self.g.op("Shape", ["input_ids"], "sequence", start=1, end=2)
        places = self.stored(numpy(self.student.places.weight), "places")
        return self.g.op("Slice", [places, "axis0", shape, "axis0"], "places_used")

    def stored(self, weight: np.ndarray, name: str) -> str:
        """float32 [rows, columns]; as int8 with a scale for each row in the file, where size is what matters."""
        g = self.g
        if not self.student.shape.factor:
            return g.const(weight, name)
        whole, scale = quantize_columns(weight.T)
        small = g.op("Cast", [g.const(whole.T, f"{name}.int8")], f"{name}.whole", to=1)
        return g.op("Mul", [small, g.const(scale[:, None], f"{name}.row_scale")], name)

    def normalise(self, x: str, norm: nn.LayerNorm, name: str, skip: str = "") -> str:
        return self.g.layer_norm(x, numpy(norm.weight), numpy(norm.bias), name, skip)

    def window(self, x: str, real: str, layer: Window, i: int) -> str:
        g, name, mix = self.g, f"window{i}", numpy(layer.mix.weight).T
        if i == 0 and self.student.shape.factor:
            both = self.neighbour_rows(layer, name)
            mix = mix * np.tile(self.column_scale, 2 * layer.half + 1)[:, None]
        else:
            both = self.neighbours(x, real, layer, i)
        out_scale = max(self.ranges[f"{i}.out"][1], 1e-6) / 255
        y = g.matmul_relu(both, mix, out_scale, f"{name}.mix")
        y = g.matmul(y, numpy(layer.out.weight).T, numpy(layer.out.bias), f"{name}.out")
        return self.normalise(y, layer.norm, f"{name}.norm", skip=x)

    def neighbour_rows(self, layer: Window, name: str) -> str:
        """The rows of each word and of those beside it, from the table: uint8 [batch, sequence, window × columns]."""
        g, size = self.g, 2 * layer.half + 1
        pads = g.const(np.array([0, layer.half, 0, layer.half], np.int64), f"{name}.pads")
        padded = g.op("Pad", [self.ids, pads], f"{name}.padded")
        beside = []
        for j in range(size):
            begin = g.const(np.array([j], np.int64), f"from{j}")
            stop = g.const(np.array([j - size + 1 or 2**31 - 1], np.int64), f"to{j - size + 1}")
            one = g.op("Slice", [padded, begin, stop, "axis1"], f"{name}.shift{j}")
            beside.append(g.op("Unsqueeze", [one, "axis2"], f"{name}.column{j}"))
        around = g.op("Concat", beside, f"{name}.around", axis=2)
        rows = g.op("Gather", ["words", around], f"{name}.rows")
        flat = g.const(np.array([0, 0, size * len(self.column_scale)], np.int64), f"{name}.flat")
        return g.op("Reshape", [rows, flat], f"{name}.windows")

    def neighbours(self, x: str, real: str, layer: Window, i: int) -> str:
        """The stream at each word and those beside it, quantized: uint8 [batch, sequence, window × width]."""
        g, name = self.g, f"window{i}"
        scale, zero = to_scale(*self.ranges[f"{i}.mix"])
        q = g.quantize(g.op("Mul", [x, real], f"{name}.real"), scale, zero, f"{name}.in")
        pads = g.const(np.array([0, layer.half, 0, 0, layer.half, 0], np.int64), f"{name}.pads")
        padded = g.op("Pad", [q, pads, f"{name}.in.zero_point"], f"{name}.padded")
        shifted = []
        for j in range(2 * layer.half + 1):
            begin = g.const(np.array([j], np.int64), f"from{j}")
            end = j - 2 * layer.half
            stop = g.const(np.array([end if end else 2**31 - 1], np.int64), f"to{end}")
            shifted.append(g.op("Slice", [padded, begin, stop, "axis1"], f"{name}.shift{j}"))
        return g.op("Concat", shifted, f"{name}.windows", axis=2)

    def attend(self, x: str, lengths: str, layer: Attention, i: int) -> str:
        g, name = self.g, f"attention{i}"
        q = g.quantize(x, *to_scale(*self.ranges[f"{i}.qkv"]), f"{name}.in")
        mixed = g.attention(q, numpy(layer.qkv.weight).T, numpy(layer.qkv.bias), lengths, layer.heads, f"{name}.mixed")
        y = g.quantize(mixed, *to_scale(*self.ranges[f"{i}.out"]), f"{name}.mixed_in")
        y = g.matmul(y, numpy(layer.out.weight).T, numpy(layer.out.bias), f"{name}.out")
        return self.normalise(y, layer.norm, f"{name}.norm", skip=x)

    def summarise(self, x: str, layer: Summary, i: int) -> str:
        g, name = self.g, f"summary{i}"
        answers = self.pool(x, numpy(layer.ask.weight).T, name)
        told = g.op("Gemm", [answers, *self.linear(layer.out, f"{name}.out")], f"{name}.told", transB=1)
        every = g.op("Unsqueeze", [told, "axis1"], f"{name}.every")
        return self.normalise(g.op("Add", [x, every], f"{name}.sum"), layer.norm, f"{name}.norm")

    def pool(self, x: str, questions: np.ndarray, name: str) -> str:
        """Softmax-weighted means over the real positions, in float32: [batch, questions × width]."""
        g = self.g
        asked = g.op("MatMul", [x, g.const(questions, f"{name}.ask")], f"{name}.asked")
        score = g.op("Add", [asked, self.padding], f"{name}.score")
        rows = g.op("Transpose", [score], f"{name}.score_rows", perm=[0, 2, 1])
        means = g.op("MatMul", [g.op("Softmax", [rows], f"{name}.share", axis=-1), x], f"{name}.means")
        return g.op("Flatten", [means], f"{name}.flat", axis=1)

    def classify(self, x: str) -> None:
        g, student = self.g, self.student
        pooled = self.pool(x, numpy(student.ask.weight).T, "pool")
        hidden = g.op("Gemm", [pooled, *self.linear(student.hidden, "hidden")], "hidden", transB=1)
        hidden = g.op("Relu", [hidden], "hidden_relu")
        g.op("Gemm", [hidden, *self.linear(student.logits, "logits")], "logits", transB=1)

    def linear(self, layer: nn.Linear, name: str) -> list[str]:
        return [
            self.stored(numpy(layer.weight), f"{name}.weight"),
            self.g.const(numpy(layer.bias), f"{name}.bias"),
        ]


def write_config(shape: Shape, out: Path, tokenizer: Path, names: Sequence[str] = ("NEGATIVE", "POSITIVE")) -> None:
    config = {
        "architectures": ["KubesentimentStudent"],
        "model_type": "bert",
        "num_labels": len(names),
        "id2label": {str(number): name for number, name in enumerate(names)},
        "label2id": {name: number for number, name in enumerate(names)},
        "problem_type": "single_label_classification",
        "hidden_size": shape.width,
        "num_hidden_layers": len(shape.layers),
        "max_position_embeddings": shape.positions,
        "pad_token_id": 0,
        "vocab_size": shape.vocabulary,
        "student": shape.to_dict(),
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    settings = json.loads((MODELS / "accurate" / "tokenizer_config.json").read_text())
    settings["model_max_length"] = shape.positions
    settings.pop("name_or_path", None)
    (out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    shutil.copyfile(tokenizer, out / "tokenizer.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--student", type=Path, default=WORK / "student" / "student.pt")
    parser.add_argument("--out", type=Path, default=MODELS / "default")
    parser.add_argument("--texts", type=int, default=4000, help="texts for the calibration")
    parser.add_argument("--shards", type=Path, default=WORK / "transfer", help="folder with these texts")
    parser.add_argument("--tokenizer", type=Path, default=MODELS / "accurate" / "tokenizer.json")
    args = parser.parse_args()
    shape, student = load_student(args.student)
    data = TransferSet(sorted(args.shards.glob("[0-9][0-9][0-9].npz"))[-2:])
    model = Writer(student, calibrate(student, student.layers, data, args.texts)).write()
    args.out.mkdir(parents=True, exist_ok=True)
    write_config(shape, args.out, args.tokenizer)
    onnx.save(model, args.out / "model.onnx")
    size = sum(f.stat().st_size for f in args.out.iterdir()) / 1e6
    print(f"wrote {args.out}: {size:.1f} MB")


if __name__ == "__main__":
    main()
