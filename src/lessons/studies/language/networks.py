"""Which library is this docstring from? A linear model and a network, by its words."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from lessons.data.texts import LIBRARIES


def scaled(counts: np.ndarray) -> torch.Tensor:
    """Return log(1 + counts), each text with length 1: what the networks see.

    Examples
    --------
    >>> scaled(np.array([[3.0, 0.0], [1.0, 1.0]])).round(decimals=2).tolist()
    [[1.0, 0.0], [0.7099999785423279, 0.7099999785423279]]
    """
    return F.normalize(torch.log1p(torch.tensor(np.asarray(counts), dtype=torch.float32)))


def network(
    counts: np.ndarray, y: np.ndarray, lr: float, dropout: float, hidden: int = 0, seed: int = 0,
    n_steps: int = 300,
) -> nn.Module:
    """Train a linear model (`hidden` is 0) or a network with one hidden layer, with Adam.

    Parameters
    ----------
    counts, y : numpy.ndarray
        Words of the training texts (n, n_words), and their classes (n,).
    lr, dropout : float
        Learning rate of the first step, falling to 0; the share of words that are left out.
    n_steps : int
        Steps of 64 texts.
    """
    if not (lr > 0 and 0 <= dropout < 1 and n_steps >= 1):
        raise ValueError(f"lr is above 0, dropout from 0 to below 1, n_steps 1 or more, got {lr}, "
                         f"{dropout}, {n_steps}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _fitted(scaled(counts), torch.tensor(y), lr, dropout, hidden, seed, n_steps)


def _fitted(X: torch.Tensor, target: torch.Tensor, lr: float, dropout: float, hidden: int,
            seed: int, n_steps: int) -> nn.Module:
    n_words = X.shape[1]
    layers = ([nn.Linear(n_words, hidden), nn.ReLU(), nn.Linear(hidden, len(LIBRARIES))] if hidden
              else [nn.Linear(n_words, len(LIBRARIES))])
    net = nn.Sequential(nn.Dropout(dropout), *layers)
    optimiser = torch.optim.Adam(net.parameters(), lr=lr)
    generator = torch.Generator().manual_seed(seed)
    for step in range(n_steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * (1 - step / n_steps)
        rows = torch.randint(len(X), (64,), generator=generator)
        optimiser.zero_grad()
        F.cross_entropy(net(X[rows]), target[rows]).backward()
        optimiser.step()
    return net.eval()
