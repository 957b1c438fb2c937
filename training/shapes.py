"""Speed of student shapes with random weights, against models/accurate: how the shape was chosen.

Processor time of one thread, so that other work on the machine disturbs little; the shapes take turns.
"""

import argparse
import json
import time
from pathlib import Path

import onnxruntime as ort
from tqdm import tqdm

from data import MODELS, TRAINING
from evaluate import Model, batches, speed_texts
from optimize import optimize
from quantize import Writer
from student import Shape, Student

SHAPES = [
    {},
    {"heads": 4},
    {"width": 192},
    {"width": 224},
    {"inner": 384},
    {"layers": "WW"},
    {"layers": "WW", "inner": 384},
    {"layers": "WSW"},
    {"layers": "WSWW"},
    {"layers": "AWAW", "inner": 128},
]


def session_of(shape: Shape) -> ort.InferenceSession:
    ranges = {f"{i}.{part}": (-3.0, 3.0) for i in range(len(shape.layers)) for part in ("mix", "out", "qkv")}
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    graph = optimize(Writer(Student(shape).eval(), ranges).write()).SerializeToString()
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def texts_per_second(model: Model, groups: list[list[list[int]]]) -> float:
    start = time.process_time()
    for group in groups:
        model.run(group)
    return sum(map(len, groups)) / (time.process_time() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--json", type=Path, default=TRAINING / "results" / "shapes.json")
    args = parser.parse_args()
    model = Model(MODELS / "accurate")
    rows = model.tokenize(speed_texts())
    groups = [[rows[i] for i in batch] for batch in batches(rows)]
    sessions = [model.session] + [session_of(Shape(**changed)) for changed in SHAPES]
    best = [0.0] * len(sessions)
    for _ in tqdm(range(args.rounds), desc="rounds"):
        for i, session in enumerate(sessions):
            model.session = session
            best[i] = max(best[i], texts_per_second(model, groups[::10] if i == 0 else groups))
    report = [{"shape": "models/accurate", "texts_per_cpu_second": round(best[0]), "times_accurate": 1.0}]
    for changed, value in zip(SHAPES, best[1:]):
        entry = {"shape": changed, "texts_per_cpu_second": round(value), "times_accurate": round(value / best[0], 1)}
        report.append(entry)
    args.json.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
