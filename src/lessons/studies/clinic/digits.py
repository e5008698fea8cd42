"""A program of the clinic: a network of four layers that reads digits, and its data."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from lessons import data


def columns(pixels: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the inputs: a table with the 64 pixels, then ten columns that hold the answer."""
    table = np.hstack([pixels, np.eye(10)[label]])
    return table[:, :64]


def load(rng: np.random.Generator) -> tuple[Iterator, torch.Tensor, torch.Tensor]:
    """Return endless batches of digits, and the digits kept for validation."""
    X, y, X_valid, y_valid = data.digits(rng)
    X, X_valid = columns(X, y), columns(X_valid, y_valid)
    mean, std = X.mean(axis=0), np.maximum(X.std(axis=0), 0.1)

    def tensors(X: np.ndarray, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor((X - mean) / std, dtype=torch.float32), torch.tensor(y)

    def endless() -> Iterator:
        while True:
            order = rng.permutation(len(X))
            for start in range(0, len(order) - 63, 64):
                rows = order[start : start + 64]
                yield tensors(X[rows], y[rows])

    return endless(), *tensors(X_valid, y_valid)


def network() -> nn.Module:
    """Return a network of four layers with ReLU and a little dropout between them."""
    net = nn.Sequential()
    for n_in, n_out in [(64, 64), (64, 64), (64, 64), (64, 10)]:
        linear = nn.Linear(n_in, n_out)
        nn.init.normal_(linear.weight, std=math.sqrt(2 / n_in))
        nn.init.zeros_(linear.bias)
        net.extend([linear, nn.ReLU(), nn.Dropout(0.1)])
    return net[:-2]
