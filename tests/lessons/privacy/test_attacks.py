"""Areas, curves and bounds of attacks."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from lessons.privacy import attacks


def test_the_area_is_that_of_scikit_learn_with_ties():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, 40), rng.integers(1, 8, 30)
    truth = np.repeat([1, 0], [40, 30])
    assert attacks.auc(a, b) == pytest.approx(roc_auc_score(truth, np.concatenate([a, b])))


def test_the_curve_has_the_area():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.5, 1, 300), rng.normal(size=200)
    false, true = attacks.roc(a, b)
    assert false[0] == true[0] == 0 and false[-1] == true[-1] == 1
    assert np.trapezoid(true, false) == pytest.approx(attacks.auc(a, b))


def test_caught_at_no_false_alarm():
    assert attacks.caught_at([5, 4, 1], [2, 3], 0.0) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="give one of each"):
        attacks.auc([], [1])


def test_no_attacker_passes_the_bound_of_a_mechanism_that_keeps_it():
    """Randomised response with epsilon 1: the best attacker lies on the bound, not above."""
    keep = np.exp(1) / (1 + np.exp(1))
    assert attacks.most_caught(1 - keep, 1.0, 0.0) == pytest.approx(keep)
    f = np.linspace(0, 1, 21)
    assert (attacks.most_caught(f, 0.0, 0.0) == pytest.approx(f))
    assert (attacks.most_caught(f, 2.0, 0.0) >= attacks.most_caught(f, 1.0, 0.0)).all()


def test_the_ratio_finds_members_by_their_own_means():
    rng = np.random.default_rng(2)
    hard = rng.normal(0, 5, 500)  # how hard each example is: the loss alone shows mostly this
    seen = rng.random((16, 500)) < 0.5
    refs = hard + seen + rng.normal(size=(16, 500)) * 0.3
    member = rng.random(500) < 0.5
    score = hard + member + rng.normal(size=500) * 0.3
    ratio = attacks.likelihood_ratio(score, np.where(seen, refs, np.nan),
                                     np.where(seen, np.nan, refs))
    assert attacks.auc(ratio[member], ratio[~member]) > 0.95
    assert attacks.auc(score[member], score[~member]) < 0.7


def test_an_example_without_references_is_said():
    with pytest.raises(ValueError, match="train more of them"):
        attacks.likelihood_ratio([1.0], [[np.nan]], [[0.0]])
