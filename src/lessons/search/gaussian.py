"""Bayesian search: a Gaussian process says what to expect of settings that were not tried."""

import math
from dataclasses import dataclass

import numpy as np

from lessons.search.space import Score, Space, Trial

#: Logarithms of the lengths and of the noise's share: the middle of the prior, and its spread.
LENGTH, NOISE, SPREAD = math.log(0.7), math.log(0.05), 1.0


def covariance(A: np.ndarray, B: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return how alike the scores of points are expected to be (Matérn 5/2), shape (n, m).

    Parameters
    ----------
    A, B : numpy.ndarray
        Points, (n, axes) and (m, axes).
    lengths : numpy.ndarray
        For each axis, the distance over which scores stay alike: an axis that does not matter
        has a long one.

    Examples
    --------
    >>> covariance(np.zeros((1, 2)), np.array([[0.0, 0.0], [1.0, 0.0]]), np.ones(2)).round(3)
    array([[1.   , 0.524]])
    """
    r = np.sqrt(5 * (((A[:, None] - B[None]) / lengths) ** 2).sum(axis=2))
    return (1 + r + r * r / 3) * np.exp(-r)


@dataclass(frozen=True)
class Process:
    """A Gaussian process after it has seen scores at some points.

    Attributes
    ----------
    X, y : numpy.ndarray
        Points (n, axes), and their scores (n,).
    theta : numpy.ndarray
        Logarithms of the lengths, one an axis, and of the noise's variance, as a share of the
        signal's.
    spread : float, optional
        The signal's deviation; if not given, that of the scores.
    """

    X: np.ndarray
    y: np.ndarray
    theta: np.ndarray
    spread: float | None = None

    @property
    def scale(self) -> tuple[float, float]:
        """The mean of the scores, and the deviation to which all is relative."""
        return float(self.y.mean()), float(self.spread or self.y.std() or 1.0)

    def factor(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the Cholesky factor of the covariance of the scores, and its solution for them."""
        lengths, noise = np.exp(self.theta[:-1]), np.exp(self.theta[-1])
        K = covariance(self.X, self.X, lengths) + (noise + 1e-9) * np.eye(len(self.y))
        L = np.linalg.cholesky(K)
        mean, spread = self.scale
        return L, np.linalg.solve(L.T, np.linalg.solve(L, (self.y - mean) / spread))

    def believes(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what it expects at points, and with which standard deviation, (m,) both.

        Examples
        --------
        >>> p = Process(np.array([[0.0], [1.0]]), np.array([1.0, 3.0]), np.array([-1.0, -9.0]))
        >>> mean, deviation = p.believes(np.array([[0.0], [0.5]]))
        >>> mean.round(2), deviation.round(2)
        (array([1., 2.]), array([0.01, 0.88]))
        """
        L, alpha = self.factor()
        k = covariance(points, self.X, np.exp(self.theta[:-1]))
        mean, spread = self.scale
        v = np.linalg.solve(L, k.T)
        return mean + spread * (k @ alpha), spread * np.sqrt(np.maximum(1 - (v * v).sum(0), 1e-12))

    def likelihood(self) -> float:
        """Return the logarithm of the chance of these scores, times the prior of theta."""
        L, alpha = self.factor()
        mean, spread = self.scale
        fit = -0.5 * ((self.y - mean) / spread) @ alpha - np.log(np.diag(L)).sum()
        middle = np.array([LENGTH] * (len(self.theta) - 1) + [NOISE])
        return float(fit - (((self.theta - middle) / SPREAD) ** 2).sum() / 2)


def fitted(X: np.ndarray, y: np.ndarray, rng: np.random.Generator, start: np.ndarray | None = None,
           n_steps: int = 30) -> Process:
    """Return a process whose lengths and noise make the scores likely: a climb by random steps."""
    theta = np.array([LENGTH] * X.shape[1] + [NOISE]) if start is None else start
    best = Process(X, y, theta)
    height = best.likelihood()
    for _ in range(n_steps):
        tried = Process(X, y, best.theta + rng.normal(0, 0.5, len(theta)))
        if (new := tried.likelihood()) > height:
            best, height = tried, new
    return best


def expected_improvement(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    """Return by how much each point is expected to be below the best, counting worse as 0.

    Examples
    --------
    >>> expected_improvement(np.array([1.0, 2.0]), np.array([0.1, 1.0]), 1.0).round(3)
    array([0.04 , 0.083])
    """
    z = (best - mean) / deviation
    below = 0.5 * (1 + np.array([math.erf(x) for x in z / math.sqrt(2)]))
    return deviation * (z * below + np.exp(-z * z / 2) / math.sqrt(2 * math.pi))


def bayesian(space: Space, score: Score, budget: int, epochs: int, rng: np.random.Generator,
             n_random: int = 6) -> list[Trial]:
    """Train in full, each time, the setting with the largest expected improvement.

    The process sees logarithms of scores, which must be positive.

    Parameters
    ----------
    n_random : int
        Settings that are drawn at random before there is anything to learn from.

    References
    ----------
    J. Snoek, H. Larochelle and R. Adams, Practical Bayesian Optimization of Machine Learning
    Algorithms, NeurIPS 2012.
    """
    if budget < epochs:
        raise ValueError(f"{budget} epochs are less than one training of {epochs}")
    points, trials, theta = space.points, [], None
    order = rng.permutation(len(space)).tolist()
    nudge = 1 + 1e-6 * rng.random(len(space))  # so that a tie is not left to rounding
    for n in range(min(budget // epochs, len(space))):
        i = order[n]
        if n >= n_random:
            tried = [t.setting for t in trials]
            y = np.log([t.score for t in trials])
            process = fitted(points[tried], y, rng, theta)
            theta = process.theta
            best = process.believes(points[tried])[0].min()
            gain = expected_improvement(*process.believes(points), best) * nudge
            gain[tried] = -1
            i = int(gain.argmax())
        trials.append(Trial(i, epochs, epochs, score(i, epochs)))
    return trials
