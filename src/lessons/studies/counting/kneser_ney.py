"""Interpolated Kneser-Ney smoothing: a language model that counts.

References
----------
Kneser and Ney, Improved Backing-off for M-gram Language Modeling, ICASSP 1995.
Chen and Goodman, An Empirical Study of Smoothing Techniques for Language Modeling, 1999.
"""

import numpy as np


def stretches(ids: np.ndarray, n: int, V: int) -> np.ndarray:
    """Return every `n` tokens in a row as one whole number, its digits in base `V`.

    Examples
    --------
    >>> stretches(np.array([1, 2, 3]), n=2, V=10)
    array([12, 23])
    """
    return sum(ids[i : len(ids) - n + 1 + i] * V ** (n - 1 - i) for i in range(n))


def looked_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the value of each wanted key, 0 where it is not among the sorted `keys`.

    Examples
    --------
    >>> looked_up(np.array([12, 23]), np.array([5, 6]), np.array([23, 24]))
    array([6, 0])
    """
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def kneser_ney(train: np.ndarray, held: np.ndarray, V: int, memory: int) -> np.ndarray:
    """Return the probability of each held-out token, given up to `memory` tokens before it.

    The discount of each length is that of Chen and Goodman, from how many stretches come once and
    twice: nothing is tuned.

    Parameters
    ----------
    train, held : numpy.ndarray
        Token ids, int64.
    V : int
        Size of the vocabulary; ``V ** (memory + 1)`` must stay below 2 to the 63.
    memory : int
        Tokens that are looked back at, 0 or more.

    Examples
    --------
    >>> kneser_ney(np.array([0, 1, 0, 1, 0, 2]), np.array([0, 1]), V=3, memory=1).round(2)
    array([0.33, 0.64])
    """
    p = np.full(len(held), 1 / V)
    for m in range(memory + 1):
        # The longest memory counts how often; a shorter one after how many tokens.
        rows = (stretches(train, m + 1, V) if m == memory
                else np.unique(stretches(train, m + 2, V)) % V ** (m + 1))
        seen, n = np.unique(rows, return_counts=True)
        discount = (n == 1).sum() / max((n == 1).sum() + 2 * (n == 2).sum(), 1)
        contexts, place = np.unique(seen // V, return_inverse=True)
        here = stretches(held, m + 1, V)
        n_here = looked_up(seen, n, here)
        n_context, n_kinds = (looked_up(contexts, np.bincount(place, by), here // V)
                              for by in (n, None))
        mixed = np.maximum(n_here - discount, 0) + discount * n_kinds * p[m:]
        p[m:] = np.where(n_context > 0, mixed / np.maximum(n_context, 1), p[m:])
    return p
