"""Rates of a decision in each group, and how far groups lie apart.

References
----------
Hardt, Price, Srebro, Equality of Opportunity in Supervised Learning, NeurIPS 2016,
arXiv:1610.02413.
Chouldechova, Fair Prediction with Disparate Impact, Big Data 2017, arXiv:1703.00056.
Kleinberg, Mullainathan, Raghavan, Inherent Trade-Offs in the Fair Determination of Risk Scores,
ITCS 2017, arXiv:1609.05807.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Rates:
    """Of one group: how many, how many positive, how many chosen, and who is chosen rightly.

    Attributes
    ----------
    n : int
    base : float
        Share that is positive in truth.
    chosen : float
        Share that the decision chooses.
    found, accused : float
        Share chosen of the positive ones (true positive rate), and of the negative ones (false
        positive rate); NaN where there are none.
    right : float
        Share of the chosen ones that are positive (precision); NaN if nobody is chosen.
    """

    n: int
    base: float
    chosen: float
    found: float
    accused: float
    right: float


def rates(y: ArrayLike, chosen: ArrayLike) -> Rates:
    """Return the rates of one group.

    Parameters
    ----------
    y, chosen : array_like
        Truth and decision of each person, 0 or 1, (n,).

    Raises
    ------
    ValueError
        If they do not belong together, or nobody is in the group.

    Examples
    --------
    >>> r = rates([1, 1, 0, 0], [1, 0, 1, 0])
    >>> r.found, r.accused, r.right
    (0.5, 0.5, 0.5)
    """
    y, d = np.asarray(y, bool), np.asarray(chosen, bool)
    if y.shape != d.shape or y.ndim != 1 or not len(y):
        raise ValueError(f"truth and decisions are one each for one person or more, got the shapes "
                         f"{y.shape} and {d.shape}")

    def share(of: np.ndarray, among: np.ndarray) -> float:
        return float(of[among].mean()) if among.any() else float("nan")

    return Rates(len(y), float(y.mean()), float(d.mean()), share(d, y), share(d, ~y), share(y, d))


def gaps(a: Rates, b: Rates) -> dict[str, float]:
    """Return how far two groups lie apart by three ideas of fairness, each 0 at best.

    "chosen" is demographic parity; "errors" are equalised odds, the larger of the gaps in true
    and in false positive rates; "right" is predictive parity.

    Examples
    --------
    >>> gaps(rates([1, 0], [1, 0]), rates([1, 0], [1, 1]))
    {'chosen': 0.5, 'errors': 1.0, 'right': 0.5}
    """
    return {"chosen": abs(a.chosen - b.chosen),
            "errors": max(abs(a.found - b.found), abs(a.accused - b.accused)),
            "right": abs(a.right - b.right)}


def accused_by(base: float, right: float, found: float) -> float:
    """Return the false positive rate that follows from base rate, precision, true positive rate.

    Raises
    ------
    ValueError
        If a share is not above 0 and up to 1, or all are positive.

    Examples
    --------
    >>> round(accused_by(0.5, 0.8, 0.6), 2), round(accused_by(0.1, 0.8, 0.6), 3)
    (0.15, 0.017)
    """
    if not (0 < base < 1 and 0 < right <= 1 and 0 < found <= 1):
        raise ValueError(f"base is between 0 and 1, the other shares above 0, got {base}, {right}, "
                         f"{found}")
    return base / (1 - base) * (1 - right) / right * found


def all_thresholds(y: ArrayLike, scores: ArrayLike, levels: ArrayLike) -> dict[str, np.ndarray]:
    """Return the rates of one group at each threshold, arrays like `levels`.

    Examples
    --------
    >>> all_thresholds([1, 0], [0.9, 0.2], [0.1, 0.5])["chosen"]
    array([1. , 0.5])
    """
    found = [rates(y, np.asarray(scores) >= level) for level in np.asarray(levels)]
    return {name: np.array([getattr(r, name) for r in found])
            for name in ("chosen", "found", "accused", "right")}


def closest(a: dict[str, np.ndarray], b: dict[str, np.ndarray],
            least_found: float = 0.0) -> tuple[float, int, int]:
    """Return the pair of thresholds whose worst gap is least, of all rates that are given.

    Parameters
    ----------
    a, b : dict
        From `all_thresholds`, or some of its rates.
    least_found : float
        Only thresholds that find this share of the positive ones in both groups: to choose nobody
        is fair by any measure.

    Raises
    ------
    ValueError
        If no pair finds so many.

    Returns
    -------
    worst, i, j : float, int, int
        The worst gap, and the places of the thresholds of the two groups.

    Examples
    --------
    >>> a = all_thresholds([1, 0], [0.9, 0.2], [0.5])
    >>> closest(a, a)
    (0.0, 0, 0)
    """
    each = [np.abs(a[name][:, None] - b[name][None]) for name in a]
    worst = np.nan_to_num(np.max(each, axis=0), nan=1.0)
    worst[(a["found"] < least_found)[:, None] | (b["found"] < least_found)[None]] = np.inf
    if not np.isfinite(worst.min()):
        raise ValueError(f"no pair of thresholds finds {least_found:.0%} in both groups")
    i, j = np.unravel_index(worst.argmin(), worst.shape)
    return float(worst[i, j]), int(i), int(j)
