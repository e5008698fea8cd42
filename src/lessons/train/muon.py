"""Muon: steps whose every direction has about the same size, for matrices inside a model."""

from typing import Any

import torch
from torch import Tensor, nn

from lessons.train.optimiser import decay_groups

FACTORS = (3.4445, -4.7750, 2.0315)


def orthogonalise(G: Tensor, n_steps: int = 5) -> Tensor:
    """Bring all singular values of a matrix near 1, by products of matrices alone.

    Each step turns a singular value s into 3.4445 s - 4.7750 s³ + 2.0315 s⁵ (Newton–Schulz). With
    these factors small ones grow fast, and all end between about 0.7 and 1.2.

    Parameters
    ----------
    G : torch.Tensor
        Shape (n, m).

    Raises
    ------
    ValueError
        If it is no matrix.

    References
    ----------
    Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024.

    Examples
    --------
    >>> orthogonalise(torch.diag(torch.tensor([1.0, 0.5]))).diagonal().round(decimals=2)
    tensor([0.6900, 1.1100])
    """
    if G.dim() != 2:
        raise ValueError(f"only a matrix has singular values, got the shape {tuple(G.shape)}")
    a, b, c = FACTORS
    X = G / (G.norm() + 1e-7)  # now no singular value is above 1
    X = X.T if len(X) > X.shape[1] else X
    for _ in range(n_steps):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    return X.T if len(G) > G.shape[1] else X


class Muon(torch.optim.AdamW):
    """Muon for the groups with ``orthogonal=True``, AdamW for the others.

    A step has the root mean square 0.2, about that of AdamW, so that both share a learning rate.
    """

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Change the parameters by their gradients."""
        for group in self.param_groups:
            for p in group["params"] if group.get("orthogonal") else []:
                if p.grad is None:
                    continue
                memory = self.state[p].setdefault("memory", torch.zeros_like(p))
                memory.mul_(0.95).add_(p.grad)
                step = orthogonalise(p.grad + 0.95 * memory)
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(step, alpha=-group["lr"] * 0.2 * max(p.shape) ** 0.5)
                p.grad = None  # so that AdamW leaves it alone
        super().step(closure)


def muon(model: nn.Module, lr: float, weight_decay: float = 0.1) -> Muon:
    """Return Muon for the matrices inside blocks, with AdamW for embeddings, biases and norms.

    Raises
    ------
    ValueError
        If no parameter of the model is a matrix inside ``blocks``.
    """
    matrices, rest = decay_groups(model, weight_decay)
    in_blocks = {id(p) for name, p in model.named_parameters() if name.startswith("blocks.")}
    inside = [p for p in matrices["params"] if id(p) in in_blocks]
    if not inside:
        raise ValueError("no matrix in model.blocks: Muon needs a model such as lessons.gpt's GPT")
    outside = [p for p in matrices["params"] if id(p) not in in_blocks]
    return Muon(
        [
            matrices | {"params": inside, "orthogonal": True},
            matrices | {"params": outside},
            rest,
        ],
        lr=lr,
        betas=(0.9, 0.99),
    )
