"""What the race is held against: chance, no search at all, a larger budget, the truth itself."""

import numpy as np

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
