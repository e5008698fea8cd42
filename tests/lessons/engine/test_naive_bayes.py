"""Naive Bayes against values worked by hand and scikit-learn; bad input is told."""

import numpy as np
import pytest
from sklearn.naive_bayes import MultinomialNB

from lessons.engine.naive_bayes import NaiveBayes


def test_smoothed_shares_are_those_worked_by_hand():
    model = NaiveBayes(0.5).fit([[3, 0], [0, 1], [1, 1]], [0, 1, 1])
    shares = np.array([[3.5 / 4, 0.5 / 4], [1.5 / 4, 2.5 / 4]])
    assert np.exp(model.log_word) == pytest.approx(shares)
    assert np.exp(model.log_prior) == pytest.approx([1 / 3, 2 / 3])
    expected = np.log(2 / 3) + np.log(1.5 / 4) + 2 * np.log(2.5 / 4)
    assert model.scores([[1, 2]])[0, 1] == pytest.approx(expected)


def test_all_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    X, y, new = rng.poisson(1.0, (40, 12)), rng.integers(0, 4, 40), rng.poisson(1.0, (9, 12))
    ours, theirs = NaiveBayes(0.3).fit(X, y), MultinomialNB(alpha=0.3).fit(X, y)
    assert ours.log_word == pytest.approx(theirs.feature_log_prob_)
    assert (ours.predict(new) == theirs.predict(new)).all()


def test_a_text_without_words_gets_the_most_frequent_class():
    assert NaiveBayes().fit([[1, 0], [0, 1], [0, 2]], [0, 1, 1]).predict([[0, 0]]).tolist() == [1]


@pytest.mark.parametrize("alpha", [0, -1.0, np.nan, np.inf])
def test_alpha_above_zero(alpha):
    with pytest.raises(ValueError, match="alpha is above 0"):
        NaiveBayes(alpha)


@pytest.mark.parametrize(("X", "y", "said"), [
    ([1, 2], [0, 1], "shape"), (np.zeros((2, 0)), [0, 1], "shape"),
    ([[1, -1]], [0], "0 or more"), ([[np.nan, 1]], [0], "finite"),
    ([[1, 2]], [0, 1], "as many labels"), ([[1, 2]], [0.5], "whole numbers"),
    (np.zeros((0, 3)), np.zeros(0, dtype=int), "one text or more"),
    ([[1, 2], [1, 1]], [0, 2], "no text of class 1"), ([[1, 2]], [-1], "from 0 on"),
])
def test_bad_input_is_told(X, y, said):
    with pytest.raises(ValueError, match=said):
        NaiveBayes().fit(X, y)


def test_other_words_than_fitted_are_told():
    model = NaiveBayes().fit([[1, 0], [0, 1]], [0, 1])
    with pytest.raises(ValueError, match="fitted on 2 words, got 3"):
        model.predict([[1, 0, 0]])
