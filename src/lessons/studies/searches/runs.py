"""Every search on every split of the table, at the same budget, and what its choice is worth."""

import itertools
from functools import cache

import numpy as np

from lessons.search.gaussian import bayesian
from lessons.search.simple import halving, listed, random_search
from lessons.search.space import Trial, best
from lessons.studies.compare import interval
from lessons.studies.searches.networks import RUNGS
from lessons.studies.searches.table import BUDGET, EPOCHS, SPACE, record, table

N_SPLITS, N_REPEATS = 10, 5  # intervals are over splits, of means over repeats
MIDDLE = {name: [len(levels) // 2] for name, levels in SPACE.axes.items()}
THIRDS = {"rate": [1, 4, 7], "decay": [0, 2, 4], "width": [0, 1, 2], "batch": [0, 1, 2],
          "dropout": [0, 1, 2]}  # three levels an axis, spread over its range

#: Grids of 27 settings: three levels on three axes, the others in the middle; or nine times three.
GRIDS = {", ".join(axes): MIDDLE | {name: THIRDS[name] for name in axes}
         for axes in itertools.combinations(SPACE.axes, 3)}
FINE = MIDDLE | {"rate": list(range(9)), "decay": THIRDS["decay"]}
METHODS = ("grid", "blind grid", "random", "bayesian", "halving")


def generator(split: int, repeat: int, method: str) -> np.random.Generator:
    """Return the random numbers of one search."""
    return np.random.default_rng([split, repeat, sum(map(ord, method))])


def search(method: str, split: int, repeat: int = 0, budget: int = BUDGET, by: str = "loss",
           shuffled: bool = False, grid: dict[str, list[int]] | None = None) -> list[Trial]:
    """Run one search on one split of the table.

    Parameters
    ----------
    method : {"grid", "blind grid", "random", "bayesian", "halving"}
        A grid is gone through in a random order. Without a `grid`, it has three levels on three
        axes, others in each of the ten splits and five repeats, so that no choice of axes counts
        more than another. The other two axes stay in the middle; in a "blind grid", at a level
        drawn at random.
    by : {"loss", "error"}
        What is known of a setting: its validation loss, or error.
    shuffled : bool
        A placebo: each setting gets the scores of another.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    rng, look = generator(split, repeat, method), table().score(split, by)
    if shuffled:
        other = np.random.default_rng([split, repeat]).permutation(len(SPACE))
        score = lambda i, epochs: look(int(other[i]), epochs)  # noqa: E731
    else:
        score = look
    if method in ("grid", "blind grid"):
        levels = grid or list(GRIDS.values())[(split + repeat) % len(GRIDS)]
        if method == "blind grid":
            levels = {name: given if len(given) > 1 else [int(rng.integers(len(SPACE.axes[name])))]
                      for name, given in levels.items()}
        return listed(score, rng.permutation(SPACE.grid(**levels)), budget, EPOCHS)
    if method == "random":
        return random_search(SPACE, score, budget, EPOCHS, rng)
    if method == "bayesian":
        return bayesian(SPACE, score, budget, EPOCHS, rng)
    if method == "halving":
        return halving(SPACE, score, budget, RUNGS, rng)
    raise ValueError(f"no search {method!r}: choose from {', '.join(METHODS)}")


def trials_of(settings: list[int], split: int, epochs: list[int] | None = None) -> list[Trial]:
    """Return the trials of a search of which the record has kept the settings."""
    score = table().score(split)
    return [Trial(i, e, e, score(i, e))
            for i, e in zip(settings, epochs or [EPOCHS] * len(settings), strict=True)]


def kept(method: str, split: int, repeat: int = 0) -> list[Trial]:
    """Return the trials of a recorded search: our Bayesian one, or one of optuna's."""
    entry = record()["searches"][method][split][repeat]
    return trials_of(entry["settings"], split, entry.get("epochs"))


def trials(method: str, split: int, repeat: int = 0) -> list[Trial]:
    """Return the trials of a search: from the record if it is there, else run now."""
    recorded = method in record()["searches"]
    return kept(method, split, repeat) if recorded else search(method, split, repeat)


def repeats(method: str) -> int:
    """Return how many searches there are on each split."""
    return len(record()["searches"][method][0]) if method in record()["searches"] else N_REPEATS


@cache
def floor(split: int) -> float:
    """Return the error of the setting that is best by its truth, with which a search could end."""
    return float(table().worth(split).min())


def regret(setting: int, split: int) -> float:
    """Return how far a setting's error is above the best, in points of percent."""
    return 100 * float(table().worth(split)[setting] - floor(split))


def regrets(method: str, **options) -> np.ndarray:
    """Return the regret of the choice of a search, a mean over repeats, one number a split."""
    def one(split: int, repeat: int) -> float:
        found = search(method, split, repeat, **options) if options else trials(method, split,
                                                                               repeat)
        return regret(best(found).setting, split)

    return np.array([np.mean([one(s, r) for r in range(repeats(method))])
                     for s in range(N_SPLITS)])


def curve(method: str, budgets: list[int]) -> np.ndarray:
    """Return the regret after each budget, (splits, budgets), means over repeats.

    Halving begins anew with each budget: what it would have chosen on the way is no result of it.
    """
    if method == "halving":
        return np.stack([regrets(method, budget=b) for b in budgets], axis=1)
    rows = np.empty((N_SPLITS, repeats(method), len(budgets)))
    for split, repeat in np.ndindex(rows.shape[:2]):
        found = trials(method, split, repeat)
        paid = np.cumsum([t.paid for t in found])
        for k, budget in enumerate(budgets):
            rows[split, repeat, k] = regret(best(found[:np.sum(paid <= budget)]).setting, split)
    return rows.mean(axis=1)


def difference(one: np.ndarray, other: np.ndarray, n: int = 1) -> str:
    """Return the mean of paired differences with its 95 % interval, in words."""
    mean, half = interval(one - other, n_comparisons=n)
    return f"{mean:+5.2f} ± {half:.2f}"
