"""What is searched, and what a search leaves behind: a lattice of settings, and trials."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

#: From a setting and a number of epochs to a score: lower is better.
Score = Callable[[int, int], float]


@dataclass(frozen=True)
class Space:
    """Settings on a lattice: each axis has a name and levels in their order.

    Settings are counted in the order of `itertools.product`: the last axis changes fastest.

    Examples
    --------
    >>> space = Space({"rate": [0.01, 0.1, 1.0], "width": [8, 16]})
    >>> len(space), space.setting(3), space.points[3].tolist()
    (6, {'rate': 0.1, 'width': 16}, [0.5, 1.0])
    """

    axes: dict[str, list[float]]

    def __post_init__(self):
        if not self.axes or any(len(levels) < 2 for levels in self.axes.values()):
            raise ValueError("a space needs axes of two levels or more")

    def __len__(self) -> int:
        return int(np.prod([len(levels) for levels in self.axes.values()]))

    def setting(self, i: int) -> dict[str, float]:
        """Return the setting with number i, its levels by name."""
        return {name: levels[k] for (name, levels), k in
                zip(self.axes.items(), self.levels[i], strict=True)}

    @cached_property
    def levels(self) -> np.ndarray:
        """Which level of each axis each setting has, integers of shape (settings, axes)."""
        return np.array(list(itertools.product(*(range(len(v)) for v in self.axes.values()))))

    @property
    def points(self) -> np.ndarray:
        """The settings as points in the unit cube, levels evenly spaced, (settings, axes)."""
        return self.levels / (np.array([len(v) for v in self.axes.values()]) - 1)

    def grid(self, **chosen: list[int]) -> np.ndarray:
        """Return the numbers of all settings whose levels, by position, are among those chosen.

        Raises
        ------
        ValueError
            If an axis is missing or unknown, or no setting is left.

        Examples
        --------
        >>> Space({"rate": [0.01, 0.1, 1.0], "width": [8, 16]}).grid(rate=[0, 2], width=[1])
        array([1, 5])
        """
        if set(chosen) != set(self.axes):
            raise ValueError(f"say the levels of each axis, {', '.join(self.axes)}; "
                             f"got {', '.join(chosen)}")
        inside = [np.isin(self.levels[:, k], chosen[name]) for k, name in enumerate(self.axes)]
        found = np.flatnonzero(np.all(inside, axis=0))
        if not len(found):
            raise ValueError("no setting has these levels: they are counted from 0")
        return found


@dataclass(frozen=True)
class Trial:
    """A setting that was tried: trained for some epochs in all, of which some were paid now."""

    setting: int
    epochs: int
    paid: int
    score: float


def best(trials: list[Trial]) -> Trial:
    """Return the best among the trials that were trained longest: the choice of a search.

    Scores after few epochs and after many do not compare.

    Examples
    --------
    >>> best([Trial(0, 27, 27, 0.3), Trial(1, 27, 27, 0.2), Trial(2, 1, 1, 0.1)]).setting
    1
    """
    if not trials:
        raise ValueError("nothing was tried: the budget is less than one trial")
    longest = max(trial.epochs for trial in trials)
    return min((t for t in trials if t.epochs == longest), key=lambda t: t.score)
