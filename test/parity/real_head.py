"""Puts a small head on a model that gives a row of numbers for each token, so that it classifies.

The head is ours: the mean over the tokens of a text, then three sums with fixed random weights. What is compared is the
model below it. Of a model that classifies tokens, the mean of their logits is taken as it is.
"""

import json

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

LABELS = 3


def write_head(folder):
    path = folder / "model.onnx"
    model = onnx.load(str(path))
    graph = model.graph
    hidden = next(output for output in graph.output if len(output.type.tensor_type.shape.dim) == 3)
    width = hidden.type.tensor_type.shape.dim[2].dim_value or width_of(model)
    weights = numpy.random.default_rng(20).normal(size=(width, LABELS)).astype(numpy.float32)
    if hidden.name == "logits":
        rename(graph, hidden, "logits_of_tokens")
        labels = len(json.loads((folder / "config.json").read_text())["id2label"])
        weights = numpy.eye(labels, dtype=numpy.float32)
    graph.initializer.extend([
        numpy_helper.from_array(weights, "head_weights"),
        numpy_helper.from_array(numpy.array([1], numpy.int64), "head_tokens"),
        numpy_helper.from_array(numpy.array([2], numpy.int64), "head_column"),
    ])  # fmt: skip
    axes_are_inputs = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx")) >= 13
    graph.node.extend([
        helper.make_node("Cast", ["attention_mask"], ["head_mask"], to=TensorProto.FLOAT),
        unsqueeze("head_mask", "head_rows", axes_are_inputs),
        helper.make_node("Mul", [hidden.name, "head_rows"], ["head_kept"]),
        total("head_kept", "head_sum", axes_are_inputs),
        total("head_rows", "head_count", axes_are_inputs),
        helper.make_node("Div", ["head_sum", "head_count"], ["head_mean"]),
        helper.make_node("MatMul", ["head_mean", "head_weights"], ["logits"]),
    ])  # fmt: skip
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", weights.shape[1]]))
    onnx.save(model, str(path))


def rename(graph, output, name):
    for node in graph.node:
        for names in (node.input, node.output):
            for index, each in enumerate(names):
                if each == output.name:
                    names[index] = name
    output.name = name


def unsqueeze(source, target, axes_are_inputs):
    if axes_are_inputs:
        return helper.make_node("Unsqueeze", [source, "head_column"], [target])
    return helper.make_node("Unsqueeze", [source], [target], axes=[2])


def total(source, target, axes_are_inputs):
    if axes_are_inputs:
        return helper.make_node("ReduceSum", [source, "head_tokens"], [target], keepdims=0)
    return helper.make_node("ReduceSum", [source], [target], axes=[1], keepdims=0)


def width_of(model):
    """Of the last layer's bias, where the output does not say."""
    return [tensor.dims[0] for tensor in model.graph.initializer if len(tensor.dims) == 1][-1]
