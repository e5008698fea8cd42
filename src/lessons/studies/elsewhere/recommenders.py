"""What to show next: popularity, matrix factorisation, and how a ranking is judged."""

import numpy as np
from numpy.typing import ArrayLike


def table(user: np.ndarray, film: np.ndarray, n_users: int, n_films: int) -> np.ndarray:
    """Return who has seen what: ones and zeros, shape (n_users, n_films).

    Examples
    --------
    >>> table(np.array([0, 1]), np.array([2, 0]), 2, 3).astype(int).tolist()
    [[0, 0, 1], [1, 0, 0]]
    """
    seen = np.zeros((n_users, n_films))
    seen[user, film] = 1
    return seen


def ones_and_zeros(seen: ArrayLike) -> np.ndarray:
    """Return a table of who has seen what as floats, or say what is wrong with it.

    Raises
    ------
    ValueError
        If it is no table of ones and zeros with a user and a film or more.

    Examples
    --------
    >>> ones_and_zeros([[True, False]])
    array([[1., 0.]])
    """
    array = np.asarray(seen, dtype=float)
    if array.ndim != 2 or 0 in array.shape or not np.isin(array, (0, 1)).all():
        raise ValueError("seen is a table of ones and zeros, users by films, got the shape "
                         f"{array.shape}")
    return array


def factorise(
    seen: np.ndarray, n_factors: int = 8, weight: float = 5.0, penalty: float = 3.0,
    n_rounds: int = 8, seed: int = 0,
) -> np.ndarray:
    """Return a score of each film for each user: the product of two narrow matrices.

    Users and films get `n_factors` numbers each, found in turns by least squares. A film that was
    seen should score 1 and counts ``1 + weight`` times; one that was not should score 0.

    Parameters
    ----------
    seen : numpy.ndarray
        Ones and zeros, shape (n_users, n_films).
    n_factors, n_rounds : int
        From 1 on.
    weight, penalty : float
        How much more a seen film counts; how strongly long vectors are held back. Above 0.

    Returns
    -------
    numpy.ndarray
        Shape (n_users, n_films).

    Raises
    ------
    ValueError
        If `seen` is no table of ones and zeros or a setting is out of its range.

    References
    ----------
    Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets, ICDM 2008.

    Examples
    --------
    >>> taste = np.kron(np.eye(2), np.ones((3, 3)))  # two groups that see other films
    >>> taste[0, 0] = 0
    >>> abs(factorise(taste, n_factors=2)).round(1)[0].tolist()
    [0.6, 0.7, 0.7, 0.0, 0.0, 0.0]
    """
    seen = ones_and_zeros(seen)
    if min(n_factors, n_rounds) < 1 or min(weight, penalty) <= 0:
        raise ValueError("n_factors and n_rounds from 1 on, weight and penalty above 0")
    rng = np.random.default_rng(seed)
    films = 0.1 * rng.standard_normal((seen.shape[1], n_factors))
    for _ in range(n_rounds):
        users = _solve(seen, films, weight, penalty)
        films = _solve(seen.T, users, weight, penalty)
    return users @ films.T


def _solve(seen: np.ndarray, other: np.ndarray, weight: float, penalty: float) -> np.ndarray:
    """Return the vectors of the rows that fit best to those of the columns."""
    k = other.shape[1]
    pairs = (other[:, :, None] * other[:, None]).reshape(-1, k * k)
    left = other.T @ other + penalty * np.eye(k)
    left = left + weight * (seen @ pairs).reshape(-1, k, k)
    right = (1 + weight) * (seen @ other)
    return np.linalg.solve(left, right[..., None])[..., 0]


def weigh(seen: np.ndarray, penalty: float = 30.0) -> np.ndarray:
    """Return scores from a linear model: each film is predicted from the others a user has seen.

    The weights (n_films, n_films) are those of least squares with a penalty and a diagonal of
    zeros, so that no film predicts itself.

    References
    ----------
    Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019.

    Examples
    --------
    >>> taste = np.kron(np.eye(2), np.ones((3, 3)))
    >>> taste[0, 0] = 0
    >>> abs(weigh(taste, penalty=1.0)).round(1)[0].tolist()
    [0.6, 0.6, 0.6, 0.0, 0.0, 0.0]
    """
    seen = ones_and_zeros(seen)
    if not penalty > 0:
        raise ValueError(f"the penalty is above 0, got {penalty}")
    inverse = np.linalg.inv(seen.T @ seen + penalty * np.eye(seen.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return seen @ weights


def ranks(scores: np.ndarray, seen: np.ndarray, user: ArrayLike, film: ArrayLike) -> np.ndarray:
    """Return before how many films a visited film was placed, leaving out what the user had seen.

    Parameters
    ----------
    scores, seen : numpy.ndarray
        Shape (n_users, n_films).
    user, film : array_like
        The visits that test, shape (n,). Of films with equal scores, half stand before it.

    Returns
    -------
    numpy.ndarray
        0 is the first place, shape (n,).

    Examples
    --------
    >>> ranks(np.array([[0.9, 0.5, 0.7]]), np.array([[1, 0, 0]]), [0, 0], [1, 2]).tolist()
    [1.0, 0.0]
    """
    user, film = np.asarray(user, dtype=int), np.asarray(film, dtype=int)
    if scores.shape != seen.shape or user.shape != film.shape or user.ndim != 1:
        raise ValueError("scores and seen have one shape, user and film another, got "
                         f"{scores.shape}, {seen.shape}, {user.shape} and {film.shape}")
    free = np.where(seen > 0, -np.inf, scores)[user]
    mine = scores[user, film][:, None]
    return (free > mine).sum(1) + ((free == mine).sum(1) - 1) / 2


def sampled_hits(place: ArrayLike, n_films: ArrayLike, n_drawn: int, top: int = 10) -> float:
    """Return the hit rate that is expected if each film is ranked against a few drawn ones.

    Parameters
    ----------
    place : array_like
        Before how many of the films each tested one stands, shape (n,).
    n_films : int or array_like
        How many others there are, one number or shape (n,).
    n_drawn : int
        How many of them are drawn without putting back.
    top : int
        Up to which place it counts as a hit.

    References
    ----------
    Krichene and Rendle, On Sampled Metrics for Item Recommendation, KDD 2020.

    Examples
    --------
    >>> sampled_hits([0, 20, 80], n_films=99, n_drawn=99)
    0.3333333333333333
    >>> round(sampled_hits([0, 20, 80], n_films=99, n_drawn=20), 2)  # 80 of 99: a hit no more
    0.67
    """
    from scipy.stats import hypergeom  # slow to import, and only needed here

    before = np.floor(np.asarray(place, dtype=float)).astype(int)
    others = np.asarray(n_films, dtype=int)
    if before.ndim != 1 or before.size == 0 or before.min() < 0 or (before > others).any():
        raise ValueError("give one place or more in one row, from 0 to the number of other films")
    if not 1 <= n_drawn <= others.min() or top < 1:
        raise ValueError(f"draw 1 to {others.min()} films and count 1 place or more, got {n_drawn} "
                         f"and {top}")
    return float(hypergeom.cdf(top - 1, others, before, n_drawn).mean())
