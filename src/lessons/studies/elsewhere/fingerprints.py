"""Molecules as rows of counts, how alike two are, and a linear model of a property."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from lessons.data.molecules import Molecule, circles


def small_parts(molecule: Molecule) -> Counter[str]:
    """Count elements, and atoms with their neighbours: what a group adds, wherever it is."""
    return circles(molecule.elements, molecule.bonds, radius=1)


def rings(molecule: Molecule, radius: int = 4) -> Counter[str]:
    """Count circles of the ring system alone, as if nothing were tied to it."""
    n = molecule.n_ring
    inside = [bond for bond in molecule.bonds if max(bond) < n]
    found = circles(molecule.elements[:n], inside, radius)
    return Counter({f"ring {name}": count for name, count in found.items()})


def columns(counts: Sequence[Counter[str]]) -> np.ndarray:
    """Write counts as a table, one column for each thing counted, shape (n, n_things).

    Examples
    --------
    >>> columns([Counter("aab"), Counter("c")]).tolist()
    [[2.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if not counts:
        raise ValueError("give the counts of one molecule or more")
    names = {name: i for i, name in enumerate(sorted(set().union(*counts)))}
    out = np.zeros((len(counts), len(names)))
    for row, one in enumerate(counts):
        for name, count in one.items():
            out[row, names[name]] = count
    return out


def tanimoto(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Return what rows have in common, by all that they have: from 0 to 1, shape (n, m).

    Parameters
    ----------
    A, B : numpy.ndarray
        Counts (n, d) and (m, d); only whether something is there matters.

    Examples
    --------
    >>> tanimoto(np.array([[2, 1, 0]]), np.array([[1, 1, 0], [1, 0, 3]])).round(2).tolist()
    [[1.0, 0.33]]
    """
    a, b = (np.asarray(M) > 0 for M in (A, B))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"two tables with the same columns, got {a.shape} and {b.shape}")
    if not (a.any(axis=1).all() and b.any(axis=1).all()):
        raise ValueError("a row without anything in it is like no other: leave it out")
    both = a.astype(float) @ b.T
    return both / (a.sum(1)[:, None] + b.sum(1)[None] - both)


def ridge(X: np.ndarray, y: np.ndarray, X_new: np.ndarray, penalty: float) -> np.ndarray:
    """Return the predictions of a linear model, held back by a penalty, for new rows.

    Parameters
    ----------
    X, X_new : numpy.ndarray
        Shapes (n, d) and (m, d). Columns are scaled by the spread that they have in `X`.
    y : numpy.ndarray
        Shape (n,).
    penalty : float
        Above 0.

    Examples
    --------
    >>> ridge(np.array([[0.0], [2.0]]), np.array([1.0, 3.0]), np.array([[4.0]]), 1e-9).round(3)
    array([5.])
    """
    if not 0 < penalty < np.inf or len(X) != len(y) or len(X) == 0:
        raise ValueError(f"as many rows as targets, and a finite penalty above 0, got {len(X)}, "
                         f"{len(y)} and {penalty}")
    middle, spread = X.mean(0), X.std(0)
    A, A_new = ((M - middle) / np.where(spread > 0, spread, 1) for M in (X, X_new))
    A, A_new = A[:, spread > 0], A_new[:, spread > 0]
    if A.shape[1] < len(A):
        w = np.linalg.solve(A.T @ A + penalty * np.eye(A.shape[1]), A.T @ (y - y.mean()))
    else:  # the same numbers, from the smaller system
        w = A.T @ np.linalg.solve(A @ A.T + penalty * np.eye(len(A)), y - y.mean())
    return A_new @ w + y.mean()
