"""Is the ruler straight? The baseline with GPT-2's own first weights, and with a short warm-up."""

from dataclasses import replace
from functools import partial
from typing import Any

from lessons.gpt.variants.assembled import GPT
from lessons.studies.algorithms import recipes, runs
from lessons.studies.schedules import cosine
from lessons.studies.trial import Recipe, train

GPT2 = partial(GPT, recipes.CONFIG)  # with a standard deviation of 0.02, whatever the width
SHORT = partial(cosine, warmup=0.05)

#: What the baseline would be with one of its two choices, or both, made as in a large run.
RULERS: dict[str, Recipe] = {
    "GPT-2's weights, short warm-up": replace(recipes.BASE, build=GPT2, schedule=SHORT),
    "GPT-2's weights": replace(recipes.BASE, build=GPT2),
    "short warm-up": replace(recipes.BASE, schedule=SHORT),
}


def one(kind: str, name: str, lr: float, seed: int) -> dict[str, Any]:
    """Train one of `RULERS` for the study's budget; return what `runs.one` returns of a change.

    Raises
    ------
    ValueError
        If the kind is not "ruler", or there is no such ruler.
    """
    if kind != "ruler" or name not in RULERS:
        raise ValueError(f"no {kind} {name!r}: the rulers are {', '.join(RULERS)}")
    run = train(replace(RULERS[name], lr=lr), seed=seed, flops=runs.budget(), valid_at=(0.8, 1.0))
    row = run.record()
    row["curve"] = [float(f"{loss:.4g}") for _, loss in row["curve"]]
    return row
