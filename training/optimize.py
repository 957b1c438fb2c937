"""Rewrites the graph of a model directory with operators that ONNX Runtime computes quickly on a CPU.

    python optimize.py ../models/default

The weights and what is computed stay the same; only the last bits of float32 sums may differ. A graph that is rewritten
already is left as it is. Three things were slow in graphs as quantize.py and export_teacher.py write them:

- SkipLayerNormalization is computed one number at a time, Add and LayerNormalization eight or sixteen at a time.
- DequantizeLinear with a scale for each column is computed one number at a time, Cast and Mul are not.
- A window of words by a product with the mask, Pad, one Slice for each word and Concat reads and writes all the numbers
  six times, half of them as float32; one Gather that copies whole rows of uint8 does it once.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, checker, helper, numpy_helper


class Rewriter:
    """The nodes of a graph in a list that the rules below change, and its constants by name."""

    def __init__(self, model: ModelProto) -> None:
        self.model = model
        self.nodes: list[NodeProto] = list(model.graph.node)
        self.constants = {constant.name: constant for constant in model.graph.initializer}

    def const(self, value: np.ndarray, name: str) -> str:
        self.constants.setdefault(name, numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def value(self, name: str) -> np.ndarray | None:
        return numpy_helper.to_array(self.constants[name]) if name in self.constants else None

    def maker(self, name: str) -> NodeProto:
        """The node that computes `name`; an empty node for an input or a constant."""
        return next((node for node in self.nodes if name in node.output), NodeProto())

    def chain(self, name: str) -> list[NodeProto]:
        """The node that computes `name`, the one that computes its first input, and so on."""
        found = []
        while (at := self.maker(name)).op_type:
            found.append(at)
            name = at.input[0]
        return found

    def users(self, name: str) -> list[NodeProto]:
        return [node for node in self.nodes if name in node.input]

    def replace(self, old: NodeProto, new: list[NodeProto]) -> None:
        at = self.nodes.index(old)
        self.nodes[at : at + 1] = new

    def finish(self) -> ModelProto:
        """Drops what nothing uses any more."""
        outputs = {output.name for output in self.model.graph.output}
        while True:
            used = outputs | {name for node in self.nodes for name in node.input}
            kept = [node for node in self.nodes if used.intersection(node.output)]
            if len(kept) == len(self.nodes):
                break
            self.nodes = kept
        graph = self.model.graph
        del graph.node[:], graph.initializer[:]
        graph.node.extend(self.nodes)
        graph.initializer.extend(constant for name, constant in self.constants.items() if name in used)
        checker.check_model(self.model)
        return self.model


def node(kind: str, inputs: list[str], name: str, **attributes) -> NodeProto:
    return helper.make_node(kind, inputs, [name], name=name, **attributes)


def attributes(old: NodeProto) -> dict:
    return {each.name: helper.get_attribute_value(each) for each in old.attribute}


def split_skip_norms(graph: Rewriter) -> None:
    """SkipLayerNormalization → Add, LayerNormalization. One that also adds a bias or gives the sum stays as it is."""
    for old in [each for each in graph.nodes if each.op_type == "SkipLayerNormalization"]:
        if len(old.input) != 4 or len(old.output) != 1:
            continue
        x, skip, gamma, beta = old.input
        name, epsilon = old.output[0], attributes(old)["epsilon"]
        total = f"{name}.sum"
        norm = node("LayerNormalization", [total, gamma, beta], name, axis=-1, epsilon=epsilon)
        graph.replace(old, [node("Add", [x, skip], total), norm])


def cast_columns(graph: Rewriter) -> None:
    """DequantizeLinear with a scale for each column and zero points of 0 → Cast, Mul. The same bits."""
    for old in [each for each in graph.nodes if each.op_type == "DequantizeLinear"]:
        x, scale, zero_point = old.input
        scales, zeros = graph.value(scale), graph.value(zero_point)
        if scales is None or scales.ndim != 1 or zeros is None or zeros.any():
            continue
        name = old.output[0]
        whole = f"{name}.whole"
        graph.replace(old, [node("Cast", [x], whole, to=onnx.TensorProto.FLOAT), node("Mul", [whole, scale], name)])


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
    return graph.finish()


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
