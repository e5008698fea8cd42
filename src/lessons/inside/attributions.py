"""Which inputs mattered: gradients, and gradients summed along a path.

A score takes inputs (n, d) and gives one number for each, (n,).

References
----------
Simonyan et al., Deep Inside Convolutional Networks, 2013, arXiv:1312.6034.
Sundararajan, Taly, Yan, Axiomatic Attribution for Deep Networks, ICML 2017, arXiv:1703.01365.
Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018, arXiv:1810.03292.
"""

from collections.abc import Callable

import torch
from scipy.stats import rankdata
from torch import Tensor

Score = Callable[[Tensor], Tensor]


def gradient(score: Score, X: Tensor) -> Tensor:
    """Return how fast the score grows with each input: a saliency map, (n, d).

    Raises
    ------
    ValueError
        If the score is not one number for each input.

    Examples
    --------
    >>> gradient(lambda X: X[:, 0] ** 2 + X[:, 1], torch.tensor([[3.0, 1.0]]))
    tensor([[6., 1.]])
    """
    X = X.detach().requires_grad_()
    scores = score(X)
    if scores.shape != X.shape[:1]:
        raise ValueError(f"a score is one number for each of {len(X)} inputs, got the shape "
                         f"{tuple(scores.shape)}: choose a class, as in net(X)[:, 3]")
    return torch.autograd.grad(scores.sum(), X)[0]


def times_input(score: Score, X: Tensor) -> Tensor:
    """Return the gradient times the input, (n, d).

    Examples
    --------
    >>> times_input(lambda X: X[:, 0] ** 2 + X[:, 1], torch.tensor([[3.0, 1.0]]))
    tensor([[18.,  1.]])
    """
    return gradient(score, X) * X


def integrated(score: Score, X: Tensor, baseline: Tensor | None = None,
               n_steps: int = 64) -> Tensor:
    """Return integrated gradients, (n, d): what each input adds on the way from the baseline.

    The mean gradient at the middles of `n_steps` pieces of the straight path, times the way.

    Parameters
    ----------
    baseline : torch.Tensor
        Where the path begins, (d,) or (n, d); zeros if not given.

    Raises
    ------
    ValueError
        If there is no step.

    Examples
    --------
    >>> integrated(lambda X: X[:, 0] ** 2 + X[:, 1], torch.tensor([[3.0, 1.0]]))
    tensor([[9., 1.]])
    """
    if n_steps < 1:
        raise ValueError(f"a path has one step or more, got {n_steps}")
    start = torch.zeros_like(X) if baseline is None else baseline.expand_as(X)
    total = torch.zeros_like(X)
    for k in range(n_steps):
        total += gradient(score, start + (k + 0.5) / n_steps * (X - start))
    return (X - start) * total / n_steps


def incompleteness(score: Score, X: Tensor, attributions: Tensor,
                   baseline: Tensor | None = None) -> Tensor:
    """Return by how much attributions miss the score's rise from the baseline, (n,).

    Examples
    --------
    >>> X = torch.tensor([[3.0, 1.0]])
    >>> incompleteness(lambda X: X[:, 0] ** 2, X, times_input(lambda X: X[:, 0] ** 2, X))
    tensor([9.])
    """
    start = torch.zeros_like(X) if baseline is None else baseline.expand_as(X)
    with torch.no_grad():
        return attributions.sum(dim=1) - (score(X) - score(start))


def rank_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Return Spearman's correlation of the rows of two maps, (n,); ties share their mean rank.

    Examples
    --------
    >>> rank_correlation(torch.tensor([[1.0, 5.0, 9.0]]), torch.tensor([[0.1, 0.3, 0.2]]))
    tensor([0.5000], dtype=torch.float64)
    """
    x, y = (torch.from_numpy(rankdata(part.numpy(), axis=1)) for part in (a, b))
    x, y = x - x.mean(dim=1, keepdim=True), y - y.mean(dim=1, keepdim=True)
    return (x * y).sum(1) / (x.norm(dim=1) * y.norm(dim=1)).clamp(min=1e-12)
