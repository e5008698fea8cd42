"""The changes: each a recipe that differs from the baseline in one thing."""

import math
from dataclasses import replace
from functools import partial

from torch import Tensor, nn
from torch.optim import AdamW

from lessons.gpt.model import Cache, Config
from lessons.gpt.variants import rounding
from lessons.gpt.variants.assembled import (
    GPT,
    Parts,
    PostNorm,
    TwoAhead,
    initialise,
    loss_two_ahead,
)
from lessons.gpt.variants.attention import Attention, Latent, Normalised, Retention, Rotary
from lessons.gpt.variants.layers import Experts, RMSNorm, SquaredReLU, SwiGLU
from lessons.studies.algorithms.plan import BASE_WIDTH, FACTORS, N_LATENT, SCHEDULES
from lessons.studies.trial import Recipe, enlarged
from lessons.train.muon import muon

GPT2 = Parts()
CONFIG = Config(vocab_size=256, n_positions=64, n_layers=3, n_heads=4, d_model=64)


def prepared(model: nn.Module, width: int = CONFIG.d_model) -> nn.Module:
    """Return a model with first weights for its width: as large as GPT-2's for 768 numbers."""
    return enlarged(model, math.sqrt(768 / width))


def model(parts: Parts = GPT2) -> nn.Module:
    """Return a GPT of the study from its parts."""
    return prepared(GPT(CONFIG, parts))


def other_order() -> nn.Module:
    """Return the baseline with its first weights drawn in the opposite order: the placebo."""
    placebo = GPT(CONFIG)
    initialise(placebo, backwards=True)
    return prepared(placebo)


def two_ahead() -> nn.Module:
    """Return the baseline with a second head."""
    return prepared(TwoAhead(CONFIG))


def rounded(how: rounding.Rounding) -> nn.Module:
    """Return the baseline with rounded products."""
    return rounding.round_products(model(), how)


BASE = Recipe(build=model, schedule=SCHEDULES["baseline"], batch_size=16, n_positions=64)
FLAT = replace(BASE, schedule=SCHEDULES["flat"])


def built(parts: Parts) -> Recipe:
    """Return the baseline with other parts."""
    return replace(BASE, build=partial(model, parts))


#: Every change by name. The four that the factorial crosses come again in `FACTORS`.
CHANGES: dict[str, Recipe] = {
    "baseline": BASE,
    "placebo": replace(BASE, build=other_order),
    "RMS norm": built(Parts(norm=RMSNorm)),
    "post-norm": built(Parts(block=PostNorm)),
    "query-key norm": built(Parts(attention=Normalised)),
    "rotary": built(Parts(attention=Rotary, positions=False)),
    "no positions": built(Parts(positions=False)),
    "SwiGLU": built(Parts(mlp=SwiGLU)),
    "squared ReLU": built(Parts(mlp=SquaredReLU)),
    "grouped queries": built(Parts(attention=partial(Attention, n_kv_heads=1))),
    "latent attention": built(Parts(attention=partial(Latent, n_latent=N_LATENT))),
    "4 experts": built(Parts(mlp=Experts)),
    "4 experts, balanced": built(Parts(mlp=partial(Experts, balance=0.01))),
    "retention": built(Parts(attention=Retention, positions=False)),
    "retention, 1 of 3 full": built(
        Parts(attention=(Retention, Attention, Retention), positions=False)
    ),
    "Muon": replace(BASE, optimiser=muon),
    "flat, then down": replace(BASE, schedule=SCHEDULES["flat, then down"]),
    "straight to 0": replace(BASE, schedule=SCHEDULES["straight to 0"]),
    "flat": FLAT,
    "two tokens ahead": replace(BASE, build=two_ahead, objective=loss_two_ahead),
    "8 bits, scaled": replace(BASE, build=partial(rounded, rounding.fp8_scaled)),
    "8 bits, unscaled": replace(BASE, build=partial(rounded, rounding.fp8)),
    "4 bits in blocks": replace(BASE, build=partial(rounded, rounding.fp4_blocks)),
}


def crossed(on: str) -> Recipe:
    """Return the recipe with some of `FACTORS`: a text such as ``"1010"``, one sign each.

    Raises
    ------
    ValueError
        If it is not four signs 0 and 1.

    Examples
    --------
    >>> crossed("0001").schedule is SCHEDULES["flat, then down"], crossed("0000") == BASE
    (True, True)
    """
    if len(on) != len(FACTORS) or set(on) - {"0", "1"}:
        raise ValueError(f"say which of {FACTORS} are on, such as '1010', got {on!r}")
    rotary, squared, orthogonal, cooled = (sign == "1" for sign in on)
    recipe = BASE
    if rotary and squared:
        recipe = built(Parts(attention=Rotary, positions=False, mlp=SquaredReLU))
    elif rotary or squared:
        recipe = CHANGES["rotary" if rotary else "squared ReLU"]
    if orthogonal:
        recipe = replace(recipe, optimiser=muon)
    return replace(recipe, schedule=SCHEDULES["flat, then down"]) if cooled else recipe


# Widths: does the best learning rate of a narrow model serve a wide one?


class OfWidth(GPT):
    """A GPT of one block whose numbers are scaled so that width changes as little as can be.

    Against `BASE_WIDTH`, with m times as many numbers for a token: first weights inside the block
    are smaller by the root of m, as in the usual form; their learning rate is smaller by m
    (`rates_by_width`); the logits are divided by m; first weights of embeddings stay. This is the
    maximal update parametrisation for an output that shares the embedding.
    """

    def __init__(self, config: Config):
        super().__init__(config)
        self.times = config.d_model / BASE_WIDTH
        for name, p in self.named_parameters():
            if inside(name, p):
                p.data /= math.sqrt(self.times)

    def forward(self, tokens: Tensor, caches: list[Cache] | None = None) -> Tensor:
        """Return the logits (B, T, V)."""
        return super().forward(tokens, caches) / self.times


def inside(name: str, p: nn.Parameter) -> bool:
    """Return whether a parameter is a matrix whose both sides grow with the width."""
    return p.dim() == 2 and name.startswith("blocks.")


def rates_by_width(model: nn.Module, lr: float) -> AdamW:
    """Return AdamW with a learning rate divided by m for the matrices inside the block."""
    named = list(model.named_parameters())
    assert isinstance(model, GPT)
    times = model.config.d_model / BASE_WIDTH
    return AdamW(
        [
            {"params": [p for n, p in named if inside(n, p)], "lr": lr / times},
            {"params": [p for n, p in named if not inside(n, p)], "lr": lr},
        ],
        betas=(0.9, 0.99),
        weight_decay=0.0,
    )


def plain_rates(model: nn.Module, lr: float) -> AdamW:
    """Return AdamW with one learning rate for all."""
    return AdamW(model.parameters(), lr=lr, betas=(0.9, 0.99), weight_decay=0.0)


def of_width(width: int, scaled: bool) -> Recipe:
    """Return a recipe for a model of one block with heads of 16 numbers."""
    config = Config(256, 64, n_layers=1, n_heads=width // 16, d_model=width)
    build = (lambda: prepared(OfWidth(config), BASE_WIDTH)) if scaled else (
        lambda: prepared(GPT(config), width))
    return replace(BASE, build=build, optimiser=rates_by_width if scaled else plain_rates,
                   batch_size=8)


def of_batch(size: int) -> Recipe:
    """Return the recipe with rotary positions, a flat schedule and batches of some size."""
    return replace(CHANGES["rotary"], schedule=FLAT.schedule, batch_size=size)
