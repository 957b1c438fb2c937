"""int8 with constant scales: what enters each matrix product is measured on sample texts, and never again.

So the score of a text cannot depend on what else is in its batch, as it does where the scales are computed while the
model runs (DynamicQuantizeLinear).
"""

from dataclasses import dataclass

import numpy as np
from onnx import ModelProto

from rewriter import Rewriter
from probe import Feeding, Rows, equal_lengths, logits, session
from products import (
    Product,
    dynamic_inputs,
    find_products,
    freeze_inputs,
    quantize_embeddings,
    write_products,
)

CALIBRATION_ROWS, CHOICE_ROWS = 512, 256
VALUES_PER_RUN = 4_000
VALUES_MAX = 400_000
# Shares of the values that are cut off at each end: a few outliers would cost all others precision.
CUTS = (0.0, 0.00005, 0.0005)


@dataclass(frozen=True)
class Quantized:
    model: ModelProto
    what: str
    calibration: dict


@dataclass
class Seen:
    """Of one tensor: its ends, a sample of its values, and whether it has one row for each text."""

    low: float
    high: float
    values: list[np.ndarray]
    per_text: bool

    def range(self, cut: float) -> tuple[float, float]:
        if cut == 0:
            return self.low, self.high
        low, high = np.quantile(np.concatenate(self.values), [cut, 1 - cut])
        return float(low), float(high)


def quantize(model: ModelProto, rows: Rows, feeding: Feeding) -> Quantized | None:
    """Products of float32 with constant weights become products of int8; what is computed once a text stays float32."""
    seen = measure(model, [each.x for each in find_products(Rewriter(model))], rows, feeding)

    def wanted(product: Product) -> bool:
        return not seen[product.x].per_text

    def written(cut: float) -> tuple[ModelProto, int]:
        graph = Rewriter(copy(model))
        products = [each for each in find_products(graph) if wanted(each)]
        write_products(graph, products, {each.x: seen[each.x].range(cut) for each in products})
        quantize_embeddings(graph, feeding)
        return graph.finish(), len(products)

    if not any(wanted(each) for each in find_products(Rewriter(model))):
        return None
    return best(model, written, rows, feeding, products_now)


def freeze(model: ModelProto, rows: Rows, feeding: Feeding) -> Quantized | None:
    """The scales that a dynamically quantized graph computes for each batch become constants. Its weights stay."""
    seen = measure(model, dynamic_inputs(Rewriter(model)), rows, feeding)

    def written(cut: float) -> tuple[ModelProto, int]:
        graph = Rewriter(copy(model))
        frozen = freeze_inputs(graph, {name: each.range(cut) for name, each in seen.items()})
        return graph.finish(), frozen

    return best(model, written, rows, feeding, scales_now)


def split(rows: Rows) -> tuple[Rows, Rows]:
    """Texts to measure scales on, two of three, and texts to judge them by, from all over the list."""
    measured = [row for at, row in enumerate(rows) if at % 3 != 2]
    return measured[:CALIBRATION_ROWS], rows[2::3][:CHOICE_ROWS]


def products_now(number: int) -> str:
    product = "product computes" if number == 1 else "products compute"
    return f"{number} matrix {product} with int8 and constant scales now"


def scales_now(number: int) -> str:
    if number == 1:
        return "1 scale that was computed for each batch is a constant now"
    return f"{number} scales that were computed for each batch are constants now"


def measure(model: ModelProto, names: list[str], rows: Rows, feeding: Feeding) -> dict[str, Seen]:
    """What passes through these tensors, one text at a time or texts of equal length: padding does not count."""
    names = list(dict.fromkeys(names))
    if not names:
        return {}
    running = session(model, names)
    wanted = {each.name for each in running.get_inputs()}
    random = np.random.default_rng(0)
    seen: dict[str, Seen] = {}
    for batch in equal_lengths(split(rows)[0], feeding):
        feed = {name: value for name, value in feeding.feed(batch).items() if name in wanted}
        for name, values in zip(names, running.run(names, feed), strict=True):
            add(seen, name, values, len(feed[next(iter(feed))]), random)
    return seen


def add(seen: dict[str, Seen], name: str, values: np.ndarray, texts: int, random: np.random.Generator) -> None:
    flat = values.ravel().astype(np.float32)
    some = flat if len(flat) <= VALUES_PER_RUN else random.choice(flat, VALUES_PER_RUN)
    per_text = values.ndim == 2 and len(values) == texts
    low, high = float(flat.min()), float(flat.max())
    known = seen.get(name)
    if known is None:
        seen[name] = Seen(low, high, [some], per_text)
        return
    known.low, known.high = min(known.low, low), max(known.high, high)
    # One token a text would look like one row a text.
    known.per_text = known.per_text and per_text
    if sum(map(len, known.values)) < VALUES_MAX:
        known.values.append(some)


def best(model: ModelProto, written, rows: Rows, feeding: Feeding, what) -> Quantized:
    """Of the ways to cut off outliers, the one whose logits are nearest to the model's on texts not measured with."""
    calibrated, judged = split(rows)
    expected = logits(model, equal_lengths(judged, feeding), feeding)
    tried = []
    for cut in CUTS:
        candidate, number = written(cut)
        apart = float(np.abs(logits(candidate, equal_lengths(judged, feeding), feeding) - expected).mean())
        tried.append((apart, cut, candidate, number))
    apart, cut, candidate, number = min(tried, key=lambda each: each[:2])
    calibration = {"texts": len(calibrated), "judged": len(judged), "cut": cut, "logitsApart": apart}
    return Quantized(candidate, what(number), calibration)


def copy(model: ModelProto) -> ModelProto:
    another = ModelProto()
    another.CopyFrom(model)
    return another
