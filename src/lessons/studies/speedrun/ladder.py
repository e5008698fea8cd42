"""The rows of the record, each with one idea more than the row before."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from lessons.engine import optim
from lessons.gpt import model as gpt
from lessons.gpt.variants import assembled
from lessons.gpt.variants.attention import rotate
from lessons.studies.speedrun.entry import Entry
from lessons.studies.speedrun.results import N_STEPS
from lessons.studies.trial import Recipe, enlarged
from lessons.train.muon import muon
from lessons.train.optimiser import decay_groups

CONFIG = gpt.Config(vocab_size=1024, n_positions=128, n_layers=4, n_heads=4, d_model=128)


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
    return optim.schedule("cosine", N_STEPS, n_warmup=50)(int(done * N_STEPS))


def cosine_to_zero(done: float) -> float:
    """Return the share of the peak rate: up for a tenth of the run, then half a cosine to 0.

    A tenth of 500 steps is chapter 10's 50.

    Examples
    --------
    >>> [round(cosine_to_zero(done), 2) for done in (0.05, 0.1, 0.55, 1)]
    [0.5, 1.0, 0.5, 0.0]
    """
    return min(done / 0.1, 0.5 + 0.5 * math.cos(math.pi * (done - 0.1) / 0.9))


class Rotary(gpt.Attention):
    """Chapter 10's attention, dropout included, with rotary positions."""

    def heads(self, x: Tensor) -> list[Tensor]:
        """Return queries and keys, turned, and values, (B, H, T, D/H) each, of tokens (B, T, D)."""
        q, k, v = super().heads(x)
        return [rotate(q), rotate(k), v]


class Shifted(assembled.Block):
    """A block whose layers read half of the numbers of a token from the token before."""

    def forward(self, x: Tensor, cache: gpt.Cache | None = None) -> Tensor:
        """Return (B, T, D) for tokens (B, T, D); nothing is kept in a cache."""
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


class GPT(assembled.GPT):
    """A GPT from parts that drops numbers where chapter 10's does, embeddings included."""

    def hidden(self, tokens: Tensor, caches: list[gpt.Cache] | None = None) -> Tensor:
        """Return the vectors (B, T, D) of tokens (B, T), before the last layer.

        Raises
        ------
        ValueError
            If there are caches: neither turning nor shifting here knows of tokens before.
        """
        if caches:
            raise ValueError("a model of the speedrun keeps no token: write without a cache")
        x = self.token_embedding(tokens)
        if hasattr(self, "position_embedding"):
            x = x + self.position_embedding(gpt.positions_of(tokens, 0, self.config))
        x = nn.functional.dropout(x, self.config.dropout, self.training)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


@dataclass(frozen=True)
class Model:
    """Which ideas a model has; calling it builds the model. The default is chapter 10's.

    Attributes
    ----------
    dropout : float
    enlarged : bool
        Begin with first weights for the width.
    rotary : bool
        Turn queries and keys, in place of learned positions.
    shifted : bool
        Let layers read half of the numbers from the token before.

    Examples
    --------
    >>> gpt.n_parameters(Model()()), gpt.n_parameters(Model(rotary=True)())
    (940800, 924416)
    """

    dropout: float = 0.1
    enlarged: bool = False
    rotary: bool = False
    shifted: bool = False

    def __call__(self) -> nn.Module:
        """Return a new model; its first weights come from torch's generator."""
        parts = assembled.Parts(
            attention=Rotary if self.rotary else gpt.Attention,
            block=Shifted if self.shifted else assembled.Block,
            positions=not self.rotary,
        )
        model = GPT(replace(CONFIG, dropout=self.dropout), parts)
        return enlarged(model, math.sqrt(768 / CONFIG.d_model)) if self.enlarged else model


CHAPTER_10 = Model()
TURNED = replace(CHAPTER_10, rotary=True)
ENLARGED = replace(TURNED, enlarged=True)
UNDROPPED = replace(ENLARGED, dropout=0.0)
SHIFTED = replace(UNDROPPED, shifted=True)
EARLY = Model(dropout=0.0, enlarged=True)

BASE = Recipe(CHAPTER_10, adamw, as_chapter_10, lr=0.003, batch_size=16, n_positions=128)
LAST = replace(BASE, build=SHIFTED, optimiser=muon)

#: The rows by name: recipe and idea. What a row needs in rate, steps and warm-up, `entry` sets.
IDEAS: dict[str, tuple[Recipe, str]] = {
    "chapter 10": (BASE, "the run to beat"),
    "rotary": (replace(BASE, build=TURNED), "rotary positions in place of learned ones"),
    "first weights": (replace(BASE, build=ENLARGED), "first weights for the width"),
    "Muon": (replace(LAST, build=ENLARGED), "Muon for the matrices inside blocks"),
    "no dropout": (replace(LAST, build=UNDROPPED), "no dropout"),
    "token shift": (LAST, "each layer reads half of the numbers from the token before"),
}

#: What came to no row.
OPEN: dict[str, tuple[Recipe, str]] = {
    "in a hurry": (BASE, "chapter 10's model, with a rate and steps for a shorter run"),
    "Muon, old weights": (replace(LAST, build=TURNED), "Muon's row without first weights"),
    "no dropout, AdamW": (replace(BASE, build=EARLY), "first weights, no dropout"),
    "no dropout, Muon": (replace(LAST, build=EARLY), "first weights, no dropout, Muon"),
}


def entry(name: str, lr: float, n_steps: int) -> Entry:
    """Return a row, or what came to none, with some peak rate and number of steps.

    A tenth of the steps goes up to the peak rate; chapter 10's own run has its own schedule.

    Raises
    ------
    ValueError
        If there is no such row.

    Examples
    --------
    >>> entry("Muon", 0.01, 300).recipe.optimiser is muon
    True
    """
    if name not in IDEAS | OPEN:
        raise ValueError(f"no row {name!r}: the rows are {', '.join(IDEAS)}; and there are "
                         f"{', '.join(map(repr, OPEN))}, which came to no row")
    recipe, idea = (IDEAS | OPEN)[name]
    schedule = as_chapter_10 if name == "chapter 10" else cosine_to_zero
    return Entry(name, idea, n_steps, replace(recipe, lr=lr, schedule=schedule))
