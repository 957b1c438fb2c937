"""Rewrites the graph of a model directory with operators that ONNX Runtime computes quickly on a CPU.

    python optimize.py ../models/default

The weights and what is computed stay the same; only the last bits of float32 sums may differ. A graph that is rewritten
already is left as it is. Three things were slow in graphs as quantize.py and export_teacher.py write them:

- SkipLayerNormalization is computed one number at a time, Add and LayerNormalization eight or sixteen at a time.
- DequantizeLinear with a scale for each column is computed one number at a time, Cast and Mul are not.
- A window of words by a product with the mask, Pad, one Slice for each word and Concat reads and writes all the numbers
  six times, half of them as float32; one Gather that copies whole rows of uint8 does it once.

The first two rules are those of `kubesentiment model import` (../scripts/model-import/rules.py).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, checker

sys.dont_write_bytecode = True  # what is beside the rules goes into the npm package
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts/model-import"))

from rewriter import Rewriter, node  # noqa: E402
from rules import cast_columns, split_skip_norms  # noqa: E402


def gather_windows(graph: Rewriter) -> None:
    """Mul by the mask, QuantizeLinear, Pad, Slices, Concat → QuantizeLinear, Gather. The same bits.

    The words of a batch get numbers from 1 on; padding and what lies outside of a text get 0. Row 0 of the table that
    is gathered from holds zero points, which is what a product with a mask of 0 becomes when it is quantized.
    """
    for old in [each for each in graph.nodes if each.op_type == "Concat"]:
        slices = [graph.maker(name) for name in old.input]
        if any(each.op_type != "Slice" or each.input[0] != slices[0].input[0] for each in slices):
            continue
        chain = graph.chain(slices[0].input[0])
        product = graph.users(old.output[0])[0]
        kinds = [each.op_type for each in [*chain[:3], product]]
        if kinds != ["Pad", "QuantizeLinear", "Mul", "QLinearMatMul"]:
            continue
        quantized, masked = chain[1:3]
        if graph.chain(masked.input[1])[-1].input[0] != "attention_mask":
            continue
        width = len(graph.value(product.input[3])) // len(slices)
        nothing = np.full((1, width), graph.value(quantized.input[2]))
        name, words = old.output[0], word_numbers(graph, len(slices))
        rows, table, three = f"{name}.rows", f"{name}.table", f"{name}.gathered"
        flat = graph.const(np.array([-1, width], np.int64), f"rows_of_{width}")
        wide = graph.const(np.array([0, 0, len(slices) * width], np.int64), f"windows_of_{len(slices)}x{width}")
        quantized.input[0] = masked.input[0]
        graph.replace(
            old,
            [
                node("Reshape", [quantized.output[0], flat], rows),
                node("Concat", [graph.const(nothing, f"{name}.nothing"), rows], table, axis=0),
                node("Gather", [table, words], three, axis=0),
                node("Reshape", [three, wide], name),
            ],
        )


def word_numbers(graph: Rewriter, size: int) -> str:
    """int64 [batch, sequence, size]: the numbers of the words in the window around each word. Computed once."""
    name = f"words_around.{size}"
    if graph.maker(name).op_type:
        return name
    half = size // 2
    one = graph.const(np.int64(1), "int_one")
    pads = graph.const(np.array([0, half, 0, half], np.int64), f"{name}.pads")
    steps = graph.const(np.arange(size, dtype=np.int64), f"{name}.steps")
    zero, last = graph.const(np.int64(0), "int_zero"), graph.const(np.array([1], np.int64), "axis1")
    parts = {part: f"{name}.{part}" for part in "shape count end range cells real padded length from first at".split()}
    graph.nodes[0:0] = [
        node("Shape", ["attention_mask"], parts["shape"]),
        node("Size", ["attention_mask"], parts["count"]),
        node("Add", [parts["count"], one], parts["end"]),
        node("Range", [one, parts["end"], one], parts["range"]),
        node("Reshape", [parts["range"], parts["shape"]], parts["cells"]),
        node("Mul", [parts["cells"], "attention_mask"], parts["real"]),
        node("Pad", [parts["real"], pads], parts["padded"]),
        node("Gather", [parts["shape"], one], parts["length"]),
        node("Range", [zero, parts["length"], one], parts["from"]),
        node("Unsqueeze", [parts["from"], last], parts["first"]),
        node("Add", [parts["first"], steps], parts["at"]),
        node("Gather", [parts["padded"], parts["at"]], name, axis=1),
    ]
    return name


RULES = (split_skip_norms, cast_columns, gather_windows)


def optimize(model: ModelProto) -> ModelProto:
    graph = Rewriter(model)
    for rule in RULES:
        rule(graph)
    model = graph.finish()
    checker.check_model(model)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, help="directories with model.onnx")
    for folder in parser.parse_args().models:
        path = folder / "model.onnx"
        model = onnx.load(path)
        before = len(model.graph.node)
        onnx.save(optimize(model), path)
        print(f"{path}: {before} nodes before, {len(model.graph.node)} now")


if __name__ == "__main__":
    main()
