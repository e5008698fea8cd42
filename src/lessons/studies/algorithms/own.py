"""A change of your own against the baseline: the same text, the same order, the same FLOPs."""

from collections.abc import Iterable

from lessons.studies import trial
from lessons.studies.algorithms import recipes, runs
from lessons.studies.compare import interval


def against_baseline(
    recipe: trial.Recipe, seeds: Iterable[int] = (2, 3, 4), share: float = 1.0
) -> tuple[float, float]:
    """Train a recipe and the baseline in pairs; return the gain in bits per byte, and its half.

    Parameters
    ----------
    recipe : Recipe
        A change of `recipes.BASE`, made by `dataclasses.replace`.
    seeds : iterable of int
        Two or more; each costs two runs.
    share : float
        How much of the study's budget each run may spend.

    Returns
    -------
    gain, half : float
        Positive if the recipe is better; half the width of its 95 % interval.

    Raises
    ------
    ValueError
        If the recipe's model sees later tokens, the share buys no step, or there is one seed.

    Examples
    --------
    >>> against_baseline(recipes.BASE, seeds=(0, 1), share=0.01)
    (0.0, 0.0)
    """
    budget, differences = share * runs.budget(), []
    for seed in seeds:
        pair = [trial.train(one, seed=seed, flops=budget) for one in (recipes.BASE, recipe)]
        differences.append(pair[0].bits_per_byte - pair[1].bits_per_byte)
    return interval(differences)
