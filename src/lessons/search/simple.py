"""Searches that learn nothing from one setting about another: a list, chance, and halving."""

from collections.abc import Iterable

import numpy as np

from lessons.search.space import Score, Space, Trial


def listed(score: Score, settings: Iterable[int], budget: int, epochs: int) -> list[Trial]:
    """Train settings from a list in full, one after the other, until the budget is spent.

    Parameters
    ----------
    score : callable
        From a setting and a number of epochs to a score, lower is better.
    settings : iterable of int
        A grid, for example. Its order matters as soon as the budget ends before it does.
    budget, epochs : int
        Of the search, and of each full training.

    Raises
    ------
    ValueError
        If the budget is less than one training.

    Examples
    --------
    >>> [trial.score for trial in listed(lambda i, epochs: i / 10, [4, 2, 7], 20, 9)]
    [0.4, 0.2]
    """
    if budget < epochs:
        raise ValueError(f"{budget} epochs are less than one training of {epochs}")
    return [Trial(int(i), epochs, epochs, score(int(i), epochs))
            for i, _ in zip(settings, range(budget // epochs), strict=False)]


def random_search(space: Space, score: Score, budget: int, epochs: int, rng: np.random.Generator
                  ) -> list[Trial]:
    """Train settings drawn at random, none twice, until the budget is spent; see `listed`."""
    return listed(score, rng.permutation(len(space)), budget, epochs)


def plan(n: int, rungs: tuple[int, ...], keep: int = 3) -> list[tuple[int, int, int]]:
    """Return how many settings reach each rung, its epochs, and the epochs paid to reach it.

    Nothing is paid twice: who goes on, goes on from where it stopped.

    Examples
    --------
    >>> plan(27, (1, 3, 9))
    [(27, 1, 27), (9, 3, 18), (3, 9, 18)]
    """
    counts = [n // keep**k for k in range(len(rungs))]
    steps = np.diff([0, *rungs]).tolist()
    return [(c, r, c * s) for c, r, s in zip(counts, rungs, steps, strict=True)]


def affordable(budget: int, rungs: tuple[int, ...], keep: int = 3) -> int:
    """Return with how many settings halving can begin, so that the budget is kept.

    Raises
    ------
    ValueError
        If none of those that the budget allows would reach the last rung.

    Examples
    --------
    >>> affordable(729, (1, 3, 9, 27))
    243
    """
    n = budget // rungs[0]
    while n and sum(paid for *_, paid in plan(n, rungs, keep)) > budget:
        n -= 1
    if n < keep ** (len(rungs) - 1):
        raise ValueError(f"{budget} epochs bring no setting through the rungs {rungs}")
    return n


def halving(space: Space, score: Score, budget: int, rungs: tuple[int, ...],
            rng: np.random.Generator, keep: int = 3) -> list[Trial]:
    """Train many settings briefly, and of each rung the best third on to the next.

    Returns
    -------
    list of Trial
        One for each setting at each rung that it reaches.

    References
    ----------
    K. Jamieson and A. Talwalkar, Non-stochastic Best Arm Identification and Hyperparameter
    Optimization, AISTATS 2016.

    Examples
    --------
    >>> space = Space({"a": list(range(9)), "b": [0, 1]})
    >>> trials = halving(space, lambda i, e: abs(i - 7), 27, (1, 3, 9), np.random.default_rng(0))
    >>> sum(t.paid for t in trials), max(t.epochs for t in trials)
    (27, 9)
    """
    n = min(affordable(budget, rungs, keep), len(space))
    left, before, trials = rng.permutation(len(space))[:n].tolist(), 0, []
    for count, rung, _ in plan(n, rungs, keep):
        if before:
            left = [t.setting for t in sorted(trials[-len(left):], key=lambda t: t.score)[:count]]
        trials += [Trial(i, rung, rung - before, score(i, rung)) for i in left]
        before = rung
    return trials
