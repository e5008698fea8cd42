"""What the race is held against; a belief about one axis; how far guesses climb a leaderboard."""

import numpy as np

from lessons.search.gaussian import Process, expected_improvement
from lessons.search.reuse import Ladder
from lessons.studies.searches.runs import (
    MIDDLE,
    N_REPEATS,
    N_SPLITS,
    regret,
    regrets,
    search,
)
from lessons.studies.searches.table import BUDGET, SPACE, table


def knowing(split: int, repeat: int) -> float:
    """Return the regret of a random search that chooses by the truth among what it drew."""
    worth = table().worth(split)
    drawn = [trial.setting for trial in search("random", split, repeat)]
    return regret(min(drawn, key=lambda i: worth[i]), split)


def controls() -> dict[str, np.ndarray]:
    """Return the regrets of what no search is compared without, one number a split.

    Examples
    --------
    >>> found = controls()
    >>> bool(found["no search: all in the middle"].mean() < found["placebo"].mean())
    True
    """
    middle, splits = int(SPACE.grid(**MIDDLE)[0]), range(N_SPLITS)
    return {
        "random, twice the budget": regrets("random", budget=2 * BUDGET),
        "random, if it saw the truth": np.array(
            [np.mean([knowing(s, r) for r in range(N_REPEATS)]) for s in splits]),
        "all 1,215 settings in full": np.array(
            [regret(int(table().loss[:, s, -1].argmin()), s) for s in splits]),
        "no search: all in the middle": np.array([regret(middle, s) for s in splits]),
        "placebo": regrets("random", shuffled=True),
    }


def line_of(axis: str = "rate") -> np.ndarray:
    """Return the settings along one axis, the others in the middle."""
    return SPACE.grid(**(MIDDLE | {axis: list(range(len(SPACE.axes[axis])))}))


def belief_of(tried: list[int], scores: np.ndarray) -> Process:
    """Return what a process with fixed lengths believes of a line after some of its scores."""
    x = np.array(tried)[:, None] / (len(scores) - 1)
    return Process(x, scores[tried], np.log([0.3, 0.02]), spread=1.0)


def looked(split: int, first: list[int], n: int = 8) -> tuple[np.ndarray, list[int]]:
    """Return log losses along the rate, and in which order expected improvement looks at them."""
    scores = np.log(table().loss[line_of(), split, -1])
    places, tried = np.arange(len(scores)), list(first)
    while len(tried) < n:
        mean, deviation = belief_of(tried, scores).believes(places[:, None] / places[-1])
        gain = expected_improvement(mean, deviation, scores[tried].min()) + 1e-9 * places
        gain[tried] = -1
        tried.append(int(gain.argmax()))
    return scores, tried


def climbed(n: int, step: float, counts: list[int], sets: int = 8) -> np.ndarray:
    """Return how much of n labels a vote of random guesses has right, by the number of guesses.

    Parameters
    ----------
    step : float
        Of the `Ladder` that tells the scores; 0 is a board that tells each score.
    sets : int
        Sets of labels, over which the mean is taken.
    """
    rows = []
    for seed in range(sets):
        rng = np.random.default_rng([seed, n])
        labels, guesses = rng.random(n) < 0.5, rng.random((max(counts), n)) < 0.5
        board = Ladder(labels, step) if step else None
        told = np.array([board(g) for g in guesses]) if board else (guesses == labels).mean(axis=1)
        votes = np.cumsum(np.where(guesses, 1, -1) * np.where(told > 0.5, 1, -1)[:, None], axis=0)
        rows.append([((votes[k - 1] > 0) == labels).mean() for k in counts])
    return np.mean(rows, axis=0)
