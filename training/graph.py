"""A small writer for ONNX graphs of int8 kernels with constant scales: what goes in is what ONNX Runtime runs.

Writing the graph directly, not exporting and then rewriting it, means that no fusion can silently fail.
"""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper
from onnx import ModelProto

MS = "com.microsoft"


def quantize_columns(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 weight [in, out] and float32 scale [out]: symmetric, one scale for each output."""
    scale = np.maximum(np.abs(weight).max(axis=0), 1e-8).astype(np.float32) / 127
    return np.clip(np.rint(weight / scale), -127, 127).astype(np.int8), scale


class Graph:
    """Collects nodes and constants. Every method returns the name of its output tensor."""

    def __init__(self) -> None:
        self.nodes: list = []
        self.constants: list = []
        self.seen: dict[str, str] = {}

    def const(self, value: np.ndarray, name: str) -> str:
        if name not in self.seen:
            self.seen[name] = name
            self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def op(self, kind: str, inputs: list[str], name: str, domain: str = "", **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def quantize(self, x: str, scale: float, zero_point: int, name: str) -> str:
        """float32 → uint8 with a constant scale. Zero point 0 is a ReLU at no cost: what is negative becomes 0."""
        s = self.const(np.float32(scale), f"{name}.scale")
        z = self.const(np.uint8(zero_point), f"{name}.zero_point")
        return self.op("QuantizeLinear", [x, s, z], name)

    def matmul(self, x: str, weight: np.ndarray, bias: np.ndarray | None, name: str) -> str:
        """uint8 (made by `quantize`) × int8 → float32, bias added in the same kernel."""
        w, w_scale = quantize_columns(weight)
        inputs = [
            x,
            self.const(w, f"{name}.weight"),
            f"{self.root(x)}.scale",
            self.const(w_scale, f"{name}.weight_scale"),
            f"{self.root(x)}.zero_point",
            self.const(np.zeros(w.shape[1], np.int8), f"{name}.weight_zero_point"),
        ]
        if bias is not None:
            inputs.append(self.const(bias.astype(np.float32), f"{name}.bias"))
        return self.op("MatMulIntegerToFloat", inputs, name, MS)

    def matmul_relu(self, x: str, weight: np.ndarray, out_scale: float, name: str) -> str:
        """uint8 × int8 → uint8 with zero point 0: matrix product, ReLU and quantization in one kernel (no bias)."""
        w, w_scale = quantize_columns(weight)
        inputs = [
            x,
            f"{self.root(x)}.scale",
            f"{self.root(x)}.zero_point",
            self.const(w, f"{name}.weight"),
            self.const(w_scale, f"{name}.weight_scale"),
            self.const(np.zeros(w.shape[1], np.int8), f"{name}.weight_zero_point"),
            self.const(np.float32(out_scale), f"{name}.scale"),
            self.const(np.uint8(0), f"{name}.zero_point"),
        ]
        return self.op("QLinearMatMul", inputs, name)

    def attention(self, x: str, qkv: np.ndarray, bias: np.ndarray, lengths: str, heads: int, name: str) -> str:
        """Self-attention in one kernel: uint8 × int8 [width, 3 × inner] → float32 [batch, sequence, inner].

        `lengths` int32 [batch]: padding is at the end of a row.
        """
        w, w_scale = quantize_columns(qkv)
        inputs = [
            x,
            self.const(w, f"{name}.weight"),
            self.const(bias, f"{name}.bias"),
            f"{x}.scale",
            self.const(w_scale, f"{name}.weight_scale"),
            lengths,
            f"{x}.zero_point",
            self.const(np.zeros(w.shape[1], np.int8), f"{name}.weight_zero_point"),
        ]
        return self.op("QAttention", inputs, name, MS, num_heads=heads)

    def root(self, x: str) -> str:
        """The tensor whose scale `x` carries (moving data about does not change it)."""
        while f"{x}.scale" not in self.seen:
            node = next(n for n in self.nodes if n.output[0] == x)
            x = node.input[0]
        return x

    def layer_norm(
        self, x: str, gamma: np.ndarray, beta: np.ndarray, name: str, skip: str = "", epsilon: float = 1e-5
    ) -> str:
        g = self.const(gamma, f"{name}.gamma")
        b = self.const(beta, f"{name}.beta")
        if skip:
            return self.op("SkipLayerNormalization", [x, skip, g, b], name, MS, epsilon=epsilon)
        return self.op("LayerNormalization", [x, g, b], name, axis=-1, epsilon=epsilon)

    def model(self, producer: str, labels: int = 2) -> ModelProto:
        """A checked model with the Hugging Face names: input_ids, attention_mask [batch, sequence] → logits."""
        shape = ["batch", "sequence"]
        graph = helper.make_graph(
            self.nodes,
            "student",
            [helper.make_tensor_value_info(n, TensorProto.INT64, shape) for n in ("input_ids", "attention_mask")],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", labels])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MS, 1)]
        model = helper.make_model(graph, producer_name=producer, opset_imports=opsets, ir_version=8)
        checker.check_model(model)
        return model
