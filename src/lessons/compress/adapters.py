"""A few new numbers beside frozen weights: low-rank adapters.

References
----------
Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, ICLR 2022, arXiv:2106.09685.
"""

import math

import torch
from torch import Tensor, nn

from lessons.compress.quantise import linears


def check_rank(rank: int, shape: tuple[int, ...]) -> None:
    """Refuse a rank that a matrix cannot have.

    Raises
    ------
    ValueError
        If it is no whole number from 1 to the shorter side.
    """
    if not isinstance(rank, int) or not 1 <= rank <= min(shape):
        raise ValueError(f"the rank of a matrix of shape {tuple(shape)} is a whole number from 1 "
                         f"to {min(shape)}, got {rank!r}")


class LowRank(nn.Module):
    """A frozen linear layer plus the product of two thin matrices, which learn.

    At first the product is 0: the model starts as it was.

    Parameters
    ----------
    layer : torch.nn.Linear
    rank : int
    scale : float
        Multiplies the product.
    generator : torch.Generator, optional
        Draws the first thin matrix.

    Examples
    --------
    >>> layer = nn.Linear(8, 4)
    >>> adapted, x = LowRank(layer, rank=2), torch.ones(1, 8)
    >>> bool((adapted(x) == layer(x)).all()), adapted.n_new
    (True, 24)
    """

    def __init__(self, layer: nn.Linear, rank: int, scale: float = 1.0,
                 generator: torch.Generator | None = None) -> None:
        super().__init__()
        n_out, n_in = layer.weight.shape
        check_rank(rank, (n_out, n_in))
        self.layer, self.scale = layer, scale
        self.down = nn.Parameter(torch.randn(rank, n_in, generator=generator) / math.sqrt(n_in))
        self.up = nn.Parameter(torch.zeros(n_out, rank))

    @property
    def n_new(self) -> int:
        """Numbers that learn: rank times (inputs and outputs)."""
        return self.down.numel() + self.up.numel()

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., n_out) for (..., n_in)."""
        return self.layer(x) + self.scale * (x @ self.down.T) @ self.up.T

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """Return one linear layer that gives the same: it costs no time when it is used."""
        self.layer.weight += self.scale * self.up @ self.down
        return self.layer


def add_adapters(model: nn.Module, rank: int, scale: float = 1.0,
                 generator: torch.Generator | None = None) -> nn.Module:
    """Freeze a model and give every linear layer an adapter, in place; return the model.

    Examples
    --------
    >>> model = add_adapters(nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 4)), rank=1)
    >>> n_trainable(model)
    20
    """
    for p in model.parameters():
        p.requires_grad_(False)
    for name, layer in linears(model).items():
        _replace(model, name, LowRank(layer, rank, scale, generator))
    return model


def merge(model: nn.Module) -> nn.Module:
    """Put all adapters into the weights, in place; return the model.

    Examples
    --------
    >>> model = add_adapters(nn.Sequential(nn.Linear(8, 4)), rank=1)
    >>> type(merge(model)[0]).__name__
    'Linear'
    """
    found = [(n, m) for n, m in model.named_modules() if isinstance(m, LowRank)]
    if not found:
        raise ValueError("this model has no adapters: add_adapters makes some")
    for name, adapted in found:
        _replace(model, name, adapted.merged())
    return model


def _replace(model: nn.Module, name: str, new: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, new)


def n_trainable(model: nn.Module) -> int:
    """Count the numbers that training can change."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def truncated(w: Tensor, rank: int) -> Tensor:
    """Return the matrix of a rank that is nearest to `w`, by its largest singular values.

    Raises
    ------
    ValueError
        If the matrix cannot have that rank.

    Examples
    --------
    >>> truncated(torch.tensor([[3.0, 0.0], [0.0, 1.0]]), 1)
    tensor([[3., 0.],
            [0., 0.]])
    """
    check_rank(rank, tuple(w.shape))
    u, s, v = torch.linalg.svd(w, full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ v[:rank]
