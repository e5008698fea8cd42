"""Layers and small networks on `lessons.tensor`."""

import math

import numpy as np

from lessons.tensor import Tensor

ACTIVATIONS = {"relu": Tensor.relu, "tanh": Tensor.tanh, "sigmoid": Tensor.sigmoid}


class Linear:
    """A layer ``x @ W + b``.

    Parameters
    ----------
    n_in, n_out : int
        Number of inputs and outputs.
    rng : numpy.random.Generator
        Source of the initial weights.
    gain : float
        Weights are drawn with standard deviation ``gain / sqrt(n_in)``: √2 suits ReLU, 1 tanh.

    Examples
    --------
    >>> layer = Linear(3, 2, np.random.default_rng(0))
    >>> layer(Tensor(np.ones((5, 3)))).shape
    (5, 2)
    """

    def __init__(self, n_in, n_out, rng, gain=1.0):
        if n_in < 1 or n_out < 1:
            raise ValueError(f"a layer needs one input and one output or more, got {n_in}, {n_out}")
        self.W = Tensor(rng.normal(0.0, gain / math.sqrt(n_in), size=(n_in, n_out)))
        self.b = Tensor(np.zeros(n_out))

    def __call__(self, x):
        """Return the outputs, shape (B, n_out), for inputs of shape (B, n_in)."""
        return x @ self.W + self.b

    def parameters(self):
        """Return the weight matrix and the bias."""
        return [self.W, self.b]


class MLP:
    """Linear layers with an activation between them.

    Parameters
    ----------
    sizes : sequence of int
        Width of the input, of each hidden layer, and of the output.
    rng : numpy.random.Generator
        Source of the initial weights.
    activation : {"relu", "tanh", "sigmoid"}
        Applied after every layer but the last.

    Examples
    --------
    >>> net = MLP([64, 32, 10], np.random.default_rng(0))
    >>> net(np.zeros((7, 64))).shape, n_parameters(net)
    ((7, 10), 2410)
    """

    def __init__(self, sizes, rng, activation="relu"):
        if activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {activation!r}: choose from {list(ACTIVATIONS)}")
        gain = math.sqrt(2.0) if activation == "relu" else 1.0
        self.activation = ACTIVATIONS[activation]
        self.layers = [
            Linear(n_in, n_out, rng, gain)
            for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True)
        ]

    def __call__(self, x):
        """Return the outputs of the last layer for a batch of inputs, one per row."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)

    def parameters(self):
        """Return the weights and biases of all layers."""
        return [p for layer in self.layers for p in layer.parameters()]


def n_parameters(model) -> int:
    """Count the numbers that training can change."""
    return sum(p.data.size for p in model.parameters())
