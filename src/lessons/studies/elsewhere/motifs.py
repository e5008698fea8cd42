"""Is the motif in it? Nearest relative, counts of short words, and the truth."""

import numpy as np

from lessons.data.sequences import MOTIF


def as_letters(X: np.ndarray) -> np.ndarray:
    """Return sequences as whole numbers from 0 to 3, shape (n, length), or say what is wrong.

    Raises
    ------
    ValueError
        If the shape is another one, or a letter is none of the four.

    Examples
    --------
    >>> as_letters([[0, 3]])
    array([[0, 3]])
    """
    X = np.asarray(X)
    if X.ndim != 2 or X.dtype.kind not in "iu" or X.size == 0:
        raise ValueError("give sequences as whole numbers, shape (n, length): put a single one "
                         f"into a list, got the shape {X.shape}")
    if X.min() < 0 or X.max() > 3:
        raise ValueError("letters are 0 (A), 1 (C), 2 (G) and 3 (T)")
    return X


def one_hot(X: np.ndarray) -> np.ndarray:
    """Return a column of four numbers for each letter, shape (n, length, 4).

    Examples
    --------
    >>> one_hot([[2]]).tolist()
    [[[0.0, 0.0, 1.0, 0.0]]]
    """
    return np.eye(4)[as_letters(X)]


def words(X: np.ndarray, k: int = 4) -> np.ndarray:
    """Count how often each word of `k` letters stands in each sequence, shape (n, 4**k).

    Examples
    --------
    >>> words([[0, 0, 0, 1]], k=2)[0, :2]  # AA twice, AC once
    array([2., 1.])
    """
    X = as_letters(X)
    if not 1 <= k <= min(6, X.shape[1]):
        raise ValueError(f"words have 1 to 6 letters, and no more than a sequence, got {k}")
    n = X.shape[1] - k + 1
    code = sum(X[:, i : i + n] * 4 ** (k - 1 - i) for i in range(k))
    return np.array([np.bincount(row, minlength=4**k) for row in code], dtype=float)


def scan(X: np.ndarray, motif: np.ndarray = MOTIF) -> np.ndarray:
    """Return how well the best place of each sequence fits to a motif, shape (n,).

    Parameters
    ----------
    motif : numpy.ndarray
        Probabilities of the letters at each place, shape (width, 4), each above 0.

    Returns
    -------
    numpy.ndarray
        Logarithm of how much more probable the best place is as motif than as chance.

    Examples
    --------
    >>> scan([[0, 0, 1], [1, 1, 1]], motif=np.array([[0.7, 0.1, 0.1, 0.1]])).round(2).tolist()
    [1.03, -0.92]
    """
    X, motif = as_letters(X), np.asarray(motif, dtype=float)
    if motif.ndim != 2 or motif.shape[1] != 4 or not (motif > 0).all():
        raise ValueError(f"a motif has the shape (width, 4) and numbers above 0, got {motif.shape}")
    n = X.shape[1] - len(motif) + 1
    if n < 1:
        raise ValueError(f"a motif of {len(motif)} letters does not fit into {X.shape[1]}")
    gains = np.log(motif / 0.25)
    return sum(row[X[:, i : i + n]] for i, row in enumerate(gains)).max(axis=1)


def nearest(X: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each sequence the nearest of others of the same length, and the shared letters.

    Returns
    -------
    tuple of numpy.ndarray
        Row of the nearest one (the first of those as near), and the share of places at which the
        two have the same letter, each of shape (n,).

    Examples
    --------
    >>> nearest([[0, 0, 0, 0]], [[0, 1, 1, 1], [0, 0, 0, 3]])
    (array([1]), array([0.75]))
    """
    X, others = one_hot(X), one_hot(others)
    if X.shape[1] != others.shape[1]:
        raise ValueError(f"sequences have one length, got {X.shape[1]} and {others.shape[1]}")
    same = X.reshape(len(X), -1) @ others.reshape(len(others), -1).T
    return same.argmax(1), same.max(1) / X.shape[1]
