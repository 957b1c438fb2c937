"""Figures of models/general: three labels, calibration, opinions, rate beside models/default. Writes the model card.

    python evaluate_general.py --choose                 while choosing: nothing that is for the report
    python evaluate_general.py --json results/general.json --card
"""

import argparse
import json
import multiprocessing
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tqdm import tqdm

from data import MODELS, check_data, read_sst2
from evaluate import Model, cpu_name, imdb_test, repeatability, review_sample, softmax, speed
from general_card import write_card
from general_data import NEUTRAL, goemotions_parts, read_goemotions, read_messages
from recombine import LABELS

BINS = 15


def macro_f1(predicted: np.ndarray, label: np.ndarray) -> float:
    scores = []
    for kind in range(len(LABELS)):
        both = ((predicted == kind) & (label == kind)).sum()
        scores.append(2 * both / max(1, (predicted == kind).sum() + (label == kind).sum()))
    return float(np.mean(scores))


def calibration_error(scores: np.ndarray, label: np.ndarray) -> float:
    """Expected calibration error: how far, on average, the best score is from the share of right answers with it."""
    best, right = scores.max(1), scores.argmax(1) == label
    bins = np.minimum((best * BINS).astype(int), BINS - 1)
    parts = [(bins == b) for b in range(BINS)]
    return float(sum(abs(best[p].mean() - right[p].mean()) * p.mean() for p in parts if p.any()))


def three_labels(model: Model, texts: list[str], labels: list[int], temperature: float) -> dict:
    known = [i for i, label in enumerate(labels) if label >= 0]
    logits = model.logits(model.tokenize([texts[i] for i in known]))
    label = np.array([labels[i] for i in known])
    predicted = logits.argmax(1)
    return {
        "n": len(known),
        "accuracy": float((predicted == label).mean()),
        "macro_f1": macro_f1(predicted, label),
        "recall": {name: float((predicted[label == k] == k).mean()) for k, name in enumerate(LABELS)},
        "calibration_error_before": calibration_error(softmax(logits * temperature), label),
        "calibration_error": calibration_error(softmax(logits), label),
    }


def opinions(model: Model, texts: list[str], labels: list[int]) -> dict:
    """Texts that are positive (1) or negative (0): accuracy where the model says one of the two, and over all of them.

    `forced`: over all, by the larger score of the two, as if NEUTRAL did not exist.
    """
    logits = model.logits(model.tokenize(texts))
    label = np.array(labels)
    said = logits.argmax(1)
    called = said != NEUTRAL
    return {
        "n": len(label),
        "called": int(called.sum()),
        "right_of_called": int((said[called] == 2 * label[called]).sum()),
        "accuracy_of_called": float((said[called] == 2 * label[called]).mean()),
        "forced": float(((logits[:, 2] > logits[:, 0]) == label).mean()),
    }


def rates(folders: list[Path], workers: int, seconds: float) -> dict:
    """Median texts a second of processor time of each; the models take turns."""
    timings: dict[str, list[np.ndarray]] = {folder.name: [] for folder in folders}
    for _ in tqdm(range(5), desc="timings"):
        for folder in folders:
            timings[folder.name].append(speed(folder, workers, seconds))
    return {name: float(np.median(rows, axis=0)[1]) for name, rows in timings.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=MODELS / "general")
    parser.add_argument("--choose", action="store_true", help="only texts that are there to choose by")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3, help="for each timing; 0: no rates")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--card", action="store_true")
    args = parser.parse_args()
    check_data()
    model = Model(args.model)
    temperature = json.loads((args.model / "config.json").read_text()).get("temperature", 1.0)
    if args.choose:
        figures = {"choice": three_labels(model, *zip(*goemotions_parts()[1]), temperature)}
        figures |= {"messages": three_labels(model, *read_messages("choose"), temperature)}
        figures |= {"sst2_dev": opinions(model, *read_sst2("dev")), "reviews": opinions(model, *review_sample())}
    else:
        figures = {"goemotions_dev": three_labels(model, *read_goemotions("dev"), temperature)}
        figures |= {"probe": three_labels(model, *read_messages("probe"), temperature)}
        figures |= {"sst2_test": opinions(model, *read_sst2("test")), "imdb_test": opinions(model, *imdb_test())}
    if not args.choose:
        figures["score_change_max"] = repeatability(model)
        figures["megabytes"] = sum(f.stat().st_size for f in args.model.iterdir() if f.name != "README.md") / 1e6
        if args.seconds:
            figures["texts_per_cpu_second"] = rates([MODELS / "default", args.model], args.workers, args.seconds)
            rate = figures["texts_per_cpu_second"]
            figures["times_default"] = rate[args.model.name] / rate["default"]
    report = {
        "temperature": temperature,
        "figures": figures,
        "workers": args.workers,
        "machine": f"{cpu_name()}, {multiprocessing.cpu_count()} CPUs",
        "onnxruntime": ort.__version__,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    print(json.dumps(report, indent=2))
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n")
    if args.card:
        write_card(args.model, report, model.tokenizer.get_vocab_size())


if __name__ == "__main__":
    main()
