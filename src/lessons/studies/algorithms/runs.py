"""One run of the study by its name."""

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from lessons.gpt.text import Text, topics
from lessons.gpt.variants.assembled import TwoAhead
from lessons.gpt.variants.layers import Experts
from lessons.studies import trial
from lessons.studies.algorithms import plan, recipes

N_PART = 12_000  # bytes of the held-out text that are read often in the study of batches


def recipe_of(kind: str, name: Any, lr: float) -> trial.Recipe:
    """Return the recipe of a run.

    Parameters
    ----------
    kind : {"change", "crossed", "budget", "width", "scaled width", "batch"}
    name
        A change, the signs of `recipes.crossed`, a share of the budget, a width or a batch size.

    Raises
    ------
    ValueError
        For an unknown kind or change.
    """
    if kind == "change" and name in recipes.CHANGES:
        return replace(recipes.CHANGES[name], lr=lr)
    made = {
        "crossed": recipes.crossed,
        "budget": lambda _: recipes.BASE,
        "width": lambda d: recipes.of_width(d, scaled=False),
        "scaled width": lambda d: recipes.of_width(d, scaled=True),
        "batch": recipes.of_batch,
    }
    if kind not in made:
        raise ValueError(f"no {kind} {name!r}: the changes are {', '.join(recipes.CHANGES)}")
    return replace(made[kind](name), lr=lr)


def budget() -> float:
    """Return the FLOPs that every change may spend: those of the baseline's steps."""
    return plan.N_STEPS * trial.flops_per_step(recipes.BASE)


def one(kind: str, name: Any, lr: float, seed: int) -> dict[str, Any]:
    """Train one model of the study; return its curve, its loss, what it cost.

    The losses in ``curve`` stand at every fiftieth of the run.
    """
    recipe, text = recipe_of(kind, name, lr), topics()
    looks: tuple[float, ...] = (0.8, 1.0)
    if kind in ("change", "crossed"):
        run = trial.train(recipe, text, seed, flops=budget(), valid_at=looks)
    elif kind == "budget":
        run = trial.train(recipe, text, seed, flops=name * budget(), valid_at=looks)
    elif kind == "batch":
        part = Text(text.train, text.valid[:N_PART])
        looks = tuple((i + 1) / 20 for i in range(20))
        run = trial.train(recipe, part, seed, n_steps=plan.BATCHES[name], valid_at=looks)
    else:
        run = trial.train(recipe, text, seed, n_steps=150)
    row = run.record()
    row["curve"] = [float(f"{loss:.4g}") for _, loss in row["curve"]]
    return row | {"flops": float(f"{run.flops:.6g}")} | extras(run.model, text)


@torch.no_grad()
def extras(model: nn.Module, text: Text) -> dict[str, Any]:
    """Return what only some models have: loads of experts, and what a second head is good for."""
    out: dict[str, Any] = {}
    layers = [part for part in model.modules() if isinstance(part, Experts)]
    if layers:
        every = max(1, len(layers[0].loads) // 30)
        out["loads"] = [
            [[round(n / sum(load), 3) for n in load] for load in layer.loads[::every]]
            for layer in layers
        ]
    if isinstance(model, TwoAhead):
        tokens = text.valid[: 64 * 64].view(64, 64)
        h, E = model.hidden(tokens), model.token_embedding.weight
        first, ahead = (h @ E.T).argmax(-1), (model.second(h) @ E.T).argmax(-1)
        sure = first[:, :-2] == tokens[:, 1:-1]  # the first guess was right, so head 2 counts
        out["accepted"] = round((ahead[:, :-2] == first[:, 1:-1])[sure].float().mean().item(), 3)
    return out
