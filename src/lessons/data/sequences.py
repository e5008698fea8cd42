"""Made families of DNA sequences, some with a motif whose letters are known."""

from dataclasses import dataclass

import numpy as np

from lessons.data.sets import _generator

LETTERS = "ACGT"
#: How probable each letter is at each place of the motif: rows are places, columns A, C, G, T.
MOTIF = np.array([
    [0.03, 0.03, 0.03, 0.91], [0.03, 0.03, 0.91, 0.03], [0.91, 0.03, 0.03, 0.03],
    [0.03, 0.91, 0.03, 0.03], [0.25, 0.25, 0.25, 0.25], [0.03, 0.03, 0.03, 0.91],
    [0.03, 0.91, 0.03, 0.03], [0.91, 0.03, 0.03, 0.03],
])


@dataclass(frozen=True)
class Sequences:
    """Sequences in families.

    Attributes
    ----------
    X : numpy.ndarray
        Letters as numbers from 0 (A) to 3 (T), shape (n, length).
    y : numpy.ndarray
        1 if the motif was put in, shape (n,).
    family : numpy.ndarray
        Which family each belongs to, shape (n,). A family has one label.
    start : numpy.ndarray
        Where the motif begins, -1 where there is none, shape (n,).
    """

    X: np.ndarray
    y: np.ndarray
    family: np.ndarray
    start: np.ndarray


def sequences(
    rng: np.random.Generator, n_families: int = 60, n_each: int = 8, length: int = 60,
    changed: float = 0.15,
) -> Sequences:
    """Return made sequences: relatives are copies of one ancestor with letters changed.

    Parameters
    ----------
    rng : numpy.random.Generator
        Decides everything.
    n_families, n_each : int
        Families, and sequences in each; half of the families have the motif.
    length : int
        Letters of a sequence, at least as many as the motif has.
    changed : float
        Share of the letters that are drawn anew in each copy. At 1 relatives have nothing in
        common but their label. The motif is drawn anew for each copy, and its place as often as a
        letter.

    Raises
    ------
    TypeError
        If `rng` is not a generator.
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> made = sequences(np.random.default_rng(0))
    >>> made.X.shape, made.y.mean(), spell(made.X[0][:12])
    ((480, 60), np.float64(0.5), 'TGGCCAAAATGT')
    """
    rng = _generator(rng)
    if n_families < 1 or n_each < 1 or length < len(MOTIF) or not 0 <= changed <= 1:
        raise ValueError(f"give a family and a copy or more, {len(MOTIF)} letters or more, and a "
                         f"share from 0 to 1, got {n_families}, {n_each}, {length}, {changed}")
    rows, start = [], []
    for family in range(n_families):
        ancestor = rng.integers(4, size=length)
        place = int(rng.integers(length - len(MOTIF) + 1)) if family % 2 else -1
        for _ in range(n_each):
            copy = np.where(rng.random(length) < changed, rng.integers(4, size=length), ancestor)
            here = place
            if place >= 0:
                if rng.random() < changed:
                    here = int(rng.integers(length - len(MOTIF) + 1))
                copy[here : here + len(MOTIF)] = [rng.choice(4, p=p) for p in MOTIF]
            rows.append(copy)
            start.append(here)
    where = np.array(start)
    return Sequences(np.array(rows), (where >= 0).astype(int),
                     np.repeat(np.arange(n_families), n_each), where)


def spell(row: np.ndarray) -> str:
    """Write a sequence in letters.

    Examples
    --------
    >>> spell([0, 1, 2, 3])
    'ACGT'
    """
    return "".join(LETTERS[letter] for letter in row)
