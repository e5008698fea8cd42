"""Points on a plane and near a line that show at a glance what a small network has learned."""

import numpy as np

from lessons.data.sets import line


def moons(rng: np.random.Generator, n: int, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Return `n` points on two half circles that reach into each other.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the places on the half circles and of the noise.
    n : int
        Number of points; they belong to the two in turn.
    noise : float
        Standard deviation of what is added to both coordinates; the circles have radius 1.

    Returns
    -------
    X, y : numpy.ndarray
        Points, shape (n, 2), around the origin; and labels 0 and 1, shape (n,).

    Examples
    --------
    >>> X, y = moons(np.random.default_rng(0), 100)
    >>> X.shape, y[:4]
    ((100, 2), array([0, 1, 0, 1]))
    """
    y = np.arange(n) % 2
    angle = np.pi * rng.random(n)
    sign = 1 - 2 * y  # the second half circle is the first, turned round
    X = np.stack([sign * (np.cos(angle) - 0.5), sign * (np.sin(angle) - 0.25)], axis=1)
    return X + noise * rng.standard_normal((n, 2)), y


def rings(rng: np.random.Generator, n: int, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Return `n` points on two rings around the origin, with radius 0.4 and 1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the places on the rings and of the noise.
    n : int
        Number of points; they belong to the two rings in turn.
    noise : float
        Standard deviation of what is added to both coordinates.

    Returns
    -------
    X, y : numpy.ndarray
        Points, shape (n, 2), and labels 0 (inside) and 1, shape (n,).

    Examples
    --------
    >>> X, y = rings(np.random.default_rng(0), 100, noise=0)
    >>> np.hypot(*X[:2].T).round(6).tolist(), y[:2].tolist()
    ([0.4, 1.0], [0, 1])
    """
    y = np.arange(n) % 2
    radius, angle = np.where(y == 0, 0.4, 1.0), 2 * np.pi * rng.random(n)
    X = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return X + noise * rng.standard_normal((n, 2)), y


def outliers(rng: np.random.Generator, n: int, noise: float = 0.3, share: float = 0.1,
             distance: float = 6.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the points of `lessons.data.line`, some of which were moved far up.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the line and of the choice.
    n : int
        Number of points.
    noise : float
        Standard deviation of the distance from the line.
    share : float
        Which part of the points is moved.
    distance : float
        How far.

    Returns
    -------
    x, y : numpy.ndarray
        Shape (n,) both; x from -1 to 1, y near 1 + 2x.

    Examples
    --------
    >>> x, y = outliers(np.random.default_rng(0), 50, noise=0)
    >>> int((y > 4).sum())
    5
    """
    x, y = line(rng, n, noise=noise)
    moved = rng.choice(n, size=round(share * n), replace=False)
    y[moved] += distance
    return x, y
