"""Failures of a long run: how often, how often to save, and what is left of the time.

All times are in hours. A run works for an interval, writes a checkpoint, works again. A failure
throws away what was done since the last checkpoint, and the restart takes time, too.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

HOURS_PER_DAY = 24.0


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be a finite number above 0, got {value}")


def mtbf_hours(n_chips: float, per_1000_chip_days: float) -> float:
    """Return the mean time between failures of a run on many chips, in hours.

    Any one failure stops the run, so the rates of all chips add up.

    Parameters
    ----------
    per_1000_chip_days : float
        Failures that stop the run, in a thousand chips in a day.

    Raises
    ------
    ValueError
        If a number is not positive and finite.

    Examples
    --------
    >>> rate = 1000 * 419 / (54 * 16384)  # unexpected interruptions of Llama 3 405B
    >>> round(rate, 2), round(mtbf_hours(16384, rate), 1)
    (0.47, 3.1)
    """
    _positive(n_chips=n_chips, per_1000_chip_days=per_1000_chip_days)
    return HOURS_PER_DAY * 1000 / (n_chips * per_1000_chip_days)


def young(cost: float, mtbf: float) -> float:
    """Return Young's interval between checkpoints, ``sqrt(2 cost mtbf)``.

    Raises
    ------
    ValueError
        If a number is not positive and finite.

    References
    ----------
    Young, A first order approximation to the optimum checkpoint interval, 1974.

    Examples
    --------
    >>> young(0.02, 4.0)
    0.4
    """
    _positive(cost=cost, mtbf=mtbf)
    return math.sqrt(2 * cost * mtbf)


def daly(cost: float, mtbf: float) -> float:
    """Return Daly's interval: Young's with two more terms, less the cost.

    Raises
    ------
    ValueError
        If a number is not positive and finite.

    References
    ----------
    Daly, A higher order estimate of the optimum checkpoint interval for restart dumps, 2006.

    Examples
    --------
    >>> round(daly(0.02, 4.0), 3)
    0.387
    """
    first = young(cost, mtbf)
    if cost >= 2 * mtbf:
        return mtbf
    small = cost / (2 * mtbf)
    return first * (1 + math.sqrt(small) / 3 + small / 9) - cost


def useful_share(
    interval: ArrayLike, cost: float, mtbf: float, restart: float = 0.0
) -> np.ndarray:
    """Return the share of the time that is work and not lost: exact for failures without memory.

    ``interval exp(-restart / mtbf) / (mtbf (exp((interval + cost) / mtbf) - 1))``. A failure may
    also come while a checkpoint is written, or during a restart.

    Raises
    ------
    ValueError
        If a number is not positive and finite; the restart may be 0.

    Examples
    --------
    >>> round(float(useful_share(0.4, 0.02, 4.0, restart=0.1)), 3)
    0.881
    """
    interval = np.asarray(interval, float)
    _positive(cost=cost, mtbf=mtbf)
    if not (np.all(interval > 0) and restart >= 0 and math.isfinite(restart)):
        raise ValueError("the interval is above 0 and the restart 0 or more, in hours, "
                         f"got {interval} and {restart}")
    with np.errstate(over="ignore"):  # an interval far above the MTBF: nothing is left
        return interval * math.exp(-restart / mtbf) / (mtbf * np.expm1((interval + cost) / mtbf))


def best_interval(cost: float, mtbf: float) -> float:
    """Return the interval with the largest `useful_share`: no approximation.

    In x = interval / mtbf the derivative is 0 where ``(1 - x) exp(x) = exp(-cost / mtbf)``; the
    left side falls from 1 to 0, so halving finds the place.

    Examples
    --------
    >>> round(best_interval(0.02, 4.0), 3)
    0.387
    """
    _positive(cost=cost, mtbf=mtbf)
    low, high = 0.0, 1.0
    for _ in range(60):
        x = (low + high) / 2
        # As logarithms: e^x alone would lose the digits of a small cost.
        low, high = (x, high) if math.log1p(-x) + x > -cost / mtbf else (low, x)
    return mtbf * high


def simulated_share(gaps: ArrayLike, interval: float, cost: float, restart: float = 0.0) -> float:
    """Return the share of the time that is work, given the times between failures.

    Parameters
    ----------
    gaps : array_like
        Hours from one failure to the next, shape (n,), from any distribution.

    Raises
    ------
    ValueError
        If there is no gap, or a time is negative.

    Examples
    --------
    >>> simulated_share([10.0, 10.0], interval=3.0, cost=1.0)  # twice 3 hours, 3 hours, 2 lost
    0.6
    """
    gaps = np.asarray(gaps, float)
    if gaps.size == 0 or not np.all(gaps > 0):
        raise ValueError("gaps are hours above 0 between failures, one at least")
    if not (interval > 0 and cost >= 0 and restart >= 0):
        raise ValueError("the interval is above 0, cost and restart 0 or more, in hours, "
                         f"got {interval}, {cost} and {restart}")
    saved = np.floor(np.maximum(gaps - restart, 0) / (interval + cost)) * interval
    return float(saved.sum() / gaps.sum())


#: Times between failures with mean 1, by name: a generator and a number of them.
FAILURES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "without memory": lambda rng, n: rng.exponential(size=n),
    "in bursts": lambda rng, n: rng.weibull(0.5, n) / math.gamma(1 + 1 / 0.5),
    "worn out": lambda rng, n: rng.weibull(3.0, n) / math.gamma(1 + 1 / 3.0),
    "like a clock": lambda rng, n: np.ones(n),
}


def story(
    gaps: ArrayLike, interval: float, cost: float, restart: float, until: float
) -> list[tuple[float, float, str]]:
    """Return what a run does hour by hour: pieces ``(start, end, kind)`` up to `until`.

    Kinds are "kept" (work that a checkpoint saved), "saving", "lost" and "restart". Work that
    goes on at `until` counts as kept.

    Examples
    --------
    >>> story([3.5, 9.0], interval=2.0, cost=0.5, restart=1.0, until=5.0)[:3]
    [(0.0, 2.0, 'kept'), (2.0, 2.5, 'saving'), (2.5, 3.5, 'lost')]
    """
    pieces: list[tuple[float, float, str]] = []
    failed = 0.0
    for i, gap in enumerate(np.asarray(gaps, float).tolist()):
        t, end = failed, failed + gap
        if i:
            pieces.append((t, min(t + restart, end), "restart"))
            t += restart
        while t < end:
            if t + interval + cost <= end or end > until:
                pieces += [(t, t + interval, "kept"), (t + interval, t + interval + cost, "saving")]
            else:
                pieces.append((t, end, "lost"))
            t += interval + cost
        failed = end
        if failed >= until:
            break
    return [(a, min(b, until), kind) for a, b, kind in pieces if a < until]
