"""Rewrites the graph of a model for `kubesentiment model import`: a job as JSON on standard input, a report on standard
output. src/diagnose/graph-rewrite.ts starts it and says what is in both.

This file has to be understood by any Python 3, so that one that is too old can be told.
"""

import importlib
import json
import sys

PYTHON_MIN = (3, 10)
PACKAGES = ("numpy", "onnx", "onnxruntime", "sympy")


def missing_packages():
    missing = []
    for name in PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing


def main():
    if sys.version_info < PYTHON_MIN:
        return {"tooOld": "%d.%d" % sys.version_info[:2]}
    missing = missing_packages()
    if missing:
        return {"missing": missing}
    from steps import Refused, rewrite

    try:
        return rewrite(json.load(sys.stdin))
    except Refused as refused:
        return {"refused": str(refused), "remedy": refused.remedy}


if __name__ == "__main__":
    print(json.dumps(main()))
