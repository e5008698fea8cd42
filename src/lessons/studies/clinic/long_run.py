"""The loop of the clinic's long run: AdamW, a schedule, accumulation, and one stop half-way."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

EVERY, N_MICRO = 12, 4


def rate(step: int, n_steps: int) -> float:
    """Return the learning rate: up over the first tenth, then down to zero like a cosine."""
    up = n_steps // 10
    return 0.01 * min((step + 1) / up, 0.5 + 0.5 * math.cos(math.pi * (step - up) / (n_steps - up)))


def look(net: nn.Module, X: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    """Return loss and accuracy on the validation data."""
    with torch.no_grad():
        logits = net(X)
    return F.cross_entropy(logits, y).item(), (logits.argmax(dim=1) == y).float().mean().item()


def train(
    load: Callable, network: Callable[[], nn.Module], seed: int, n_steps: int
) -> dict[str, list[float]]:
    """Train for `n_steps`, half of them in a second process, and return what was logged."""
    torch.manual_seed(seed)
    batch, X_valid, y_valid = load(np.random.default_rng(seed))
    net = network()
    optimiser = torch.optim.AdamW(net.parameters())
    log = {"train": [], "valid": [], "accuracy": [], "grad": [], "score": []}
    n_read = 0
    for step in range(n_steps):
        if step == n_steps // 2:  # the machine goes down, and another one goes on
            saved = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "read": n_read}
            net = network()
            optimiser = torch.optim.AdamW(net.parameters())
            net.load_state_dict(saved["net"])
            optimiser.load_state_dict(saved["optimiser"])
            n_read = saved["read"]
        if step % EVERY == 0:
            valid, accuracy = look(net, X_valid, y_valid)
            log["valid"].append(valid)
            log["accuracy"].append(accuracy)
        optimiser.param_groups[0]["lr"] = rate(step, n_steps)
        optimiser.zero_grad()
        micro = [batch(n_read + i) for i in range(N_MICRO)]
        n_read += N_MICRO
        n_letters = sum((y >= 0).sum() for _, y in micro)
        losses = []
        for X, y in micro:
            loss = F.cross_entropy(net(X), y, reduction="sum") / n_letters
            loss.backward()
            losses.append(loss.item())
        norm = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        log["train"].append(sum(losses))
        log["grad"].append(norm.item())
        log["score"].append(net.largest_score)
    return log
