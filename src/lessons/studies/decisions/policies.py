"""Policies with weights: the gradient of the expected return, exact and from episodes."""

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def softmax(z: ArrayLike) -> np.ndarray:
    """Return shares that add up to 1 along the last axis, for logits of any size.

    Examples
    --------
    >>> softmax([0.0, 0.0, 1000.0]).tolist()
    [0.0, 0.0, 1.0]
    """
    z = np.asarray(z, dtype=float)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def estimates(theta: ArrayLike, pays: ArrayLike, baseline: ArrayLike) -> tuple:
    """Return every one-pull estimate of the gradient, and how likely each one is.

    A policy with logits theta pulls arm a with chance p[a] and is paid pays[a]. The estimate is
    (pays[a] − baseline) (e_a − p): the gradient of log p[a], times what was earned.

    Parameters
    ----------
    theta, pays : array_like
        Shape (K,).
    baseline : array_like
        A number, or one for each arm: then it depends on the action.

    Returns
    -------
    estimates : numpy.ndarray
        Shape (K, K): a row for each arm that might be pulled.
    p : numpy.ndarray
        Shape (K,): how likely it is.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a number is not finite.

    Examples
    --------
    >>> rows, p = estimates([0.0, 0.0], [1.0, 3.0], baseline=0.0)
    >>> (p @ rows).tolist()  # the mean: p[a] (pays[a] − mean pay)
    [-0.5, 0.5]
    """
    theta, pays = np.asarray(theta, dtype=float), np.asarray(pays, dtype=float)
    if theta.ndim != 1 or theta.shape != pays.shape or len(theta) < 2:
        raise ValueError(f"give one logit and one reward for each of two arms or more, got the "
                         f"shapes {theta.shape} and {pays.shape}")
    if not (np.isfinite(theta).all() and np.isfinite(pays).all()):
        raise ValueError("logits and rewards must be finite")
    p = softmax(theta)
    earned = pays - np.broadcast_to(np.asarray(baseline, dtype=float), pays.shape)
    return earned[:, None] * (np.eye(len(p)) - p), p


def mean_and_variance(theta: ArrayLike, pays: ArrayLike, baseline: ArrayLike = 0.0) -> tuple:
    """Return the mean of the one-pull estimates (K,), and their variance summed over weights.

    Examples
    --------
    >>> mean, variance = mean_and_variance([0.0, 0.0], [10.0, 12.0], baseline=11.0)
    >>> mean.tolist(), variance
    ([-0.5, 0.5], 0.0)
    """
    rows, p = estimates(theta, pays, baseline)
    mean = p @ rows
    return mean, float(p @ ((rows - mean) ** 2).sum(axis=1))


def exact_gradient(P: np.ndarray, R: np.ndarray, theta: np.ndarray, start: int, n_steps: int,
                   to_go: bool = True) -> np.ndarray:
    """Return the gradient of the expected return by trying all paths of `n_steps` steps.

    Parameters
    ----------
    P, R : numpy.ndarray
        Shape (S, A, S): the rules of a world.
    theta : numpy.ndarray
        Logits, shape (S, A).
    to_go : bool
        Weigh each action with what was earned from it on, or with all that was earned.

    Returns
    -------
    numpy.ndarray
        Shape (S, A).

    Examples
    --------
    >>> P = np.ones((1, 2, 1))
    >>> R = np.array([[[1.0], [3.0]]])
    >>> exact_gradient(P, R, np.zeros((1, 2)), 0, 1).tolist()
    [[-0.5, 0.5]]
    """
    n_states, n_actions, _ = P.shape
    pi, total = softmax(theta), np.zeros(theta.shape)
    for actions in product(range(n_actions), repeat=n_steps):
        for after in product(range(n_states), repeat=n_steps):
            states = (start, *after[:-1])
            moves = list(zip(states, actions, after, strict=True))
            chance = np.prod([pi[s, a] * P[s, a, t] for s, a, t in moves])
            earned = np.array([R[move] for move in moves])
            for i, (s, a, _) in enumerate(moves):
                score = np.eye(n_actions)[a] - pi[s]
                total[s] += chance * score * (earned[i:].sum() if to_go else earned.sum())
    return total


def episode(env: Any, w: np.ndarray, rng: np.random.Generator, sure: bool = False) -> tuple:
    """Balance the pole once with four weights: push right with chance 1 / (1 + exp(−w · x)).

    Parameters
    ----------
    w : numpy.ndarray
        Shape (4,): weights for position, speed, angle, turning speed.
    sure : bool
        Always do what is likelier.

    Returns
    -------
    X : numpy.ndarray
        Shape (T, 4): what was seen.
    pushes : numpy.ndarray
        Shape (T,): 1 right, 0 left.

    Examples
    --------
    >>> from lessons.data.worlds import make
    >>> X, pushes = episode(make("CartPole-v1"), np.zeros(4), np.random.default_rng(0))
    >>> X.shape[1], len(X) == len(pushes)
    (4, True)
    """
    x, _ = env.reset(seed=int(rng.integers(2**31)))
    X, pushes, over = [], [], False
    while not over:
        x = x.astype(float)
        z = min(max(float((w * x).sum()), -700.0), 700.0)
        push = int(z > 0) if sure else int(rng.random() < 1 / (1 + np.exp(-z)))
        X.append(x)
        pushes.append(push)
        x, _, ended, cut, _ = env.step(push)
        over = ended or cut
    return np.array(X), np.array(pushes)


def to_go(rewards: ArrayLike, gamma: float) -> np.ndarray:
    """Return what each step earned from then on, discounted.

    Examples
    --------
    >>> to_go([1.0, 0.0, 2.0], 0.5).tolist()
    [1.5, 1.0, 2.0]
    """
    G = np.array(rewards, dtype=float)
    for t in range(len(G) - 2, -1, -1):
        G[t] += gamma * G[t + 1]
    return G


def policy_gradient(episodes: list, w: np.ndarray, gamma: float, baseline: str) -> np.ndarray:
    """Return the REINFORCE estimate of the gradient of the expected return.

    Parameters
    ----------
    episodes : list of tuple
        Pairs as `episode` gives them; each step earned 1.
    baseline : str
        ``"none"``, or ``"others"``: at each step, what the other episodes still earned from that
        step on, in the mean (0 where one was over). It does not depend on the action judged.

    Returns
    -------
    numpy.ndarray
        Shape (4,).

    Raises
    ------
    ValueError
        If there is no such baseline, or the others are nobody.

    References
    ----------
    Williams, Simple Statistical Gradient-Following Algorithms, Machine Learning 8, 1992.

    Examples
    --------
    >>> one = (np.array([[1.0, 0, 0, 0]]), np.array([1]))
    >>> policy_gradient([one], np.zeros(4), 0.9, "none").tolist()
    [0.5, 0.0, 0.0, 0.0]
    """
    if baseline not in ("none", "others") or (baseline == "others" and len(episodes) < 2):
        raise ValueError(f"the baseline is none, or others with two episodes or more, got "
                         f"{baseline!r} with {len(episodes)}")
    n = max(len(pushes) for _, pushes in episodes)
    G = np.zeros((len(episodes), n))
    for row, (_, pushes) in zip(G, episodes, strict=True):
        row[: len(pushes)] = to_go(np.ones(len(pushes)), gamma)
    b = (G.sum(axis=0) - G) / (len(G) - 1) if baseline == "others" else np.zeros_like(G)
    total = np.zeros(4)
    for row, its, (X, pushes) in zip(G, b, episodes, strict=True):
        z = np.clip((X * w).sum(axis=1), -700, 700)
        score = (pushes - 1 / (1 + np.exp(-z)))[:, None] * X
        total += ((row - its)[: len(X), None] * score).sum(axis=0)
    return total / len(episodes)


def train(env: Any, lr: float, baseline: str, seed: int, n_updates: int, n_episodes: int = 5,
          gamma: float = 0.99) -> tuple[np.ndarray, list[float]]:
    """Climb the expected return with four weights that start at 0.

    Returns
    -------
    w : numpy.ndarray
        Shape (4,).
    lengths : list of float
        Mean length of the episodes of each update, in steps.

    Examples
    --------
    >>> from lessons.data.worlds import make
    >>> w, lengths = train(make("CartPole-v1"), 0.01, "others", seed=0, n_updates=2)
    >>> w.shape, len(lengths)
    ((4,), 2)
    """
    if not lr >= 0 or n_updates < 1 or n_episodes < 1:
        raise ValueError(f"give a rate of 0 or more, an update and an episode or more, got {lr}, "
                         f"{n_updates} and {n_episodes}")
    rng, w, lengths = np.random.default_rng(seed), np.zeros(4), []
    for _ in range(n_updates):
        batch = [episode(env, w, rng) for _ in range(n_episodes)]
        lengths.append(float(np.mean([len(pushes) for _, pushes in batch])))
        w = w + lr * policy_gradient(batch, w, gamma, baseline)
    return w, lengths


def guess(env: Any, seed: int, n_tries: int, n_episodes: int = 5) -> tuple[np.ndarray, list[int]]:
    """Draw four weights again and again and keep those that held the pole longest.

    Returns
    -------
    w : numpy.ndarray
        Shape (n_tries, 4): the weights kept after each try.
    lengths : list of float
        Mean length of the episodes of each try, in steps: what it cost, not what was kept.

    Examples
    --------
    >>> from lessons.data.worlds import make
    >>> guess(make("CartPole-v1"), seed=0, n_tries=2)[0].shape
    (2, 4)
    """
    rng, kept, best, lengths = np.random.default_rng(seed), [], -1.0, []
    w = np.zeros(4)
    for _ in range(n_tries):
        other = rng.standard_normal(4)
        batch = [episode(env, other, rng, sure=True) for _ in range(n_episodes)]
        lengths.append(float(np.mean([len(pushes) for _, pushes in batch])))
        if lengths[-1] > best:
            w, best = other, lengths[-1]
        kept.append(w)
    return np.array(kept), lengths
