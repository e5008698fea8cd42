"""Texts that are nearly the same, found without comparing every pair.

A text becomes the set of its runs of words; MinHash keeps some numbers of each set; texts that
agree in a whole band of these numbers are candidates, and only candidates are compared.

References
----------
Broder, On the Resemblance and Containment of Documents, SEQUENCES 1997.
Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3.
"""

import re
import zlib
from collections.abc import Iterable, Sequence

import numpy as np

PRIME = 2**31 - 1  # products of two numbers below it fit into 64 bits


def shingles(text: str, size: int = 3) -> set[str]:
    """Return the runs of `size` words of a text, without capitals and signs.

    A shorter text is one run; a text without a word has none.

    Examples
    --------
    >>> sorted(shingles("To be, or not to be.", 2))
    ['be or', 'not to', 'or not', 'to be']
    """
    if size < 1:
        raise ValueError(f"a run has 1 word or more, got {size}")
    words = re.findall(r"\w+", text.lower())
    if not words:
        return set()
    return {" ".join(words[i : i + size]) for i in range(max(1, len(words) - size + 1))}


def jaccard(a: set[str], b: set[str]) -> float:
    """Return what two sets share, as a part of all that is in them; 1 for two empty sets.

    Examples
    --------
    >>> jaccard({"a", "b", "c"}, {"b", "c", "d"})
    0.5
    """
    return len(a & b) / len(a | b) if a or b else 1.0


def signatures(sets: Sequence[set[str]], n_hashes: int = 128, seed: int = 0) -> np.ndarray:
    """Return for each set the smallest value of each of `n_hashes` hash functions.

    Returns
    -------
    numpy.ndarray
        Shape (n_sets, n_hashes), int64; an empty set has `PRIME` everywhere.

    Notes
    -----
    The set that holds the smallest value of a random order of all members is as likely one as the
    other: two sets agree in a column with a probability that is their Jaccard similarity.

    Examples
    --------
    >>> one, other = signatures([{"a", "b", "c"}, {"b", "c", "d"}], 1000)
    >>> round(float((one == other).mean()), 1)
    0.5
    """
    if n_hashes < 1:
        raise ValueError(f"a signature has 1 number or more, got {n_hashes}")
    rng = np.random.default_rng(seed)
    a, b = rng.integers(1, PRIME, (2, n_hashes))
    rows = np.full((len(sets), n_hashes), PRIME, dtype=np.int64)
    for row, members in zip(rows, sets, strict=True):
        if members:
            x = np.array(sorted(zlib.crc32(m.encode()) % PRIME for m in members))
            row[:] = ((a * x[:, None] + b) % PRIME).min(axis=0)
    return rows


def candidates(rows: np.ndarray, n_bands: int) -> set[tuple[int, int]]:
    """Return the pairs that agree in all columns of at least one band, smaller number first.

    Parameters
    ----------
    rows : numpy.ndarray
        Signatures, shape (n_sets, n_hashes).
    n_bands : int
        Must divide the number of columns.

    Examples
    --------
    >>> candidates(np.array([[1, 2, 3, 4], [1, 2, 9, 9], [7, 7, 9, 9]]), 2) == {(0, 1), (1, 2)}
    True
    """
    if n_bands < 1 or rows.shape[1] % n_bands:
        raise ValueError(f"{n_bands} bands do not divide {rows.shape[1]} numbers evenly")
    pairs = set()
    for band in np.split(rows, n_bands, axis=1):
        drawers: dict[bytes, list[int]] = {}
        for i, part in enumerate(band):
            drawers.setdefault(part.tobytes(), []).append(i)
        for same in drawers.values():
            pairs |= {(i, j) for n, j in enumerate(same) for i in same[:n]}
    return pairs


def near_duplicates(
    texts: Sequence[str], threshold: float, size: int = 3, n_hashes: int = 128, n_bands: int = 32
) -> dict[tuple[int, int], float]:
    """Return the pairs whose similarity reaches the threshold, and that similarity, exact.

    Raises
    ------
    ValueError
        If the threshold is not above 0 and at most 1.

    Examples
    --------
    >>> near_duplicates(["a b c d", "A b c, d!", "x y z"], 0.8)
    {(0, 1): 1.0}
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"a threshold is above 0 and at most 1, got {threshold}")
    sets = [shingles(text, size) for text in texts]
    pairs = sorted(candidates(signatures(sets, n_hashes), n_bands))
    exact = {(i, j): jaccard(sets[i], sets[j]) for i, j in pairs if sets[i]}
    return {pair: value for pair, value in exact.items() if value >= threshold}


def copies(n_texts: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return the numbers of the texts to drop, so that each group of joined texts keeps its first.

    Examples
    --------
    >>> copies(5, [(0, 3), (3, 4)])
    [3, 4]
    """
    first = list(range(n_texts))

    def root(i: int) -> int:
        while first[i] != i:
            i = first[i]
        return i

    for i, j in pairs:
        low, high = sorted((root(i), root(j)))
        first[high] = low
    return [i for i in range(n_texts) if first[i] != i]
