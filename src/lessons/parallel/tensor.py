"""Tensor parallelism: every rank has a slice of every matrix, and they add up what comes out.

The first matrix of a pair is cut by outputs (heads, or units of the MLP), the second by inputs, so
that nothing has to be sent between the two.

References
----------
Shoeybi et al., Megatron-LM, 2019, arXiv:1909.08053.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.gpt.model import GPT, Attention, Block
from lessons.parallel import task
from lessons.parallel.collectives import Rank, all_reduce


class Enter(torch.autograd.Function):
    """Where the slices begin: nothing forward; backward, the sum of what each slice asks for."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, here: Rank, flops: float) -> Tensor:
        """Pass the numbers on."""
        ctx.here, ctx.flops = here, flops
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *out: Tensor) -> tuple:
        """Add up the gradients of all ranks."""
        ctx.here.work(2 * ctx.flops)
        return all_reduce(ctx.here, out[0]), None, None


class Leave(torch.autograd.Function):
    """Where the slices end: forward, the sum of what each contributes; nothing backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, here: Rank) -> Tensor:
        """Add up the numbers of all ranks."""
        return all_reduce(here, x)

    @staticmethod
    def backward(ctx: Any, *out: Tensor) -> tuple:
        """Pass the gradient on."""
        return out[0], None


class Pair(nn.Module):
    """A rank's slice of two layers with something between: attention, or an MLP.

    Parameters
    ----------
    first, second : torch.nn.Linear
        The whole layers, the same on all ranks.
    rows : torch.Tensor
        Which outputs of `first` belong to this rank.
    columns : torch.Tensor
        Which inputs of `second` they become.
    """

    def __init__(self, here: Rank, first: nn.Linear, second: nn.Linear, rows: Tensor,
                 columns: Tensor):
        super().__init__()
        self.here = here
        self.w1 = nn.Parameter(first.weight[rows].detach().clone())
        self.b1 = nn.Parameter(first.bias[rows].detach().clone())
        self.w2 = nn.Parameter(second.weight[:, columns].detach().clone())
        self.b2 = nn.Parameter(second.bias.detach().clone())  # whole, and added once

    def between(self, h: Tensor) -> Tensor:
        """Return what happens between the two layers: here that of an MLP."""
        return F.gelu(h, approximate="tanh")

    def forward(self, x: Tensor, cache: None = None) -> Tensor:
        """Return (B, T, D) for (B, T, D), the same on all ranks."""
        flops = task.flops(x, self.w1.numel() + self.w2.numel())
        h = self.between(F.linear(Enter.apply(x, self.here, flops), self.w1, self.b1))
        self.here.work(flops)
        return Leave.apply(F.linear(h, self.w2), self.here) + self.b2


class Heads(Pair):
    """A rank's heads of an attention layer."""

    def __init__(self, here: Rank, layer: Attention, rows: Tensor, columns: Tensor):
        super().__init__(here, layer.qkv, layer.out, rows, columns)
        self.n_heads = layer.n_heads // here.size

    def between(self, h: Tensor) -> Tensor:
        """Return what this rank's heads gather, (B, T, D/n)."""
        q, k, v = (part.unflatten(2, (self.n_heads, -1)).transpose(1, 2) for part in h.chunk(3, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return y.transpose(1, 2).flatten(2)


def indices(here: Rank, block: Block) -> tuple[Tensor, Tensor, Tensor]:
    """Return which outputs of qkv, which features and which MLP units this rank has."""
    d = block.attention.out.in_features
    mine = torch.arange(d).chunk(here.size)[here.rank]
    units = torch.arange(block.mlp.up.out_features).chunk(here.size)[here.rank]
    return torch.cat([mine, mine + d, mine + 2 * d]), mine, units


def split(model: GPT, here: Rank) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Replace the layers of each block by this rank's slices; return which ones they are.

    Raises
    ------
    ValueError
        If the ranks cannot share the heads evenly.
    """
    if model.config.n_heads % here.size:
        raise ValueError(f"{here.size} ranks cannot share {model.config.n_heads} heads evenly: "
                         "take a number of ranks that divides the heads")
    slices = []
    for block in model.blocks:
        qkv, mine, units = indices(here, block)
        block.attention = Heads(here, block.attention, qkv, mine)
        block.mlp = Pair(here, block.mlp.up, block.mlp.down, units, units)
        slices.append((qkv, mine, units))
    return slices


def train(here: Rank, n_steps: int = task.N_STEPS) -> task.Result:
    """Train with a slice of every matrix on each rank; all see all texts."""
    model, said = task.build(), task.Result()
    slices = split(model, here)
    optimiser = task.Adam(model.parameters())
    for step in range(n_steps):
        here.events = []
        loss = task.loss_of(model, task.batch(step))
        loss.backward()
        optimiser.step()
        said.held = {"weights": task.bytes_of(model.parameters()),
                     "gradients": task.bytes_of(p.grad for p in model.parameters()),
                     "optimiser": task.bytes_of(optimiser.state)}
        optimiser.zero_grad()
        said.losses.append(loss.item())
    said.sent, said.events = here.sent, list(here.events)
    said.weights = _joined(here, model, slices)
    return said


def _joined(here: Rank, model: GPT, slices: list) -> dict[str, Tensor]:
    """Return the weights by their usual names, whole: each slice in its place, summed."""
    whole = {name: w.detach() for name, w in model.named_parameters() if "norm" in name
             or "embedding" in name}
    like = {name: torch.zeros_like(w) for name, w in task.build().named_parameters()}
    for i, (block, (qkv, mine, units)) in enumerate(zip(model.blocks, slices, strict=True)):
        for pair, first, second, rows, columns in (
                (block.attention, "attention.qkv", "attention.out", qkv, mine),
                (block.mlp, "mlp.up", "mlp.down", units, units)):
            name = f"blocks.{i}."
            like[f"{name}{first}.weight"][rows] = pair.w1.detach()
            like[f"{name}{first}.bias"][rows] = pair.b1.detach()
            like[f"{name}{second}.weight"][:, columns] = pair.w2.detach()
            for key in (f"{first}.weight", f"{first}.bias", f"{second}.weight"):
                whole[name + key] = all_reduce(here, like[name + key])
            whole[f"{name}{second}.bias"] = pair.b2.detach()
    return whole


def bytes_sent(n_ranks: int, n_steps: int = task.N_STEPS) -> int:
    """Return what each rank sends in training: four times a block, the stream of tokens goes round.

    Examples
    --------
    >>> bytes_sent(1)
    0
    """
    c = task.CONFIG
    stream = task.BATCH * c.n_positions * c.d_model * 4
    return n_steps * c.n_layers * 4 * 2 * (n_ranks - 1) * stream // n_ranks
