"""Arms that pay with unknown chances: five rules to choose among them, and what each one loses."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

#: A rule takes the number of pulls (n, K), the number of wins (n, K), the step (from 1), its
#: setting and a generator, and gives the arm of each of n problems.
Rule = Callable[[np.ndarray, np.ndarray, int, float, np.random.Generator], np.ndarray]


def best_of(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the arm with the highest score in each row; equal ones are drawn at random.

    Examples
    --------
    >>> best_of(np.array([[0.1, 0.5], [0.9, 0.2]]), np.random.default_rng(0)).tolist()
    [1, 0]
    """
    ties = scores >= scores.max(axis=1, keepdims=True) - 1e-12
    return (ties * (1 + rng.random(scores.shape))).argmax(axis=1)


def epsilon_greedy(pulls: np.ndarray, wins: np.ndarray, t: int, epsilon: float,
                   rng: np.random.Generator) -> np.ndarray:
    """Pull a random arm with chance epsilon, else the one that has paid most often."""
    arms = best_of((wins + 1) / (pulls + 2), rng)
    explore = rng.random(len(arms)) < epsilon
    return np.where(explore, rng.integers(0, pulls.shape[1], len(arms)), arms)


def decaying_epsilon(pulls: np.ndarray, wins: np.ndarray, t: int, c: float,
                     rng: np.random.Generator) -> np.ndarray:
    """Pull a random arm with chance c / t at step t."""
    return epsilon_greedy(pulls, wins, t, min(1.0, c / t), rng)


def first_explore(pulls: np.ndarray, wins: np.ndarray, t: int, m: float,
                  rng: np.random.Generator) -> np.ndarray:
    """Pull each arm m times, then the best for ever: its mean is never looked at again."""
    n_arms = pulls.shape[1]
    if t <= m * n_arms:
        return np.full(len(pulls), (t - 1) % n_arms)
    tried = np.where(pulls > m, -1.0, 0.0)  # the one chosen then has been pulled since
    chosen = tried.min(axis=1) < 0
    return np.where(chosen, pulls.argmax(axis=1), best_of(wins / np.maximum(pulls, 1), rng))


def ucb(pulls: np.ndarray, wins: np.ndarray, t: int, c: float,
        rng: np.random.Generator) -> np.ndarray:
    """Pull the arm with the highest mean plus bonus c √(ln t / pulls)."""
    bonus = np.sqrt(np.log(t) / np.maximum(pulls, 1))
    scores = np.where(pulls == 0, np.inf, wins / np.maximum(pulls, 1) + c * bonus)
    return best_of(np.minimum(scores, 1e9), rng)


def thompson(pulls: np.ndarray, wins: np.ndarray, t: int, weight: float,
             rng: np.random.Generator) -> np.ndarray:
    """Draw a chance for each arm from its posterior and pull the highest."""
    return rng.beta(1 + weight * wins, 1 + weight * (pulls - wins)).argmax(axis=1)


#: Name, the rule, and the settings among which it may choose: seven each.
RULES: dict[str, tuple[Rule, list[float]]] = {
    "ε-greedy": (epsilon_greedy, [0.0, 0.01, 0.03, 0.05, 0.1, 0.2, 0.5]),
    "ε = c / t": (decaying_epsilon, [1, 3, 10, 20, 40, 80, 160]),
    "explore first": (first_explore, [1, 2, 4, 8, 16, 32, 64]),
    "UCB": (ucb, [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.4]),
    "Thompson": (thompson, [0.5, 1, 2, 3, 5, 8, 12]),
}

#: What the chances of the arms are drawn from, evenly.
KINDS = {"any chance": (0.0, 1.0), "near one half": (0.4, 0.6)}


def problems(kind: str, n_problems: int, n_arms: int, seed: int) -> np.ndarray:
    """Return the chances of the arms of many problems, shape (n_problems, n_arms).

    Raises
    ------
    ValueError
        If there is no such kind, or fewer than one problem or two arms.

    Examples
    --------
    >>> problems("near one half", 3, 5, seed=0).round(2)[0].tolist()
    [0.53, 0.45, 0.41, 0.4, 0.56]
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of problem {kind!r}: choose from {', '.join(KINDS)}")
    if n_problems < 1 or n_arms < 2:
        raise ValueError(f"a choice needs a problem and two arms or more, got {n_problems} and "
                         f"{n_arms}")
    return np.random.default_rng(seed).uniform(*KINDS[kind], (n_problems, n_arms))


def regret(rule: Rule, setting: float, chances: ArrayLike, n_steps: int, seed: int) -> np.ndarray:
    """Return what a rule has lost so far against the best arm, at each step of each problem.

    The loss of a pull is the difference of the two chances, not of what they happened to pay: less
    noise, the same mean.

    Parameters
    ----------
    chances : array_like
        Shape (n, K): how likely each arm pays 1.
    n_steps : int
        Number of pulls.

    Returns
    -------
    numpy.ndarray
        Shape (n, n_steps).

    Raises
    ------
    ValueError
        If chances do not lie between 0 and 1, or there is no pull.

    Examples
    --------
    >>> float(regret(first_explore, 1, [[1.0, 0.5]], 9, seed=0)[0, 1])  # each arm once
    0.5
    """
    p = np.asarray(chances, dtype=float)
    if p.ndim != 2 or p.shape[1] < 2 or len(p) < 1:
        raise ValueError(f"chances have the shape (problems, arms), two arms or more, got "
                         f"{p.shape}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("chances lie between 0 and 1")
    if n_steps < 1:
        raise ValueError(f"give a pull or more, got {n_steps}")
    rng, rows = np.random.default_rng(seed), np.arange(len(p))
    pulls, wins, lost = np.zeros(p.shape), np.zeros(p.shape), np.empty((n_steps, len(p)))
    for t in range(1, n_steps + 1):
        arms = rule(pulls, wins, t, setting, rng)
        pulls[rows, arms] += 1
        wins[rows, arms] += rng.random(len(p)) < p[rows, arms]
        lost[t - 1] = p.max(axis=1) - p[rows, arms]
    return lost.cumsum(axis=0).T


def divergence(p: float, q: float) -> float:
    """Return the Kullback–Leibler divergence of two coins, in nats.

    Examples
    --------
    >>> round(divergence(0.4, 0.6), 4), divergence(0.5, 0.5)
    (0.0811, 0.0)
    """
    if not 0 < p < 1 or not 0 < q < 1:
        raise ValueError(f"chances lie between 0 and 1, both ends excluded, got {p} and {q}")
    return float(p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q)))


def lai_robbins(chances: ArrayLike) -> float:
    """Return how much regret a factor of e in time must cost in the long run.

    It is the sum over all arms but the best of gap / divergence. No rule that is good on every
    problem has a smaller slope against ln t, once t is large.

    References
    ----------
    Lai, Robbins, Asymptotically Efficient Adaptive Allocation Rules, 1985.

    Examples
    --------
    >>> round(lai_robbins([0.6, 0.4]), 3)
    2.466
    """
    p = np.asarray(chances, dtype=float)
    if p.ndim != 1 or len(p) < 2:
        raise ValueError(f"give the chances of two arms or more in a row, got {p.shape}")
    best = float(p.max())
    return float(sum((best - q) / divergence(float(q), best) for q in p if q < best))
