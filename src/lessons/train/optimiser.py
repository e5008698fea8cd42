"""The optimiser of a run: what decays, and what does not."""

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from lessons.train.config import TrainConfig


def decay_groups(model: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return the parameters in two groups: matrices decay, biases and norms do not.

    Examples
    --------
    >>> groups = decay_groups(torch.nn.Linear(3, 2), weight_decay=0.1)
    >>> [(len(group["params"]), group["weight_decay"]) for group in groups]
    [(1, 0.1), (1, 0.0)]
    """
    params = list(model.parameters())
    return [
        {"params": [p for p in params if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in params if p.dim() < 2], "weight_decay": 0.0},
    ]


def adamw(model: torch.nn.Module, config: "TrainConfig") -> torch.optim.AdamW:
    """Return AdamW for a model."""
    groups = decay_groups(model, config.weight_decay)
    return torch.optim.AdamW(groups, lr=config.lr, betas=(config.beta1, config.beta2))
