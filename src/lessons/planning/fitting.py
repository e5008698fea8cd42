"""Fitting a scaling law to runs, in the three ways of Hoffmann et al., and how sure a fit is."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lessons.planning.scaling import Law, positive

HUBER = 1e-3  # of the logarithm of the loss: what lies further away counts by its distance
LEAST_RUNS = 6  # for five coefficients


@dataclass(frozen=True)
class Fit:
    """A law, and how far it lies from the runs: the sum of Huber's distances."""

    law: Law
    distance: float


def fit_law(n: ArrayLike, d: ArrayLike, loss: ArrayLike, E: float | None = None,
            first: Law | None = None) -> Fit:
    """Fit ``E + A / N**alpha + B / D**beta`` to runs, from several first guesses.

    Makes the sum of Huber's distances between the logarithms of losses small, with L-BFGS.

    Parameters
    ----------
    n, d, loss : array_like
        Parameters, tokens and loss of each run, shapes (runs,).
    E : float
        If given, this is the irreducible loss, and the other four are fitted.
    first : Law
        The one place to begin, if given: for fits to nearly the same runs.

    Raises
    ------
    ValueError
        For fewer than six runs, runs of fewer than three sizes or lengths, or numbers that
        cannot be; if no law of this form lies near these runs.

    References
    ----------
    Hoffmann et al., Training Compute-Optimal Large Language Models, 2022, section 3.3.

    Examples
    --------
    >>> true = Law(E=1.0, A=20.0, alpha=0.4, B=30.0, beta=0.3)
    >>> n, d = (grid.ravel() for grid in np.meshgrid([1e3, 1e4, 1e5], [1e5, 1e6, 1e7]))
    >>> law = fit_law(n, d, true.loss(n, d)).law
    >>> round(law.E, 2), round(law.alpha, 3), round(law.beta, 3)
    (1.0, 0.4, 0.3)
    """
    from scipy.optimize import minimize  # slow to import, and only needed here

    n, d, loss = _runs(n, d, loss)
    if E is not None and not 0 <= E < loss.min():
        raise ValueError(f"E is 0 or more and below the least loss {loss.min():.4g}, got {E}")
    centre = float(np.log(n).mean()), float(np.log(d).mean())
    x, y, target = np.log(n) - centre[0], np.log(d) - centre[1], np.log(loss)
    fixed = None if E is None else math.log(max(E, 1e-12))
    starts = _starts(loss, fixed) if first is None else [_point(first, centre, fixed)]
    best = None
    for start in starts:
        found = minimize(_distance, start, (x, y, target, fixed), "L-BFGS-B", jac=True,
                         bounds=_bounds(fixed), options={"maxiter": 2000, "ftol": 1e-13,
                                                         "gtol": 1e-9, "maxcor": 20})
        if best is None or found.fun < best.fun:
            best = found
    return Fit(_law(best.x, centre, fixed), float(best.fun))


def _runs(n: ArrayLike, d: ArrayLike, loss: ArrayLike) -> list[np.ndarray]:
    arrays = [array.ravel() for array in positive(n=n, d=d, loss=loss)]
    lengths = {len(array) for array in arrays}
    if len(lengths) > 1:
        raise ValueError(f"sizes, tokens and losses belong together, got {[*map(len, arrays)]}")
    if len(arrays[0]) < LEAST_RUNS:
        raise ValueError(f"five coefficients need {LEAST_RUNS} runs or more, got {len(arrays[0])}")
    for name, array in zip(("sizes", "lengths"), arrays[:2], strict=True):
        if len(np.unique(array)) < 3:
            raise ValueError(f"a curve needs runs of three {name} or more, got "
                             f"{len(np.unique(array))}")
    return arrays


def _starts(loss: np.ndarray, fixed: float | None) -> list[list[float]]:
    """Return first guesses: part of the least loss is E, the rest is shared by both terms."""
    out, powers = [], (math.log(0.2), math.log(0.7))
    shares = (0.3, 0.8) if fixed is None else (math.exp(fixed) / loss.min(),)
    for share, alpha, beta in itertools.product(shares, powers, powers):
        e = share * loss.min()
        rest = math.log(max((np.median(loss) - e) / 2, 1e-3))
        out.append([rest, alpha, rest, beta, *([] if fixed is not None else [math.log(e)])])
    return out


def _bounds(fixed: float | None) -> list[tuple[float, float]]:
    powers = math.log(0.01), math.log(5.0)
    rows = [(-20.0, 20.0), powers, (-20.0, 20.0), powers]
    return rows if fixed is not None else [*rows, (-12.0, 5.0)]


def _point(law: Law, centre: tuple[float, float], fixed: float | None) -> list[float]:
    """Return a law as the numbers that are fitted, around the middle of the runs."""
    rows = [math.log(law.A) - law.alpha * centre[0], math.log(law.alpha),
            math.log(law.B) - law.beta * centre[1], math.log(law.beta)]
    return rows if fixed is not None else [*rows, math.log(max(law.E, 1e-5))]


def _law(p: Sequence[float], centre: tuple[float, float], fixed: float | None) -> Law:
    alpha, beta = math.exp(p[1]), math.exp(p[3])
    return Law(math.exp(fixed if fixed is not None else p[4]), math.exp(p[0] + alpha * centre[0]),
               alpha, math.exp(p[2] + beta * centre[1]), beta)


def _distance(p: np.ndarray, x: np.ndarray, y: np.ndarray, target: np.ndarray,
              fixed: float | None) -> tuple[float, np.ndarray]:
    """Return the sum of Huber's distances, and its gradient in the fitted numbers."""
    alpha, beta = math.exp(p[1]), math.exp(p[3])
    terms = np.exp(np.stack([p[0] - alpha * x, p[2] - beta * y,
                             np.full(len(x), fixed if fixed is not None else p[4])]))
    total = terms.sum(axis=0)
    r = np.log(total) - target
    near = np.abs(r) <= HUBER
    value = np.where(near, 0.5 * r**2, HUBER * (np.abs(r) - 0.5 * HUBER)).sum() / HUBER
    slope = np.where(near, r, HUBER * np.sign(r)) / HUBER / total
    by = [terms[0], -alpha * x * terms[0], terms[1], -beta * y * terms[1], terms[2]]
    return float(value), np.array([(slope * row).sum() for row in by[: len(p)]])


def profile(n: ArrayLike, d: ArrayLike, loss: ArrayLike, values: Sequence[float]) -> list[Fit]:
    """Return for each irreducible loss the best fit that has it."""
    return [fit_law(n, d, loss, E=float(value)) for value in values]


def bootstrap(n: ArrayLike, d: ArrayLike, loss: ArrayLike, times: int, seed: int = 0) -> list[Law]:
    """Return laws fitted to runs that are drawn again, with replacement, as often as there are.

    Raises
    ------
    ValueError
        As `fit_law`; draws with fewer than three sizes or lengths are drawn anew.
    """
    n, d, loss = _runs(n, d, loss)
    first = fit_law(n, d, loss).law
    rng, out = np.random.default_rng(seed), []
    while len(out) < times:
        rows = rng.integers(len(n), size=len(n))
        if min(len(np.unique(n[rows])), len(np.unique(d[rows]))) >= 3:
            out.append(fit_law(n[rows], d[rows], loss[rows], first=first).law)
    return out


def power_law(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """Return factor and exponent of ``y = factor * x**exponent`` by least squares of logarithms.

    Examples
    --------
    >>> factor, exponent = power_law([1, 10, 100], [2, 20, 200])
    >>> round(factor, 6), round(exponent, 6)
    (2.0, 1.0)
    """
    x, y = positive(x=x, y=y)
    if x.shape != y.shape or len(np.unique(x)) < 2:
        raise ValueError(f"a line needs two different x or more, got {x.size} and {y.size} numbers")
    exponent, log_factor = np.polyfit(np.log(x), np.log(y), 1)
    return float(np.exp(log_factor)), float(exponent)


def curve(x: ArrayLike, y: ArrayLike, E: float) -> tuple[float, float, float]:
    """Return A and alpha of ``y = E + A / x**alpha`` for a given E, and how far the runs lie off.

    Returns
    -------
    A, alpha, distance : float
        The distance is the root of the mean square of the logarithms' differences.

    Examples
    --------
    >>> [round(value, 6) for value in curve([1, 10, 100], [12, 3, 2.1], E=2)]
    [10.0, 1.0, 0.0]
    """
    x, y = positive(x=x, y=y)
    if not 0 <= E < y.min():
        raise ValueError(f"E is 0 or more and below the least loss {y.min():.4g}, got {E}")
    A, exponent = power_law(x, y - E)
    off = np.log(E + A * x**exponent) - np.log(y)
    return A, -exponent, float(np.sqrt(np.mean(off**2)))


def fit_curve(x: ArrayLike, y: ArrayLike) -> tuple[float, float, float]:
    """Return E, A and alpha of ``y = E + A / x**alpha`` that lie nearest to the runs.

    Raises
    ------
    ValueError
        For fewer than four runs: three coefficients go through three of them exactly.

    Examples
    --------
    >>> [round(value, 3) for value in fit_curve([1, 10, 100, 1000], [12, 3, 2.1, 2.01])]
    [2.0, 10.0, 1.0]
    """
    x, y = positive(x=x, y=y)
    if len(np.unique(x)) < 4:
        raise ValueError(f"three coefficients need four sizes or more, got {len(np.unique(x))}")
    low, high = 0.0, float(y.min()) * (1 - 1e-6)
    for _ in range(6):  # each time twenty times as fine
        values = np.linspace(low, high, 41)
        best = int(np.argmin([curve(x, y, float(E))[2] for E in values]))
        low, high = values[max(0, best - 1)], values[min(40, best + 1)]
    A, alpha, _ = curve(x, y, float(values[best]))
    return float(values[best]), A, alpha


def valley(n: ArrayLike, loss: ArrayLike) -> tuple[float, float]:
    """Return the size with the least loss at equal compute, and that loss, by a parabola in log N.

    Raises
    ------
    ValueError
        If there are fewer than three sizes, or the parabola has no lowest point.

    Examples
    --------
    >>> size, least = valley([1e3, 1e4, 1e5], [3.0, 2.0, 3.0])
    >>> round(size), round(least, 6)
    (10000, 2.0)
    """
    n, loss = positive(n=n, loss=loss)
    if len(np.unique(n)) < 3:
        raise ValueError(f"a parabola needs three sizes or more, got {len(np.unique(n))}")
    bend, slope, height = np.polyfit(np.log(n), loss, 2)
    if not bend > 1e-12:
        raise ValueError("these losses have no valley: add smaller or larger sizes")
    lowest = -slope / (2 * bend)
    return float(np.exp(lowest)), float(height - slope**2 / (4 * bend))


def interval(values: ArrayLike, level: float = 0.9) -> tuple[float, float]:
    """Return the middle part of some values, which holds this share of them.

    Examples
    --------
    >>> [round(end, 6) for end in interval(range(101), 0.9)]
    [5.0, 95.0]
    """
    low, high = np.quantile(np.asarray(values, dtype=float), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
