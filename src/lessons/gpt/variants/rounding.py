"""Training with numbers of 8 and 4 bits, played in float32: every input of a product is rounded.

Real hardware multiplies the short numbers themselves; here they are only made short, so this shows
what the rounding does to learning and nothing about speed.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Rounding = Callable[[Tensor], Tensor]
E4M3_LARGEST, E2M1_LARGEST = 448.0, 6.0
E2M1 = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])  # all that 4 bits can say, and signs


def fp8(x: Tensor) -> Tensor:
    """Round to 8 bits as they come: E4M3, above 448 everything becomes 448.

    Examples
    --------
    >>> fp8(torch.tensor([1.0, 17.0, 1000.0, 0.0009]))
    tensor([  1.,  16., 448.,   0.])
    """
    x = x.clamp(-E4M3_LARGEST, E4M3_LARGEST)
    return x.to(torch.float8_e4m3fn).to(x.dtype)


def fp8_scaled(x: Tensor) -> Tensor:
    """Round to 8 bits with a scale for each row: its largest number becomes 448.

    One scale for the whole tensor would let later tokens change the numbers of earlier ones.

    Examples
    --------
    >>> [[round(x, 2) for x in row] for row in fp8_scaled(torch.tensor([[900.0, 0.9]])).tolist()]
    [[900.0, 0.88]]
    """
    scale = E4M3_LARGEST / x.abs().amax(dim=-1, keepdim=True).clamp(min=1e-30)
    return fp8(x * scale) / scale


def fp4_blocks(x: Tensor, block: int = 16) -> Tensor:
    """Round to 4 bits, E2M1, with a scale for every 16 neighbours in a row.

    Examples
    --------
    >>> fp4_blocks(torch.tensor([[12.0, 5.2, 0.4, -1.0]]))
    tensor([[12.,  6.,  0., -1.]])
    """
    flat = F.pad(x.reshape(-1), (0, -x.numel() % block)).view(-1, block)
    scale = E2M1_LARGEST / flat.abs().amax(dim=1, keepdim=True).clamp(min=1e-30)
    near = torch.bucketize((flat * scale).abs(), (E2M1[1:] + E2M1[:-1]) / 2)
    return (E2M1[near] * flat.sign() / scale).view(-1)[: x.numel()].view_as(x)


class _Product(torch.autograd.Function):
    """The product of a linear layer; all three products of training get rounded numbers."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, rounding: Rounding) -> Tensor:
        x, weight = rounding(x), rounding(weight)
        ctx.save_for_backward(x, weight)
        ctx.rounding = rounding
        return x @ weight.T

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        x, weight = ctx.saved_tensors
        grad = ctx.rounding(grad)
        return grad @ weight, grad.flatten(0, -2).T @ x.flatten(0, -2), None


class Rounded(nn.Linear):
    """A linear layer that multiplies rounded numbers, forward and backward."""

    rounding: Rounding = staticmethod(fp8_scaled)

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., n_out) for (..., n_in)."""
        return _Product.apply(x, self.weight, self.rounding) + self.bias


def round_products(model: nn.Module, rounding: Rounding) -> nn.Module:
    """Let every linear layer of a model multiply rounded numbers; return the model."""
    for module in model.modules():
        if type(module) is nn.Linear:
            module.__class__ = Rounded
            module.rounding = rounding  # type: ignore[assignment]
    return model
