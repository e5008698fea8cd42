"""What a predicted risk is worth: reliability, prices, and copies of the rare class."""

import numpy as np
from numpy.typing import ArrayLike


def probabilities(p: ArrayLike, what: str = "risks") -> np.ndarray:
    """Return probabilities as a row of floats, or say what is wrong with them.

    Raises
    ------
    ValueError
        If the shape is not (n,), n from 1 on, or a number lies outside of 0 to 1.

    Examples
    --------
    >>> probabilities([0, 0.5])
    array([0. , 0.5])
    """
    array = np.asarray(p, dtype=float)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"give {what} in one row, one or more, got the shape {array.shape}")
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{what} are probabilities from 0 to 1; give them as shares, not per cent")
    return array


def outcomes(y: ArrayLike, n: int) -> np.ndarray:
    """Return `n` outcomes as whole numbers 0 and 1, or say what is wrong with them.

    Examples
    --------
    >>> outcomes([True, False], 2)
    array([1, 0])
    """
    array = np.asarray(y)
    if array.shape != (n,) or not np.isin(array, (0, 1)).all():
        raise ValueError(f"give {n} outcomes, each 0 or 1, got the shape {array.shape}")
    return array.astype(int)


def break_even(gain: float, loss: float) -> float:
    """Return the risk from which a loan is expected to lose money.

    Parameters
    ----------
    gain, loss : float
        What a loan earns if it is paid back, and what it costs if not, in one unit, above 0.

    Raises
    ------
    ValueError
        If one is not a finite number above 0.

    Examples
    --------
    >>> break_even(gain=1, loss=19)
    0.05
    """
    if not (0 < gain < np.inf and 0 < loss < np.inf):
        raise ValueError(f"gain and loss are finite and above 0, got {gain} and {loss}")
    return gain / (gain + loss)


def profit(p: ArrayLike, y: ArrayLike, most: float, gain: float, loss: float) -> float:
    """Return what 1,000 applicants bring when those with a risk of `most` or more are refused.

    Parameters
    ----------
    p, y : array_like
        Predicted risks and outcomes, shape (n,).

    Examples
    --------
    >>> profit([0.01, 0.2, 0.6], [0, 0, 1], most=0.5, gain=1, loss=19)  # two loans of three
    666.6666666666666
    """
    p = probabilities(p)
    y = outcomes(y, len(p))
    break_even(gain, loss)  # says what is wrong with them
    lent = p < most
    return float(1000 * np.where(y == 1, -loss, gain)[lent].sum() / len(p))


def copies(rng: np.random.Generator, y: ArrayLike) -> np.ndarray:
    """Return rows in which both outcomes are as frequent: the rare ones are drawn again.

    Returns
    -------
    numpy.ndarray
        Numbers of rows; all rows first, then the copies.

    Raises
    ------
    ValueError
        If one of the outcomes never happens.

    Examples
    --------
    >>> copies(np.random.default_rng(0), [0, 0, 0, 1]).tolist()
    [0, 1, 2, 3, 3, 3]
    """
    y = outcomes(y, len(np.asarray(y)))
    counts = np.bincount(y, minlength=2)
    if not counts.all():
        raise ValueError("both outcomes must happen once or more, got one of them alone")
    rare = np.flatnonzero(y == counts.argmin())
    return np.concatenate([np.arange(len(y)), rng.choice(rare, abs(counts[0] - counts[1]))])


def back_to(p: ArrayLike, trained: float, true: float) -> np.ndarray:
    """Return risks learned where defaults had one share, for a place where they have another.

    The odds are multiplied with one number, so the order of the applicants stays.

    Parameters
    ----------
    p : array_like
        Risks from a model that was trained with a share `trained` of defaults, shape (n,).
    trained, true : float
        Shares of defaults, above 0 and below 1.

    References
    ----------
    Elkan, The Foundations of Cost-Sensitive Learning, IJCAI 2001, theorem 2.

    Examples
    --------
    >>> back_to([0.5, 0.9], trained=0.5, true=0.1).round(3).tolist()
    [0.1, 0.5]
    """
    p = probabilities(p)
    if not (0 < trained < 1 and 0 < true < 1):
        raise ValueError(f"shares lie above 0 and below 1, got {trained} and {true}")
    ones, zeros = p * true / trained, (1 - p) * (1 - true) / (1 - trained)
    return ones / (ones + zeros)


def share_interval(n_ones: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval for a share of which `n_ones` of `n` were seen.

    References
    ----------
    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, Journal of the
    American Statistical Association 22, 1927.

    Examples
    --------
    >>> [round(end, 3) for end in share_interval(0, 10)]
    [0.0, 0.278]
    """
    if n < 1 or not 0 <= n_ones <= n:
        raise ValueError(f"a share needs one case or more, got {n_ones} of {n}")
    z2 = 1.959964**2
    middle = (n_ones + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (n_ones * (n - n_ones) / n + z2 / 4)) / (n + z2)
    return float(max(middle - half, 0)), float(min(middle + half, 1))


def reliability(p: ArrayLike, y: ArrayLike, n_bins: int = 8) -> list[tuple[float, int, int]]:
    """Sort cases by predicted risk into bins of equal number; count what happened in each.

    Returns
    -------
    list of tuple
        For each bin its mean predicted risk, the defaults in it, and the cases in it.

    Examples
    --------
    >>> reliability([0.1, 0.3, 0.6, 0.8], [0, 0, 1, 1], n_bins=2)
    [(0.2, 0, 2), (0.7, 2, 2)]
    """
    p = probabilities(p)
    y = outcomes(y, len(p))
    if not 1 <= n_bins <= len(p):
        raise ValueError(f"n_bins lies between 1 and the number of cases, got {n_bins}")
    rows = np.array_split(np.argsort(p, kind="stable"), n_bins)
    return [(float(p[r].mean()), int(y[r].sum()), len(r)) for r in rows]
