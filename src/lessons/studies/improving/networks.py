"""What a small network for the digits can be made of: the recipes that an experiment compares."""

import math
from dataclasses import dataclass

import torch
from torch import nn

from lessons.engine.nn import gain_of

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
NORMS = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


@dataclass(frozen=True)
class Recipe:
    """What is trained. The defaults are the baseline; change one at a time.

    Attributes
    ----------
    hidden : tuple of int
        Widths of the hidden layers.
    activation : {"relu", "gelu", "tanh", "sigmoid"}
        Applied after each hidden layer.
    n_channels : int
        If not 0, two 3×3 convolutions come first, with this many channels and twice as many.
        Each halves the width of the image.
    pool : bool
        How it is halved: filters that stop at every place, and then the largest of each 2×2
        outputs; otherwise filters that stop at every second place (stride 2).
    norm : {"", "batch", "layer"}
        Normalisation of what goes into an activation.
    residual : bool
        Add the input of a hidden layer to its output where the widths agree.
    dropout : float
        Share of the hidden activations that is set to 0 in training.
    l1, l2 : float
        Strength of the penalty on the weights (biases go free): l1 · Σ|w| and l2 · Σw²/2.
    shift : int
        Training images are moved by up to this many pixels, at random.
    standardise : bool
        Give every pixel mean 0 and standard deviation 1 on the training images.
    patience : int
        Stop after this many looks at the validation loss without a new best, and go back to
        the best weights; 0 trains to the end.

    Examples
    --------
    >>> Recipe(hidden=(64, 64), dropout=0.3).activation
    'relu'
    """

    hidden: tuple[int, ...] = (64,)
    activation: str = "relu"
    n_channels: int = 0
    pool: bool = False
    norm: str = ""
    residual: bool = False
    dropout: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    shift: int = 0
    standardise: bool = False
    patience: int = 0

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {self.activation!r}: choose from "
                             f"{list(ACTIVATIONS)}")
        if self.norm and self.norm not in NORMS:
            raise ValueError(f"unknown norm {self.norm!r}: choose from {list(NORMS)} or ''")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is a share from 0 to below 1, got {self.dropout}")
        sizes = self.l1, self.l2, self.shift, self.patience, self.n_channels
        if not all(size >= 0 for size in sizes):  # min would pass over NaN
            raise ValueError("l1, l2, shift, patience and n_channels cannot be negative")
        if self.pool and not self.n_channels:
            raise ValueError("there is nothing to pool without convolutions: n_channels is 0")


class Residual(nn.Sequential):
    """Layers that add to their input instead of replacing it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``x`` plus what the layers make of it."""
        return x + super().forward(x)


def build(recipe: Recipe, seed: int) -> nn.Sequential:
    """Return the network of a recipe, with He's initial scale, float64.

    Examples
    --------
    >>> from lessons.gpt.model import n_parameters
    >>> n_parameters(build(Recipe(), 0)), n_parameters(build(Recipe((), n_channels=14), 0))
    (4810, 4826)
    """
    with torch.random.fork_rng(devices=[]):  # layers draw weights of their own, not used here
        net = _layers(recipe)
    _initialise(net, recipe, torch.Generator().manual_seed(seed))
    return net


def _layers(recipe: Recipe) -> nn.Sequential:
    make_activation = ACTIVATIONS[recipe.activation]
    layers, width, c = [], 64, recipe.n_channels
    if c:
        stride = 1 if recipe.pool else 2
        layers += [nn.Unflatten(1, (1, 8, 8))]
        for n_in, n_out in [(1, c), (c, 2 * c)]:
            layers += [nn.Conv2d(n_in, n_out, 3, stride, padding=1), make_activation()]
            layers += [nn.MaxPool2d(2)] if recipe.pool else []
        layers += [nn.Flatten()]
        width = 2 * c * 4  # 2c channels of 2×2
    for n in recipe.hidden:
        part = [nn.Linear(width, n)]
        part += [NORMS[recipe.norm](n)] if recipe.norm else []
        part += [make_activation()]
        part += [nn.Dropout(recipe.dropout)] if recipe.dropout else []
        layers += [Residual(*part)] if recipe.residual and width == n else part
        width = n
    return nn.Sequential(*layers, nn.Linear(width, 10)).double()


def _initialise(net: nn.Module, recipe: Recipe, generator: torch.Generator) -> None:
    gain = gain_of(recipe.activation)
    if recipe.residual:  # many small additions
        gain /= math.sqrt(len(recipe.hidden))
    with_weights = [m for m in net.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    for layer in with_weights:
        scale = 1.0 if layer is with_weights[-1] else gain
        std = scale / math.sqrt(layer.weight[0].numel())
        nn.init.normal_(layer.weight, std=std, generator=generator)
        nn.init.zeros_(layer.bias)
