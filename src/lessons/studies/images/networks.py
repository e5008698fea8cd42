"""The four families that are compared on pictures of 8×8 pixels, and what they cost."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lessons.gpt.model import Attention, Block, Cache, Config

SIDE = 8


class FullAttention(Attention):
    """The attention of the GPT without its mask: each token gathers from all of them."""

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """Return what the tokens (B, T, D) gather, (B, T, D)."""
        q, k, v = self.heads(x)  # (B, H, T, D/H) each
        weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(-1)  # (B, H, T, T)
        return self.out((weights @ v).transpose(1, 2).flatten(2))


class VisionTransformer(nn.Module):
    """Squares of pixels as tokens, the blocks of the GPT, and the mean of all tokens.

    Parameters
    ----------
    patch : int
        Width of a square in pixels; it must divide 8.
    d_model, n_layers, n_heads : int
        Numbers for a token, blocks, attention heads in a block.

    References
    ----------
    Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021, arXiv:2010.11929.

    Examples
    --------
    >>> VisionTransformer(patch=4, d_model=16)(torch.zeros(2, 64)).shape
    torch.Size([2, 10])
    """

    def __init__(self, patch: int, d_model: int, n_layers: int = 1, n_heads: int = 2):
        super().__init__()
        if patch not in (1, 2, 4, 8):
            raise ValueError(f"a patch is 1, 2, 4 or 8 pixels wide, got {patch}")
        self.patch, n_tokens = patch, (SIDE // patch) ** 2
        config = Config(vocab_size=1, n_positions=n_tokens, n_layers=n_layers, n_heads=n_heads,
                        d_model=d_model)
        self.embedding = nn.Linear(patch**2, d_model)
        self.positions = nn.Parameter(0.02 * torch.randn(n_tokens, d_model))
        self.blocks = nn.ModuleList(Block(config) for _ in range(n_layers))
        for block in self.blocks:
            block.attention = FullAttention(config)
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, 10)

    def forward(self, X: Tensor) -> Tensor:
        """Return logits (B, 10) for images (B, 64)."""
        h = self.embedding(cut(X, self.patch)) + self.positions  # (B, T, D)
        for block in self.blocks:
            h = block(h)
        return self.head(self.norm(h).mean(1))


def cut(X: Tensor, patch: int) -> Tensor:
    """Cut images (B, 64) into squares (B, T, patch²), row by row.

    Examples
    --------
    >>> cut(torch.arange(64.0)[None], 4)[0, 1, :5].int().tolist()
    [4, 5, 6, 7, 12]
    """
    n = SIDE // patch
    return X.view(-1, n, patch, n, patch).transpose(2, 3).reshape(-1, n * n, patch**2)


def _mlp(hidden: int) -> nn.Module:
    return nn.Sequential(nn.Linear(SIDE**2, hidden), nn.ReLU(), nn.Linear(hidden, 10))


def _cnn(c: int) -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, SIDE, SIDE)), nn.Conv2d(1, c, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(c, 2 * c, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(8 * c, 10))


#: Name of the family, name of the size, and what makes it. Each family has its choice of size.
FAMILIES: dict[str, dict[str, Callable[[], nn.Module]]] = {
    "linear": {"64 to 10": lambda: nn.Linear(SIDE**2, 10)},
    "MLP": {"64 hidden": lambda: _mlp(64), "512 hidden": lambda: _mlp(512)},
    "CNN": {"4 and 8 channels": lambda: _cnn(4), "8 and 16 channels": lambda: _cnn(8)},
    "ViT": {"4 patches, 16 wide": lambda: VisionTransformer(4, 16),
            "16 patches, 16 wide": lambda: VisionTransformer(2, 16)},
}


def build(family: str, size: str, seed: int) -> nn.Module:
    """Return a network with torch's own initial weights, float64.

    Raises
    ------
    ValueError
        If there is no such family or size; it names those there are.

    Examples
    --------
    >>> from lessons.gpt.model import n_parameters
    >>> {size: n_parameters(build("CNN", size, 0)) for size in FAMILIES["CNN"]}
    {'4 and 8 channels': 666, '8 and 16 channels': 1898}
    """
    if size not in FAMILIES.get(family, {}):
        known = [f"{f}, {s}" for f, sizes in FAMILIES.items() for s in sizes]
        raise ValueError(f"no network {family!r}, {size!r}: choose from {'; '.join(known)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return FAMILIES[family][size]().double()


def flops(net: nn.Module, X: Tensor | None = None) -> tuple[int, int]:
    """Count the floating-point operations of one image: forward, and backward.

    Only products of matrices and convolutions are counted, a multiplication and an addition as
    two. Additions of biases, activations, norms, softmax and the optimiser are left out.

    Parameters
    ----------
    net : torch.nn.Module
        Gives logits, shape (B, C) or (B, C, ...).
    X : torch.Tensor, optional
        A batch to count with, shape (B, ...); two empty pictures if not given.

    Examples
    --------
    >>> flops(nn.Linear(64, 10).double())  # 2 · 64 · 10; the pixels need no gradient
    (1280, 1280)
    """
    X = torch.zeros(2, SIDE**2, dtype=torch.float64) if X is None else X
    with FlopCounterMode(display=False) as counter:
        loss = net(X).square().sum()
        forward = counter.get_total_flops()
        loss.backward()
    net.zero_grad()
    return forward // len(X), (counter.get_total_flops() - forward) // len(X)
