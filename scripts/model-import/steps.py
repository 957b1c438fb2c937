"""What is done to a graph, in order."""

import os
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import ModelProto

import rules
from rewriter import Rewriter
from probe import Feeding, Rows, logits, mixed
from quantize import Quantized, freeze, quantize

BYTES_MAX = 1_900_000_000  # a graph in memory is one message, and that has at most 2 GiB
PROBE_ROWS = 48
# Largest difference of a logit: float32 sums in another order; float16 against float32.
APART_MAX, APART_MAX_HALVES = 2e-3, 5e-2


class Refused(Exception):
    """The graph is not for us. The message is a sentence."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def rewrite(job: dict) -> dict:
    """`job` and the report: see GraphJob and GraphReport in src/diagnose/graph-rewrite.ts."""
    path = Path(job["graph"])
    feeding = Feeding(
        job["inputs"],
        job["output"],
        job["padId"],
        job["padLeft"],
        job["firstPosition"],
        job["rowsFixed"],
        job["widthFixed"],
    )
    check_size(path, job["weights"])
    original = onnx.load(path)
    before = rules.operators(original)
    kind = kind_of(before)
    if job["quantize"] and kind == "static":
        raise Refused(
            f"The graph {path.name} is quantized with constant scales already.",
            "Import it without --quantize, or name the float32 file of the model.",
        )
    rows: Rows = job["rows"]
    changes: list[str] = []
    notes: list[str] = []
    model = in_float32(original, feeding.output, changes)
    if kind == "float":
        model = fused(model, rows, feeding, changes, notes, APART_MAX_HALVES if changes else APART_MAX)
    model = with_fast_operators(model, changes)
    quantized: Quantized | None = None
    if job["quantize"]:
        quantized = freeze(model, rows, feeding) if kind == "dynamic" else quantize(model, rows, feeding)
        if quantized is None:
            raise Refused(
                f"The graph {path.name} has no matrix product with constant weights that could be quantized.",
                "Import it without --quantize.",
            )
        model = with_fast_operators(quantized.model, [])
        changes.append(quantized.what)
    onnx.save(model, job["out"])
    return {
        "changes": changes,
        "notes": notes,
        "nodes": [sum(before.values()), len(model.graph.node)],
        "calibration": None if quantized is None else quantized.calibration,
        "tools": f"onnx {onnx.__version__}, onnxruntime {ort.__version__}",
    }


def check_size(path: Path, weights: list[str]) -> None:
    size = sum(os.path.getsize(each) for each in [path, *weights])
    if size > BYTES_MAX:
        raise Refused(
            f"The graph {path.name} has {size / 1e9:.1f} GB with its weights; only graphs of up to "
            f"{BYTES_MAX / 1e9:.1f} GB can be rewritten.",
            "Leave it as it is with --keep-graph.",
        )


def kind_of(operators: dict[str, int]) -> str:
    if any(name.startswith("DynamicQuantize") for name in operators):
        return "dynamic"
    static = ("QuantizeLinear", "DequantizeLinear", "QLinear", "QGemm", "QAttention", "MatMulInteger", "MatMulNBits")
    return "static" if any(name.startswith(static) for name in operators) else "float"


def in_float32(original: ModelProto, output: str, changes: list[str]) -> ModelProto:
    model = ModelProto()
    model.CopyFrom(original)
    rules.keep_output(model, output)
    was_float = rules.is_float(model)
    halves = rules.halves_to_floats(model)
    if halves:
        changes.append(f"float16 became float32 in {count(halves, 'constant')}, for CPUs compute with float32")
    graph = Rewriter(model)
    rules.lift_constants(graph)
    rules.float_output(graph)
    if not was_float:
        changes.append("the logits became float32")
    return graph.finish()


def fused(
    model: ModelProto, rows: Rows, feeding: Feeding, changes: list[str], notes: list[str], apart_max: float
) -> ModelProto:
    """The model with fused operators, if they are there and compute the same; else as it is."""
    from fuse import fuse

    before = rules.operators(model)
    candidate = ModelProto()
    candidate.CopyFrom(model)
    probe = rows[:PROBE_ROWS]
    try:
        candidate = fuse(candidate)
        after = rules.operators(candidate)
        new = {kind: n - before.get(kind, 0) for kind, n in after.items() if kind in FUSED}
        found = [count(n, kind) for kind, n in new.items() if n > 0]
        if not found:
            return model
        expected = logits(model, mixed(probe, feeding), feeding)
        apart = float(np.abs(logits(candidate, mixed(probe, feeding), feeding) - expected).max())
    except Exception as error:  # somebody else's program, for whatever exporters write
        notes.append(f"ONNX Runtime's optimizer for transformers cannot rewrite this graph ({first_line(error)}).")
        return model
    if not apart <= apart_max * max(1.0, float(np.abs(expected).max())):
        notes.append(
            f"What ONNX Runtime's optimizer for transformers makes of this graph answers otherwise (by {apart:.3g}), "
            "so its operators were left as they are."
        )
        return model
    changes.append(f"fused: {', '.join(found)}")
    return candidate


FUSED = {"Attention", "MultiHeadAttention", "LayerNormalization", "Gelu", "FastGelu", "BiasGelu"}


def with_fast_operators(model: ModelProto, changes: list[str]) -> ModelProto:
    graph = Rewriter(model)
    norms, casts = rules.split_skip_norms(graph), rules.cast_columns(graph)
    if norms:
        changes.append(f"{count(norms, 'SkipLayerNormalization')} became Add and LayerNormalization")
    if casts:
        changes.append(f"{count(casts, 'DequantizeLinear')} became Cast and Mul")
    return graph.finish()


def count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 or what[0].isupper() else f"{number} {what}s"


def first_line(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__)[:200]
