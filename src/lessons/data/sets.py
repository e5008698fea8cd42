"""Data sets for training that need no download; each takes the generator that it draws from."""

from collections.abc import Iterator
from functools import cache
from importlib import resources

import numpy as np


def _generator(rng: np.random.Generator) -> np.random.Generator:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"give a generator, such as np.random.default_rng(0), not {rng!r}")
    return rng


def digits(
    rng: np.random.Generator, test_share: float = 0.25
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return scikit-learn's 1,797 handwritten digits, shuffled and split.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides which images are used for testing.
    test_share : float
        Share of the images kept for testing, between 0 and 1.

    Returns
    -------
    X_train, y_train, X_test, y_test : numpy.ndarray
        Images as rows of 64 brightness values from 0 to 1, and labels 0 to 9.

    References
    ----------
    E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.

    Examples
    --------
    >>> X_train, y_train, X_test, y_test = digits(np.random.default_rng(0))
    >>> X_train.shape, X_test.shape
    ((1348, 64), (449, 64))
    """
    if not 0 < test_share < 1:
        raise ValueError(f"test_share must lie between 0 and 1, got {test_share}")
    X, y = all_digits()
    order = _generator(rng).permutation(len(X))
    n_test = round(test_share * len(X))
    test, train = order[:n_test], order[n_test:]
    return X[train] / 16.0, y[train], X[test] / 16.0, y[test]


@cache
def all_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return all digits in scikit-learn's order: brightness from 0 to 16, and labels.

    They are a file of this package, since Python in the book's pages has no scikit-learn;
    ``digits.LICENSE.txt`` beside it has their licence.

    Returns
    -------
    X, y : numpy.ndarray
        Float64 of shape (1797, 64) and int64 of shape (1797,): read-only, so change a copy.

    Examples
    --------
    >>> X, y = all_digits()
    >>> X.shape, X.max().item(), y[:5].tolist()
    ((1797, 64), 16.0, [0, 1, 2, 3, 4])
    """
    with (resources.files("lessons.data") / "digits.npz").open("rb") as file, np.load(file) as held:
        X, y = held["images"].astype(np.float64), held["labels"].astype(np.int64)
    for array in (X, y):
        array.flags.writeable = False
    return X, y


def batches(
    X: np.ndarray, y: np.ndarray, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows of `X` and `y` once, shuffled, in batches; the last may be shorter.

    Examples
    --------
    >>> X, y = np.arange(10.0).reshape(5, 2), np.arange(5)
    >>> [len(b) for _, b in batches(X, y, 2, np.random.default_rng(0))]
    [2, 2, 1]
    """
    if not batch_size >= 1:
        raise ValueError(f"a batch holds one example or more, got batch_size={batch_size}")
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows, y has {len(y)}: they must belong together")
    order = _generator(rng).permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]


def line(
    rng: np.random.Generator, n: int, slope: float = 2.0, intercept: float = 1.0,
    noise: float = 0.5,
) -> tuple[np.ndarray, np.ndarray]:
    """Return `n` points near a straight line: `x` uniform in [-1, 1], `y` with normal noise.

    Examples
    --------
    >>> x, y = line(np.random.default_rng(0), 20)
    >>> x.shape, y.shape
    ((20,), (20,))
    """
    if not n >= 1:
        raise ValueError(f"a data set has one point or more, got n={n}")
    x = _generator(rng).uniform(-1.0, 1.0, n)
    return x, intercept + slope * x + noise * rng.standard_normal(n)


def spirals(
    rng: np.random.Generator, n: int, turns: float = 1.5, noise: float = 0.06
) -> tuple[np.ndarray, np.ndarray]:
    """Return `n` points on two spirals that wind around each other.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the places along the spirals and of the noise.
    n : int
        Number of points; they belong to the two spirals in turn.
    turns : float
        How often each spiral goes round. The more turns, the harder the task.
    noise : float
        Standard deviation of what is added to both coordinates.

    Returns
    -------
    X, y : numpy.ndarray
        Points, shape (n, 2), at most about 1 from the middle; and labels 0 and 1, shape (n,).

    Examples
    --------
    >>> X, y = spirals(np.random.default_rng(0), 100)
    >>> X.shape, y[:4]
    ((100, 2), array([0, 1, 0, 1]))
    """
    if not n >= 1:
        raise ValueError(f"a data set has one point or more, got n={n}")
    y = np.arange(n) % 2
    radius = np.sqrt(_generator(rng).random(n))  # the root spreads the points evenly
    angle = 2 * np.pi * turns * radius + np.pi * y
    X = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return X + noise * rng.standard_normal((n, 2)), y
