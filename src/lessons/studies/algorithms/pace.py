"""What a step costs by the clock: changes timed in turns, so that all have the same machine."""

import time
from collections.abc import Mapping

import torch

from lessons.gpt.text import N_BYTES
from lessons.studies.trial import Recipe, update


def pace(recipes: Mapping[str, Recipe], n_rounds: int = 25) -> dict[str, float]:
    """Return the processor seconds of a step of each recipe, divided by those of the first.

    In each round every recipe does one step. The quickest of the rounds counts: what else the
    machine does makes a step slower, never quicker.

    Examples
    --------
    >>> from lessons.studies.algorithms.recipes import BASE
    >>> pace({"baseline": BASE, "the same": BASE}, n_rounds=1)["baseline"]
    1.0
    """
    torch.manual_seed(0)
    running, took = {}, {name: [] for name in recipes}
    for name, recipe in recipes.items():
        model = recipe.build()
        tokens = torch.randint(N_BYTES, (recipe.batch_size, recipe.n_positions))
        running[name] = recipe, model, recipe.optimiser(model, recipe.lr), (tokens, tokens)
        update(*running[name])
    for _ in range(n_rounds):
        for name, run in running.items():
            start = time.process_time()
            update(*run)
            took[name].append(time.process_time() - start)
    quickest = {name: min(times) for name, times in took.items()}
    first = next(iter(quickest.values()))
    return {name: round(seconds / first, 3) for name, seconds in quickest.items()}
