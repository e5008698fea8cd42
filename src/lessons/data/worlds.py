"""Small worlds to decide in: as tables of probabilities, from gymnasium or drawn as a map."""

import importlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

#: What the four moves of a map do to row and column: left, down, right, up, as in gymnasium.
MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))


@dataclass(frozen=True)
class World:
    """A world whose rules are known: what each action leads to, and what it pays.

    Attributes
    ----------
    P : numpy.ndarray
        Shape (S, A, S): the probability of each next state.
    R : numpy.ndarray
        Shape (S, A, S): the reward of each move.
    ended : numpy.ndarray
        Shape (S,), booleans: states in which an episode is over. They lead to themselves and pay
        nothing.
    start : numpy.ndarray
        Shape (S,): the probability to start in each state.
    limit : int or None
        Steps after which an episode is cut off.

    Raises
    ------
    ValueError
        If a shape is wrong, a number is not finite, or probabilities do not add up to 1.

    Examples
    --------
    >>> P = np.array([[[0.2, 0.8]], [[0.0, 1.0]]])
    >>> World(P, P * [0.0, 1.0], [False, True], [1.0, 0.0]).P.shape
    Traceback (most recent call last):
        ...
    ValueError: a state in which an episode is over pays nothing, but state 1 does
    """

    P: np.ndarray
    R: np.ndarray
    ended: np.ndarray
    start: np.ndarray
    limit: int | None = None

    def __post_init__(self) -> None:
        P, R, start = (np.asarray(table, dtype=float) for table in (self.P, self.R, self.start))
        ended = np.asarray(self.ended, dtype=bool)
        for name, table in (("P", P), ("R", R), ("start", start), ("ended", ended)):
            object.__setattr__(self, name, table)
        if P.ndim != 3 or P.shape[0] != P.shape[2] or 0 in P.shape:
            raise ValueError(f"P has the shape (S, A, S) with a state and an action or more, got "
                             f"{P.shape}")
        if R.shape != P.shape or start.shape != (len(P),) or ended.shape != (len(P),):
            raise ValueError(f"with P of shape {P.shape}, R has the same shape, start and ended "
                             f"{(len(P),)}; got {R.shape}, {start.shape}, {ended.shape}")
        if not np.isfinite(R).all():
            raise ValueError("R holds a number that is not finite")
        _check_shares(P, "the next states of state {0}, action {1}")
        _check_shares(start[None], "the first states")
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"an episode has a step or more, got a limit of {self.limit}")
        for state in np.flatnonzero(ended):
            if not np.all(P[state, :, state] == 1):
                raise ValueError(f"a state in which an episode is over leads to itself, but state "
                                 f"{state} leads elsewhere")
            if np.any(R[state, :, state] != 0):
                raise ValueError(f"a state in which an episode is over pays nothing, but state "
                                 f"{state} does")


def _check_shares(table: np.ndarray, what: str) -> None:
    """Raise unless the last axis holds probabilities that add up to 1."""
    sums = table.sum(axis=-1)
    wrong = (table < 0).any(axis=-1) | ~(np.abs(sums - 1) < 1e-9)
    if wrong.any():
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(f"probabilities are 0 or more and add up to 1; {what.format(*where)} have "
                         f"{np.round(table[where], 6).tolist()}")


def make(name: str, **settings: Any) -> Any:
    """Make an environment of gymnasium, or say in one line what is missing.

    Parameters
    ----------
    name : str
        Such as ``"FrozenLake-v1"``.
    settings
        Passed on to `gymnasium.make`.

    Raises
    ------
    ImportError
        If gymnasium, or what this environment needs besides it, is not installed.
    ValueError
        If there is no such environment, or it does not take these settings.

    Examples
    --------
    >>> make("CartPole-v1").action_space
    Discrete(2)
    >>> make("CartPole-v0815")
    Traceback (most recent call last):
        ...
    ValueError: no environment 'CartPole-v0815' in gymnasium: gymnasium.pprint_registry() lists all
    """
    try:
        gym = importlib.import_module("gymnasium")
    except ImportError as error:
        raise ImportError("gymnasium is not installed: python -m pip install gymnasium") from error
    if not isinstance(name, str) or not name:
        raise ValueError(f"an environment is named by a text such as 'CartPole-v1', got {name!r}")
    try:
        with np.errstate(invalid="ignore"):  # a map without a start: found when it is used
            return gym.make(name, **settings)
    except (gym.error.DependencyNotInstalled, ImportError) as error:
        raise ImportError(f"{name} needs a package that is not installed: "
                          f"{str(error).splitlines()[0]}") from error
    except gym.error.Error as error:
        raise ValueError(f"no environment {name!r} in gymnasium: gymnasium.pprint_registry() lists "
                         "all") from error
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise ValueError(f"{name} does not take these settings, {settings}: {error}") from error


def from_gymnasium(name: str, **settings: Any) -> World:
    """Return the rules of one of gymnasium's toy environments as tables.

    Parameters
    ----------
    name : str
        ``"FrozenLake-v1"``, ``"CliffWalking-v1"`` or another one that keeps its rules in a table.

    Raises
    ------
    ValueError
        If the environment keeps no such table.

    Examples
    --------
    >>> lake = from_gymnasium("FrozenLake-v1")
    >>> lake.P.shape, lake.limit, int(lake.ended.sum())
    ((16, 4, 16), 100, 5)
    """
    env = make(name, **settings)
    rules = getattr(env.unwrapped, "P", None)
    if not isinstance(rules, dict):
        raise ValueError(f"{name} keeps no table of its rules: only toy environments such as "
                         "FrozenLake-v1 do")
    n_states, n_actions = len(rules), len(rules[0])
    P = np.zeros((n_states, n_actions, n_states))
    R, ended = np.zeros_like(P), np.zeros(n_states, dtype=bool)
    moves = [(s, a, *move) for s, row in rules.items() for a, moves in row.items()
             for move in moves]
    for _, _, p, after, _, over in moves:
        ended[after] |= bool(over) and p != 0
    for s, a, p, after, reward, over in moves:
        if ended[s]:
            P[s, :, s] = 1
        elif p != 0:
            if ended[after] and not over:
                raise ValueError(f"in {name} state {after} sometimes ends an episode and sometimes "
                                 "does not: that does not fit a table of states")
            P[s, a, after] += p
            R[s, a, after] = reward
    start = np.asarray(env.unwrapped.initial_state_distrib, dtype=float)
    return World(P, R, ended, start, env.spec.max_episode_steps)


def draw_map(rows: list[str], pays: dict[str, float], ends: str = "G",
             limit: int | None = None) -> World:
    """Return a world from a map: one letter a cell, a reward for *entering* some of them.

    Four actions move left, down, right and up. A wall ``#`` and the edge hold one back; who stays
    in place has entered nothing.

    Parameters
    ----------
    rows : list of str
        Rows of equal length; exactly one ``S``, where an episode starts.
    pays : dict
        Reward for entering a cell with this letter.
    ends : str
        Letters of the cells in which an episode is over.

    Raises
    ------
    ValueError
        If rows differ in length, or there is not one start.

    Examples
    --------
    >>> corridor = draw_map(["S...G"], {"G": 1.0})
    >>> corridor.P[3, 2].tolist(), corridor.R[3, 2].tolist()
    ([0.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0, 1.0])
    """
    if not rows or len({len(row) for row in rows}) != 1 or not rows[0]:
        raise ValueError(f"a map has rows of equal length, got {rows!r}")
    cells = np.array([list(row) for row in rows])
    if (cells == "S").sum() != 1:
        raise ValueError(f"a map has one start S, got {(cells == 'S').sum()}")
    n, (height, width) = cells.size, cells.shape
    P, ended = np.zeros((n, 4, n)), np.isin(cells, list(ends)).ravel()
    R = np.zeros_like(P)
    for (r, c), here in np.ndenumerate(np.arange(n).reshape(height, width)):
        for action, (down, right) in enumerate(MOVES):
            r2, c2 = min(max(r + down, 0), height - 1), min(max(c + right, 0), width - 1)
            stays = ended[here] or cells[r, c] == "#" or cells[r2, c2] == "#"
            after = here if stays else r2 * width + c2
            P[here, action, after] = 1
            if after != here:
                R[here, action, after] = pays.get(str(cells[r2, c2]), 0.0)
    return World(P, R, ended, (cells == "S").ravel().astype(float), limit)


def shaped(world: World, potential: ArrayLike, gamma: float) -> World:
    """Return the same world with γ Φ(next state) − Φ(state) added to every reward.

    Parameters
    ----------
    potential : array_like
        Φ, shape (S,): any number for each state, and 0 where an episode is over.

    Raises
    ------
    ValueError
        If there is not one finite number a state, or it is not 0 where an episode is over.

    References
    ----------
    Ng, Harada, Russell, Policy Invariance Under Reward Transformations, ICML 1999.

    Examples
    --------
    >>> corridor = draw_map(["S.G"], {"G": 1.0})
    >>> nearer = shaped(corridor, [0.0, 0.5, 0.0], gamma=1.0)
    >>> [float(nearer.R[move]) for move in [(0, 2, 1), (1, 2, 2), (1, 0, 0)]]
    [0.5, 0.5, -0.5]
    """
    phi = np.asarray(potential, dtype=float)
    if phi.shape != world.ended.shape or not np.isfinite(phi).all():
        raise ValueError(f"a potential is one finite number for each of {len(world.ended)} states, "
                         f"got the shape {phi.shape}")
    if np.any(phi[world.ended] != 0):
        raise ValueError("a potential is 0 where an episode is over: what is left there would be "
                         "paid out for ending, and the best policy could change")
    extra = gamma * phi[None, None, :] - phi[:, None, None]
    return replace(world, R=np.where(world.ended[:, None, None], 0.0, world.R + extra))
