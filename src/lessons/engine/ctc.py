"""Connectionist temporal classification: the probability of a text, over all ways to time it."""

import itertools
from collections.abc import Sequence

import numpy as np

BLANK = 0  # the class that means: nothing new is said in this frame


def collapse(path: Sequence[int], blank: int = BLANK) -> list[int]:
    """Return what a path says: first merge equal neighbours, then drop the blanks.

    Examples
    --------
    >>> collapse([0, 3, 3, 0, 3, 1, 1])
    [3, 3, 1]
    """
    return [label for label, _ in itertools.groupby(int(s) for s in path) if label != blank]


def extended(text: Sequence[int], blank: int = BLANK) -> np.ndarray:
    """Return the labels with a blank before, between and after them, shape (2 n + 1,).

    Examples
    --------
    >>> extended([3, 1])
    array([0, 3, 0, 1, 0])
    """
    z = np.full(2 * len(text) + 1, blank)
    z[1::2] = text
    return z


def can_skip(z: np.ndarray) -> np.ndarray:
    """Tell at which places of `extended` labels a path may come from two places back.

    It may leave a blank out, unless the labels on both sides are the same.

    Examples
    --------
    >>> can_skip(extended([3, 3, 1])).astype(int)
    array([0, 0, 0, 0, 0, 1, 0])
    """
    skip = np.zeros(len(z), dtype=bool)
    skip[3::2] = z[3::2] != z[1:-2:2]
    return skip


def forward(log_p: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the log-probability of all ways to be at a place of `z` after each frame.

    Parameters
    ----------
    log_p : numpy.ndarray
        Shape (T, C): log-probabilities of C classes in T frames.
    z : numpy.ndarray
        Shape (S,): `extended` labels.

    Returns
    -------
    numpy.ndarray
        Shape (T, S): the sums over paths that begin at the first label or the blank before it.
    """
    a, skip = np.full((len(log_p), len(z)), -np.inf), can_skip(z)
    a[0, :2] = log_p[0, z[:2]]
    for t in range(1, len(log_p)):
        stay, step, jump = a[t - 1], np.roll(a[t - 1], 1), np.roll(a[t - 1], 2)
        step[0] = -np.inf
        jump[~skip] = -np.inf
        a[t] = np.logaddexp(np.logaddexp(stay, step), jump) + log_p[t, z]
    return a


def ctc(log_p: np.ndarray, text: Sequence[int], blank: int = BLANK) -> tuple[float, np.ndarray]:
    """Return minus the log-probability of a text, and its gradient by the logits.

    Parameters
    ----------
    log_p : numpy.ndarray
        Shape (T, C): log-probabilities, each row a log-softmax.
    text : sequence of int
        The labels, none of them the blank.

    Returns
    -------
    loss : float
        Infinite if no path of T frames says this text.
    gradient : numpy.ndarray
        Shape (T, C), by the logits whose log-softmax `log_p` is. Zero if the loss is infinite.

    Raises
    ------
    ValueError
        If a label is the blank, or no class; if `log_p` holds no log-probabilities.

    References
    ----------
    Graves, Fernández, Gomez and Schmidhuber (2006), "Connectionist Temporal Classification".

    Examples
    --------
    >>> log_p = np.log(np.full((2, 2), 0.5))
    >>> loss, gradient = ctc(log_p, [1])  # 1 1, 1 _ and _ 1: three of four paths
    >>> round(float(np.exp(-loss)), 6), gradient.round(3).tolist()
    (0.75, [[0.167, -0.167], [0.167, -0.167]])
    """
    log_p = np.asarray(log_p)
    if log_p.ndim != 2 or len(log_p) == 0:
        raise ValueError(f"log_p has the shape (T, C), one frame or more, got {log_p.shape}")
    if np.isnan(log_p).any() or not np.allclose(np.exp(log_p).sum(axis=1), 1, atol=1e-4):
        raise ValueError("log_p are no log-probabilities: exp of a row sums to 1. Take the "
                         "log-softmax of logits first")
    if any(not 0 <= label < log_p.shape[1] or label == blank for label in text):
        raise ValueError(f"labels are classes from 0 to {log_p.shape[1] - 1} and not the blank "
                         f"{blank}, got {list(text)}")
    z = extended(text, blank)
    a = forward(log_p, z)
    # The same from the end, on everything turned round.
    b = forward(log_p[::-1], z[::-1])[::-1, ::-1]
    total = np.logaddexp.reduce(a[-1, -2:])
    if np.isneginf(total):
        return np.inf, np.zeros_like(log_p)
    # Both count the frame itself. What is left is the share of the paths that pass here.
    share = np.exp(a + b - _counted_once(log_p, z) - total)
    gradient = np.exp(log_p)
    for place, label in enumerate(z):
        gradient[:, label] -= share[:, place]
    return float(-total), gradient


def shares(log_p: np.ndarray, text: Sequence[int], blank: int = BLANK) -> np.ndarray:
    """Return for each frame how the paths that say a text are spread over its places.

    Returns
    -------
    numpy.ndarray
        Shape (T, 2 n + 1), rows that sum to 1; NaN if no path says the text.

    Examples
    --------
    >>> shares(np.log(np.full((2, 2), 0.5)), [1]).round(2).tolist()
    [[0.33, 0.67, 0.0], [0.0, 0.67, 0.33]]
    """
    z = extended(text, blank)
    a, b = forward(log_p, z), forward(log_p[::-1], z[::-1])[::-1, ::-1]
    with np.errstate(invalid="ignore"):
        return np.exp(a + b - _counted_once(log_p, z) - np.logaddexp.reduce(a[-1, -2:]))


def _counted_once(log_p: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return what both recursions count, (T, S); 0 where that is impossible, and so are they."""
    return np.where(np.isneginf(log_p[:, z]), 0.0, log_p[:, z])


def by_enumeration(log_p: np.ndarray, text: Sequence[int], blank: int = BLANK) -> float:
    """Return the loss of `ctc` by going through all C to the power of T paths: for tiny cases.

    Examples
    --------
    >>> round(float(np.exp(-by_enumeration(np.log(np.full((2, 2), 0.5)), [1]))), 6)
    0.75
    """
    T, C = log_p.shape
    scores = [sum(log_p[t, s] for t, s in enumerate(path))
              for path in itertools.product(range(C), repeat=T)
              if collapse(path, blank) == list(text)]
    return float(-np.logaddexp.reduce(scores)) if scores else np.inf


def edit_distance(said: Sequence, meant: Sequence) -> int:
    """Return the fewest insertions, deletions and replacements that turn one into the other.

    Examples
    --------
    >>> edit_distance("3141", "314159"), edit_distance("", "7"), edit_distance("27", "72")
    (2, 1, 2)
    """
    row = list(range(len(meant) + 1))
    for i, a in enumerate(said, 1):
        before, row = row, [i]
        for j, b in enumerate(meant, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
    return row[-1]
