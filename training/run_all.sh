#!/bin/sh
# Makes models/default from the data and models/accurate. Every step goes on where it was interrupted.
# Usage: ./run_all.sh          (about 2 hours on 2 busy cores; work/ takes 9 GB)
set -eu
cd "$(dirname "$0")"
python="work/venv/bin/python"

if [ ! -x "$python" ]; then
  python3 -m venv work/venv
  "$python" -m pip install --quiet --requirement requirements.txt
fi

export OMP_WAIT_POLICY=PASSIVE # threads that spin while others are busy only slow a shared machine down
"$python" make_transfer_set.py
[ -f work/student1/student.pt ] || "$python" distill.py --out work/student1 --shards 22 --epochs 2.2
[ -f work/student/student.pt ] || "$python" distill.py --out work/student \
  --start work/student1/student.pt --epochs 0.93 --rate 7e-4 --seed 100
"$python" quantize.py
"$python" evaluate.py ../models/accurate ../models/default --imdb --json results/evaluation.json
"$python" card.py
