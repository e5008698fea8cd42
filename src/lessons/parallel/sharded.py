"""Data parallelism without copies: ZeRO, whose third stage is known as FSDP.

What a unit (a block, or all that is in no block) holds is laid out as one flat tensor, filled up so
that the ranks can share it evenly. Stage 1 shares Adam's means, 2 the gradients too, 3 the weights
too.

References
----------
Rajbhandari et al., ZeRO, SC 2020.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.gpt.model import GPT
from lessons.parallel import task
from lessons.parallel.collectives import Rank, all_gather, padded, reduce_scatter, unpacked


class Unit:
    """Some weights, and this rank's part of them.

    Attributes
    ----------
    weights : dict
        Name to parameter. In stage 3 they are empty except while they are needed.
    shard : torch.Tensor
        This rank's part, of one n-th of the numbers; its ``grad`` is the part of the mean gradient.
    """

    def __init__(self, here: Rank, weights: dict[str, nn.Parameter]):
        self.here, self.weights = here, weights
        flat = padded(list(weights.values()), here.size)
        self.shard = nn.Parameter(flat.chunk(here.size)[here.rank].clone())
        self.n_weights = sum(w.numel() for w in weights.values())
        self.shapes = [w.shape for w in weights.values()]

    def reduce(self, gradients: list[Tensor]) -> None:
        """Give each rank its part of the mean gradient."""
        flat = padded(gradients, self.here.size)
        self.shard.grad = reduce_scatter(self.here, flat) / self.here.size

    def fill(self) -> None:
        """Fetch the whole weights from all ranks, and put them where the model looks for them."""
        whole = unpacked(all_gather(self.here, self.shard), self.shapes)
        for w, values in zip(self.weights.values(), whole, strict=True):
            w.data = values

    def clear(self) -> None:
        """Let the whole weights go; the shard stays."""
        for w in self.weights.values():
            w.data = w.data.new_empty(0)


class Fetched(torch.autograd.Function):
    """A block whose weights come when it computes, and go again: forward, and once more backward.

    Backward computes the block again from its input, so nothing but the input is kept.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, block: nn.Module, unit: Unit, flops: float) -> Tensor:
        """Compute without keeping anything but the input."""
        ctx.block, ctx.unit, ctx.flops = block, unit, flops
        ctx.save_for_backward(x)
        unit.fill()
        y = block(x)
        unit.here.work(flops)
        unit.clear()
        return y

    @staticmethod
    def backward(ctx: Any, *out: Tensor) -> tuple:
        """Gather, compute again, and give each rank its part of the gradient."""
        asked, = out
        x, = ctx.saved_tensors
        ctx.unit.fill()
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            total = (ctx.block(x) * asked).sum()  # its gradient by the block's output is `asked`
        of_x, *of_weights = torch.autograd.grad(total, [x, *ctx.unit.weights.values()])
        ctx.unit.here.work(3 * ctx.flops)
        ctx.unit.clear()
        ctx.unit.reduce(of_weights)
        return of_x, None, None, None


def units_of(here: Rank, model: GPT) -> list[Unit]:
    """Return a unit for each block, and one for embeddings and last norm."""
    blocks = [dict(block.named_parameters()) for block in model.blocks]
    inside = {id(w) for block in blocks for w in block.values()}
    rest = {name: w for name, w in model.named_parameters() if id(w) not in inside}
    return [Unit(here, weights) for weights in (*blocks, rest)]


def _fetched_loss(model: GPT, units: list[Unit], rows: Tensor) -> Tensor:
    """Return the loss; each block fetches its weights itself, the rest of the model is there."""
    x = model.embed(rows[:, :-1])
    for block, unit in zip(model.blocks, units, strict=False):
        x = Fetched.apply(x, block, unit, task.flops(rows, unit.n_weights))
    logits = F.linear(model.norm(x), model.token_embedding.weight)
    return F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())


def _reduce_when_done(unit: Unit) -> None:
    """Share a unit's gradient as soon as the backward pass is through with it, and let it go."""
    done = []

    def hook(weight: Tensor) -> None:
        done.append(weight)
        if len(done) == len(unit.weights):
            done.clear()
            _reduce(unit)

    for weight in unit.weights.values():
        weight.register_post_accumulate_grad_hook(hook)


def _reduce(unit: Unit) -> None:
    weights = list(unit.weights.values())
    unit.reduce([w.grad for w in weights if w.grad is not None])
    for weight in weights:
        weight.grad = None


def _gradients(units: list[Unit]) -> list[Tensor]:
    """Return all gradients that there are: whole ones, or else the shards'."""
    whole = [w.grad for unit in units for w in unit.weights.values() if w.grad is not None]
    return whole or [unit.shard.grad for unit in units if unit.shard.grad is not None]


def train(here: Rank, stage: int, n_steps: int = task.N_STEPS) -> task.Result:
    """Train with one n-th of the optimiser state on each rank, and of more from stage 2 on.

    Parameters
    ----------
    here : Rank
    stage : {1, 2, 3}

    Raises
    ------
    ValueError
        For another stage.
    """
    if stage not in (1, 2, 3):
        raise ValueError(f"ZeRO has the stages 1, 2 and 3, got {stage}: for copies without "
                         "sharing see lessons.parallel.data")
    model, said = task.build(), task.Result()
    units = units_of(here, model)
    *blocks, rest = units
    optimiser = task.Adam(unit.shard for unit in units)
    for unit in units:
        if stage == 2:
            _reduce_when_done(unit)
        if stage == 3:
            unit.clear()
    for step in range(n_steps):
        here.events = []
        rows = task.batch(step).chunk(here.size)[here.rank]
        if stage == 3:
            rest.fill()
            loss = _fetched_loss(model, blocks, rows)
        else:
            loss = task.loss_of(model, rows)
            here.work(3 * task.flops(rows))
        loss.backward()
        _finish(units, stage, optimiser, said)
        said.losses.append(loss.item())
    said.sent, said.events = here.sent, list(here.events)
    if stage == 3:
        for unit in units:
            unit.fill()
    said.weights = {name: w.detach() for name, w in model.named_parameters()}
    return said


def _finish(units: list[Unit], stage: int, optimiser: task.Adam, said: task.Result) -> None:
    """Share what is not shared yet, step, and hand out the new weights in stages 1 and 2."""
    if stage == 3:
        _reduce(units[-1])
        units[-1].clear()
    gradients = task.bytes_of(_gradients(units))
    if stage == 1:
        for unit in units:
            _reduce(unit)
    optimiser.step()
    weights = [w for unit in units for w in unit.weights.values()]
    said.held = {"weights": task.bytes_of(weights if stage < 3 else [u.shard for u in units]),
                 "gradients": gradients, "optimiser": task.bytes_of(optimiser.state)}
    for unit in units:
        unit.shard.grad = None
        if stage < 3:
            unit.fill()


def bytes_sent(n_ranks: int, stage: int, n_steps: int = task.N_STEPS) -> int:
    """Return what each rank sends in training.

    Weights are handed out once (stages 1 and 2) or, those of blocks, twice (stage 3); gradients go
    once. Each time a rank sends ``n - 1`` n-ths.

    Examples
    --------
    >>> bytes_sent(1, 3)
    0
    """
    *blocks, rest = (len(unit.shard) for unit in units_of(Rank(0, n_ranks), task.build()))
    times = 3 if stage == 3 else 2
    return n_steps * (n_ranks - 1) * 4 * (times * sum(blocks) + 2 * rest)
