"""A small network that reads digits, to be looked into, and copies of it that know nothing."""

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.data import sets

N_STEPS = 300


def fresh(seed: int) -> nn.Sequential:
    """Return a network from 64 pixels to 10 classes that has learned nothing, in 64-bit numbers.

    Examples
    --------
    >>> fresh(0)(torch.zeros(2, 64, dtype=torch.float64)).shape
    torch.Size([2, 10])
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(64, 32), nn.GELU(), nn.Linear(32, 32), nn.GELU(),
                             nn.Linear(32, 10)).double()


@cache
def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return images and labels to learn from, and others to look at."""
    X, y, X_test, y_test = sets.digits(np.random.default_rng(0))
    return tuple(torch.tensor(part) for part in (X, y, X_test, y_test))


@cache
def trained(seed: int, shuffled: bool = False) -> nn.Sequential:
    """Return a network that has learned to read, by full-batch Adam.

    With `shuffled` it learned by heart from labels that were dealt out at random.

    Examples
    --------
    >>> X, y = digits()[2:]
    >>> right(trained(0), X, y) > 0.9
    True
    """
    net = fresh(seed)
    X, y, *_ = digits()
    if shuffled:
        y = y[torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))]
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(N_STEPS):
        optimiser.zero_grad()
        F.cross_entropy(net(X), y).backward()
        optimiser.step()
    return net.requires_grad_(False).eval()


def with_fresh_layers(net: nn.Sequential, n_layers: int, seed: int) -> nn.Sequential:
    """Return a copy whose last `n_layers` layers have the weights of a network that knows nothing.

    Examples
    --------
    >>> net, other = trained(0), fresh(5)
    >>> copy = with_fresh_layers(net, 1, seed=5)
    >>> torch.equal(copy[0].weight, net[0].weight), torch.equal(copy[4].weight, other[4].weight)
    (True, True)
    """
    places = [0, 2, 4]
    state = {name: value.clone() for name, value in net.state_dict().items()}
    new = fresh(seed)
    for place in places[len(places) - n_layers:]:
        state |= {name: value for name, value in new.state_dict().items()
                  if name.startswith(f"{place}.")}
    new.load_state_dict(state)
    return new.requires_grad_(False).eval()


def right(net: nn.Module, X: Tensor, y: Tensor) -> float:
    """Return the share of images that are read correctly."""
    with torch.no_grad():
        return (net(X).argmax(1) == y).double().mean().item()


def erased(net: nn.Module, X: Tensor, classes: Tensor, order: Tensor, n: int) -> Tensor:
    """Return by how much the chance of each image's class falls without its first `n` pixels, (m,).

    Parameters
    ----------
    order : torch.Tensor
        For each image all pixels, those to be made black first before the others, (m, 64).
    """
    dark = X.scatter(1, order[:, :n], 0.0)
    with torch.no_grad():
        before, after = (net(images).softmax(1).gather(1, classes[:, None])[:, 0]
                         for images in (X, dark))
    return before - after
