"""Searches keep their budget and find what is to be found; a process agrees with scikit-learn's."""

import numpy as np
import pytest
from scipy import integrate, stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

from lessons.search import gaussian, reuse, simple
from lessons.search.space import Space, Trial, best

SPACE = Space({"rate": list(range(9)), "width": [0, 1, 2], "batch": [0, 1, 2]})
RUNGS = (1, 3, 9)


def bowl(setting, epochs=9):
    """A score with its least at rate 6, to which width adds little and batch nothing."""
    rate, width, _ = SPACE.levels[setting]
    return float(1.1 + (rate - 6) ** 2 + 0.1 * width - 0.01 * epochs)


def test_settings_are_counted_as_the_lattice_is():
    assert len(SPACE) == 81 and SPACE.setting(80) == {"rate": 8, "width": 2, "batch": 2}
    assert SPACE.points.min() == 0 and SPACE.points.max() == 1
    found = SPACE.grid(rate=[0, 8], width=[1], batch=[0, 2])
    assert [SPACE.setting(i)["rate"] for i in found] == [0, 0, 8, 8]
    with pytest.raises(ValueError, match="say the levels of each axis, rate, width, batch"):
        SPACE.grid(rate=[0])
    with pytest.raises(ValueError, match="counted from 0"):
        SPACE.grid(rate=[9], width=[0], batch=[0])
    with pytest.raises(ValueError, match="axes of two levels"):
        Space({"rate": [1.0]})


def test_a_choice_is_made_among_those_trained_longest():
    trials = [Trial(3, 1, 1, 0.0), Trial(4, 9, 9, 0.5), Trial(5, 9, 9, 0.4)]
    assert best(trials).setting == 5
    with pytest.raises(ValueError, match="nothing was tried"):
        best([])


@pytest.mark.parametrize("budget", [81, 100, 243])
def test_every_search_keeps_its_budget_and_tries_nothing_twice(budget):
    rng = np.random.default_rng(0)
    full = [simple.random_search(SPACE, bowl, budget, 9, rng),
            gaussian.bayesian(SPACE, bowl, budget, 9, rng)]
    for trials in full:
        assert sum(t.paid for t in trials) == budget // 9 * 9
        assert len({t.setting for t in trials}) == len(trials)
    halved = simple.halving(SPACE, bowl, budget, RUNGS, rng)
    assert budget - 9 < sum(t.paid for t in halved) <= budget or len(halved) >= len(SPACE)


def test_halving_goes_on_with_the_best_third_and_pays_only_the_rest():
    trials = simple.halving(SPACE, bowl, 81, RUNGS, np.random.default_rng(1))
    rungs = [[t for t in trials if t.epochs == r] for r in RUNGS]
    assert [len(r) for r in rungs] == [35, 11, 3]
    assert [r[0].paid for r in rungs] == [1, 2, 6]
    kept = {t.setting for t in rungs[1]}
    dropped = [t.score for t in rungs[0] if t.setting not in kept]
    assert max(t.score for t in rungs[0] if t.setting in kept) <= min(dropped)


def test_halving_is_fooled_by_early_scores_that_say_the_opposite():
    def late(setting, epochs):
        return bowl(setting) if epochs == 9 else -bowl(setting)

    ends = [[best(simple.halving(SPACE, score, 81, RUNGS, np.random.default_rng(s))).setting
             for s in range(5)] for score in (bowl, late)]
    assert np.mean([bowl(i) for i in ends[0]]) < 3 < np.mean([bowl(i) for i in ends[1]])


@pytest.mark.parametrize("search", [
    lambda b, rng: simple.random_search(SPACE, bowl, b, 9, rng),
    lambda b, rng: gaussian.bayesian(SPACE, bowl, b, 9, rng),
    lambda b, rng: simple.halving(SPACE, bowl, b, RUNGS, rng),
])
def test_a_budget_too_small_is_said(search):
    with pytest.raises(ValueError, match="epochs"):
        search(8, np.random.default_rng(0))


def test_a_process_believes_what_that_of_scikit_learn_does():
    rng = np.random.default_rng(2)
    X, y, new = rng.random((9, 3)), rng.normal(size=9), rng.random((5, 3))
    lengths, noise = np.array([0.3, 1.0, 2.0]), 0.2
    mine = gaussian.Process(X, y, np.log([*lengths, noise]))
    theirs = GaussianProcessRegressor(Matern(lengths, nu=2.5), alpha=noise + 1e-9, optimizer=None)
    mean, deviation = theirs.fit(X, (y - y.mean()) / y.std()).predict(new, return_std=True)
    for got, want in zip(mine.believes(new), (y.mean() + y.std() * mean, y.std() * deviation),
                         strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6)


def test_expected_improvement_is_the_integral():
    mean, deviation, least = 0.3, 0.7, 0.1
    want, _ = integrate.quad(lambda y: (least - y) * stats.norm.pdf(y, mean, deviation), -9, least)
    got = gaussian.expected_improvement(np.array([mean]), np.array([deviation]), least)
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_a_fit_climbs_and_finds_the_axis_that_matters():
    rng = np.random.default_rng(3)
    X = rng.random((40, 2))
    y = np.sin(6 * X[:, 0])
    start = gaussian.Process(X, y, np.array([gaussian.LENGTH] * 2 + [gaussian.NOISE]))
    found = gaussian.fitted(X, y, rng, n_steps=100)
    assert found.likelihood() > start.likelihood() and found.theta[0] < found.theta[1] - 0.5


def test_a_bayesian_search_beats_chance_on_a_bowl():
    ends = [[best(f(SPACE, bowl, 12 * 9, 9, np.random.default_rng(s))).score for s in range(8)]
            for f in (simple.random_search, gaussian.bayesian)]
    assert np.mean(ends[1]) < np.mean(ends[0])


def test_the_best_of_many_coins_looks_better_and_is_not():
    rng = np.random.default_rng(4)
    score, truth = reuse.chosen_by_test(rng.random((100, 2000)) < 0.9, 100, rng)
    assert score[:, 99].mean() > 0.95 and abs(truth[:, 99].mean() - 0.9) < 0.005
    assert abs(score[:, 0].mean() - 0.9) < 0.01 and (np.diff(score, axis=1) >= 0).all()
    with pytest.raises(ValueError, match="leaves none"):
        reuse.chosen_by_test(np.ones((2, 5), bool), 5, rng)


def test_networks_that_are_right_about_the_same_examples_wear_a_test_set_less():
    rng = np.random.default_rng(5)
    same = np.tile(rng.random(2000) < 0.9, (50, 1))
    apart = reuse.no_common_examples(same, rng)
    assert (apart.sum(1) == same.sum(1)).all()
    gaps = [np.subtract(*reuse.chosen_by_test(r, 100, rng))[:, -1].mean() for r in (same, apart)]
    assert abs(gaps[0]) < 0.01 and gaps[1] > 0.04


def test_guesses_alone_climb_a_leaderboard_and_not_a_ladder():
    rng = np.random.default_rng(6)
    labels = rng.random(500) < 0.5
    plain = reuse.guesses_voted(500, lambda a: float((a == labels).mean()), 300, rng)
    quiet = reuse.guesses_voted(500, reuse.Ladder(labels, 0.05), 300, rng)
    assert (plain == labels).mean() > 0.7 and (quiet == labels).mean() < 0.6
    with pytest.raises(ValueError, match="between 0 and 1"):
        reuse.Ladder(labels, 0)
