"""Pipeline parallelism: every rank has some of the layers, and passes small batches on.

References
----------
Huang et al., GPipe, NeurIPS 2019. Narayanan et al., PipeDream, SOSP 2019; and Megatron-LM, SC 2021.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.gpt.model import GPT
from lessons.parallel import task
from lessons.parallel.collectives import Rank
from lessons.parallel.schedules import order


class Stage(nn.Module):
    """The layers of one rank: the first embeds too, the last guesses too.

    Both need the table of embeddings, so both keep one.
    """

    def __init__(self, model: GPT, rank: int, size: int):
        super().__init__()
        if model.config.n_layers % size:
            raise ValueError(f"{size} stages cannot share {model.config.n_layers} layers evenly: "
                             "take a number of stages that divides the layers")
        self.first, self.last = rank == 0, rank == size - 1
        n = model.config.n_layers // size
        self.places = range(rank * n, (rank + 1) * n)
        self.blocks = nn.ModuleList(model.blocks[i] for i in self.places)
        if self.first:
            self.token_embedding = model.token_embedding
            self.position_embedding = model.position_embedding
        if self.last:
            self.norm, self.token_embedding = model.norm, model.token_embedding

    def forward(self, x: Tensor) -> Tensor:
        """Return (b, T, D), or logits (b, T, V) from the last; x are tokens for the first."""
        if self.first:
            places = torch.arange(x.shape[1])
            x = self.token_embedding(x) + self.position_embedding(places)
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.token_embedding.weight) if self.last else x

    def named(self) -> dict[str, Tensor]:
        """Return the weights by their names in the whole model."""
        names = {}
        for name, w in self.named_parameters():
            if name.startswith("blocks."):
                _, i, rest = name.split(".", 2)
                name = f"blocks.{self.places[int(i)]}.{rest}"
            names[name] = w.detach()
        return names


def train(here: Rank, n_micro: int = 4, schedule: str = "1F1B",
          n_steps: int = task.N_STEPS) -> tuple[task.Result, int]:
    """Train with a stage on each rank; return the result, and how many micro-batches it kept.

    Raises
    ------
    ValueError
        If the stages cannot share the layers evenly, or the micro-batches the batch.
    """
    if task.BATCH % n_micro:
        raise ValueError(f"{n_micro} micro-batches cannot share {task.BATCH} texts evenly")
    stage, said, most = Stage(task.build(), here.rank, here.size), task.Result(), 0
    optimiser = task.Adam(stage.parameters())
    for step in range(n_steps):
        here.events = []
        loss, kept = _step(here, stage, task.batch(step).chunk(n_micro), schedule)
        most = max(most, kept)
        tie(here, stage)
        optimiser.step()
        said.held = {"weights": task.bytes_of(stage.parameters()),
                     "gradients": task.bytes_of(p.grad for p in stage.parameters()),
                     "optimiser": task.bytes_of(optimiser.state)}
        optimiser.zero_grad()
        said.losses.append(loss)
    said.weights, said.sent, said.events = stage.named(), here.sent, here.events
    return said, most


def _step(here: Rank, stage: Stage, batches: tuple[Tensor, ...], schedule: str
          ) -> tuple[float | None, int]:
    """Run all micro-batches forward and backward; return the loss and the most that were kept."""
    inputs: dict[int, Tensor] = {}
    outputs: dict[int, Tensor] = {}
    loss, most = 0.0, 0
    one = task.flops(batches[0], sum(p.numel() for p in stage.parameters()))
    for kind, i in order(here.rank, here.size, len(batches), schedule):
        if kind == "F":
            x = batches[i][:, :-1] if stage.first else here.receive(here.left).requires_grad_()
            y = stage(x)
            here.work(one)
            if stage.last:
                y = F.cross_entropy(y.flatten(0, 1), batches[i][:, 1:].flatten()) / len(batches)
                loss += y.item()
            else:
                here.send(y, here.right)
            inputs[i], outputs[i] = x, y
            most = max(most, len(outputs))
        else:
            x, y = inputs.pop(i), outputs.pop(i)
            # The gradient of this sum by y is what the next stage asks for.
            (y if stage.last else (y * here.receive(here.right)).sum()).backward()
            here.work(2 * one)
            if not stage.first:
                here.send(x.grad, here.left)
    here.settle()
    return (loss if stage.last else None), most


def tie(here: Rank, stage: Stage) -> None:
    """Add up the gradients of the two tables of embeddings, so that they stay one."""
    if here.size > 1 and (stage.first or stage.last):
        other = here.size - 1 if stage.first else 0
        mine = stage.token_embedding.weight.grad
        here.send(mine, other)
        theirs = here.receive(other)
        here.settle()
        mine.copy_(mine + theirs if stage.first else theirs + mine)


def bytes_sent(n_ranks: int, n_steps: int = task.N_STEPS) -> int:
    """Return what all ranks together send: the stream over each border, there and back, and ties.

    The number of micro-batches does not matter.

    Examples
    --------
    >>> bytes_sent(1)
    0
    """
    c = task.CONFIG
    stream = task.BATCH * c.n_positions * c.d_model * 4
    table = c.vocab_size * c.d_model * 4 if n_ranks > 1 else 0
    return n_steps * 2 * ((n_ranks - 1) * stream + table)
