"""Matrix products and looked-up rows in int8, as ONNX Runtime has kernels for them."""

from dataclasses import dataclass

import numpy as np
from onnx import NodeProto, TensorProto

from rewriter import MS, Rewriter, attributes, node
from probe import Feeding

# Heads are narrower: they cost nothing, and every digit of theirs counts.
COLUMNS_MIN = 16
# Smaller tables of embeddings are not worth a rounding error.
TABLE_ROWS_MIN = 1_000
ATTENTION_ATTRIBUTES = {"num_heads", "unidirectional", "mask_filter_value"}
Ranges = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Product:
    node: NodeProto
    x: str
    weight: np.ndarray
    """[in, out]"""


def find_products(graph: Rewriter) -> list[Product]:
    """Products of something with a constant matrix: MatMul, Gemm, and the one within Attention."""
    found = []
    for old in graph.all_of("MatMul", "Gemm", "Attention"):
        weight = weight_of(graph, old)
        if weight is not None and weight.dtype == np.float32 and weight.ndim == 2 and weight.shape[1] >= COLUMNS_MIN:
            found.append(Product(old, old.input[0], weight))
    return found


def weight_of(graph: Rewriter, old: NodeProto) -> np.ndarray | None:
    said = attributes(old)
    if old.input[0] in graph.constants:
        return None
    weight = graph.value(old.input[1])
    if weight is None or old.op_type == "MatMul":
        return weight
    if old.op_type == "Gemm":
        bias = graph.shape(old.input[2]) if len(old.input) > 2 else ()
        plain = said.get("alpha", 1) == 1 and said.get("beta", 1) == 1 and not said.get("transA", 0)
        if not plain or bias is None or len(bias) > 1:
            return None
        return weight.T if said.get("transB", 0) else weight
    # Only what QAttention can do: no past, no bias for positions, and nothing that it would not know.
    bias = graph.shape(old.input[2]) if len(old.input) > 2 else None
    further = any(name != "" for name in old.input[4:])
    known = old.domain == MS and len(old.output) == 1 and set(said) <= ATTENTION_ATTRIBUTES
    return weight if known and bias is not None and not further and weight.shape[1] % 3 == 0 else None


def write_products(graph: Rewriter, products: list[Product], ranges: Ranges) -> None:
    quantized: dict[str, NodeProto] = {}
    for product in products:
        first = product.x not in quantized
        if first:
            quantized[product.x] = quantize_node(graph, product.x, *ranges[product.x])
        new = int8_node(graph, product)
        graph.replace(product.node, [quantized[product.x], new] if first else [new])


def quantize_node(graph: Rewriter, x: str, low: float, high: float) -> NodeProto:
    scale, zero = to_scale(low, high)
    names = [graph.const(scale, f"{x}.scale"), graph.const(zero, f"{x}.zero_point")]
    return node("QuantizeLinear", [x, *names], f"{x}.int8")


def to_scale(low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """uint8 scale and zero point that cover [low, high] and hold 0 exactly."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / 255, 1e-9)
    return np.array(scale, np.float32), np.array(min(255, max(0, round(-low / scale))), np.uint8)


def int8_node(graph: Rewriter, product: Product) -> NodeProto:
    old, x = product.node, product.x
    name = old.output[0]
    values, scales = quantize_columns(product.weight)
    weight = graph.const(values, f"{name}.int8_weight")
    weight_scale = graph.const(scales, f"{name}.weight_scale")
    weight_zero = graph.const(np.zeros(len(scales), np.int8), f"{name}.weight_zero_point")
    scale, zero = f"{x}.scale", f"{x}.zero_point"
    if old.op_type == "Attention":
        mask = old.input[3] if len(old.input) > 3 else ""
        inputs = [f"{x}.int8", weight, old.input[2], scale, weight_scale, mask, zero, weight_zero]
        return node("QAttention", inputs, name, MS, **attributes(old))
    inputs = [f"{x}.int8", weight, scale, weight_scale, zero, weight_zero]
    bias = old.input[2] if old.op_type == "Gemm" and len(old.input) > 2 else ""
    if bias and graph.shape(bias) == (product.weight.shape[1],):
        inputs.append(bias)
    elif bias:
        wide = np.broadcast_to(graph.value(bias), product.weight.shape[1:])
        inputs.append(graph.const(wide, f"{name}.bias"))
    return node("MatMulIntegerToFloat", inputs, name, MS)


def quantize_columns(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 weight [in, out] and float32 scale [out]: symmetric, one scale for each output."""
    scale = np.maximum(np.abs(weight).max(axis=0), 1e-8).astype(np.float32) / 127
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale


def quantize_embeddings(graph: Rewriter, feeding: Feeding) -> None:
    """Rows that token ids look up in a large table: int8, with a scale for each column."""
    ids = next(each["name"] for each in feeding.inputs if each["role"] == "ids")
    for old in graph.all_of("Gather"):
        table = graph.value(old.input[0])
        is_words = [each.input[0] for each in graph.chain(old.input[1])][-1:] == [ids] or old.input[1] == ids
        if table is None or not is_words or table.ndim != 2 or table.dtype != np.float32:
            continue
        if len(table) < TABLE_ROWS_MIN or attributes(old).get("axis", 0) != 0:
            continue
        name = old.output[0]
        values, scales = quantize_columns(table)
        rows, whole = f"{name}.rows", f"{name}.whole"
        new = [
            node("Gather", [graph.const(values, f"{name}.table"), old.input[1]], rows, axis=0),
            node("Cast", [rows], whole, to=TensorProto.FLOAT),
            node("Mul", [whole, graph.const(scales, f"{name}.table_scale")], name),
        ]
        graph.replace(old, new)


def dynamic_inputs(graph: Rewriter) -> list[str]:
    return [old.input[0] for old in graph.all_of("DynamicQuantizeLinear", "DynamicQuantizeMatMul")]


def freeze_inputs(graph: Rewriter, ranges: Ranges) -> int:
    """Returns how many scales are constants now."""
    done: dict[str, NodeProto] = {}
    for old in graph.all_of("DynamicQuantizeLinear", "DynamicQuantizeMatMul"):
        x = old.input[0]
        first = x not in done
        if first:
            done[x] = quantize_node(graph, x, *ranges[x])
        new = [done[x]] if first else []
        if old.op_type == "DynamicQuantizeMatMul":
            _, weight, weight_scale, weight_zero, bias = [*old.input, "", ""][:5]
            inputs = [f"{x}.int8", weight, f"{x}.scale", weight_scale, f"{x}.zero_point", weight_zero, bias]
            while inputs[-1] == "":
                inputs.pop()
            new.append(node("MatMulIntegerToFloat", inputs, old.output[0], MS))
        graph.replace(old, new)
        if old.op_type == "DynamicQuantizeLinear":
            for output, constant in zip(old.output, (f"{x}.int8", f"{x}.scale", f"{x}.zero_point"), strict=True):
                graph.rename_input(output, constant)
    return len(done)
