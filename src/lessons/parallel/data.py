"""Data parallelism: every rank has the whole model and its own part of the batch."""

from collections.abc import Sequence

from torch import nn

from lessons.parallel import task
from lessons.parallel.collectives import Rank, all_reduce, padded, unpacked


def mean_gradients(here: Rank, weights: Sequence[nn.Parameter]) -> None:
    """Replace the gradients of this rank by the mean over all ranks."""
    gradients = [w.grad for w in weights]
    total = all_reduce(here, padded(gradients, here.size))
    for mine, whole in zip(gradients, unpacked(total, [g.shape for g in gradients]), strict=True):
        mine.copy_(whole / here.size)


def train(here: Rank, n_steps: int = task.N_STEPS) -> task.Result:
    """Train with a copy of the model on each rank; each sees the loss of its own texts."""
    model, said = task.build(), task.Result()
    weights = list(model.parameters())
    optimiser = task.Adam(weights)
    for step in range(n_steps):
        here.events = []
        rows = task.batch(step).chunk(here.size)[here.rank]
        loss = task.loss_of(model, rows)
        loss.backward()
        here.work(3 * task.flops(rows))
        mean_gradients(here, weights)
        optimiser.step()
        said.held = {"weights": task.bytes_of(weights),
                     "gradients": task.bytes_of(w.grad for w in weights),
                     "optimiser": task.bytes_of(optimiser.state)}
        optimiser.zero_grad()
        said.losses.append(loss.item())
    said.weights = {name: p.detach() for name, p in model.named_parameters()}
    said.sent, said.events = here.sent, here.events
    return said


def bytes_sent(n_ranks: int, n_steps: int = task.N_STEPS) -> int:
    """Return what each rank sends in a run, by the formula of the ring.

    Examples
    --------
    >>> bytes_sent(1)
    0
    """
    whole = -(-task.N_PARAMETERS // n_ranks) * n_ranks  # with the zeros at the end
    return n_steps * 2 * (n_ranks - 1) * whole // n_ranks * 4
