"""Runs a graph on token ids, as the service would feed it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnxruntime as ort
from onnx import ModelProto

TOKENS_PER_RUN = 512
Rows = list[list[int]]


@dataclass(frozen=True)
class Feeding:
    """How rows of ids become inputs; see `GraphJob` in src/diagnose/graph-rewrite.ts."""

    inputs: list[dict]
    output: str
    pad_id: int
    pad_left: bool
    first_position: int
    rows_fixed: int | None
    width_fixed: int | None

    @property
    def has_mask(self) -> bool:
        return any(each["role"] == "mask" for each in self.inputs)

    def feed(self, rows: Rows) -> dict[str, np.ndarray]:
        width = self.width_fixed or max(len(row) for row in rows)
        count = self.rows_fixed or len(rows)
        ids = np.full((count, width), self.pad_id, np.int64)
        mask = np.zeros((count, width), np.int64)
        for at in range(count):
            row = rows[min(at, len(rows) - 1)][:width]
            place = slice(width - len(row), width) if self.pad_left else slice(0, len(row))
            ids[at, place], mask[at, place] = row, 1
        places = np.broadcast_to(np.arange(width, dtype=np.int64) + self.first_position, ids.shape)
        by_role = {"ids": ids, "mask": mask, "types": np.zeros_like(ids), "positions": places}
        return {
            each["name"]: by_role[each["role"]].astype(np.int64 if each["type"] == "int64" else np.int32)
            for each in self.inputs
        }


def session(model: ModelProto, names: Sequence[str] = ()) -> ort.InferenceSession:
    """With further outputs. Optimized as the service optimizes."""
    if names:
        with_more = ModelProto()
        with_more.CopyFrom(model)
        for name in names:
            with_more.graph.output.add().name = name
        model = with_more
    options = ort.SessionOptions()
    options.log_severity_level = 3
    # More would fuse what we want to look at.
    if names:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return ort.InferenceSession(
        model.SerializeToString(),
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],
    )


def equal_lengths(rows: Rows, feeding: Feeding) -> Iterator[Rows]:
    """Rows of one length together, so that nothing is padding."""
    by_length: dict[int, Rows] = {}
    for row in rows:
        by_length.setdefault(len(row), []).append(row)
    for length, same in by_length.items():
        size = feeding.rows_fixed or max(1, TOKENS_PER_RUN // max(1, length))
        for at in range(0, len(same), size):
            yield same[at : at + size]


def mixed(rows: Rows, feeding: Feeding) -> Iterator[Rows]:
    """Rows of different lengths together, where the graph can tell what is padding."""
    if not feeding.has_mask:
        yield from equal_lengths(rows, feeding)
        return
    size = feeding.rows_fixed or 4
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


def logits(model: ModelProto, batches: Iterator[Rows], feeding: Feeding) -> np.ndarray:
    running = session(model)
    wanted = {each.name for each in running.get_inputs()}
    found = []
    for rows in batches:
        feed = {name: value for name, value in feeding.feed(rows).items() if name in wanted}
        [values] = running.run([feeding.output], feed)
        found.append(np.asarray(values, np.float64)[: len(rows)])
    return np.concatenate(found)
