"""One family of network, one split, a budget of operations: training, and what was recorded."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lessons.engine.optim import schedule
from lessons.studies.classifier import Run
from lessons.studies.images.networks import build, flops
from lessons.studies.images.splits import Split, at_random
from lessons.studies.record import load

BATCH_SIZE = 32
MOST_STEPS = 3000  # every image some 76 times; a control takes three times as many


def steps_for(budget: float, per_image: int, most: int = MOST_STEPS) -> int:
    """Return how many steps of 32 images a budget pays for.

    Parameters
    ----------
    budget : float
        Operations (FLOPs) of the whole training.
    per_image : int
        Operations of one image, forward and backward.

    Examples
    --------
    >>> steps_for(2e9, 40_000), steps_for(1e6, 40_000)
    (1562, 1)
    """
    if not budget > 0 or per_image < 1:
        raise ValueError(f"a budget and a cost are more than 0, got {budget} and {per_image}")
    return min(most, max(1, int(budget / (BATCH_SIZE * per_image))))


def train(
    family: str, size: str, split: Split, lr: float, budget: float, seed: int = 0,
    change: str = "", most_steps: int = MOST_STEPS,
) -> Run:
    """Train one network with Adam for what the budget pays, half a cosine of learning rate.

    Parameters
    ----------
    family, size : str
        As in `networks.FAMILIES`.
    split : dict
        As `splits.split` returns it.
    lr : float
        Learning rate of the first step; it falls to 0 at the last.
    budget : float
        Operations (FLOPs), forward and backward; the changes to the images cost nothing.
    seed : int
        Decides the initial weights, the order of the images, and their changes.
    change : {"", "shifts", "mirror"}
        What is done to the training images, at random.

    Examples
    --------
    >>> from lessons.studies.images.splits import split
    >>> run = train("MLP", "64 hidden", split(0), lr=0.01, budget=2e8)
    >>> run.n_steps, run.accuracy["test"] > 0.9
    (309, True)
    """
    net, (X, y) = build(family, size, seed), split["train"]
    n_steps = steps_for(budget, sum(flops(net)), most_steps)
    optimiser = torch.optim.Adam(net.parameters(), lr=lr, fused=True)
    share_at, rows = schedule("cosine", n_steps), batches(len(X), seed)
    generator = torch.Generator().manual_seed(seed)
    for step in range(n_steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * share_at(step)
        chosen = next(rows)
        optimiser.zero_grad()
        F.cross_entropy(net(at_random(X[chosen], change, generator)), y[chosen]).backward()
        optimiser.step()
    return Run.of(net, split, n_steps)


def batches(n: int, seed: int) -> Iterator[Tensor]:
    """Yield row numbers, 32 at a time, for ever: every image once before any comes again.

    Examples
    --------
    >>> rows = batches(64, 0)
    >>> torch.cat([next(rows), next(rows)]).sort().values.equal(torch.arange(64))
    True
    """
    generator = torch.Generator().manual_seed(seed)
    left = torch.empty(0, dtype=torch.long)
    while True:
        while len(left) < BATCH_SIZE:
            left = torch.cat([left, torch.randperm(n, generator=generator)])
        yield left[:BATCH_SIZE]
        left = left[BATCH_SIZE:]


@torch.inference_mode()
def nearest(split: Split, part: str = "test") -> Tensor:
    """Return the label of the nearest training image for each image of a part: no training.

    Examples
    --------
    >>> from lessons.studies.images.splits import split
    >>> parts = split(0)
    >>> ((nearest(parts) == parts["test"][1]).double().mean() > 0.97).item()
    True
    """
    X, y = split["train"]
    return y[torch.cdist(split[part][0], X).argmin(1)]


def record() -> dict[str, Any]:
    """Return the recorded runs: what ``python -m experiments.images`` wrote.

    Examples
    --------
    >>> record()["made"]["command"]
    'python -m experiments.images'
    """
    return load("images")
