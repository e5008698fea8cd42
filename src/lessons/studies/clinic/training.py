"""What all programs of the clinic share: the loss, two looks at it, and the loop."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

EVERY = 12  # steps between two looks at the validation data


def loss_of(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the loss of a batch."""
    return F.cross_entropy(logits, y)


def share_right(logits: torch.Tensor, y: torch.Tensor) -> float:
    """Return the share of the examples whose class is the predicted one."""
    return (logits.argmax(dim=1) == y).float().mean().item()


def look(net: nn.Module, X: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    """Return loss and accuracy on the validation data."""
    net.eval()
    with torch.no_grad():
        logits = net(X)
    net.train()
    return loss_of(logits, y).item(), share_right(logits, y)


def train(
    load: Callable, network: Callable[[], nn.Module], seed: int, n_steps: int
) -> dict[str, list[float]]:
    """Train for `n_steps` and return what was logged."""
    torch.manual_seed(seed)
    batches, X_valid, y_valid = load(np.random.default_rng(seed))
    net = network()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    log = {"train": [], "valid": [], "accuracy": [], "grad": []}
    for step in range(n_steps):
        if step % EVERY == 0:
            valid, accuracy = look(net, X_valid, y_valid)
            log["valid"].append(valid)
            log["accuracy"].append(accuracy)
        X, y = next(batches)
        optimiser.zero_grad()
        loss = loss_of(net(X), y)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(net.parameters(), math.inf)
        optimiser.step()
        log["train"].append(loss.item())
        log["grad"].append(norm.item())
    return log
