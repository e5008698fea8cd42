"""What the four cases are made of: values by hand and from kept libraries, and bad input."""

import copy
from math import comb

import numpy as np
import pytest
import torch
from scipy.stats import binomtest
from sklearn.linear_model import Ridge
from torch.nn import functional as F

from experiments import elsewhere as experiment
from lessons.data.sequences import MOTIF, sequences
from lessons.studies.elsewhere import (
    filters,
    fingerprints,
    lending,
    motifs,
    recommenders,
    runs,
    splits,
)


def rng(seed=0):
    return np.random.default_rng(seed)


# splits

def test_groups_stay_whole_and_the_share_is_kept():
    groups = rng().integers(0, 40, 400)
    test = splits.by_group(rng(1), groups, 0.25)
    assert not set(groups[test]) & set(groups[~test])
    assert len(set(groups[test])) == round(0.25 * len(set(groups)))
    assert splits.by_row(rng(), 101, 0.2).sum() == 20
    assert splits.by_row(rng(), 2, 0.01).sum() == splits.by_row(rng(), 2, 0.99).sum() == 1


@pytest.mark.parametrize(("groups", "share"), [
    ([1, 1], 0.5), ([], 0.5), ([1, 2], 0.0), ([1, 2], 1.0), ([1, 2], np.nan)])
def test_splits_that_split_nothing(groups, share):
    with pytest.raises(ValueError, match="two groups or more, and a share"):
        splits.by_group(rng(), groups, share)
    with pytest.raises(ValueError, match="one group for each row"):
        splits.by_group(rng(), [[1, 2]], 0.5)
    with pytest.raises(TypeError, match="give a generator"):
        splits.by_group(3, [1, 2], 0.5)


def test_a_toss_is_one_for_a_group_and_fair():
    groups = np.repeat(np.arange(2000), 2)
    tossed = splits.tosses(rng(), groups)
    assert (tossed[::2] == tossed[1::2]).all() and abs(tossed.mean() - 0.5) < 0.04


# lending

def test_profit_by_hand_and_nobody_beats_the_line_from_costs_on_true_risks():
    assert lending.profit([0.1, 0.4, 0.6, 0.9], [0, 1, 0, 1], 0.5, 2, 10) == 1000 * (2 - 10) / 4
    assert lending.profit([0.1], [0], 0.0, 1, 1) == 0.0
    risk = rng().random(200_000) ** 4
    y = (rng(1).random(len(risk)) < risk) * 1
    best = lending.break_even(1, 9)
    assert best == 0.1
    earned = {most: lending.profit(risk, y, most, 1, 9) for most in (0.03, 0.1, 0.3, 0.5)}
    assert max(earned, key=earned.get) == 0.1


def test_wilson_is_that_of_scipy():
    for n_ones, n in [(0, 10), (10, 10), (3, 40), (1, 1), (500, 1000)]:
        expected = binomtest(n_ones, n).proportion_ci(0.95, "wilson")
        assert lending.share_interval(n_ones, n) == pytest.approx(
            (expected.low, expected.high), abs=1e-6)
    for n_ones, n in [(1, 0), (-1, 5), (6, 5)]:
        with pytest.raises(ValueError, match="one case or more"):
            lending.share_interval(n_ones, n)


def test_groups_of_reliability_hold_every_case_once():
    p, y = rng().random(103), rng(1).integers(0, 2, 103)
    groups = lending.reliability(p, y, 8)
    assert sum(n for _, _, n in groups) == 103 and sum(k for _, k, _ in groups) == y.sum()
    means = [mean for mean, _, _ in groups]
    assert means == sorted(means)


def test_copies_balance_and_put_back_is_bayes():
    y = np.array([0] * 97 + [1] * 3)
    rows = lending.copies(rng(), y)
    assert y[rows].mean() == 0.5 and (rows[:100] == np.arange(100)).all()
    p = rng().random(50)
    odds = p / (1 - p)
    back = lending.back_to(p, 0.5, 0.03)
    np.testing.assert_allclose(back / (1 - back), odds * 0.03 / 0.97)
    np.testing.assert_allclose(lending.back_to(back, 0.03, 0.5), p)
    assert lending.back_to([0.0, 1.0], 0.5, 0.1).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("call", "said"), [
    (lambda: lending.profit([], [], 0.5, 1, 1), "in one row, one or more"),
    (lambda: lending.profit([[0.1]], [0], 0.5, 1, 1), "in one row"),
    (lambda: lending.profit([3.0], [0], 0.5, 1, 1), "as shares, not per cent"),
    (lambda: lending.profit([np.nan], [0], 0.5, 1, 1), "from 0 to 1"),
    (lambda: lending.profit([0.1], [0, 1], 0.5, 1, 1), "give 1 outcomes"),
    (lambda: lending.profit([0.1], [2], 0.5, 1, 1), "each 0 or 1"),
    (lambda: lending.break_even(0, 1), "finite and above 0"),
    (lambda: lending.break_even(1, np.inf), "finite and above 0"),
    (lambda: lending.copies(rng(), [0, 0]), "both outcomes must happen"),
    (lambda: lending.back_to([0.1], 0.0, 0.5), "above 0 and below 1"),
    (lambda: lending.reliability([0.1, 0.2], [0, 1], 3), "number of cases, got 3"),
])
def test_bad_loans_are_told(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# recommenders

SEEN = (np.random.default_rng(3).random((30, 20)) < 0.3) * 1.0


def test_factors_are_where_the_weighted_squares_are_least():
    scores = recommenders.factorise(SEEN, n_factors=3, weight=4.0, penalty=1.0, n_rounds=200)
    a = torch.randn(30, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    b = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    a, b = (a / 10).requires_grad_(), (b / 10).requires_grad_()
    t = torch.tensor(SEEN)
    optimiser = torch.optim.LBFGS([a, b], max_iter=2000, tolerance_grad=1e-10,
                                  line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        value = ((1 + 4 * t) * (t - a @ b.T) ** 2).sum() + (a**2).sum() + (b**2).sum()
        value.backward()
        return value

    optimiser.step(loss)
    s = torch.tensor(scores)
    fit = ((1 + 4 * t) * (t - s) ** 2).sum()
    singular = torch.linalg.svdvals(s)  # the least penalty of factors with this product
    assert (fit + 2 * singular.sum()).item() <= loss().item() * 1.02
    assert np.linalg.matrix_rank(scores) == 3


def test_linear_weights_are_ridge_without_the_own_column():
    scores = recommenders.weigh(SEEN, penalty=7.0)
    for film in (0, 11):
        others = np.delete(SEEN, film, axis=1)
        model = Ridge(alpha=7.0, fit_intercept=False).fit(others, SEEN[:, film])
        np.testing.assert_allclose(scores[:, film], model.predict(others), atol=1e-8)


def test_places_leave_out_what_was_seen_and_halve_ties():
    scores = np.array([[5.0, 4.0, 3.0, 3.0], [1.0, 1.0, 1.0, 1.0]])
    seen = np.array([[1, 0, 0, 0], [0, 0, 0, 1]])
    assert recommenders.ranks(scores, seen, [0, 0, 0], [1, 2, 3]).tolist() == [0, 1.5, 1.5]
    assert recommenders.ranks(scores, seen, [1], [0]).tolist() == [1.0]
    assert recommenders.table(np.array([1]), np.array([0]), 2, 2).tolist() == [[0, 0], [1, 0]]


def test_sampled_hits_by_counting():
    expected = sum(comb(60, k) * comb(139, 20 - k) for k in range(10)) / comb(199, 20)
    assert recommenders.sampled_hits([60], 199, 20) == pytest.approx(expected)
    assert recommenders.sampled_hits([9, 10], [99, 99], 99) == 0.5
    drawn = [np.mean(rng(s).choice(199, 20, replace=False) < 60) * 20 < 10 for s in range(2000)]
    assert np.mean(drawn) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("call", "said"), [
    (lambda: recommenders.factorise(np.ones(3)), "users by films, got the shape"),
    (lambda: recommenders.factorise(np.full((2, 2), 0.5)), "ones and zeros"),
    (lambda: recommenders.factorise(np.full((2, 2), np.nan)), "ones and zeros"),
    (lambda: recommenders.factorise(np.ones((2, 0))), "ones and zeros"),
    (lambda: recommenders.factorise(np.ones((2, 2)), n_factors=0), "from 1 on"),
    (lambda: recommenders.factorise(np.ones((2, 2)), penalty=0.0), "above 0"),
    (lambda: recommenders.weigh(np.ones((2, 2)), 0.0), "above 0, got 0.0"),
    (lambda: recommenders.ranks(np.ones((2, 2)), np.ones((2, 3)), [0], [0]), "one shape"),
    (lambda: recommenders.sampled_hits([], 9, 3), "one place or more"),
    (lambda: recommenders.sampled_hits([10], 9, 3), "number of other films"),
    (lambda: recommenders.sampled_hits([1], 9, 10), "draw 1 to 9 films"),
])
def test_bad_tables_are_told(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# motifs

def test_words_and_scan_by_hand():
    assert motifs.words([[0, 1, 0, 1]], 2)[0, [1, 4]].tolist() == [2, 1]  # AC twice, CA once
    assert (motifs.words(rng().integers(0, 4, (5, 30)), 3).sum(1) == 28).all()
    best = MOTIF.argmax(1)
    X = np.tile(best, (1, 3))
    expected = np.log(MOTIF.max(1) / 0.25).sum()
    assert motifs.scan(X)[0] == pytest.approx(expected)


def test_the_nearest_has_most_letters_in_common():
    X, others = rng().integers(0, 4, (6, 25)), rng(1).integers(0, 4, (9, 25))
    row, share = motifs.nearest(X, others)
    same = (X[:, None] == others).mean(2)
    np.testing.assert_allclose(share, same.max(1))
    assert (row == same.argmax(1)).all()


def test_filters_are_a_convolution_and_learn():
    net = filters.MotifNet().double()
    X = sequences(rng(), n_families=6, n_each=4)
    letters = torch.tensor(motifs.one_hot(X.X))
    kernel = net.filters.weight.view(8, 4, 8)
    said = F.conv1d(letters.mT, kernel, net.filters.bias).relu().amax(-1)
    assert torch.allclose(net.out(said)[:, 0], net(letters))
    one, same = (filters.train(X.X, X.y, seed=1, n_steps=60) for _ in range(2))
    assert np.array_equal(filters.read(one, X.X), filters.read(same, X.X))
    assert ((filters.read(one, X.X) > 0) == X.y).mean() > 0.8


@pytest.mark.parametrize(("call", "said"), [
    (lambda: motifs.words([0, 1, 2]), "put a single one into a list"),
    (lambda: motifs.words([[0.5, 1.0]]), "whole numbers"),
    (lambda: motifs.words(np.zeros((0, 4), dtype=int)), "shape"),
    (lambda: motifs.words([[0, 4]]), "letters are 0"),
    (lambda: motifs.words([[-1, 0]]), "letters are 0"),
    (lambda: motifs.words([[0, 1]], 3), "no more than a sequence, got 3"),
    (lambda: motifs.scan([[0, 1]]), "does not fit into 2"),
    (lambda: motifs.scan([[0, 1]], np.zeros((1, 4))), "numbers above 0"),
    (lambda: motifs.scan([[0, 1]], np.ones((2, 3))), r"shape \(width, 4\)"),
    (lambda: motifs.nearest([[0, 1]], [[0, 1, 2]]), "one length, got 2 and 3"),
])
def test_bad_sequences_are_told(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# fingerprints

def test_ridge_is_that_of_scikit_learn_on_scaled_columns():
    for d in (5, 60):  # fewer and more columns than rows
        X, y, new = rng().random((30, d)), rng(1).random(30), rng(2).random((4, d))
        X[:, 2] = 3.0  # a column without spread takes no part
        middle, spread = X.mean(0), np.where(X.std(0) > 0, X.std(0), 1)
        A, A_new = (X - middle) / spread, (new - middle) / spread
        A_new[:, 2] = 0
        expected = Ridge(alpha=2.0).fit(A, y).predict(A_new)
        np.testing.assert_allclose(fingerprints.ridge(X, y, new, 2.0), expected, atol=1e-9)


def test_tanimoto_by_hand():
    A = np.array([[1, 1, 0, 0], [0, 0, 2, 0]])
    np.testing.assert_allclose(fingerprints.tanimoto(A, A), np.eye(2))
    assert fingerprints.tanimoto(A, np.array([[1, 0, 1, 1]]))[:, 0].tolist() == [0.25, 1 / 3]


@pytest.mark.parametrize(("call", "said"), [
    (lambda: fingerprints.tanimoto(np.zeros((1, 2)), np.ones((1, 2))), "like no other"),
    (lambda: fingerprints.tanimoto(np.ones((1, 2)), np.ones((1, 3))), "the same columns"),
    (lambda: fingerprints.columns([]), "one molecule or more"),
    (lambda: fingerprints.ridge(np.ones((2, 1)), np.ones(3), np.ones((1, 1)), 1.0), "as many rows"),
    (lambda: fingerprints.ridge(np.ones((2, 1)), np.ones(2), np.ones((1, 1)), 0.0), "above 0"),
])
def test_bad_molecules_are_told(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# the record

def test_the_record_has_every_run_and_says_how_it_was_made():
    record = runs.record()
    assert record["made"]["design"] == experiment.DESIGN
    assert record["made"]["processor_s"] < 20 * 60
    wanted = {(case, name) for name, case, _ in experiment.tasks()}
    assert wanted == {(case, name) for case in experiment.CODE for name in record[case]}
    with pytest.raises(KeyError, match="choose from"):
        runs.over_seeds("chemistry", "31", "row", "parts")


def test_check_agrees_with_the_record_and_finds_a_number_that_no_run_gave(monkeypatch):
    task = next(t for t in experiment.tasks() if t[1] == "chemistry")
    small = copy.deepcopy(runs.record())
    monkeypatch.setattr(runs, "record", lambda: small)
    assert experiment.check([task]) == []
    small["chemistry"][task[0]]["scaffold"]["parts"] *= 1.1
    (wrong,) = experiment.check([task])
    assert "scaffold parts" in wrong and "recorded" in wrong


def test_differences_see_numbers_at_any_depth():
    assert list(experiment.differences({"a": [1.0, {"b": 2.0}]}, {"a": [1.0, {"b": 2.5}]})) == [
        "a 1 b: 2.0, recorded 2.5"]
    assert list(experiment.differences({"a": 0.501}, {"a": 0.5})) == []


def test_an_unknown_argument_runs_nothing(capsys):
    with pytest.raises(SystemExit, match="2"):
        experiment.main(["--chek"])
    assert "--check" in capsys.readouterr().err
