"""Weights that are set to zero: which ones, in which pattern, and how they stay zero.

References
----------
Han et al., Learning both Weights and Connections for Efficient Neural Networks, NeurIPS 2015,
arXiv:1506.02626.
Frankle and Carbin, The Lottery Ticket Hypothesis, ICLR 2019, arXiv:1803.03635.
"""

import torch
from torch import Tensor, nn

from lessons.compress.quantise import linears

Masks = dict[str, Tensor]


def check_sparsity(sparsity: float) -> None:
    """Refuse a share of zeros that is none.

    Raises
    ------
    ValueError
        If it is not from 0 to below 1.
    """
    if not 0 <= sparsity < 1:
        raise ValueError(f"sparsity is the share of zeros, from 0 to below 1, got {sparsity}")


def largest(scores: Tensor, sparsity: float) -> Tensor:
    """Return a mask that keeps the largest scores, booleans of the same shape.

    Of equal scores the earlier one stays, so that exactly the share `sparsity` (rounded to a whole
    number of weights) goes.

    Raises
    ------
    ValueError
        If `sparsity` is not from 0 to below 1, or a score is no number.

    Examples
    --------
    >>> largest(torch.tensor([0.1, 3.0, 0.2, 1.0]), 0.5).tolist()
    [False, True, False, True]
    """
    check_sparsity(sparsity)
    if torch.isnan(scores).any():
        raise ValueError("a score is not a number: did the training diverge?")
    order = scores.flatten().argsort(descending=True, stable=True)
    mask = torch.zeros(scores.numel(), dtype=torch.bool)
    mask[order[: scores.numel() - round(sparsity * scores.numel())]] = True
    return mask.view(scores.shape)


def two_of_four(w: Tensor) -> Tensor:
    """Return a mask that keeps the two largest of every four neighbours in a row.

    Raises
    ------
    ValueError
        If four does not divide the length of a row.

    Examples
    --------
    >>> two_of_four(torch.tensor([[1.0, -3.0, 2.0, 0.5]])).tolist()
    [[False, True, True, False]]
    """
    if w.dim() != 2 or w.shape[1] % 4:
        raise ValueError(f"two of four needs rows of a multiple of 4, got shape {tuple(w.shape)}")
    fours = w.abs().reshape(-1, 4)
    keep = fours.argsort(dim=1, descending=True, stable=True)[:, :2]
    return torch.zeros_like(fours, dtype=torch.bool).scatter(1, keep, True).view(w.shape)


def masks(model: nn.Module, sparsity: float, pattern: str = "global",
          generator: torch.Generator | None = None) -> Masks:
    """Return a mask for the weights of every linear layer.

    Parameters
    ----------
    pattern : str
        ``"global"``: the smallest of all layers together go. ``"layer"``: the same share of each
        layer. ``"random"``: the same share of each layer, drawn. ``"2:4"``: see `two_of_four`;
        the sparsity is then one half.
    generator : torch.Generator
        For ``"random"``.

    Raises
    ------
    ValueError
        If there is no such pattern, or the sparsity does not fit.

    Examples
    --------
    >>> found = masks(nn.Sequential(nn.Linear(8, 4)), 0.5, "2:4")
    >>> found["0"].sum().item()
    16
    """
    check_sparsity(sparsity)
    weights = {name: layer.weight.detach() for name, layer in linears(model).items()}
    if pattern == "global":
        flat = torch.cat([w.abs().flatten() for w in weights.values()])
        parts = largest(flat, sparsity).split([w.numel() for w in weights.values()])
        return {name: part.view(w.shape)
                for (name, w), part in zip(weights.items(), parts, strict=True)}
    if pattern == "layer":
        return {name: largest(w.abs(), sparsity) for name, w in weights.items()}
    if pattern == "random":
        return {name: largest(torch.rand(w.shape, generator=generator), sparsity)
                for name, w in weights.items()}
    if pattern == "2:4":
        if sparsity != 0.5:
            raise ValueError(f"two of four leaves one half, got a sparsity of {sparsity}")
        return {name: two_of_four(w) for name, w in weights.items()}
    raise ValueError(f"patterns are 'global', 'layer', 'random' and '2:4', got {pattern!r}")


def shuffled(found: Masks, generator: torch.Generator) -> Masks:
    """Return masks with as many zeros in each layer, at random places: the placebo of a mask.

    Examples
    --------
    >>> before = {"a": torch.tensor([True, False, False, False])}
    >>> shuffled(before, torch.Generator().manual_seed(0))["a"].sum().item()
    1
    """
    return {name: mask.flatten()[torch.randperm(mask.numel(), generator=generator)].view(mask.shape)
            for name, mask in found.items()}


@torch.no_grad()
def apply(model: nn.Module, found: Masks) -> nn.Module:
    """Set the masked weights to zero, in place; return the model.

    Raises
    ------
    ValueError
        If the masks are for other layers, or of other shapes.

    Examples
    --------
    >>> layer = nn.Sequential(nn.Linear(2, 1))
    >>> float(apply(layer, {"0": torch.tensor([[True, False]])})[0].weight[0, 1].detach().abs())
    0.0
    """
    layers = linears(model)
    if layers.keys() != found.keys() or any(
            layers[name].weight.shape != mask.shape for name, mask in found.items()):
        raise ValueError("these masks belong to another model: make them from this one")
    for name, mask in found.items():
        layers[name].weight.mul_(mask)
    return model


class Held:
    """An optimiser that sets masked weights back to zero after every step.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(2, 1))
    >>> mask = {"0": torch.tensor([[True, False]])}
    >>> held = Held(torch.optim.SGD(model.parameters(), lr=1.0), model, mask)
    >>> model(torch.ones(1, 2)).sum().backward()
    >>> held.step()
    >>> float(model[0].weight[0, 1].detach().abs())
    0.0
    """

    def __init__(self, optimiser: torch.optim.Optimizer, model: nn.Module, found: Masks) -> None:
        self.optimiser, self.model, self.found = optimiser, model, found
        self.param_groups = optimiser.param_groups
        apply(model, found)

    def step(self) -> None:
        """Change the parameters by their gradients, and keep the zeros."""
        self.optimiser.step()
        apply(self.model, self.found)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self.optimiser.zero_grad()
