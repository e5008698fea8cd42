"""Rates of groups, the identity that forces them apart, and the real extract."""

import numpy as np
import pytest

from experiments import census
from lessons.care import groups
from lessons.studies.census import people


def test_the_rates_are_counts():
    r = groups.rates([1, 1, 1, 0, 0], [1, 1, 0, 1, 0])
    assert (r.n, r.base, r.chosen) == (5, 0.6, 0.6)
    assert r.found == pytest.approx(2 / 3) and r.accused == 0.5 and r.right == pytest.approx(2 / 3)
    assert np.isnan(groups.rates([0, 0], [0, 0]).found)
    with pytest.raises(ValueError, match="one each for one person"):
        groups.rates([1, 0], [1])
    with pytest.raises(ValueError, match="one each for one person"):
        groups.rates([], [])


def test_the_identity_holds_for_any_decision():
    rng = np.random.default_rng(0)
    for _ in range(20):
        y, d = rng.random(200) < rng.uniform(0.2, 0.8), rng.random(200) < 0.5
        r = groups.rates(y, d)
        assert groups.accused_by(r.base, r.right, r.found) == pytest.approx(r.accused)
    with pytest.raises(ValueError, match="between 0 and 1"):
        groups.accused_by(1.0, 0.5, 0.5)


def test_equal_groups_can_be_treated_equally_and_useless_pairs_are_refused():
    y, s = np.array([1, 1, 0, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.2, 0.6, 0.1])
    a = groups.all_thresholds(y, s, [0.15, 0.65, 0.95])
    assert groups.closest(a, a, least_found=0.5)[0] == 0
    with pytest.raises(ValueError, match="finds 100% in both"):
        groups.closest({k: v[2:] for k, v in a.items()}, a, least_found=1.0)


def test_real_groups_with_unlike_base_rates_cannot():
    p = people.everybody()
    taught, judged = p[: people.N_TRAIN], p[people.N_TRAIN:]
    chance = people.chances(people.logistic(taught.X, taught.y), judged.X)
    women = judged.sex == "Female"
    levels = np.arange(0.02, 0.98, 0.02)

    def best(group):
        return groups.closest(*(groups.all_thresholds(judged.y[g], chance[g], levels)
                                for g in (group, ~group)), 0.5)[0]

    lots = [best(np.random.default_rng(k).permutation(women)) for k in range(3)]
    assert best(women) > 0.1 > 0.05 > max(lots)


def test_logistic_regression_is_that_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    p = people.everybody()[:800]
    theirs = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(p.X, p.y)
    np.testing.assert_allclose(people.logistic(p.X, p.y)[:-1], theirs.coef_[0], atol=1e-3)


def test_the_extract_keeps_words_and_leaves_out_who_is_not_known(tmp_path, monkeypatch):
    row = ("39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, "
           "White, Male, 2174, 0, 40, United-States, <=50K.")
    text = f"|1x3 Cross validator\n{row}\n{row.replace('Adm-clerical', '?')}\n"
    assert census.rows_of(text) == [["39", "13", "Never-married", "Adm-clerical", "White", "Male",
                                     "40", "<=50K"]]
    for name in ("adult.data", "adult.test"):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(people, "FILE", tmp_path / "out.gz")
    assert census.extract(tmp_path) == 2 and people.FILE.stat().st_size > 50


def test_the_licence_stands_beside_the_extract():
    text = people.FILE.with_name("census.LICENSE.txt").read_text(encoding="utf-8")
    assert "CC BY 4.0" in text and "Changes made here" in text
