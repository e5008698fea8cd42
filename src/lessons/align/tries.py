"""What many tries are worth: pass@k, the best of n by a score, the answer given most often.

References
----------
Chen et al., Evaluating Large Language Models Trained on Code, 2021, arXiv:2107.03374 (pass@k).
Stiennon et al., Learning to Summarize from Human Feedback, NeurIPS 2020 (KL of the best of n).
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the chance that at least one of k tries is right, when c of n tries were.

    It is right on average, whatever the true rate: the share of the choices of k among the n that
    hold a right one.

    Raises
    ------
    ValueError
        If not ``0 <= c <= n`` and ``1 <= k <= n``.

    Examples
    --------
    >>> pass_at_k(5, 2, 1), pass_at_k(5, 2, 2), pass_at_k(5, 2, 4)
    (0.4, 0.7, 1.0)
    """
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"of n tries c are right, and k of them are drawn: 0 <= c <= n and 1 <= "
                         f"k <= n, got n={n}, c={c}, k={k}")
    return 1 - math.comb(n - c, k) / math.comb(n, k)


def best_of(scores: ArrayLike, values: ArrayLike, n: int) -> float:
    """Return the mean value of the try with the best score, over all choices of n tries.

    Parameters
    ----------
    scores, values : array_like
        What decides, and what counts, shape (N,) each, N at least n. Equal scores share.

    Raises
    ------
    ValueError
        If the shapes differ, or n is not from 1 to N.

    Examples
    --------
    >>> round(best_of([1, 2, 3], [0, 0, 1], n=2), 6)  # two of three pairs hold the best
    0.666667
    """
    s, v = np.asarray(scores, float), np.asarray(values, float)
    if s.shape != v.shape or s.ndim != 1 or not 1 <= n <= len(s):
        raise ValueError(f"as many scores as values and n from 1 to that, got {s.shape}, "
                         f"{v.shape}, n={n}")
    order = np.argsort(s, kind="stable")
    s, v = s[order], v[order].copy()
    for score in np.unique(s):  # among equals chance decides
        v[s == score] = v[s == score].mean()
    chances = [math.comb(i, n - 1) / math.comb(len(s), n) for i in range(len(s))]
    return float(np.dot(chances, v))


def most_given(answers: Sequence[str]) -> str:
    """Return the answer that was given most often, among equals the first.

    Examples
    --------
    >>> most_given(["12", "13", "13", "12", "14"])
    '12'
    """
    if not answers:
        raise ValueError("no answers: draw one or more")
    return Counter(answers).most_common(1)[0][0]


def best_of_nats(n: int) -> float:
    """Return how far the best of n strays from one try, in nats: ``ln n - (n - 1) / n``.

    It is exact when no two tries have the same score, and never too small.

    Examples
    --------
    >>> f"{best_of_nats(64):.2f}"
    '3.17'
    """
    return math.log(n) - (n - 1) / n
