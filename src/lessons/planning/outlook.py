"""What waiting for better hardware is worth: a trend with its interval, and when to begin."""

import math

import numpy as np
from numpy.typing import ArrayLike


def trend(year: ArrayLike, value: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Return by which factor values grow in a year, and the ends of its confidence interval.

    A straight line through logarithms, by least squares. The interval is that of a slope whose
    points scatter without knowing of each other; chips of one family do know of each other, so
    it is narrow.

    Parameters
    ----------
    year, value : array_like
        One entry for each chip, shape (n,); values are above 0.

    Raises
    ------
    ValueError
        For fewer than three points, one year only, or a value that is not above 0.

    Examples
    --------
    >>> [round(x, 2) for x in trend([2020, 2021, 2022, 2023], [1.0, 2.1, 3.9, 8.0])]
    [1.99, 1.85, 2.13]
    """
    from scipy.stats import linregress, t  # slow to import, and only needed here

    x, y = np.asarray(year, float), np.asarray(value, float)
    if x.shape != y.shape or x.size < 3 or np.ptp(x) == 0 or not np.all(y > 0):
        raise ValueError("a trend needs three values above 0 or more, and years that differ")
    line = linregress(x, np.log(y))
    half = t.ppf((1 + level) / 2, df=x.size - 2) * line.stderr
    return (math.exp(line.slope), math.exp(line.slope - half), math.exp(line.slope + half))


def finished(work_years: float, factor: float, wait_years: ArrayLike) -> np.ndarray:
    """Return after how many years a run is done that waits and then uses the chips of its day.

    Parameters
    ----------
    work_years : float
        How long the run takes on today's chips.
    factor : float
        How much faster chips become in a year.

    Raises
    ------
    ValueError
        If work or factor is not above 0, or a wait is negative.

    References
    ----------
    Gottbrath et al., The Effects of Moore's Law and Slacking on Large Computations, 1999.

    Examples
    --------
    >>> finished(4.0, 2.0, [0, 1, 2]).tolist()
    [4.0, 3.0, 3.0]
    """
    wait = np.asarray(wait_years, float)
    if not (work_years > 0 and factor > 0 and np.all(wait >= 0)):
        raise ValueError("work and factor are above 0, waits 0 or more, "
                         f"got {work_years}, {factor} and {wait_years}")
    return wait + work_years / factor**wait


def best_wait(work_years: float, factor: float) -> float:
    """Return how many years to wait so that the run is finished first; 0 if it should begin now.

    ``d/dw (w + T f**-w) = 0`` where ``f**w = T ln f``: waiting pays only for runs that are longer
    than ``1 / ln f`` years.

    Raises
    ------
    ValueError
        If a number is not above 0.

    Examples
    --------
    >>> best_wait(0.5, 1.4), round(best_wait(10.0, 1.4), 2)
    (0.0, 3.61)
    """
    if not (work_years > 0 and factor > 0):
        raise ValueError(f"work and factor are above 0, got {work_years} and {factor}")
    if factor <= 1 or work_years * math.log(factor) <= 1:
        return 0.0
    return math.log(work_years * math.log(factor)) / math.log(factor)
