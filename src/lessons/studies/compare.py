"""How far the difference between two ways of training can be trusted."""

import math

import numpy as np
from numpy.typing import ArrayLike


def interval(
    differences: ArrayLike, level: float = 0.95, n_comparisons: int = 1
) -> tuple[float, float]:
    """Return the mean of paired differences and half the width of its confidence interval.

    Parameters
    ----------
    differences : array_like
        One for each fold, shape (n,).
    n_comparisons : int
        Bonferroni's correction: the level is for all of this many intervals together.

    Examples
    --------
    >>> mean, half = interval([1.0, 2.0, 3.0])
    >>> mean, round(half, 2)
    (2.0, 2.48)
    """
    from scipy.stats import t  # slow to import, and only needed here

    d = np.asarray(differences, dtype=float)
    if d.ndim != 1 or len(d) < 2:
        raise ValueError(f"an interval needs two differences or more in a row, got {d.shape}")
    t_value = t.ppf(1 - (1 - level) / (2 * n_comparisons), df=len(d) - 1)
    return float(d.mean()), float(t_value * d.std(ddof=1) / math.sqrt(len(d)))
