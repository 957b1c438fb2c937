"""What ONNX Runtime computes slowly on a CPU, in terms of what it computes quickly.

The weights stay the same; only the last bits of float32 sums may differ. A rule that returns a number says how often it
applied.
"""

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, numpy_helper

from rewriter import Rewriter, attributes, inner_graphs, node

HALVES = {TensorProto.FLOAT16, TensorProto.BFLOAT16}
FLOAT = TensorProto.FLOAT


def split_skip_norms(graph: Rewriter) -> int:
    """SkipLayerNormalization → Add, LayerNormalization; a bias is another Add, and a sum that it hands on stays."""
    count = 0
    for old in graph.all_of("SkipLayerNormalization"):
        x, skip, gamma, beta, bias = [*old.input, "", ""][:5]
        name, mean, deviation, handed_on = [*old.output, "", "", ""][:4]
        if mean or deviation:
            continue
        epsilon = attributes(old).get("epsilon", 1e-12)
        total = handed_on or f"{name}.sum"
        new = []
        if bias:
            new.append(node("Add", [x, bias], f"{name}.biased"))
            x = f"{name}.biased"
        new.append(node("Add", [x, skip], total))
        norm = [total, gamma, beta] if beta else [total, gamma]
        new.append(node("LayerNormalization", norm, name, axis=-1, epsilon=epsilon))
        graph.replace(old, new)
        count += 1
    return count


def cast_columns(graph: Rewriter) -> int:
    """DequantizeLinear of looked-up rows, a scale for each column, zero points of 0 → Cast, Mul. The same bits.

    Weights stay as they are: ONNX Runtime makes whole products out of those.
    """
    count = 0
    for old in graph.all_of("DequantizeLinear"):
        x, scale, zero_point = [*old.input, ""][:3]
        scales, zeros = graph.value(scale), graph.value(zero_point)
        rows = graph.maker(x)
        table = graph.shape(rows.input[0]) if rows.op_type == "Gather" else None
        if scales is None or scales.ndim != 1 or scales.dtype != np.float32:
            continue
        if table is None or len(table) != 2 or len(scales) != table[1] or attributes(rows).get("axis", 0) != 0:
            continue
        if zero_point and (zeros is None or zeros.any()):
            continue
        name = old.output[0]
        whole = f"{name}.whole"
        graph.replace(old, [node("Cast", [x], whole, to=FLOAT), node("Mul", [whole, scale], name)])
        count += 1
    return count


def lift_constants(graph: Rewriter) -> int:
    """Constant nodes with a tensor become constants of the graph. Weights are among them in some exports."""
    lifted = []
    for old in graph.all_of("Constant"):
        value = attributes(old).get("value")
        if not isinstance(value, TensorProto) or graph.is_output(old.output[0]):
            continue
        constant = TensorProto()
        constant.CopyFrom(value)
        constant.name = old.output[0]
        graph.constants[constant.name] = constant
        lifted.append(id(old))
    graph.nodes = [each for each in graph.nodes if id(each) not in lifted]
    return len(lifted)


def keep_output(model: ModelProto, name: str) -> None:
    """Leaves the logits as the only output, and weights out of the inputs, where old exporters list them too."""
    graph = model.graph
    constants = {constant.name for constant in graph.initializer}
    for ports, unwanted in (
        (graph.output, [port for port in graph.output if port.name != name]),
        (graph.input, [port for port in graph.input if port.name in constants]),
    ):
        for port in unwanted:
            ports.remove(port)
    model.ir_version = max(model.ir_version, 4)


def halves_to_floats(model: ModelProto) -> int:
    """float16 and bfloat16 → float32, which CPUs compute with. Returns how many tensors were converted."""
    count = convert_halves(model.graph)
    ports = [*model.graph.input, *model.graph.output]
    for port in ports:
        if port.type.tensor_type.elem_type in HALVES:
            port.type.tensor_type.elem_type = FLOAT
    return count


def convert_halves(graph: GraphProto) -> int:
    del graph.value_info[:]
    count = sum(convert_tensor(constant) for constant in graph.initializer)
    for each in graph.node:
        for attribute in each.attribute:
            if attribute.type == AttributeProto.TENSOR:
                count += convert_tensor(attribute.t)
            elif attribute.name in ("to", "dtype") and attribute.i in HALVES:
                attribute.i = FLOAT
        for inner in inner_graphs(each):
            for port in [*inner.input, *inner.output]:
                if port.type.tensor_type.elem_type in HALVES:
                    port.type.tensor_type.elem_type = FLOAT
            count += convert_halves(inner)
    return count


def convert_tensor(tensor: TensorProto) -> int:
    if tensor.data_type not in HALVES:
        return 0
    values = np.asarray(numpy_helper.to_array(tensor)).astype(np.float32)
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return 1


def is_float(model: ModelProto) -> bool:
    return model.graph.output[0].type.tensor_type.elem_type == FLOAT


def float_output(graph: Rewriter) -> None:
    """The logits as float32."""
    [output] = graph.model.graph.output
    tensor = output.type.tensor_type
    if is_float(graph.model):
        return
    name = output.name
    before = f"{name}.unconverted"
    maker: NodeProto = graph.maker(name)
    maker.output[list(maker.output).index(name)] = before
    graph.rename_input(name, before)
    graph.nodes.append(node("Cast", [before], name, to=FLOAT))
    tensor.elem_type = FLOAT


def operators(model: ModelProto) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in model.graph.node:
        counts[each.op_type] = counts.get(each.op_type, 0) + 1
    return counts
