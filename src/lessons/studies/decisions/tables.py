"""Decisions in a world whose rules are known: what a policy is worth, and which is best."""

import numpy as np
from numpy.typing import ArrayLike

from lessons.data.worlds import World


def check_gamma(gamma: float) -> None:
    """Raise unless a discount lies between 0 and 1."""
    if not 0 <= gamma <= 1:
        raise ValueError(f"a discount gamma lies between 0 and 1, got {gamma}")


def q_of(world: World, V: np.ndarray, gamma: float) -> np.ndarray:
    """Return what each action is worth if the states after it are worth `V`.

    Parameters
    ----------
    V : numpy.ndarray
        Shape (S,).

    Returns
    -------
    numpy.ndarray
        Shape (S, A): the mean of reward plus gamma times the value of the next state.

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> q_of(draw_map(["S.G"], {"G": 1.0}), np.array([0.0, 1.0, 0.0]), 0.9)[:2, 2].tolist()
    [0.9, 1.0]
    """
    return (world.P * (world.R + gamma * V)).sum(axis=2)


def value_iteration(world: World, gamma: float, tol: float = 1e-12) -> np.ndarray:
    """Return the best Q there is, by repeating Bellman's equation until nothing moves.

    Parameters
    ----------
    gamma : float
        Discount of a step, from 0 to 1. With 1 the rewards must be such that values stay finite.
    tol : float
        It stops when no value moves by more than this.

    Returns
    -------
    numpy.ndarray
        Shape (S, A).

    Raises
    ------
    ValueError
        If gamma is no discount, `tol` is not more than 0, or values grow without end.

    References
    ----------
    Bellman, Dynamic Programming, 1957.

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> corridor = draw_map(["S...G"], {"G": 1.0})
    >>> value_iteration(corridor, 0.9)[:4, 2].round(3).tolist()
    [0.729, 0.81, 0.9, 1.0]
    """
    check_gamma(gamma)
    if not tol > 0:
        raise ValueError(f"tol is more than 0, got {tol}")
    V = np.zeros(len(world.P))
    for _ in range(100_000):
        Q = q_of(world, V, gamma)
        moved, V = np.abs(Q.max(axis=1) - V).max(), Q.max(axis=1)
        if moved <= tol:
            return q_of(world, V, gamma)
    raise ValueError(f"values still moved by {moved:.3g} after 100,000 rounds: with gamma = "
                     f"{gamma} a reward can be collected without end; take a smaller gamma")


def greedy(Q: ArrayLike) -> np.ndarray:
    """Return the best action of each state; of those equal to nine digits, the first.

    Parameters
    ----------
    Q : array_like
        Shape (S, A).

    Examples
    --------
    >>> greedy([[0.1, 0.3], [0.2, 0.2]]).tolist()
    [1, 0]
    """
    Q = np.asarray(Q, dtype=float)
    if Q.ndim != 2 or 0 in Q.shape:
        raise ValueError(f"Q has the shape (S, A) with a state and an action or more, got "
                         f"{Q.shape}")
    if not np.isfinite(Q).all():
        raise ValueError("Q holds a number that is not finite")
    return Q.round(9).argmax(axis=1)


def as_policy(policy: ArrayLike, world: World) -> np.ndarray:
    """Return a policy as probabilities (S, A); one action for each state will do.

    Raises
    ------
    ValueError
        If the shape is wrong, an action does not exist, or probabilities do not add up to 1.

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> as_policy([2, 0], draw_map(["SG"], {"G": 1.0})).tolist()
    [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]
    """
    n_states, n_actions, _ = world.P.shape
    array = np.asarray(policy)
    if array.shape == (n_states,):
        if array.dtype.kind not in "iu" or array.min() < 0 or array.max() >= n_actions:
            raise ValueError(f"actions are whole numbers from 0 to {n_actions - 1}, got "
                             f"{array.tolist()}")
        return np.eye(n_actions)[array]
    array = array.astype(float)
    if array.shape != (n_states, n_actions):
        raise ValueError(f"a policy is one action for each of {n_states} states, or probabilities "
                         f"of shape {(n_states, n_actions)}; got {array.shape}")
    wrong = (array < 0).any(axis=1) | ~(np.abs(array.sum(axis=1) - 1) < 1e-9)
    if wrong.any():
        state = int(wrong.argmax())
        raise ValueError(f"probabilities are 0 or more and add up to 1, but in state {state} they "
                         f"are {array[state].tolist()}")
    return array


def evaluate(world: World, policy: ArrayLike, gamma: float) -> np.ndarray:
    """Return what a policy is worth in each state, exactly: one system of linear equations.

    Parameters
    ----------
    policy : array_like
        One action for each state, shape (S,), or probabilities, shape (S, A).
    gamma : float
        Less than 1, or 1 where every episode ends.

    Returns
    -------
    numpy.ndarray
        Shape (S,).

    Raises
    ------
    ValueError
        If gamma is no discount, or it is 1 and some episode never ends.

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> corridor = draw_map(["S...G"], {"G": 1.0})
    >>> evaluate(corridor, np.full((5, 4), 0.25), gamma=1.0).round(9).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0]
    """
    check_gamma(gamma)
    pi = as_policy(policy, world)
    P = np.einsum("sa,sat->st", pi, world.P)
    r = np.einsum("sa,sat,sat->s", pi, world.P, world.R)
    going = ~world.ended
    V, matrix = np.zeros(len(P)), np.eye(going.sum()) - gamma * P[np.ix_(going, going)]
    if gamma == 1 and not _all_end(P, world.ended):
        raise ValueError("with gamma = 1 every episode must end, and under this policy some do "
                         "not: take gamma < 1, or a limit of steps")
    V[going] = np.linalg.solve(matrix, r[going])
    return V


def _all_end(P: np.ndarray, ended: np.ndarray) -> bool:
    """Tell whether an end can be reached from every state."""
    reached = ended.copy()
    for _ in range(len(P)):
        reached = reached | (P[:, reached].sum(axis=1) > 0)
    return bool(reached.all())


def best_within(world: World, n_steps: int) -> np.ndarray:
    """Return the most reward there is with 0, 1, ..., `n_steps` steps left, not discounted.

    With a limit the best action depends on how many steps are left.

    Returns
    -------
    numpy.ndarray
        Shape (n_steps + 1, S).

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> best_within(draw_map(["S...G"], {"G": 1.0}), 4)[:, 0].tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0]
    """
    if n_steps < 0:
        raise ValueError(f"a number of steps is 0 or more, got {n_steps}")
    V = np.zeros((n_steps + 1, len(world.P)))
    for left in range(1, n_steps + 1):
        V[left] = q_of(world, V[left - 1], 1.0).max(axis=1)
    return V


def worth_within(world: World, policy: ArrayLike, n_steps: int | None = None) -> float:
    """Return the mean reward of an episode under a policy, cut off after `n_steps`.

    Parameters
    ----------
    n_steps : int, optional
        The limit of the world if not given.

    Examples
    --------
    >>> from lessons.data.worlds import draw_map
    >>> worth_within(draw_map(["S...G"], {"G": 1.0}), np.full((5, 4), 0.25), 4)
    0.00390625
    """
    n_steps = world.limit if n_steps is None else n_steps
    if n_steps is None or n_steps < 0:
        raise ValueError(f"give a number of steps, 0 or more: the world has no limit, got "
                         f"{n_steps}")
    pi = as_policy(policy, world)
    P = np.einsum("sa,sat->st", pi, world.P)
    r = np.einsum("sa,sat,sat->s", pi, world.P, world.R)
    share, total = world.start, 0.0
    for _ in range(n_steps):
        total, share = total + float(share @ r), share @ P
    return total
