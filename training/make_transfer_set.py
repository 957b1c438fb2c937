"""Collects the texts the student learns from and lets the teacher score them.

Writes NNN.npz, one shard for each `--shard` texts, so that an interrupted run goes on where it stopped. Beside them,
to choose by and for teachers to learn, without scores: reviews-N.npz (ends of labelled reviews, 4,000 each), starts.npz
(the reviews of reviews-0, of which the tokenizer keeps the first tokens) and dev.npz. These files are all that training
needs, so it may happen on another machine.
Each shard: `ids` uint16 [tokens], `lengths` uint16 [texts], `label` int8 [texts] (gold label, -1 where there is none)
and the teacher's `logits` float32 [texts, 2] and `hidden` float16 [texts, 384] (its last state before the pooler).
"""

import argparse
import multiprocessing
import random
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from tokenizers import Tokenizer
from tqdm import tqdm

from data import MODELS, WORK, as_treebank, check_data, cut_sentences, read_imdb, read_sst2

TOKENS_PER_BATCH = 2_000
REVIEWS_PER_SHARD = 4000
STATES = ("/m/bert/pooler/Gather_output_0", "state")  # the tensor before the pooler, in either teacher's graph
CONNECTORS = [" , but ", " and ", " ; ", " , ", " , yet ", " . ", " , though ", " , and "]


def masked(text: str, vocabulary: list[str], rng: random.Random) -> str:
    """Some words hidden, some replaced by others of the corpus: teaches which words carried the score."""
    words = text.split()
    for i in range(len(words)):
        roll = rng.random()
        if roll < 0.08:
            words[i] = "[MASK]"
        elif roll < 0.2:
            words[i] = rng.choice(vocabulary)
    return " ".join(words)


def substituted(phrases: list[str], count: int, rng: random.Random) -> list[str]:
    """Sentences of the corpus in which one phrase of the corpus stands in the place of another.

    SST-2 phrases are the nodes of parse trees, so most results still read like a sentence.
    """
    known = {p for p in phrases if 2 <= len(p.split()) <= 8}
    fillers = sorted(known)
    long = [p for p in phrases if len(p.split()) >= 10]
    out: list[str] = []
    while len(out) < count:
        words = rng.choice(long).split()
        size = rng.randint(2, 8)
        begin = rng.randrange(0, max(1, len(words) - size))
        if " ".join(words[begin : begin + size]) in known:
            out.append(" ".join(words[:begin] + [rng.choice(fillers)] + words[begin + size :]))
    return out


def collect(args: argparse.Namespace) -> list[tuple[str, int]]:
    """(text, gold label or -1) pairs, in the order in which they are scored."""
    rng = random.Random(args.seed)
    texts, labels = read_sst2("train")
    held_out = set(read_sst2("dev")[0]) | set(read_sst2("test")[0])
    gold = [(t, l) for t, l in zip(texts, labels) if t not in held_out]
    vocabulary = [word for text in texts for word in text.split()]
    long = [t for t in texts if len(t.split()) >= 5]
    synthetic = [masked(t, vocabulary, rng) for t in rng.choices(long, k=args.altered)]
    synthetic += [rng.choice(long) + rng.choice(CONNECTORS) + rng.choice(long) for _ in range(args.altered)]
    sentences: set[str] = set()
    for name in ("train_pos", "train_neg", "unsup"):
        for review in read_imdb(name):
            sentences.update(cut_sentences(review))
    pool = rng.sample(sorted(sentences), min(args.imdb, len(sentences)))
    reviews = [as_treebank(s) if rng.random() < 0.6 else s for s in pool]
    rest = [(t, -1) for t in synthetic + reviews]
    rng.shuffle(rest)
    swapped = [(t, -1) for t in substituted(texts, args.swapped, rng)]
    pairs = (gold + rest)[: args.mixed] + swapped + reviews_to_learn(args.reviews)
    if args.no_scores or args.shuffle:  # whoever scores them may stop anywhere and has some of each kind
        others = pairs[len(gold) :]
        rng.shuffle(others)
        pairs[len(gold) :] = others
    return pairs


def labelled_reviews(rng: random.Random) -> list[tuple[str, int]]:
    """The training reviews that have a label, shuffled."""
    labelled = [(text, label) for label, name in enumerate(("train_neg", "train_pos")) for text in read_imdb(name)]
    rng.shuffle(labelled)
    return labelled


def review_ends(seed: int) -> list[tuple[str, int]]:
    """The last 45 words of the labelled training reviews, where people say what they make of it."""
    rng = random.Random(seed)
    ends = [(" ".join(text.split()[-45:]), label) for text, label in labelled_reviews(rng)]
    return [(as_treebank(text) if rng.random() < 0.6 else text, label) for text, label in ends]


def reviews_to_learn(count: int) -> list[tuple[str, int]]:
    """Whole reviews: labelled ones, but for those to choose by, and unlabelled ones if they are too few."""
    labelled = labelled_reviews(random.Random(0))[REVIEWS_PER_SHARD:]
    missing = max(0, count - len(labelled))
    return labelled[:count] + [(text, -1) for text in random.Random(0).sample(read_imdb("unsup"), missing)]


def open_teacher(threads: int) -> ort.InferenceSession:
    """The teacher with its last [CLS] state as a second output."""
    model = onnx.load(MODELS / "accurate" / "model.onnx")
    name = next(n.output[0] for n in model.graph.node if n.output[0] in STATES)
    model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def score(session: ort.InferenceSession, rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Logits and hidden states in the order of `rows`; batches of like length under a limit of tokens."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    logits = np.empty((len(rows), 2), np.float32)
    hidden = np.empty((len(rows), 384), np.float16)
    start = 0
    while start < len(order):
        size = max(1, TOKENS_PER_BATCH // len(rows[order[start]]))
        picked = order[start : start + size]
        start += size
        width = max(len(rows[i]) for i in picked)
        ids = np.zeros((len(picked), width), np.int64)
        mask = np.zeros_like(ids)
        for r, i in enumerate(picked):
            ids[r, : len(rows[i])] = rows[i]
            mask[r, : len(rows[i])] = 1
        logits[picked], hidden[picked] = session.run(None, {"input_ids": ids, "attention_mask": mask})
    return logits, hidden


def make_shard(job: tuple[Path, list[tuple[str, int]], bool, int]) -> None:
    path, pairs, scored, longest = job
    if not path.exists():
        global session, tokenizer
        if "tokenizer" not in globals():
            session = open_teacher(threads=1) if scored else None
            tokenizer = Tokenizer.from_file(str(MODELS / "accurate" / "tokenizer.json"))
            tokenizer.no_padding()
            tokenizer.enable_truncation(longest)
        rows = [e.ids for e in tokenizer.encode_batch([t for t, _ in pairs])]
        scores = dict(zip(("logits", "hidden"), score(session, rows))) if scored else {}
        partial = path.with_suffix(".part.npz")
        np.savez_compressed(
            partial,
            ids=np.concatenate([np.array(r, np.uint16) for r in rows]),
            lengths=np.array([len(r) for r in rows], np.uint16),
            label=np.array([l for _, l in pairs], np.int8),
            **scores,
        )
        partial.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--imdb", type=int, default=400_000, help="sentences cut from IMDB reviews")
    parser.add_argument("--mixed", type=int, default=440_000, help="phrases, altered phrases and sentences together")
    parser.add_argument("--altered", type=int, default=60_000, help="phrases with hidden words, and as many pairs")
    parser.add_argument("--swapped", type=int, default=120_000, help="sentences with another phrase in them")
    parser.add_argument("--reviews", type=int, default=0, help="whole reviews, labelled ones first")
    parser.add_argument("--longest", type=int, default=64, help="tokens of a text")
    parser.add_argument("--shard", type=int, default=20_000, help="texts in one file")
    parser.add_argument("--out", type=Path, default=WORK / "transfer")
    parser.add_argument("--no-scores", action="store_true", help="texts only, shuffled: their teacher comes later")
    parser.add_argument("--shuffle", action="store_true", help="what has no gold label in random order")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    check_data()
    args.out.mkdir(parents=True, exist_ok=True)
    pairs, ends = collect(args), review_ends(seed=0)
    shards = {f"{n:03d}": pairs[i : i + args.shard] for n, i in enumerate(range(0, len(pairs), args.shard))}
    for n, i in enumerate(range(0, len(ends), REVIEWS_PER_SHARD)):
        shards[f"reviews-{n}"] = ends[i : i + REVIEWS_PER_SHARD]
    shards["starts"] = labelled_reviews(random.Random(0))[:REVIEWS_PER_SHARD]
    shards["dev"] = list(zip(*read_sst2("dev")))
    jobs = [
        (args.out / f"{name}.npz", shard, name.isdigit() and not args.no_scores, args.longest)
        for name, shard in shards.items()
    ]
    with multiprocessing.get_context("spawn").Pool(args.processes) as pool:
        for _ in tqdm(pool.imap(make_shard, jobs), total=len(jobs), desc="shards"):
            pass


if __name__ == "__main__":
    main()
