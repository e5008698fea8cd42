"""A trained classifier, and how it did on each part of its split."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass
class Run:
    """One trained network and how it did.

    Attributes
    ----------
    net : torch.nn.Module
        The network, in evaluation mode.
    accuracy, loss : dict
        By part of the split.
    n_steps : int
        Steps taken; fewer than planned if the run stopped early.
    curve : list of tuple
        If watched: training loss, validation loss and validation accuracy at every look.
    """

    net: nn.Module
    accuracy: dict[str, float]
    loss: dict[str, float]
    n_steps: int
    curve: list[tuple[float, float, float]] = field(default_factory=list)

    @classmethod
    def of(cls, net: nn.Module, split: Mapping[str, tuple[Tensor, Tensor]], n_steps: int,
           curve: list[tuple[float, float, float]] | None = None) -> "Run":
        """Evaluate a network on every part of a split.

        Examples
        --------
        >>> test = torch.tensor([[0.0, 2.0], [1.0, 0.0]]), torch.tensor([1, 1])
        >>> Run.of(nn.Identity(), {"test": test}, n_steps=0).accuracy
        {'test': 0.5}
        """
        scores = {part: evaluate(net, X, y) for part, (X, y) in split.items()}
        return cls(net.eval(), {part: accuracy for part, (accuracy, _) in scores.items()},
                   {part: loss for part, (_, loss) in scores.items()}, n_steps, curve or [])


def tensors(split: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, tuple[Tensor, Tensor]]:
    """Return a split with tensors in place of its arrays.

    Examples
    --------
    >>> tensors({"test": (np.zeros((1, 2)), np.array([3]))})["test"][1]
    tensor([3])
    """
    return {part: (torch.as_tensor(X), torch.as_tensor(y)) for part, (X, y) in split.items()}


@torch.inference_mode()
def evaluate(net: nn.Module, X: Tensor, y: Tensor) -> tuple[float, float]:
    """Return accuracy and mean cross-entropy in evaluation mode; the mode stays as it was."""
    was_training = net.training
    logits = net.eval()(X)
    net.train(was_training)
    accuracy = (logits.argmax(1) == y).double().mean().item()
    return accuracy, F.cross_entropy(logits, y).item()
