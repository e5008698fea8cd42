"""A sparse autoencoder: activations as sums of a few directions out of many.

References
----------
Bricken et al., Towards Monosemanticity, Transformer Circuits Thread, 2023.
Gao et al., Scaling and Evaluating Sparse Autoencoders, 2024, arXiv:2406.04093 (top k).
"""

import torch
from torch import Tensor, nn


class TopK(nn.Module):
    """An autoencoder that uses at most `k` of `n_features` directions for each activation.

    Parameters
    ----------
    d : int
        Numbers in an activation.
    generator : torch.Generator
        Draws the first directions.

    Raises
    ------
    ValueError
        If `k` is not between 1 and `n_features`.

    Examples
    --------
    >>> sae = TopK(4, 16, k=2, generator=torch.Generator().manual_seed(0))
    >>> code = sae.encode(torch.ones(3, 4))
    >>> code.shape, int((code > 0).sum(1).max()) <= 2
    (torch.Size([3, 16]), True)
    """

    def __init__(self, d: int, n_features: int, k: int, generator: torch.Generator):
        super().__init__()
        if not 1 <= k <= n_features:
            raise ValueError(f"k is between 1 and {n_features}, the number of features, got {k}")
        self.k = k
        directions = unit(torch.randn(n_features, d, generator=generator))
        self.decoder = nn.Parameter(directions)
        self.encoder = nn.Parameter(directions.clone())
        self.bias = nn.Parameter(torch.zeros(n_features))
        self.centre = nn.Parameter(torch.zeros(d))

    def encode(self, x: Tensor) -> Tensor:
        """Return the strength of each feature, (n, n_features): k of them at most are above 0."""
        strengths = ((x - self.centre) @ self.encoder.T + self.bias).relu()
        top = strengths.topk(self.k, dim=1)
        return torch.zeros_like(strengths).scatter(1, top.indices, top.values)

    def forward(self, x: Tensor) -> Tensor:
        """Return what the features give back, (n, d)."""
        return self.encode(x) @ self.decoder + self.centre


def unit(rows: Tensor) -> Tensor:
    """Return rows of length 1."""
    return rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-12)


def fit(sae: TopK, X: Tensor, n_steps: int, lr: float, generator: torch.Generator,
        batch_size: int = 512, learn: bool = True) -> TopK:
    """Fit an autoencoder to activations (n, d), and return it.

    With ``learn=False`` its directions stay as they were drawn, and only the encoder learns to use
    them: a placebo whose features are random.

    Examples
    --------
    >>> generator = torch.Generator().manual_seed(0)
    >>> X = torch.randn(200, 4, generator=generator)
    >>> sae = fit(TopK(4, 8, 2, generator), X, 50, 0.01, generator)
    >>> explained(sae, X) > 0.5
    True
    """
    with torch.no_grad():
        sae.centre.copy_(X.mean(0))
    if not learn:
        sae.decoder.requires_grad_(False)
    optimiser = torch.optim.Adam([p for p in sae.parameters() if p.requires_grad], lr=lr)
    for step in range(n_steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * min(1.0, 3 * (1 - step / n_steps))
        batch = X[torch.randint(len(X), (batch_size,), generator=generator)]
        optimiser.zero_grad()
        (sae(batch) - batch).square().sum(1).mean().backward()
        optimiser.step()
        with torch.no_grad():
            sae.decoder.copy_(unit(sae.decoder))
    return sae


@torch.no_grad()
def explained(sae: TopK, X: Tensor) -> float:
    """Return the share of the variance of activations (n, d) that an autoencoder gives back.

    Examples
    --------
    >>> sae = TopK(2, 2, 1, torch.Generator().manual_seed(0))
    >>> explained(sae, torch.tensor([[1.0, 0.0], [-1.0, 0.0]])) <= 1
    True
    """
    left = (sae(X) - X).square().sum()
    return float(1 - left / (X - X.mean(0)).square().sum())


def purity(code: Tensor, kinds: Tensor, n_top: int = 20, least: int = 20) -> Tensor:
    """Return how alike the tokens are that fire each feature most, (n_alive,), from 0 to 1.

    The largest share of one kind among the `n_top` tokens with the greatest strength; features
    that fire for fewer than `least` tokens are left out.

    Parameters
    ----------
    code : torch.Tensor
        Strengths, (n, n_features).
    kinds : torch.Tensor
        What each token is, whole numbers, (n,).

    Examples
    --------
    >>> code = torch.tensor([[3.0, 0.0], [2.0, 1.0], [0.0, 2.0], [0.0, 3.0]])
    >>> purity(code, torch.tensor([7, 7, 7, 8]), n_top=2, least=2)
    tensor([1.0000, 0.5000])
    """
    alive = (code > 0).sum(0) >= least
    top = code[:, alive].topk(n_top, dim=0).indices  # (n_top, n_alive)
    found = kinds[top]
    counts = (found[:, None] == found[None]).sum(0).max(0).values
    return counts / n_top
