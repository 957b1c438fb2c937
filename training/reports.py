"""What was measured of the published models, read from results/."""

import json

from data import RESULTS


def read_reports() -> tuple[dict, dict[str, dict]]:
    """The report on the rates (results/tiny.json, one run for all models) and a row for each model.

    The accuracy of `accurate` and `default` is that of results/evaluation.json: their weights are newer than that run,
    their graphs are not. `right`, `right_here`: sentences of SST-2, with exact products and with those that saturate.
    """
    rates = json.loads((RESULTS / "tiny.json").read_text())
    accuracies = json.loads((RESULTS / "evaluation.json").read_text())["models"]
    rows = {name: row | accuracies.get(name, {}) for name, row in rates["models"].items()}
    for row in rows.values():
        row["right"] = round(row["sst2_test_accuracy"] * rates["texts"])
        row["right_here"] = round(row.get("sst2_test_accuracy_here", row["sst2_test_accuracy"]) * rates["texts"])
    return rates, rows
