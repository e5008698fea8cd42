"""One short run of a small language model, so that ideas can be compared at equal compute.

A `Recipe` says how a model is built and trained, and a change is another recipe, such as
``replace(Recipe(), lr=0.01)``. Runs with the same seed see the same text in the same order, so that
they can be compared in pairs. Tokens are bytes: nats per token divided by ln 2 are bits per byte.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from lessons.gpt import model as gpt
from lessons.gpt.checks import check_causal, count_flops
from lessons.gpt.text import N_BYTES, Text, nats_per_byte, topics, windows
from lessons.studies.schedules import cosine
from lessons.train.optimiser import decay_groups

N_MARKS = 50  # points of the curve of training loss


class Optimiser(Protocol):
    """What a recipe's optimiser can do; those of `torch.optim` are such."""

    param_groups: list[dict[str, Any]]

    def step(self) -> object:
        """Change the parameters by their gradients."""

    def zero_grad(self) -> None:
        """Forget the gradients."""


def small() -> nn.Module:
    """Return a GPT like chapter 10's with 369,504 parameters.

    Examples
    --------
    >>> gpt.n_parameters(small())
    369504
    """
    return gpt.GPT(gpt.Config(N_BYTES, n_positions=96, n_layers=3, n_heads=4, d_model=96))


@torch.no_grad()
def enlarged(model: nn.Module, times: float) -> nn.Module:
    """Multiply all matrices of a model, embeddings included; return it.

    GPT-2's first weights are meant for its 768 numbers a token. Narrow models that begin with them
    stay on a plateau for half of a short run, and seeds that leave it sooner or later differ more
    than ideas do. What a layer gives grows with the root of its width, so the root of 768 over the
    width makes up for it.

    Examples
    --------
    >>> layer = nn.Linear(2, 1)
    >>> before = layer.weight.clone()
    >>> bool((enlarged(layer, 4).weight == 4 * before).all())
    True
    """
    for p in model.parameters():
        if p.dim() == 2:
            p.mul_(times)
    return model


def adamw(model: nn.Module, lr: float) -> Optimiser:
    """Return AdamW as chapter 10 uses it."""
    return torch.optim.AdamW(decay_groups(model, weight_decay=0.1), lr=lr, betas=(0.9, 0.99))


@dataclass(frozen=True)
class Recipe:
    """How a model is built and trained.

    Attributes
    ----------
    build : callable
        Makes the model, which gives logits (B, T, 256) for tokens (B, T). Its weights come from
        torch's generator.
    optimiser : callable
        Takes the model and the peak learning rate; every group keeps its own peak rate.
    schedule : callable
        From the share of the run that is done, in (0, 1), to the share of the peak rate.
    objective : callable
        Takes model, tokens and targets, (B, T) each; gives the loss to make small.
    lr : float
    batch_size, n_positions : int
        Sequences in a batch, and bytes in each.
    clip : float
        The longest gradient; infinite for any.
    """

    build: Callable[[], nn.Module] = small
    optimiser: Callable[[nn.Module, float], Optimiser] = adamw
    schedule: Callable[[float], float] = cosine
    objective: Callable[[nn.Module, Tensor, Tensor], Tensor] = gpt.loss
    lr: float = 0.003
    batch_size: int = 12
    n_positions: int = 96
    clip: float = 1.0


@dataclass
class Run:
    """One trained model and how it did.

    Attributes
    ----------
    model : torch.nn.Module
    curve : list of [int, float]
        Steps done, and the mean training objective since the entry before.
    valid : list of [int, float]
        Steps done, and nats per byte of the held-out text; infinite if the run diverged.
    n_steps, n_bytes, n_params : int
        Steps taken, bytes that training saw, parameters.
    flops : float
        Operations of all steps, the optimiser's products of matrices included.
    processor_s : float
        Of all steps, without the looks at the held-out text.
    """

    model: nn.Module
    curve: list[list[float]]
    valid: list[list[float]]
    n_steps: int
    n_bytes: int
    n_params: int
    flops: float
    processor_s: float

    @property
    def nats(self) -> float:
        """Nats per byte of the held-out text at the end."""
        return self.valid[-1][1]

    @property
    def bits_per_byte(self) -> float:
        """Bits per byte of the held-out text at the end."""
        return self.nats / math.log(2)

    def record(self) -> dict[str, Any]:
        """Return everything but the model, as JSON can hold it."""
        fields = {name: value for name, value in vars(self).items() if name != "model"}
        rounded = {name: [[step, float(f"{loss:.5g}")] for step, loss in fields[name]]
                   for name in ("curve", "valid")}
        return fields | rounded | {"processor_s": round(self.processor_s, 2)}


def train(
    recipe: Recipe, text: Text | None = None, seed: int = 0, *, n_steps: int | None = None,
    flops: float | None = None, valid_at: Iterable[float] = (1.0,), device: str = "cpu",
) -> Run:
    """Train one model from its recipe, for some steps or for some operations.

    Parameters
    ----------
    text : Text
        `topics` if not given.
    seed : int
        Decides the first weights, and which bytes each batch holds.
    n_steps, flops
        One of the two; a budget buys as many whole steps as it pays.
    valid_at : iterable of float
        After which shares of the run the held-out text is read, each above 0 and up to 1.

    Raises
    ------
    ValueError
        If there is no budget, the text is too short for a batch, or the model sees later tokens.

    Examples
    --------
    >>> run = train(Recipe(), n_steps=3)
    >>> run.n_steps, run.n_bytes, f"{run.flops:.3g}", run.bits_per_byte < 8
    (3, 3456, '8.54e+09', True)
    """
    text = text or topics()
    per_step = flops_per_step(recipe)
    n_steps = _n_steps(n_steps, flops, per_step)
    looks = _looks(valid_at, n_steps)
    generator = torch.Generator().manual_seed(seed)
    batches = windows(text.train, recipe.batch_size, recipe.n_positions, generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = recipe.build().to(device)
        check_causal(model, recipe.n_positions)
        optimiser = recipe.optimiser(model, recipe.lr)
        peaks = [group["lr"] for group in optimiser.param_groups]
        curve, valid, processor_s, start = [], [], 0.0, time.process_time()
        total, since, done = torch.zeros((), device=device), 0, 0
        for step in range(1, n_steps + 1):
            share = recipe.schedule((step - 0.5) / n_steps)
            for group, peak in zip(optimiser.param_groups, peaks, strict=True):
                group["lr"] = peak * share
            total += update(recipe, model, optimiser, next(batches))
            since, done = since + 1, step
            if step * N_MARKS // n_steps > (step - 1) * N_MARKS // n_steps:  # a fiftieth is done
                curve.append([step, total.item() / since])
                total, since = torch.zeros((), device=device), 0
                if not math.isfinite(curve[-1][1]):
                    break
            if step in looks:
                processor_s += time.process_time() - start
                valid.append([step, nats_per_byte(model, text.valid, recipe.n_positions)])
                start = time.process_time()
    processor_s += time.process_time() - start
    if done < n_steps or not math.isfinite(valid[-1][1]):
        valid = [look for look in valid if look[0] < done] + [[done, math.inf]]
    else:
        check_causal(model, recipe.n_positions)  # what began at 0 shows only now
    return Run(model, curve, valid, done, done * recipe.batch_size * recipe.n_positions,
               gpt.n_parameters(model), done * per_step, processor_s)


def update(recipe: Recipe, model: nn.Module, optimiser: Optimiser,
           batch: tuple[Tensor, Tensor]) -> Tensor:
    """Do one step on a batch of tokens and targets; return what the objective was."""
    device = next(model.parameters()).device
    optimiser.zero_grad()
    loss = recipe.objective(model, *(part.to(device) for part in batch))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
    optimiser.step()
    return loss.detach()


def _n_steps(n_steps: int | None, flops: float | None, per_step: float) -> int:
    if (n_steps is None) == (flops is None):
        raise ValueError("give n_steps or flops, one of the two")
    found = n_steps if flops is None else int(flops // per_step)
    if not isinstance(found, int) or found < 1:
        budget = f"{n_steps!r} steps" if flops is None else f"{flops:.3g} FLOPs"
        raise ValueError(f"{budget} buy no step, which costs {per_step:.3g} FLOPs: give more")
    return found


def _looks(valid_at: Iterable[float], n_steps: int) -> set[int]:
    shares = [*valid_at, 1.0]
    if not all(0 < share <= 1 for share in shares):
        raise ValueError(f"valid_at holds shares of the run above 0 and up to 1, got {shares[:-1]}")
    return {max(1, round(share * n_steps)) for share in shares}


def flops_per_step(recipe: Recipe) -> float:
    """Return the operations of one step: every product of matrices, the optimiser's included.

    They are counted while a step is done, as `lessons.gpt.checks.count_flops` does.

    Examples
    --------
    >>> from lessons.planning.cost import flops_per_token
    >>> products = 12 * 3 * 96**2 + 256 * 96  # weights of three blocks and of the last layer
    >>> flops_per_step(Recipe()) == 12 * 96 * flops_per_token(products, 3, 96, 96)
    True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = recipe.build()
        optimiser = recipe.optimiser(model, recipe.lr)
        tokens = torch.randint(N_BYTES, (recipe.batch_size, recipe.n_positions))
        return count_flops(lambda: update(recipe, model, optimiser, (tokens, tokens)))
