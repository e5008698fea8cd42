"""Layers, activations, initial scales and small networks on `lessons.engine.tensor`."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lessons.engine.tensor import Tensor


def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    """Return each element, or `slope` times it where it is not positive.

    Examples
    --------
    >>> leaky_relu(Tensor([-2.0, 3.0])).data
    array([-0.02,  3.  ])
    """
    return x * np.where(x.data > 0, 1.0, slope)


def gelu(x: Tensor) -> Tensor:
    """Return about ``x · P(Z < x)`` for a standard normal Z: the tanh form that GPT-2 uses.

    References
    ----------
    Hendrycks and Gimpel, Gaussian Error Linear Units (GELUs), arXiv:1606.08415.

    Examples
    --------
    >>> gelu(Tensor([-1.0, 0.0, 3.0])).data.round(4)
    array([-0.1588,  0.    ,  2.9964])
    """
    inside = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1.0 + inside.tanh())


def silu(x: Tensor) -> Tensor:
    """Return ``x · sigmoid(x)``, also called swish.

    References
    ----------
    Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units, Neural Networks 107, 2018.

    Examples
    --------
    >>> silu(Tensor([-1.0, 0.0, 3.0])).data.round(4)
    array([-0.2689,  0.    ,  2.8577])
    """
    return x * x.sigmoid()


ACTIVATIONS = {"relu": Tensor.relu, "tanh": Tensor.tanh, "sigmoid": Tensor.sigmoid,
               "leaky_relu": leaky_relu, "gelu": gelu, "silu": silu}


def he_std(n_in: int) -> float:
    """Return the standard deviation of weights that keeps the size of a signal through ReLU.

    References
    ----------
    He, Zhang, Ren and Sun, Delving Deep into Rectifiers, ICCV 2015, arXiv:1502.01852.

    Examples
    --------
    >>> he_std(50)
    0.2
    """
    return math.sqrt(2 / n_in)


def gain_of(activation: str) -> float:
    """Return the factor on ``1 / sqrt(n_in)`` that suits an activation, by its name.

    Examples
    --------
    >>> gain_of("tanh"), round(gain_of("relu"), 4)
    (1.0, 1.4142)
    """
    return 1.0 if activation in ("tanh", "sigmoid") else math.sqrt(2.0)


def glorot_std(n_in: int, n_out: int) -> float:
    """Return the compromise between keeping the forward and the backward signal.

    References
    ----------
    Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural
    Networks, AISTATS 2010.

    Examples
    --------
    >>> glorot_std(64, 136)
    0.1
    """
    return math.sqrt(2 / (n_in + n_out))


class Linear:
    """A layer ``x @ W + b``.

    Parameters
    ----------
    n_in, n_out : int
        Number of inputs and outputs.
    rng : numpy.random.Generator
        Source of the initial weights; the biases start at 0.
    gain : float
        Weights are drawn with standard deviation ``gain / sqrt(n_in)``: √2 suits ReLU, 1 tanh.

    Raises
    ------
    ValueError
        If a size is not a whole number of 1 or more, or an input has another width than `n_in`.

    Examples
    --------
    >>> layer = Linear(3, 2, np.random.default_rng(0))
    >>> layer(Tensor(np.ones((5, 3)))).shape
    (5, 2)
    """

    def __init__(self, n_in: int, n_out: int, rng: np.random.Generator, gain: float = 1.0):
        if min(n_in, n_out) < 1 or n_in % 1 or n_out % 1:
            raise ValueError(f"sizes are whole numbers from 1 on, got {n_in} and {n_out}")
        self.W = Tensor(rng.normal(0.0, gain / math.sqrt(n_in), size=(n_in, n_out)))
        self.b = Tensor(np.zeros(n_out))

    def __call__(self, x: Tensor) -> Tensor:
        """Return the outputs, shape (B, n_out), for inputs of shape (B, n_in)."""
        if x.shape[-1:] != self.W.shape[:1]:
            raise ValueError(f"this layer takes rows of {self.W.shape[0]} numbers, got {x.shape}")
        return x @ self.W + self.b

    def parameters(self) -> list[Tensor]:
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
    activation : {"relu", "tanh", "sigmoid", "leaky_relu", "gelu", "silu"}
        Applied after every layer but the last. The gain is 1 for tanh and sigmoid, √2 for the
        others.

    Raises
    ------
    ValueError
        For an unknown activation, or fewer than two sizes.

    Examples
    --------
    >>> net = MLP([64, 32, 10], np.random.default_rng(0))
    >>> net(np.zeros((7, 64))).shape, n_parameters(net)
    ((7, 10), 2410)
    """

    def __init__(self, sizes: Sequence[int], rng: np.random.Generator, activation: str = "relu"):
        if activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {activation!r}: choose from {list(ACTIVATIONS)}")
        if len(sizes) < 2:
            raise ValueError(f"sizes need an input and an output, got {list(sizes)}")
        self.activation = ACTIVATIONS[activation]
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        self.layers = [Linear(n_in, n_out, rng, gain_of(activation)) for n_in, n_out in pairs]

    def __call__(self, x: Tensor | ArrayLike) -> Tensor:
        """Return the outputs of the last layer for a batch of inputs, one per row."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)

    def parameters(self) -> list[Tensor]:
        """Return the weights and biases of all layers."""
        return [p for layer in self.layers for p in layer.parameters()]


def n_parameters(model: Linear | MLP) -> int:
    """Count the numbers that training can change; what two layers share counts once."""
    return sum(p.data.size for p in {id(p): p for p in model.parameters()}.values())
