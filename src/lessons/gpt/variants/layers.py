"""Other norms and MLPs: by the root mean square, gated, squared, and mixtures of experts."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.gpt.model import MLP, Config


class RMSNorm(nn.Module):
    """Divide by the root of the mean square; no mean is taken away, and nothing is added.

    Examples
    --------
    >>> RMSNorm(2)(torch.tensor([3.0, 4.0])).detach()  # the mean square is 12.5
    tensor([0.8485, 1.1314])
    """

    def __init__(self, d_model: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., D) for (..., D)."""
        return self.weight * x * (x.square().mean(dim=-1, keepdim=True) + 1e-6).rsqrt()


class SwiGLU(nn.Module):
    """A gated MLP: one half of the hidden units says how much of the other passes.

    It is 8/3 times as wide as a token, so that three matrices hold what two did.
    """

    def __init__(self, config: Config):
        super().__init__()
        width = 8 * config.d_model // 3
        self.up = nn.Linear(config.d_model, 2 * width)
        self.down = nn.Linear(width, config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, D) for tokens (B, T, D)."""
        gate, value = self.up(x).chunk(2, dim=-1)
        return self.down(F.silu(gate) * value)


class SquaredReLU(MLP):
    """An MLP whose units answer by the square of what is above zero."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, D) for tokens (B, T, D)."""
        return self.down(F.relu(self.up(x)).square())


class Experts(nn.Module):
    """A mixture of experts: a router sends each token to one MLP of several.

    Parameters
    ----------
    n_experts : int
    balance : float
        After each step of training an expert with fewer tokens than its share becomes this much
        more attractive, one with more tokens less; 0 leaves the router alone.

    Attributes
    ----------
    loads : list of list of int
        Tokens by expert, of each training batch so far.
    """

    attraction: Tensor

    def __init__(self, config: Config, n_experts: int = 4, balance: float = 0.0):
        super().__init__()
        self.router = nn.Linear(config.d_model, n_experts, bias=False)
        self.experts = nn.ModuleList(MLP(config) for _ in range(n_experts))
        self.register_buffer("attraction", torch.zeros(n_experts))
        self.balance = balance
        self.loads: list[list[int]] = []

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, D) for tokens (B, T, D)."""
        tokens = x.flatten(0, 1)
        p = self.router(tokens).softmax(dim=-1)  # (B·T, n_experts)
        chosen = (p + self.attraction).argmax(dim=-1)
        y = torch.zeros_like(tokens)
        for i, expert in enumerate(self.experts):
            rows = (chosen == i).nonzero()[:, 0]
            y[rows] = expert(tokens[rows]) * p[rows, i, None]
        if self.training:
            self.weigh(torch.bincount(chosen, minlength=len(self.experts)))
        return y.view_as(x)

    def weigh(self, load: Tensor) -> None:
        """Note the tokens by expert, and make those with few of them more attractive."""
        self.loads.append(load.tolist())
        self.attraction += self.balance * (load.float().mean() - load).sign()
