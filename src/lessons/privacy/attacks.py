"""Was this example in the training data? Attackers who see a model's losses, and one who is blind.

Scores are the higher, the surer the attacker is of membership.

References
----------
Yeom et al., Privacy Risk in Machine Learning, CSF 2018, arXiv:1709.01604.
Carlini et al., Membership Inference Attacks From First Principles, 2022, arXiv:2112.03570.
Das, Zhang, Tramèr, Blind Baselines Beat Membership Inference Attacks, 2024, arXiv:2406.16201.
"""

import math

import numpy as np
from numpy.typing import ArrayLike


def auc(members: ArrayLike, others: ArrayLike) -> float:
    """Return the chance that a member scores above a non-member, ties counted half.

    Raises
    ------
    ValueError
        If there are no members, or no others.

    Examples
    --------
    >>> auc([3, 2], [1, 2])
    0.875
    """
    a, b = np.asarray(members, float).ravel(), np.sort(np.asarray(others, float).ravel())
    if not (len(a) and len(b)):
        raise ValueError(f"{len(a)} members and {len(b)} others: give one of each at least")
    below, up_to = np.searchsorted(b, a, "left"), np.searchsorted(b, a, "right")
    return float((below + up_to).mean() / (2 * len(b)))


def roc(members: ArrayLike, others: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return false and true positive rates as the threshold falls, from (0, 0) to (1, 1).

    Examples
    --------
    >>> roc([3, 2], [1, 2])
    (array([0. , 0. , 0.5, 1. ]), array([0. , 0.5, 1. , 1. ]))
    """
    a, b = np.sort(np.ravel(members)), np.sort(np.ravel(others))
    levels = np.unique(np.concatenate([a, b]))[::-1]
    true = 1 - np.searchsorted(a, levels, "left") / len(a)
    false = 1 - np.searchsorted(b, levels, "left") / len(b)
    return np.append(0.0, false), np.append(0.0, true)


def caught_at(members: ArrayLike, others: ArrayLike, false_rate: float) -> float:
    """Return the largest share of members caught with at most this share of others accused.

    Examples
    --------
    >>> caught_at([3, 2], [1, 2], 0.1)
    0.5
    """
    false, true = roc(members, others)
    return float(true[false <= false_rate].max())


def most_caught(false_rate: ArrayLike, epsilon: float, delta: float) -> np.ndarray:
    """Return the most that any attacker on an (epsilon, delta)-private training can catch.

    Examples
    --------
    >>> most_caught([0.0, 0.1], math.log(3), 0.01).round(3)
    array([0.01, 0.31])
    """
    f = np.asarray(false_rate, float)
    other_side = 1 - np.exp(-epsilon) * np.maximum(0.0, 1 - delta - f)
    return np.minimum(np.minimum(math.exp(min(epsilon, 500)) * f + delta, other_side), 1.0)


def likelihood_ratio(score: ArrayLike, scores_in: ArrayLike, scores_out: ArrayLike) -> np.ndarray:
    """Return how much likelier the scores are under models that saw the example than under others.

    Parameters
    ----------
    score : array_like
        The attacked model's score of each example, (n,).
    scores_in, scores_out : array_like
        Those of reference models that did and did not see it, (m, n); NaN where not so. Each
        example has two means of its own, and all share two spreads.

    Returns
    -------
    numpy.ndarray
        Logarithm of the ratio of two normal densities, (n,).

    Raises
    ------
    ValueError
        If an example has no reference model of one kind.

    Examples
    --------
    >>> likelihood_ratio([2.0], [[2.0], [4.0]], [[-1.0], [1.0]]).round(2)
    array([1.5])
    """
    s = np.asarray(score, float)
    parts = []
    for scores in (np.asarray(scores_in, float), np.asarray(scores_out, float)):
        if np.isnan(scores).all(axis=0).any():
            raise ValueError("an example has no reference model that saw it, or none that did not: "
                             "train more of them")
        mean = np.nanmean(scores, axis=0)
        spread = max(float(np.sqrt(np.nanmean((scores - mean) ** 2))), 1e-9)
        parts.append(-((s - mean) ** 2) / (2 * spread**2) - math.log(spread))
    return parts[0] - parts[1]
