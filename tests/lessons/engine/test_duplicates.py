"""Near copies: similarity by hand, signatures that estimate it, bands as the formula promises."""

import numpy as np
import pytest

from lessons.engine.duplicates import (
    PRIME,
    candidates,
    copies,
    jaccard,
    near_duplicates,
    shingles,
    signatures,
)

TEXTS = ["the cat sat on the mat today", "the cat sat on the mat", "a dog", "", "!!! ???", "A dog."]


def test_runs_of_words_by_hand():
    assert shingles("One, two; THREE four", 3) == {"one two three", "two three four"}
    assert shingles("one two", 3) == {"one two"}  # shorter than a run: one run
    assert shingles("", 3) == shingles(" *** ", 3) == set()
    assert shingles("für ‘élan’", 1) == {"für", "élan"}


def test_similarity_by_hand():
    assert jaccard({"a", "b"}, {"b", "c", "d"}) == 0.25
    assert jaccard(set(), set()) == 1.0 and jaccard(set(), {"a"}) == 0.0


@pytest.mark.parametrize("shared, own", [(0, 30), (10, 20), (30, 15), (90, 5), (40, 0)])
def test_signatures_agree_as_often_as_sets_are_alike(shared, own):
    one = {f"s{i}" for i in range(shared)} | {f"a{i}" for i in range(own)}
    other = {f"s{i}" for i in range(shared)} | {f"b{i}" for i in range(own)}
    J = jaccard(one, other)
    rows = signatures([one, other], 4000, seed=3)
    error = np.sqrt(J * (1 - J) / 4000)
    assert abs((rows[0] == rows[1]).mean() - J) <= 5 * error


def test_a_signature_depends_on_the_set_alone():
    rows = signatures([{"a", "b"}, {"b", "a"}, set()], 64)
    np.testing.assert_array_equal(rows[0], rows[1])
    assert (rows[2] == PRIME).all() and rows.shape == (3, 64)
    np.testing.assert_array_equal(rows, signatures([{"a", "b"}, {"b", "a"}, set()], 64))
    assert (signatures([{"a"}], 64, seed=1) != signatures([{"a"}], 64, seed=0)).all()
    assert signatures([], 8).shape == (0, 8)


def test_bands_find_pairs_as_often_as_the_formula_says():
    shared = {f"s{i}" for i in range(20)}
    hits, J, r, b = 0, 20 / 30, 4, 8
    for trial in range(300):
        one = shared | {f"a{trial}-{i}" for i in range(5)}
        other = shared | {f"b{trial}-{i}" for i in range(5)}
        hits += bool(candidates(signatures([one, other], r * b, seed=trial), b))
    expected = 1 - (1 - J**r) ** b
    assert hits / 300 == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 300))


def test_candidates_by_hand():
    rows = np.array([[1, 1, 5, 5], [1, 1, 6, 6], [2, 2, 6, 6], [1, 2, 5, 6]])
    assert candidates(rows, 2) == {(0, 1), (1, 2)}
    assert candidates(rows, 1) == set() and candidates(rows[:1], 2) == set()


def test_near_duplicates_are_exact_and_reach_the_threshold():
    assert near_duplicates(TEXTS, 0.7) == {(0, 1): 0.8, (2, 5): 1.0}  # 4 of 5 runs; no empty ones
    assert near_duplicates(TEXTS, 0.9) == {(2, 5): 1.0}
    assert near_duplicates([], 0.5) == {}


def test_each_group_keeps_its_first():
    assert copies(6, [(4, 5), (2, 4)]) == [4, 5]
    assert copies(5, [(3, 4), (0, 4), (1, 2)]) == [2, 3, 4]
    assert copies(3, []) == []


@pytest.mark.parametrize("call, words", [
    (lambda: shingles("a b", 0), "1 word or more"),
    (lambda: signatures([{"a"}], 0), "1 number or more"),
    (lambda: candidates(np.zeros((2, 8)), 3), "do not divide 8"),
    (lambda: candidates(np.zeros((2, 8)), 0), "do not divide"),
    (lambda: near_duplicates(TEXTS, 0.0), "above 0 and at most 1"),
    (lambda: near_duplicates(TEXTS, float("nan")), "above 0 and at most 1"),
    (lambda: near_duplicates(TEXTS, 1.5), "above 0 and at most 1"),
])
def test_bad_input_is_said_in_a_line(call, words):
    with pytest.raises(ValueError, match=words):
        call()
