"""One family of network, one split, a budget of operations: training."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from lessons.engine.optim import schedule
from lessons.studies.classifier import Run, tensors
from lessons.studies.images.budgets import BATCH_SIZE, MOST_STEPS, steps_for
from lessons.studies.images.changes import at_random
from lessons.studies.images.networks import build, flops
from lessons.studies.images.splits import Split


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
    net, parts = build(family, size, seed), tensors(split)
    X, y = parts["train"]
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
    return Run.of(net, parts, n_steps)


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
