"""Fine-tuning: a loop of few steps from a model that is there, whatever the objective is."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from lessons.train.optimiser import decay_groups


def warmed(done: float) -> float:
    """Return the share of the peak rate: up over the first tenth, then no fall.

    Examples
    --------
    >>> warmed(0.05), warmed(0.5)
    (0.5, 1.0)
    """
    return min(done / 0.1, 1.0)


def finetune(
    model: nn.Module, batches: Iterator[Any], objective: Callable[[nn.Module, Any], Tensor], *,
    lr: float, n_steps: int, schedule: Callable[[float], float] = warmed, clip: float = 1.0,
    weight_decay: float = 0.01, look: Callable[[int], None] | None = None, every: int = 1,
) -> list[float]:
    """Train a model in place, with AdamW; return the objective of each step.

    Parameters
    ----------
    batches : iterator
        Each is asked for just before its step, so that it may be drawn from the model itself.
    objective : callable
        Takes the model and a batch; gives the number to make small.
    lr : float
        The highest learning rate.
    n_steps : int
    schedule : callable
        From the share of the run that is done to the share of `lr`.
    clip : float
        The longest gradient.
    look : callable, optional
        Called before the first step and after each `every` steps, with the steps done.

    Raises
    ------
    ValueError
        If the objective is no finite number; the model is then as it was before that step.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> batches = iter([torch.ones(4, 1)] * 50)
    >>> curve = finetune(nn.Linear(1, 1), batches, lambda m, x: ((m(x) - 3) ** 2).mean(), lr=0.1,
    ...                  n_steps=50)
    >>> curve[-1] < 0.1 * curve[0]
    True
    """
    optimiser = torch.optim.AdamW(decay_groups(model, weight_decay), lr=lr, betas=(0.9, 0.99))
    curve: list[float] = []
    if look is not None:
        look(0)
    for step in range(1, n_steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = lr * schedule((step - 0.5) / n_steps)
        loss = objective(model, next(batches))
        curve.append(loss.item())
        if not math.isfinite(curve[-1]):
            raise ValueError(f"the objective of step {step} is {curve[-1]}: look at the rewards "
                             "and log-probabilities that went in")
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimiser.step()
        if look is not None and step % every == 0:
            look(step)
    return curve
