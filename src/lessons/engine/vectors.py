"""Words as vectors, from scratch: count neighbours, take PPMI, keep the largest directions."""

from collections import Counter
from collections.abc import Sequence

import numpy as np


def vocabulary(texts: Sequence[Sequence[str]], n_words: int) -> list[str]:
    """Return the words that stand most often, ties in order of the alphabet.

    Examples
    --------
    >>> vocabulary([["b", "a", "b"], ["c", "a", "b"]], n_words=2)
    ['b', 'a']
    """
    if n_words < 1 or any(isinstance(text, str) for text in texts):
        raise ValueError("ask for one word or more, and give each text as a list of words")
    counts = Counter(word for text in texts for word in text)
    return sorted(counts, key=lambda word: (-counts[word], word))[:n_words]


def cooccurrence(texts: Sequence[Sequence[str]], words: Sequence[str], window: int) -> np.ndarray:
    """Count how often two words stand at most `window` places apart in one text.

    Words that are not in `words` keep their places.

    Returns
    -------
    numpy.ndarray
        Shape (n_words, n_words), symmetric.

    Examples
    --------
    >>> cooccurrence([["a", "b", "x", "a"]], ["a", "b"], window=2).tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    if window < 1:
        raise ValueError(f"a window is 1 word or more to each side, got {window}")
    index = {word: i for i, word in enumerate(words)}
    n, gap = len(words), [-1] * window  # between two texts, so that they do not touch
    ids = np.array([i for text in texts for i in [*(index.get(w, -1) for w in text), *gap]])
    table = np.zeros(n * n)
    for distance in range(1, window + 1):
        left, right = ids[:-distance], ids[distance:]
        both = (left >= 0) & (right >= 0)
        table += np.bincount(left[both] * n + right[both], minlength=n * n)
    return table.reshape(n, n) + table.reshape(n, n).T


def ppmi(counts: np.ndarray) -> np.ndarray:
    """Return the positive pointwise mutual information of counts, 0 where nothing was counted.

    Examples
    --------
    >>> ppmi(np.array([[0.0, 4.0], [4.0, 0.0]])).round(3).tolist()
    [[0.0, 0.693], [0.693, 0.0]]
    """
    C = np.asarray(counts, dtype=float)
    if C.ndim != 2 or not np.isfinite(C).all() or (C < 0).any() or C.sum() == 0:
        raise ValueError("counts are a table of numbers, 0 or more, not all 0")
    by_chance = np.outer(C.sum(axis=1), C.sum(axis=0)) / C.sum()
    ratio = np.divide(C, by_chance, out=np.ones_like(C), where=C > 0)
    return np.log(ratio.clip(1))


def embed(table: np.ndarray, d: int) -> np.ndarray:
    """Return vectors of length 1 with d numbers each, from the largest singular directions.

    A direction counts with the square root of its singular value.

    References
    ----------
    Levy, Goldberg and Dagan, Improving Distributional Similarity with Lessons Learned from Word
    Embeddings, TACL 3, 2015.

    Examples
    --------
    >>> embed(np.diag([3.0, 2.0, 1.0]), d=2).round(3).__abs__().tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    """
    if not 1 <= d <= len(table):
        raise ValueError(f"{len(table)} words have from 1 to {len(table)} directions, got d={d}")
    values, directions = np.linalg.eigh(table)  # of a symmetric table
    first = np.argsort(-np.abs(values))[:d]
    return unit(directions[:, first] * np.sqrt(np.abs(values[first])))


def unit(E: np.ndarray) -> np.ndarray:
    """Return rows of length 1; rows of nothing but zeros stay."""
    length = np.linalg.norm(E, axis=-1, keepdims=True)
    return E / np.where(length > 1e-12, length, 1)


def nearest(E: np.ndarray, word: int, k: int) -> list[tuple[int, float]]:
    """Return the k rows with the largest cosine to a row, without itself, and the cosines.

    Examples
    --------
    >>> nearest(np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]), 0, k=2)
    [(1, 0.8), (2, 0.0)]
    """
    if not 0 <= word < len(E) or not 1 <= k < len(E):
        raise ValueError(f"there are {len(E)} words: no word {word} with {k} neighbours")
    cosines = (unit(E) @ unit(E[word])).round(9)
    order = [int(i) for i in np.argsort(-cosines, kind="stable") if i != word]
    return [(i, float(cosines[i])) for i in order[:k]]
