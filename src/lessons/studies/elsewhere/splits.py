"""Which rows test a model: some rows, or whole groups; and labels that nothing can predict."""

import numpy as np
from numpy.typing import ArrayLike

from lessons.data.sets import _generator


def by_row(rng: np.random.Generator, n: int, share: float = 0.25) -> np.ndarray:
    """Return which of `n` rows are for testing, drawn one by one.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides which.
    n : int
        Number of rows, from 2 on.
    share : float
        Share that tests, above 0 and below 1; at least one row is on each side.

    Returns
    -------
    numpy.ndarray
        Booleans, shape (n,).

    Raises
    ------
    TypeError
        If `rng` is not a generator.
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> by_row(np.random.default_rng(0), 8).sum()
    np.int64(2)
    """
    return by_group(rng, np.arange(n), share)


def by_group(rng: np.random.Generator, groups: ArrayLike, share: float = 0.25) -> np.ndarray:
    """Return which rows are for testing, whole groups at a time.

    Parameters
    ----------
    groups : array_like
        The group of each row, shape (n,).

    Examples
    --------
    >>> by_group(np.random.default_rng(0), ["a", "a", "b", "b", "b"], 0.5).tolist()
    [True, True, False, False, False]
    """
    groups = np.asarray(groups)
    if groups.ndim != 1:
        raise ValueError(f"give one group for each row, in one row, got the shape {groups.shape}")
    names = np.unique(groups)
    if len(names) < 2 or not 0 < share < 1:
        raise ValueError("a split needs two groups or more, and a share above 0 and below 1, got "
                         f"{len(names)} and {share}")
    n_test = min(max(round(share * len(names)), 1), len(names) - 1)
    return np.isin(groups, _generator(rng).permutation(names)[:n_test])


def tosses(rng: np.random.Generator, groups: ArrayLike) -> np.ndarray:
    """Return a coin toss for each group, the same for all of its rows: labels without a reason.

    Examples
    --------
    >>> tosses(np.random.default_rng(1), [5, 5, 9, 9, 9, 1]).tolist()
    [1, 1, 1, 1, 1, 0]
    """
    names, row = np.unique(np.asarray(groups), return_inverse=True)
    return _generator(rng).integers(2, size=len(names))[row]
