"""Draws docs/images/models.svg: accuracy, rate and size of all models, from the files of the evaluations.

Accuracies and rates of three are those of reports.py. `models/general` has three labels: its
accuracy is that of the larger of its other two scores, its rate that of `models/default` times what
results/general.json says.
"""

import json
import math
from dataclasses import dataclass

from data import MODELS, RESULTS, TRAINING
from reports import read_reports

OUT = TRAINING.parent / "docs" / "images" / "models.svg"
WIDTH, HEIGHT = 860, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 830, 52, 296
COLOURS = {"accurate": "#1769aa", "default": "#b45309", "tiny": "#15803d", "general": "#7c3aed"}
SIDES = {"accurate": 1, "default": -1, "tiny": -1, "general": -1}  # of the circle on which the text stands
LOWER_BY = {"tiny": -36, "default": 26}  # their circles touch each other
STYLE = (
    "text{font:12px sans-serif;fill:#333}.t,.n{font-weight:bold}rect{fill:#fff}.grid{stroke:#ddd}"
    ".m{text-anchor:middle}.e{text-anchor:end}.a{fill:#666;font-size:11px}"
)


@dataclass(frozen=True)
class Point:
    name: str
    accuracy: float  # per cent
    rate: float  # texts a second of processor time
    megabytes: float
    note: str = ""


def read_points() -> list[Point]:
    _, models = read_reports()
    points = [
        Point(name, 100 * row["sst2_test_accuracy"], row["texts_per_cpu_second"], size(name))
        for name, row in models.items()
    ]
    figures = json.loads((RESULTS / "general.json").read_text())["figures"]
    rate = figures["times_default"] * models["default"]["texts_per_cpu_second"]
    note = "three labels; here the larger of the other two scores"
    return [*points, Point("general", 100 * figures["sst2_test"]["forced"], rate, size("general"), note)]


def size(name: str) -> float:
    return sum(f.stat().st_size for f in (MODELS / name).iterdir()) / 1e6


class Axes:
    """Rates on a logarithmic axis between powers of two, accuracies between whole per cents."""

    def __init__(self, points: list[Point]) -> None:
        rates, accuracies = [p.rate for p in points], [p.accuracy for p in points]
        self.slowest, self.fastest = math.floor(math.log2(min(rates) / 1000)), math.ceil(math.log2(max(rates) / 900))
        self.worst, self.best = math.floor(min(accuracies) - 0.5), math.ceil(max(accuracies))

    def x(self, rate: float) -> float:
        share = (math.log2(rate / 1000) - self.slowest) / (self.fastest - self.slowest)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(self, accuracy: float) -> float:
        return round(BOTTOM - (accuracy - self.worst) / (self.best - self.worst) * (BOTTOM - TOP), 1)

    def lines(self) -> list[str]:
        out = []
        for accuracy in range(self.worst, self.best + 1):
            y = self.y(accuracy)
            out.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}"/>')
            out.append(f'<text class="e" x="{LEFT - 8}" y="{y + 4}">{accuracy} %</text>')
        for power in range(self.slowest, self.fastest + 1):
            rate = 1000 * 2**power
            out.append(f'<text class="m" x="{self.x(rate)}" y="{BOTTOM + 20}">{rate:,.0f}</text>')
        return out


def draw(point: Point, axes: Axes) -> list[str]:
    """A circle whose area is the size, and beside it what it is."""
    x, y, colour = axes.x(point.rate), axes.y(point.accuracy), COLOURS[point.name]
    radius = round(3.4 * math.sqrt(point.megabytes), 1)
    fill = "none" if point.note else colour
    at, anchor = (x - radius - 8, ' class="e"') if SIDES[point.name] < 0 else (x + radius + 8, "")
    lines = [(f"{point.name}, {point.megabytes:.1f} MB", f"font-weight:bold;fill:{colour}")]
    lines += [(text, "") for text in (f"{point.accuracy:.1f} %", f"{point.rate:,.0f} a second", point.note) if text]
    out = [f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" fill-opacity="0.85" stroke="{colour}"/>']
    top = y - 8 + LOWER_BY.get(point.name, 0)
    for number, (text, style) in enumerate(lines):
        out.append(f'<text{anchor} x="{at:.1f}" y="{top + 15 * number:.1f}" style="{style}">{text}</text>')
    return out


def main() -> None:
    points = read_points()
    axes = Axes(points)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Accuracy, rate and size of the models</title>",
        f'<style>{STYLE}</style><rect width="100%" height="100%" rx="8"/>',
        f'<text class="t" x="{LEFT}" y="28">right of the 872 sentences of SST-2 (area of a circle: the size)</text>',
        *axes.lines(),
        *(line for point in points for line in draw(point, axes)),
        f'<text class="m" x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 18}">texts of about 25 tokens for each second of'
        " processor time, × 2</text>",
        "</svg>\n",
    ]
    OUT.write_text("\n".join(lines))
    print(f"wrote {OUT}")


if __name__ == "__main__":
    main()
