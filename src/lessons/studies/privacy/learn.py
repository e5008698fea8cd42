"""A digit reader on numpy that learns with DP-SGD or without, and how it and its attackers do.

Every example has a gradient of its own here, so that each can be clipped.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from lessons.data.sets import all_digits
from lessons.privacy import noise
from lessons.studies.record import load

N_TRAIN, N_TUNE = 800, 300  # the other 697 are never learned from: they test, and stand trial
HIDDEN = 32


@dataclass(frozen=True)
class Plan:
    """How to learn.

    Attributes
    ----------
    lr : float
    n_steps : int
    q : float
        The chance of each example to be in a batch.
    sigma : float
        Noise in clipping norms; 0 for none.
    clip : float
        Clipping norm; infinite for none.
    decay : float
        Pulls the weights towards 0, in each step by ``lr * decay``.
    """

    lr: float = 1.0
    n_steps: int = 300
    q: float = 0.1
    sigma: float = 0.0
    clip: float = np.inf
    decay: float = 0.0


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return all digits in the order of their file, brightness from -1 to 1, and labels."""
    X, y = all_digits()
    return X / 8 - 1, y


def split(seed: int) -> dict[str, np.ndarray]:
    """Return which digits train, tune, and are held out, at random.

    Those that tune are the same for every seed, so that none of them ever tests.

    Examples
    --------
    >>> {name: len(rows) for name, rows in split(0).items()}
    {'train': 800, 'tune': 300, 'out': 697}
    """
    tune, rest = np.split(np.random.default_rng(1).permutation(len(digits()[1])), [N_TUNE])
    order = np.random.default_rng([seed, 1]).permutation(rest)
    return {"train": order[:N_TRAIN], "tune": tune, "out": order[N_TRAIN:]}


def start(rng: np.random.Generator) -> np.ndarray:
    """Draw the first weights, in one row."""
    W1 = rng.normal(size=(64, HIDDEN)) / 8
    W2 = rng.normal(size=(HIDDEN, 10)) / np.sqrt(HIDDEN)
    return np.concatenate([W1.ravel(), np.zeros(HIDDEN), W2.ravel(), np.zeros(10)])


def parts(w: np.ndarray) -> list[np.ndarray]:
    """Cut a row of weights into the two layers' weights and biases."""
    cuts = np.cumsum([64 * HIDDEN, HIDDEN, HIDDEN * 10])
    W1, b1, W2, b2 = np.split(w, cuts)
    return [W1.reshape(64, HIDDEN), b1, W2.reshape(HIDDEN, 10), b2]


def log_chances(w: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return the log-probability of each class, (n, 10)."""
    W1, b1, W2, b2 = parts(w)
    z = np.tanh(X @ W1 + b1) @ W2 + b2
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def gradients(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient of each example's loss, (n, d).

    Examples
    --------
    >>> X, y = digits()
    >>> gradients(start(np.random.default_rng(0)), X[:5], y[:5]).shape
    (5, 2410)
    """
    W1, b1, W2, _ = parts(w)
    h = np.tanh(X @ W1 + b1)
    delta = np.exp(log_chances(w, X))
    delta[np.arange(len(y)), y] -= 1  # (n, 10)
    back = (delta @ W2.T) * (1 - h**2)  # (n, HIDDEN)
    outer = [(X[:, :, None] * back[:, None]).reshape(len(y), -1), back,
             (h[:, :, None] * delta[:, None]).reshape(len(y), -1), delta]
    return np.concatenate(outer, axis=1)


def train(plan: Plan, rows: np.ndarray, seed: int, labels: np.ndarray | None = None) -> np.ndarray:
    """Return the weights after a training on some digits.

    Parameters
    ----------
    labels : numpy.ndarray, optional
        Of all digits; the true ones if not given.

    Examples
    --------
    >>> plan = Plan(n_steps=3, sigma=1.0, clip=1.0)
    >>> train(plan, np.arange(100), seed=0).shape
    (2410,)
    """
    X, y = digits()
    y = y if labels is None else labels
    rng = np.random.default_rng([seed, 2])
    w, size = start(rng), plan.q * len(rows)
    for _ in range(plan.n_steps):
        batch = rows[rng.random(len(rows)) < plan.q]
        g = gradients(w, X[batch], y[batch])
        if np.isfinite(plan.clip):
            g = noise.noisy_mean(g, plan.clip, plan.sigma, size, rng)
        else:
            g = g.sum(axis=0) / size
        w = w - plan.lr * (g + plan.decay * w)
    return w


def right(w: np.ndarray, rows: np.ndarray) -> float:
    """Return the share of some digits that are read correctly."""
    X, y = digits()
    return float((log_chances(w, X[rows]).argmax(axis=1) == y[rows]).mean())


def surety(w: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """Return the attacker's score of all digits: the log-odds of the label."""
    X, y = digits()
    logp = log_chances(w, X)
    own = logp[np.arange(len(y)), y if labels is None else labels]
    return own - np.log(np.maximum(-np.expm1(own), 1e-15))


def private(plan: Plan, epsilon: float, delta: float) -> Plan:
    """Return the plan with the noise that makes it cost `epsilon`."""
    return replace(plan, sigma=noise.sigma_for(epsilon, plan.q, plan.n_steps, delta))


def mislabelled(seed: int, share: float) -> np.ndarray:
    """Return the labels of all digits, a share of them wrong, as slips of whoever labelled them."""
    _, y = digits()
    rng = np.random.default_rng([seed, 3])
    slips = rng.random(len(y)) < share
    return np.where(slips, (y + rng.integers(1, 10, len(y))) % 10, y)


def record() -> dict[str, Any]:
    """Return what ``python -m experiments.privacy`` found."""
    return load("privacy")
