"""What can be read off a layer, and how much of it the reader learned by heart.

References
----------
Alain and Bengio, Understanding Intermediate Layers Using Linear Classifier Probes, 2016,
arXiv:1610.01644.
Hewitt and Liang, Designing and Interpreting Probes with Control Tasks, EMNLP 2019,
arXiv:1909.03368.
"""

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


def control_labels(types: Sequence[Hashable], share: float, seed: int) -> np.ndarray:
    """Return a label for each token that depends on its type alone, by a coin thrown once a type.

    There is nothing to find in such labels: a probe that gets them right has learned them by heart.

    Parameters
    ----------
    types : sequence
        What counts as the same, for each token: its word, say.
    share : float
        The coin's chance of 1: that of the real task.
    seed : int
        Throws all coins; the coin of a type depends on the seed and the types that came before.

    Examples
    --------
    >>> control_labels(["a", "b", "a", "c"], 0.5, 0).tolist()
    [0, 1, 0, 1]
    """
    rng, coins = np.random.default_rng(seed), {}
    for kind in types:
        if kind not in coins:
            coins[kind] = int(rng.random() < share)
    return np.array([coins[kind] for kind in types])


def fit(H: Tensor, y: Tensor, hidden: int = 0, n_steps: int = 300, lr: float = 0.01,
        decay: float = 1e-4, seed: int = 0) -> nn.Module:
    """Return a probe: a linear layer, or one with a hidden layer, fitted by AdamW on all rows.

    Parameters
    ----------
    H, y : torch.Tensor
        Activations (n, d), and labels 0 or 1, (n,).
    hidden : int
        Numbers in the hidden layer; 0 for a linear probe.

    Returns
    -------
    torch.nn.Module
        From activations (m, d) to logits (m, 2); it scales them as those that it was fitted on.

    Examples
    --------
    >>> H = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    >>> accuracy(fit(H, (H[:, 0] > 0).long()), H, (H[:, 0] > 0).long()) > 0.9
    True
    """
    if not set(y.unique().tolist()) <= {0, 1}:
        raise ValueError(f"labels are 0 or 1, got {y.unique().tolist()[:5]}")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        d = H.shape[1]
        layers = ([nn.Linear(d, 2)] if not hidden
                  else [nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, 2)])
        probe = nn.Sequential(nn.BatchNorm1d(d, affine=False, momentum=None), *layers).to(H.dtype)
    optimiser = torch.optim.AdamW(probe.parameters(), lr=lr, weight_decay=decay)
    for _ in range(n_steps):
        optimiser.zero_grad()
        F.cross_entropy(probe(H), y).backward()
        optimiser.step()
    return probe.eval()


@torch.no_grad()
def accuracy(probe: nn.Module, H: Tensor, y: Tensor) -> float:
    """Return the share of rows that a probe gets right.

    Examples
    --------
    >>> accuracy(nn.Identity(), torch.tensor([[0.0, 1.0], [2.0, 1.0]]), torch.tensor([1, 1]))
    0.5
    """
    return (probe(H).argmax(1) == y).double().mean().item()
