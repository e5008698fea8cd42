"""The rows of the record, each with one idea more than the row before."""

import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from lessons.engine.optim import schedule
from lessons.gpt import model as gpt
from lessons.gpt.variants import assembled
from lessons.gpt.variants.attention import Attention, Rotary
from lessons.studies.speedrun.entry import Entry
from lessons.studies.trial import Recipe, enlarged
from lessons.train.muon import muon
from lessons.train.optimiser import decay_groups

CONFIG = gpt.Config(vocab_size=1024, n_positions=128, n_layers=4, n_heads=4, d_model=128)
N_STEPS = 1000  # of chapter 10's run


def with_dropout() -> nn.Module:
    """Return chapter 10's model."""
    return gpt.GPT(replace(CONFIG, dropout=0.1))


def adamw(model: nn.Module, lr: float) -> torch.optim.AdamW:
    """Return AdamW with chapter 10's settings."""
    return torch.optim.AdamW(decay_groups(model, 0.1), lr=lr, betas=(0.9, 0.95))


def as_chapter_10(done: float) -> float:
    """Return the share of the peak rate in chapter 10's run: 50 steps up, half a cosine to 0.

    Examples
    --------
    >>> as_chapter_10(0.5 / 1000), as_chapter_10(49.5 / 1000)  # in the first step, and the 50th
    (0.02, 1.0)
    """
    return schedule("cosine", N_STEPS, n_warmup=50)(int(done * N_STEPS))


def cosine_to_zero(done: float) -> float:
    """Return the share of the peak rate: up for a tenth of the run, then half a cosine to 0.

    Examples
    --------
    >>> [round(cosine_to_zero(done), 2) for done in (0.05, 0.1, 0.55, 1)]
    [0.5, 1.0, 0.5, 0.0]
    """
    return min(done / 0.1, 0.5 + 0.5 * math.cos(math.pi * (done - 0.1) / 0.9))


class Shifted(assembled.Block):
    """A block whose layers read half of the numbers of a token from the token before."""

    def forward(self, x: Tensor, cache: gpt.Cache | None = None) -> Tensor:
        """Return (B, T, D) for tokens (B, T, D)."""
        if cache is not None:
            raise ValueError("a shifted block keeps no token for later: write without a cache")
        x = x + self.attention(shift(self.norm1(x)))
        return x + self.mlp(shift(self.norm2(x)))


def shift(x: Tensor) -> Tensor:
    """Move half of the numbers of each token one place on; the first place gets zeros.

    Examples
    --------
    >>> shift(torch.tensor([[[1, 2], [3, 4], [5, 6]]])).tolist()
    [[[0, 2], [1, 4], [3, 6]]]
    """
    moved, stays = x.chunk(2, dim=-1)
    return torch.cat([nn.functional.pad(moved, (0, 0, 1, 0))[:, :-1], stays], dim=-1)


def started(rotary: bool = False, shifted: bool = False) -> nn.Module:
    """Return a GPT without dropout, with first weights for its width, and other parts."""
    parts = assembled.Parts(
        attention=Rotary if rotary else Attention,
        block=Shifted if shifted else assembled.Block,
        positions=not rotary,
    )
    return enlarged(assembled.GPT(CONFIG, parts), math.sqrt(768 / CONFIG.d_model))


def turned() -> nn.Module:
    """Return a GPT with rotary positions."""
    return started(rotary=True)


def turned_and_shifted() -> nn.Module:
    """Return a GPT with rotary positions and shifted blocks."""
    return started(rotary=True, shifted=True)


BASE = Recipe(with_dropout, adamw, as_chapter_10, lr=0.003, batch_size=16, n_positions=128)
SHORT = replace(BASE, build=started, schedule=cosine_to_zero)
ORTHOGONAL = replace(SHORT, optimiser=muon)
TURNED = replace(ORTHOGONAL, build=turned)
SHIFTED = replace(TURNED, build=turned_and_shifted)

#: The rows by name: recipe and idea. Rates and numbers of steps are those of the record.
IDEAS: dict[str, tuple[Recipe, str]] = {
    "chapter 10": (BASE, "the run to beat"),
    "short run": (SHORT, "made to be short: no dropout, first weights for the width, down to 0"),
    "Muon": (ORTHOGONAL, "Muon for the matrices inside blocks"),
    "rotary": (TURNED, "rotary positions in place of learned ones"),
    "token shift": (SHIFTED, "each layer reads half of the numbers from the token before"),
}


def entry(name: str, lr: float, n_steps: int) -> Entry:
    """Return a row with some peak rate and number of steps.

    Raises
    ------
    ValueError
        If there is no such row.

    Examples
    --------
    >>> entry("Muon", 0.01, 300).recipe.optimiser is muon
    True
    """
    if name not in IDEAS:
        raise ValueError(f"no row {name!r}: the rows are {', '.join(IDEAS)}")
    recipe, idea = IDEAS[name]
    return Entry(name, idea, n_steps, replace(recipe, lr=lr))
