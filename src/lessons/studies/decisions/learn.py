"""Decisions in a world whose rules are not known: Q-learning, and counting what happens."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from lessons.data.worlds import World
from lessons.studies.decisions.tables import check_gamma, greedy, value_iteration


class Walk:
    """A world to walk in, one step at a time, with the methods of an environment of gymnasium.

    Parameters
    ----------
    world : World
        The rules, hidden from whoever walks.
    rng : numpy.random.Generator
        Draws what happens.

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> walk = Walk(draw_map(["SG"], {"G": 1.0}), np.random.default_rng(0))
    >>> walk.reset(), walk.step(2)
    ((0, {}), (1, 1.0, True, False, {}))
    """

    def __init__(self, world: World, rng: np.random.Generator):
        self.world, self.rng, self.state, self.n_steps = world, rng, -1, 0
        self.shape = world.P.shape[:2]

    def reset(self, seed: int | None = None) -> tuple[int, dict[str, Any]]:
        """Begin an episode; return the first state."""
        self.state, self.n_steps = int(self.rng.choice(len(self.world.P), p=self.world.start)), 0
        return self.state, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Do something; return next state, reward, whether it ended, whether it was cut off."""
        if not 0 <= self.state < len(self.world.P) or self.world.ended[self.state]:
            raise ValueError("the episode is over, or has not begun: call reset()")
        chances = self.world.P[self.state, action].cumsum()
        after = int(np.searchsorted(chances, self.rng.random() * chances[-1], side="right"))
        reward = float(self.world.R[self.state, action, after])
        self.state, self.n_steps = after, self.n_steps + 1
        cut = self.world.limit is not None and self.n_steps >= self.world.limit
        return after, reward, bool(self.world.ended[after]), cut, {}


def q_update(Q: np.ndarray, s: int, a: int, reward: float, after: int, ended: bool, alpha: float,
             gamma: float) -> None:
    """Move Q[s, a] the share alpha of the way to what the step says it is worth; in place.

    Examples
    --------
    >>> Q = np.array([[0.0, 0.0], [0.0, 1.0]])
    >>> q_update(Q, 0, 1, 0.0, 1, False, alpha=0.5, gamma=0.9)
    >>> Q[0].tolist()
    [0.0, 0.45]
    """
    target = reward if ended else reward + gamma * Q[after].max()
    Q[s, a] += alpha * (target - Q[s, a])


def act(Q: np.ndarray, s: int, epsilon: float, rng: np.random.Generator) -> int:
    """Return a random action with chance epsilon, else the best of row s, the first of equals.

    Examples
    --------
    >>> act(np.array([[0.0, 0.2]]), 0, 0.0, np.random.default_rng(0))
    1
    """
    if rng.random() < epsilon:
        return int(rng.integers(Q.shape[1]))
    return int(Q[s].argmax())


def q_learning(
    env: Any, shape: tuple[int, int], n_steps: int, alpha: float, epsilon: float, gamma: float,
    seed: int, marks: Iterable[int] = (), first: float = 0.0,
) -> tuple[np.ndarray, dict[int, np.ndarray], np.ndarray]:
    """Learn Q from steps in a world: Q-learning, one number moved at each step.

    Parameters
    ----------
    env : object
        Has `reset` and `step` as an environment of gymnasium.
    shape : tuple of int
        Numbers of states and actions.
    n_steps : int
        Steps in the world, over all episodes.
    alpha : float
        Learning rate, more than 0 and at most 1.
    epsilon : float
        Share of random actions, from 0 to 1.
    gamma : float
        Discount, from 0 to 1.
    marks : iterable of int
        Steps after which a copy of Q is kept.
    first : float
        What all of Q is at the start.

    Returns
    -------
    Q : numpy.ndarray
        Shape (S, A).
    kept : dict
        A copy of Q for each mark.
    returns : numpy.ndarray
        The undiscounted reward of each episode that came to an end.

    Raises
    ------
    ValueError
        If a setting lies outside its range.

    References
    ----------
    Watkins, Dayan, Q-learning, Machine Learning 8, 1992.

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> corridor = draw_map(["S...G"], {"G": 1.0})
    >>> Q, _, _ = q_learning(Walk(corridor, np.random.default_rng(0)), (5, 4), 5000, alpha=0.5,
    ...                      epsilon=1.0, gamma=0.9, seed=0)
    >>> Q[:4, 2].round(3).tolist()
    [0.729, 0.81, 0.9, 1.0]
    """
    check_gamma(gamma)
    if not 0 < alpha <= 1 or not 0 <= epsilon <= 1:
        raise ValueError(f"alpha lies between 0 (excluded) and 1, epsilon between 0 and 1; got "
                         f"{alpha} and {epsilon}")
    if n_steps < 1 or len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"give a step, a state and an action or more, got {n_steps} and {shape}")
    rng, kept, returns, total = np.random.default_rng(seed), {}, [], 0.0
    Q, wanted = np.full(shape, float(first)), set(marks)
    state, _ = env.reset(seed=seed)
    for step in range(1, n_steps + 1):
        action = act(Q, state, epsilon, rng)
        after, reward, ended, cut, _ = env.step(action)
        q_update(Q, state, action, reward, after, ended, alpha, gamma)
        state, total = after, total + reward
        if ended or cut:
            returns.append(total)
            state, total = env.reset()[0], 0.0
        if step in wanted:
            kept[step] = Q.copy()
    return Q, kept, np.array(returns)


def count(env: Any, shape: tuple[int, int], n_steps: int, seed: int,
          marks: Iterable[int]) -> dict[int, World]:
    """Act at random, count what follows what, and return the world as counted at each mark.

    An action never tried in a state is taken to lead back to it and to pay nothing.

    Returns
    -------
    dict
        A `World` for each mark.

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> walk = Walk(draw_map(["S.G"], {"G": 1.0}), np.random.default_rng(0))
    >>> counted = count(walk, (3, 4), 200, seed=0, marks=[200])[200]
    >>> counted.P[0, 2].tolist()
    [0.0, 1.0, 0.0]
    """
    if n_steps < 1 or len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"give a step, a state and an action or more, got {n_steps} and {shape}")
    rng, wanted, worlds = np.random.default_rng(seed), set(marks), {}
    seen, paid = np.zeros((*shape, shape[0])), np.zeros((*shape, shape[0]))
    over, start = np.zeros(shape[0], dtype=bool), np.zeros(shape[0])
    state, _ = env.reset(seed=seed)
    start[state] += 1
    for step in range(1, n_steps + 1):
        action = int(rng.integers(shape[1]))
        after, reward, ended, cut, _ = env.step(action)
        seen[state, action, after] += 1
        paid[state, action, after] = reward
        over[after] |= ended
        state = after
        if ended or cut:
            state, _ = env.reset()
            start[state] += 1
        if step in wanted:
            worlds[step] = _as_world(seen, paid, over, start)
    return worlds


def _as_world(seen: np.ndarray, paid: np.ndarray, over: np.ndarray, start: np.ndarray) -> World:
    """Turn counts into shares; what was never tried, and every end, stays where it is."""
    P, total = seen.copy(), seen.sum(axis=2)
    still = (total == 0) | over[:, None]
    P[still] = 0
    for state, action in np.argwhere(still):
        P[state, action, state] = 1
    P /= P.sum(axis=2, keepdims=True)
    R = np.where(still[:, :, None], 0.0, paid)
    return World(P, R, over.copy(), start / start.sum())


def plan(counted: World, gamma: float) -> np.ndarray:
    """Return the policy that is best in a world as it was counted, shape (S,).

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> plan(draw_map(["S.G"], {"G": 1.0}), 0.9).tolist()
    [2, 2, 0]
    """
    return greedy(value_iteration(counted, gamma, tol=1e-9))
