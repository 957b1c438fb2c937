"""Writes a network between two: the weights of a model, moved a share of the way to those after more training.

    python soup.py ../models/default work/default/student/student.pt --share 0.7

What lies between keeps more of what the first one could do, and has most of what the second one has learned
(Wortsman et al., "Robust fine-tuning of zero-shot models", 2022). The file goes beside the second one: mean.pt.
"""

import argparse
from pathlib import Path

import torch

from warm import read_student, read_teacher


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, help="directory of a model")
    parser.add_argument("after", type=Path, help="student.pt or teacher.pt")
    parser.add_argument("--share", type=float, required=True, help="0: as before; 1: as after")
    args = parser.parse_args()
    after = torch.load(args.after, map_location="cpu")
    before = (read_student if "shape" in after else read_teacher)(args.before).state_dict()
    after["weights"] = {
        # A student's guess of its teacher's state is for training alone, and not in a graph.
        name: new if name.startswith("teacher.") else torch.lerp(before[name], new, args.share)
        for name, new in after["weights"].items()
    }
    torch.save(after, args.after.with_name("mean.pt"))


if __name__ == "__main__":
    main()
