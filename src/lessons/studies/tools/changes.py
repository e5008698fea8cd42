"""Changes of chapter 10's training step that a profile suggests.

Dropout needs a random number for every number that it may set to 0, and the weights of attention
are the most. `thin` draws 16 bits for each in place of a double; `Attention` writes the layer out,
so that it can use them, or leaves its weights alone, so that a fused kernel can be used.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.gpt import model as gpt

LEVELS = 2**16  # so many values have 16 bits

#: What is changed: who draws the mask of attention's weights, and the other masks. "torch" is the
#: book's own step.
VERSIONS = {
    "chapter 10": ("torch", "torch"),
    "16 bits": ("thin", "thin"),
    "fused": ("none", "torch"),
    "both": ("none", "thin"),
}


def thin(x: Tensor, p: float) -> Tensor:
    """Set each number to 0 with the chance `p`, to the next 1/65,536; the rest grows to make up.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> x = thin(torch.ones(1000, 100), 0.25)
    >>> x.unique(), f"{x.mean():.2f}"
    (tensor([0.0000, 1.3333]), '1.00')
    """
    n_out = round(p * LEVELS)
    words = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-2**63, None)
    bits = words.view(torch.int16)[: x.numel()].view(x.shape)  # from -32,768 on, all as likely
    kept = bits >= n_out - LEVELS // 2
    return x * kept.to(x.dtype).mul_(LEVELS / (LEVELS - n_out))


class Thin(nn.Module):
    """Dropout by `thin`."""

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Return `x`, thinned in training."""
        return thin(x, self.p) if self.training and self.p else x


class Attention(gpt.Attention):
    """The layer of the book's GPT, with its weights thinned by `thin` or not at all.

    Parameters
    ----------
    old : gpt.Attention
        Whose parameters it takes over.
    weights : str
        "thin" or "none".
    """

    def __init__(self, old: gpt.Attention, weights: str):
        nn.Module.__init__(self)
        self.n_heads, self.qkv, self.out = old.n_heads, old.qkv, old.out
        self.dropout, self.weights = old.dropout, weights

    def forward(self, x: Tensor, cache: gpt.Cache | None = None) -> Tensor:
        """Return what the tokens (B, T, D) gather, (B, T, D)."""
        if not self.training or cache is not None:
            return super().forward(x, cache)
        q, k, v = self.heads(x)  # (B, H, T, D/H) each
        if self.weights == "none":
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            later = ~gpt.causal_mask(x.shape[1], x.shape[1], x.device)
            scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(later, -math.inf)
            y = thin(scores.softmax(-1), self.dropout.p) @ v
        return self.dropout(self.out(y.transpose(1, 2).flatten(2)))


def change(model: gpt.GPT, version: str) -> None:
    """Turn a model, with the parameters that it has, into one of `VERSIONS`.

    Raises
    ------
    ValueError
        If there is no such version.

    Examples
    --------
    >>> model = gpt.GPT(gpt.Config(8, 4, n_layers=1, n_heads=2, d_model=16, dropout=0.1))
    >>> change(model, "both")
    >>> type(model.dropout).__name__, model.blocks[0].attention.weights
    ('Thin', 'none')
    """
    if version not in VERSIONS:
        raise ValueError(f"no version {version!r}: choose from {list(VERSIONS)}")
    weights, others = VERSIONS[version]
    if others == "thin":
        for part in [model, *(part for b in model.blocks for part in (b.attention, b.mlp))]:
            part.dropout = Thin(part.dropout.p)
    if weights != "torch":
        for block in model.blocks:
            block.attention = Attention(block.attention, weights)
