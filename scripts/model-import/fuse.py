"""Norms, activations and attention that an exporter has written in many small operators, each in one.

This is what ONNX Runtime's own optimizer for transformers recognizes, without SkipLayerNormalization, which is slow on
a CPU.
"""

import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import ModelProto

from rewriter import Rewriter, attributes, node

logging.disable(logging.WARNING)  # of patterns that did not match


def fuse(model: ModelProto) -> ModelProto:
    # They look for each other by short names, which importing the package makes known.
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    options = FusionOptions("bert")
    options.enable_skip_layer_norm = False
    options.enable_bias_skip_layer_norm = False
    options.enable_embed_layer_norm = False
    options.enable_qordered_matmul = False
    options.enable_shape_inference = False
    options.use_raw_attention_mask()  # padding may be on either side
    ready = one_axis_each(simplified(model))
    return optimizer.optimize_by_fusion(ready, "bert", optimization_options=options).model


def simplified(model: ModelProto) -> ModelProto:
    """Constants folded, shapes that are known written down: patterns are easier to recognize then."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        options = ort.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(path)
        ort.InferenceSession(
            model.SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["ConstantSharing"],
        )
        return onnx.load(path)


def one_axis_each(model: ModelProto) -> ModelProto:
    """An Unsqueeze with several axes becomes one for each, which is how the mask of attention is recognized."""
    graph = Rewriter(model)
    for old in graph.all_of("Unsqueeze"):
        is_attribute = len(old.input) == 1
        axes = attributes(old).get("axes") if is_attribute else graph.value(old.input[1])
        axes = sorted(int(axis) for axis in axes) if axes is not None else []
        if len(axes) < 2 or axes[0] < 0:
            continue
        new, x = [], old.input[0]
        for axis in axes:
            name = old.output[0] if axis == axes[-1] else f"{old.output[0]}.{axis}"
            if is_attribute:
                new.append(node("Unsqueeze", [x], name, axes=[axis]))
            else:
                new.append(node("Unsqueeze", [x, graph.const(np.array([axis]), f"one_axis.{axis}")], name))
            x = name
        graph.replace(old, new)
    return graph.finish()
