"""Failures and checkpoints: formulas against each other, against simulation, and at their ends."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from lessons.planning import failures

ratios = st.floats(1e-4, 5)


def test_rates_of_chips_add_up():
    assert failures.mtbf_hours(1000, 1) == 24
    assert failures.mtbf_hours(8000, 0.5) == pytest.approx(6)


@given(ratios)
def test_the_best_interval_is_a_maximum(ratio):
    best = failures.best_interval(ratio, 1.0)
    kept = failures.useful_share(np.array([best / 1.1, best, best * 1.1]), ratio, 1.0)
    assert kept[1] > kept[0] and kept[1] > kept[2]


def test_daly_comes_nearer_to_the_best_than_young():
    for ratio in (0.001, 0.01, 0.1, 0.5, 1.0):
        best = failures.best_interval(ratio, 1)
        assert abs(failures.daly(ratio, 1) - best) < abs(failures.young(ratio, 1) - best)
    assert failures.daly(0.001, 1) == pytest.approx(failures.best_interval(0.001, 1), rel=1e-5)
    assert failures.daly(3.0, 1.0) == 1.0  # a checkpoint longer than two MTBFs


def test_young_is_the_limit_of_cheap_checkpoints():
    ratio = failures.young(1e-7, 1) / failures.best_interval(1e-7, 1)
    assert ratio == pytest.approx(1, abs=1e-3)
    assert failures.young(0.5, 1) / failures.best_interval(0.5, 1) > 1.3


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_share_is_what_a_simulation_keeps(seed):
    gaps = 5 * np.random.default_rng(seed).exponential(size=40_000)
    for tau in (0.2, 1.0, 4.0):
        kept = failures.simulated_share(gaps, tau, 0.1, 0.3)
        assert kept == pytest.approx(float(failures.useful_share(tau, 0.1, 5, 0.3)), abs=0.01)


def test_a_restart_does_not_move_the_best_interval():
    tau = np.linspace(0.05, 1, 400)
    without, with_restart = (np.argmax(failures.useful_share(tau, 0.02, 4, r)) for r in (0, 1))
    assert without == with_restart


def test_times_between_failures_have_mean_one():
    for make in failures.FAILURES.values():
        assert make(np.random.default_rng(0), 200_000).mean() == pytest.approx(1, abs=0.03)


def test_a_story_is_without_gaps_and_agrees_with_the_share():
    gaps = np.random.default_rng(3).exponential(3, 4000)
    until = float(gaps.sum())
    pieces = failures.story(gaps, 0.5, 0.05, 0.2, until)
    ends = np.array([piece[:2] for piece in pieces])
    np.testing.assert_allclose(ends[1:, 0], ends[:-1, 1])
    kept = sum(b - a for a, b, kind in pieces if kind == "kept") / until
    assert kept == pytest.approx(failures.simulated_share(gaps, 0.5, 0.05, 0.2), abs=0.005)
    assert {kind for *_, kind in pieces} == {"kept", "saving", "lost", "restart"}


@pytest.mark.parametrize("call", [
    lambda: failures.mtbf_hours(0, 1), lambda: failures.young(-1, 1),
    lambda: failures.daly(1, math.inf), lambda: failures.best_interval(0, 1),
    lambda: failures.useful_share(1, 1, 1, restart=-1), lambda: failures.useful_share(0, 1, 1),
    lambda: failures.simulated_share([], 1, 1), lambda: failures.simulated_share([1], 0, 1),
])
def test_times_that_cannot_be_are_refused(call):
    with pytest.raises(ValueError, match="above 0"):
        call()
