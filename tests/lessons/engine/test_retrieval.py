"""BM25 against values worked by hand; ranks and their means; bad input is told."""

import numpy as np
import pytest

from lessons.engine.retrieval import BM25, mean_reciprocal_rank, rank, recall_at

CATS = [text.split() for text in ("the cat sat", "the dog saw the cat and a cat", "a fish")]


def test_a_score_is_the_one_worked_by_hand():
    # "cat" stands in 2 of 3 passages, of 3, 8 and 2 words (mean 13/3); k1 = 1.2, b = 0.75.
    rarity = np.log(1 + 1.5 / 2.5)
    first = rarity * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 9 / 13))
    second = rarity * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 24 / 13))
    assert BM25(CATS).scores(["cat"]) == pytest.approx([first, second, 0.0])


def test_words_add_up_and_unknown_ones_add_nothing():
    bm25 = BM25(CATS)
    each = bm25.parts(["cat", "fish", "whale", "cat"])
    assert each.shape == (4, 3) and (each[2] == 0).all() and (each[0] == each[3]).all()
    assert bm25.scores(["cat", "fish"]) == pytest.approx(each[0] + each[1])
    assert bm25.scores([]).tolist() == [0, 0, 0]


def test_k1_zero_counts_a_word_once_and_b_zero_forgets_the_length():
    once = BM25(CATS, k1=0).scores(["cat"])
    assert once[0] == pytest.approx(once[1]) and once[0] > 0
    same = BM25([["cat"], ["cat", *["dog"] * 99]], b=0).scores(["cat"])
    assert same[0] == pytest.approx(same[1])
    held = BM25([["cat"], ["cat", *["dog"] * 99]], b=1).scores(["cat"])
    assert held[0] > 3 * held[1]


def test_no_word_counts_against_a_passage():
    assert (BM25([["a"], ["a"], ["a", "b"]]).parts(["a", "b"]) >= 0).all()


def test_empty_passages_are_allowed_beside_others():
    assert BM25([[], ["cat"]]).scores(["cat"])[0] == 0
    assert BM25([[], []]).scores(["cat"]).tolist() == [0, 0]


@pytest.mark.parametrize(("passages", "k1", "b", "said"), [
    ([], 1.2, 0.75, "one passage"), (["a text"], 1.2, 0.75, "list of words"),
    ([["a"]], -1, 0.75, "k1 is 0 or more"), ([["a"]], np.nan, 0.75, "k1 is 0 or more"),
    ([["a"]], 1.2, 1.5, "b from 0 to 1"), ([["a"]], np.inf, 0.5, "k1 is 0"),
])
def test_bad_input_is_told(passages, k1, b, said):
    with pytest.raises(ValueError, match=said):
        BM25(passages, k1, b)


def test_a_question_is_a_list():
    with pytest.raises(ValueError, match="list of words, not a text"):
        BM25(CATS).scores("cat")


def test_ranks_share_ties():
    assert rank([3.0, 2.0, 1.0], 0) == 1 and rank([3.0, 2.0, 1.0], 2) == 3
    assert rank([1.0, 1.0], 0) == 1.5 and rank([0.0] * 633, 5) == 317


@pytest.mark.parametrize(("scores", "right"), [([1.0], 1), ([1.0], -1), ([[1.0]], 0), ([], 0),
                                               ([np.nan, 1.0], 0)])
def test_a_rank_of_nothing_is_told(scores, right):
    with pytest.raises(ValueError, match="scores"):
        rank(scores, right)


def test_means_over_questions():
    assert recall_at([1, 1.5, 6], 5) == pytest.approx(2 / 3)
    assert mean_reciprocal_rank([1, 2]) == 0.75
    for bad in ([], [0], [[1, 2]], [np.nan]):
        with pytest.raises(ValueError, match="from 1 on"):
            mean_reciprocal_rank(bad)
