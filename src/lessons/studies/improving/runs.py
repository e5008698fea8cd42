"""Controlled experiments on the digits: one change to a small network at a time.

`train` makes one run of a recipe (in `networks`) on a fold (in `folds`) with a fixed budget.
Everything is float64 and seeded, so that a run can be repeated on another machine.
"""

import copy
import math
from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional as F

from lessons.engine.optim import schedule
from lessons.studies.classifier import Run, evaluate, tensors
from lessons.studies.improving.folds import BATCH_SIZE, Split
from lessons.studies.improving.networks import Recipe, build
from lessons.studies.improving.record import CHECK_EVERY
from lessons.studies.improving.shifts import shift_images, standardised
from lessons.train.optimiser import decay_groups

N_STEPS, MOMENTUM = 600, 0.9


def train(
    recipe: Recipe, split: Split, lr: float, seed: int = 0, n_steps: int = N_STEPS,
    decay: bool = True, watch: bool = False,
) -> Run:
    """Train one network with SGD and momentum, half a cosine of learning rate, and evaluate it.

    Parameters
    ----------
    split : dict
        As `fold` returns it.
    lr : float
        Learning rate of the first step; with `decay` it falls to 0 at the last.
    seed : int
        Decides the initial weights, the order of the images, dropout and shifts.
    watch : bool
        Keep the curve; takes about twice as long.

    Examples
    --------
    >>> from lessons.studies.improving.folds import fold
    >>> from lessons.studies.improving.networks import Recipe
    >>> run = train(Recipe(), fold(0, 400), lr=0.3)
    >>> run.accuracy["train"], run.accuracy["test"] > 0.9
    (1.0, True)
    """
    parts = tensors(split)
    parts = standardised(parts) if recipe.standardise else parts
    net, (X, y) = build(recipe, seed), parts["train"]
    optimiser = _optimiser(net, recipe.l2)
    share_at = schedule("cosine" if decay else "constant", n_steps)
    rows, moves = _endless_rows(len(X), seed), torch.Generator().manual_seed(seed)
    curve, best, kept, waited, step = [], math.inf, None, 0, 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # dropout draws from torch's own generator
        for step in range(1, n_steps + 1):
            share = share_at(step - 1)
            for group in optimiser.param_groups:
                group["lr"] = lr * share
            chosen = next(rows)
            images = shift_images(X[chosen], recipe.shift, moves) if recipe.shift else X[chosen]
            optimiser.zero_grad()
            F.cross_entropy(net(images), y[chosen]).backward()
            optimiser.step()
            if recipe.l1:  # with momentum a constant pull moves a weight 1 / (1 - β) times as far
                shrink(net, lr * share * recipe.l1 / (1 - MOMENTUM))
            if step % CHECK_EVERY or not (watch or recipe.patience):
                continue
            accuracy, loss = evaluate(net, *parts["valid"])
            if watch:
                curve.append((evaluate(net, X, y)[1], loss, accuracy))
            waited = 0 if loss < best else waited + 1  # NaN is no new best
            if waited == 0 and recipe.patience:
                best, kept = loss, copy.deepcopy(net.state_dict())
            if recipe.patience and waited == recipe.patience:
                break
    if kept:
        net.load_state_dict(kept)
    return Run.of(net, parts, step, curve)


def _optimiser(net: nn.Module, l2: float) -> torch.optim.SGD:
    return torch.optim.SGD(decay_groups(net, l2), lr=0.0, momentum=MOMENTUM)


def _endless_rows(n: int, seed: int) -> Iterator[torch.Tensor]:
    """Yield batches of row numbers for ever: the same ones for every recipe."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(n, generator=generator)
        yield from order[: n - n % BATCH_SIZE].split(BATCH_SIZE)


def shrink(net: nn.Module, threshold: float) -> None:
    """Move every weight towards 0 by `threshold`, and not past it: the L1 step."""
    with torch.no_grad():
        for p in net.parameters():
            if p.ndim > 1:
                p.copy_(F.softshrink(p, threshold))
