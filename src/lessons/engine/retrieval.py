"""Finding passages, from scratch: BM25, and how well a ranking does."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


class BM25:
    """Scores passages by the words they share with a question.

    Parameters
    ----------
    passages : sequence of sequences of str
        The words of each passage.
    k1 : float
        How soon a word that is repeated counts no more; 0: at once. 0 or more.
    b : float
        How much long passages are held back, from 0 (not at all) to 1.

    References
    ----------
    Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009. The
    rarity has 1 added inside its logarithm, so that no word counts against a passage.

    Examples
    --------
    >>> bm25 = BM25([["a", "cat"], ["a", "dog", "a", "dog"]])
    >>> bm25.scores(["cat"]).round(3).tolist()
    [0.803, 0.0]
    """

    def __init__(self, passages: Sequence[Sequence[str]], k1: float = 1.2, b: float = 0.75):
        if not len(passages) or any(isinstance(p, str) for p in passages):
            raise ValueError("give one passage or more, each a list of words, not a text")
        if not (0 <= k1 < np.inf and 0 <= b <= 1):
            raise ValueError(f"k1 is 0 or more and b from 0 to 1, got k1={k1}, b={b}")
        self.counts = [Counter(passage) for passage in passages]
        lengths = np.array([len(passage) for passage in passages])
        n_with = Counter(word for count in self.counts for word in count)
        n = len(passages)
        self.rarity = {w: np.log(1 + (n - k + 0.5) / (k + 0.5)) for w, k in n_with.items()}
        self.held_back = k1 * (1 - b + b * lengths / max(lengths.mean(), 1e-9))  # (n,)
        self.k1 = k1

    def parts(self, question: Sequence[str]) -> np.ndarray:
        """Return what each word of the question adds to each passage, shape (words, passages)."""
        if isinstance(question, str):
            raise ValueError("a question is a list of words, not a text")
        out = np.zeros((len(question), len(self.counts)))
        for row, word in enumerate(question):
            times = np.array([count[word] for count in self.counts], dtype=float)
            seen = times > 0
            out[row, seen] = (self.rarity.get(word, 0.0) * times[seen] * (self.k1 + 1)
                              / (times[seen] + self.held_back[seen]))
        return out

    def scores(self, question: Sequence[str]) -> np.ndarray:
        """Return a score for each passage, shape (n_passages,)."""
        return self.parts(question).sum(axis=0)


def rank(scores: ArrayLike, right: int) -> float:
    """Return the place of the right passage, 1 for the first; equal scores share their places.

    Examples
    --------
    >>> rank([0.2, 0.9, 0.2], 1), rank([0.2, 0.9, 0.2], 2), rank([0.0, 0.0, 0.0], 0)
    (1.0, 2.5, 2.0)
    """
    s = np.asarray(scores, dtype=float)
    if s.ndim != 1 or not 0 <= right < len(s):
        raise ValueError(f"scores in a row and the number of one of them, got {s.shape}, {right}")
    if not np.isfinite(s).all():
        raise ValueError("scores must be finite")
    return float((s > s[right]).sum() + 1 + ((s == s[right]).sum() - 1) / 2)


def recall_at(ranks: ArrayLike, k: int) -> float:
    """Return the share of questions whose right passage is among the first k.

    Examples
    --------
    >>> recall_at([1, 3, 10], k=3)
    0.6666666666666666
    """
    return float((_ranks(ranks) <= k).mean())


def mean_reciprocal_rank(ranks: ArrayLike) -> float:
    """Return the mean of 1 / rank.

    Examples
    --------
    >>> mean_reciprocal_rank([1, 2, 4])
    0.5833333333333334
    """
    return float((1 / _ranks(ranks)).mean())


def _ranks(ranks: ArrayLike) -> np.ndarray:
    r = np.asarray(ranks, dtype=float)
    if r.ndim != 1 or len(r) == 0 or not (r >= 1).all():
        raise ValueError("ranks are numbers from 1 on, in one row, one or more")
    return r
