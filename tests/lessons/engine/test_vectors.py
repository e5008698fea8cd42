"""Counts, PPMI and vectors against values worked by hand; bad input is told."""

import numpy as np
import pytest

from lessons.engine import vectors


def test_the_window_counts_to_both_sides_and_not_across_texts():
    texts = [["a", "b", "c"], ["a"]]
    assert vectors.cooccurrence(texts, ["a", "b", "c"], 1).tolist() == [
        [0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert vectors.cooccurrence(texts, ["a", "b", "c"], 2)[0].tolist() == [0, 1, 1]
    assert vectors.cooccurrence(texts, ["a", "b", "c"], 9)[0].tolist() == [0, 1, 1]


def test_a_word_beside_itself_counts_twice_and_unknown_words_keep_their_place():
    assert vectors.cooccurrence([["a", "a"]], ["a"], 1).tolist() == [[2]]
    assert vectors.cooccurrence([["a", "x", "b"]], ["a", "b"], 1).sum() == 0


def test_ppmi_by_hand():
    C = np.array([[2.0, 1.0], [1.0, 6.0]])  # by chance 0.9, 2.1, 4.9
    expected = [[np.log(2 / 0.9), 0], [0, np.log(6 / 4.9)]]
    assert vectors.ppmi(C) == pytest.approx(np.array(expected))
    assert vectors.ppmi(np.ones((3, 3))) == pytest.approx(0)


@pytest.mark.parametrize("C", [np.zeros((2, 2)), [[1, -1], [0, 1]], [1, 2], [[np.nan, 1], [1, 1]]])
def test_no_counts_are_told(C):
    with pytest.raises(ValueError, match="counts are a table"):
        vectors.ppmi(C)


def test_all_directions_give_back_the_table():
    rng = np.random.default_rng(0)
    A = rng.random((5, 5))
    table = A @ A.T  # no negative eigenvalue: rows of length 1 have its cosines
    E = vectors.embed(table, 5)
    scale = np.sqrt(np.diag(table))
    assert pytest.approx(table / np.outer(scale, scale)) == E @ E.T


@pytest.mark.parametrize("d", [0, 4, -1])
def test_a_size_that_cannot_be(d):
    with pytest.raises(ValueError, match="from 1 to 3 directions"):
        vectors.embed(np.eye(3), d)


def test_words_that_are_used_alike_are_near():
    texts = [[a, verb, b] for a in ("cat", "dog") for verb in ("sees", "finds")
             for b in ("it", "us")]
    words = vectors.vocabulary(texts, 6)
    E = vectors.embed(vectors.ppmi(vectors.cooccurrence(texts, words, 1)), 3)
    (other, cosine), *_ = vectors.nearest(E, words.index("cat"), 1)
    assert words[other] == "dog" and cosine == pytest.approx(1)


def test_bad_words_and_windows_are_told():
    with pytest.raises(ValueError, match="one word or more"):
        vectors.vocabulary([["a"]], 0)
    with pytest.raises(ValueError, match="list of words"):
        vectors.vocabulary(["a text"], 5)
    with pytest.raises(ValueError, match="window is 1 word"):
        vectors.cooccurrence([["a"]], ["a"], 0)
    for word, k in ((3, 1), (-1, 1), (0, 3), (0, 0)):
        with pytest.raises(ValueError, match="there are 3 words"):
            vectors.nearest(np.eye(3), word, k)
    assert vectors.unit(np.zeros((1, 2))).tolist() == [[0, 0]]
