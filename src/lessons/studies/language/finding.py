"""Passages found by shared words and by vectors."""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from lessons.data.texts import docstrings, passages
from lessons.engine import vectors
from lessons.engine.retrieval import BM25

N_WORDS = 2000  # words that have a vector


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters; numbers are words too.

    Examples
    --------
    >>> words_of("It doesn't cost 0.2!")
    ['it', 'doesn', 't', 'cost', '0', '2']
    """
    if not isinstance(text, str):
        raise ValueError(f"give a text, got {type(text).__name__}")
    return re.findall(r"[a-z]+|\d+", text.lower())


@cache
def index() -> tuple[tuple[str, ...], ...]:
    """Return the words of each passage.

    Examples
    --------
    >>> len(index()) == len(passages())
    True
    """
    return tuple(tuple(words_of(one.text)) for one in passages())


def vectors_of(texts: Sequence[Sequence[str]], window: int, d: int) -> tuple[list[str], np.ndarray]:
    """Return the frequent words of texts and their vectors, from counts, PPMI and an SVD.

    Examples
    --------
    >>> words, E = vectors_of([["a", "b", "c"]] * 3, window=2, d=2)
    >>> words, E.shape
    (['a', 'b', 'c'], (3, 2))
    """
    words = vectors.vocabulary(texts, N_WORDS)
    return words, vectors.embed(vectors.ppmi(vectors.cooccurrence(texts, words, window)), d)


@cache
def book_vectors(window: int, d: int) -> tuple[list[str], np.ndarray]:
    """Return vectors that were made from all docstrings and all passages."""
    texts = [words_of(one.text) for one in docstrings()] + [list(one) for one in index()]
    return vectors_of(texts, window, d)


class ByVectors:
    """Scores passages by the cosine of two sums of vectors, rare words counting more.

    Parameters
    ----------
    words, E : list of str, numpy.ndarray
        Words, and a vector for each, shape (n_words, d).
    passages : sequence of sequences of str
        The words of each passage.
    power : float
        Each word's vector is multiplied by its rarity to this power: with 0 all words count alike.

    Examples
    --------
    >>> E = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    >>> find = ByVectors(["dog", "wolf", "tax"], E, [["wolf"], ["tax"]])
    >>> find.scores(["dog"]).round(2).tolist()
    [0.8, 0.0]
    """

    def __init__(self, words: Sequence[str], E: np.ndarray, passages: Sequence[Sequence[str]],
                 power: float = 1.0):
        if len(words) != len(E) or not len(passages):
            raise ValueError(f"{len(words)} words need as many vectors, got {len(E)}; and give "
                             "one passage or more")
        self.E, self.power = E, power
        self.place = {word: i for i, word in enumerate(words)}
        self.rarity = BM25(passages).rarity
        self.most = np.log(1 + (len(passages) + 0.5) / 0.5)  # of a word that no passage has
        self.sums = vectors.unit(np.stack([self.parts_of(p).sum(axis=0) for p in passages]))

    def parts_of(self, words: Sequence[str]) -> np.ndarray:
        """Return a weighted vector for each word, zeros for one without a vector: (words, d)."""
        out = np.zeros((max(len(words), 1), self.E.shape[1]))
        for row, word in enumerate(words):
            if word in self.place:
                out[row] = (self.rarity.get(word, self.most) ** self.power
                            * self.E[self.place[word]])
        return out

    def parts(self, question: Sequence[str]) -> np.ndarray:
        """Return what each word of the question adds to each cosine, shape (words, passages)."""
        each = self.parts_of(question)
        length = np.linalg.norm(each.sum(axis=0))
        return each @ self.sums.T / max(length, 1e-12)

    def scores(self, question: Sequence[str]) -> np.ndarray:
        """Return a cosine for each passage, shape (n_passages,)."""
        return self.parts(question).sum(axis=0)


def fused(*scores: np.ndarray, constant: float = 60.0) -> np.ndarray:
    """Join rankings: each gives a passage 1 / (constant + place).

    References
    ----------
    Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, SIGIR 2009.

    Examples
    --------
    >>> fused(np.array([3.0, 2.0, 1.0]), np.array([0.1, 0.3, 0.0])).argsort()[0]
    np.int64(2)
    """
    if not scores or len({len(s) for s in scores}) != 1:
        raise ValueError("give rankings of the same passages")
    places = [len(s) - np.argsort(np.argsort(s, kind="stable"), kind="stable") for s in scores]
    return sum(1 / (constant + place) for place in places)
