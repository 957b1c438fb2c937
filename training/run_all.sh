#!/bin/sh
# Makes models/default from the data and models/accurate. Every step goes on where it was interrupted.
# Usage: ./run_all.sh          (about 2 hours on 2 cores; work/ takes 10 GB, most of it the Python environment)
set -eu
cd "$(dirname "$0")"
python="work/venv/bin/python"

if [ ! -x "$python" ]; then
  python3 -m venv work/venv
  "$python" -m pip install --quiet --requirement requirements.txt
fi

export OMP_WAIT_POLICY=PASSIVE # threads that spin while others are busy only slow a shared machine down
"$python" make_transfer_set.py
[ -f work/student1/student.pt ] || "$python" distill.py --out work/student1 --epochs 3
[ -f work/student/student.pt ] || "$python" distill.py --out work/student --start work/student1/student.pt --epochs 4 --rate 7e-4
"$python" quantize.py
"$python" evaluate.py ../models/accurate ../models/default --imdb --json results/evaluation.json
"$python" card.py
