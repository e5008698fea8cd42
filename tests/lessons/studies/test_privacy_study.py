"""The digit reader's gradients are right, its splits apart, and the record is what it says."""

import numpy as np
import pytest

from experiments import privacy
from lessons.privacy import noise
from lessons.studies.privacy import learn, trials
from lessons.studies.privacy.learn import Plan
from lessons.studies.record import load


def test_each_gradient_is_that_of_its_own_loss():
    X, y = (part[:3] for part in learn.digits())
    w = learn.start(np.random.default_rng(0))
    g = learn.gradients(w, X, y)
    for i in np.random.default_rng(1).integers(0, len(w), 12):
        step = np.zeros_like(w)
        step[i] = 1e-6
        up, down = (-learn.log_chances(w + s, X)[np.arange(3), y] for s in (step, -step))
        np.testing.assert_allclose(g[:, i], (up - down) / 2e-6, atol=1e-6)


def test_the_parts_have_no_digit_in_common():
    parts = list(learn.split(3).values())
    assert len(np.unique(np.concatenate(parts))) == sum(map(len, parts)) == 1797
    assert not np.array_equal(learn.split(3)["out"], learn.split(4)["out"])
    assert not set(learn.split(privacy.CHOOSING)["tune"]) & set(learn.split(3)["out"])


def test_clipping_that_cuts_nothing_changes_nothing_and_noise_does():
    rows = learn.split(0)["train"]
    plain, wide, noisy = (learn.train(Plan(n_steps=1, **more), rows, 0) for more in (
        {}, {"clip": 1e6}, {"clip": 1e6, "sigma": 1e-6}))
    np.testing.assert_allclose(plain, wide, atol=1e-9)
    assert np.abs(plain - noisy).max() > 1e-3


def test_slips_are_as_many_as_said_and_always_wrong():
    y = learn.mislabelled(0, 0.1)
    assert (y != learn.digits()[1]).mean() == pytest.approx(0.1, abs=0.02)
    assert (learn.mislabelled(0, 0.0) == learn.digits()[1]).all()


def test_surety_is_higher_for_a_label_that_was_learned():
    rows = learn.split(0)["train"][:60]
    w = learn.train(Plan(lr=0.5, n_steps=200), rows, 0)
    sure = learn.surety(w)
    assert np.median(sure[rows]) > np.median(np.delete(sure, rows)) and np.isfinite(sure).all()


def test_an_attack_runs_with_all_its_attackers(monkeypatch):
    monkeypatch.setattr(trials, "N_REFERENCES", 20)
    got = trials.attacked(Plan(n_steps=1), 0)
    assert set(got["attacks"]) == {"loss", "references", "a coin"}
    assert all(0 <= attack["auc"] <= 1 and len(attack["curve"]) == 41
               for attack in got["attacks"].values())


def test_every_row_of_the_record_costs_what_it_says_and_no_plan_passes_its_budget():
    record = load("privacy")
    assert len(record["grid"]) == len(privacy.STEPS) * len(privacy.SIGMAS)
    for row in record["grid"][::9]:
        plan = row["plan"]
        assert row["epsilon"] == pytest.approx(
            noise.spent(plan["q"], plan["sigma"], plan["n_steps"], record["delta"]))
    for budget in privacy.BUDGETS:
        plan = record["named"][f"epsilon {budget:g}"]["plan"]
        assert noise.spent(plan["q"], plan["sigma"], plan["n_steps"], record["delta"]) <= budget
    assert not set(record["seeds"]) & {privacy.CHOOSING}


def test_the_check_finds_a_row_that_differs(monkeypatch):
    record = load("privacy")
    monkeypatch.setattr(privacy, "one", lambda plan, seed: {"right": -1.0})
    monkeypatch.setattr(privacy, "blind", lambda seed: record["blind"][0])
    assert len(privacy.check()) == 3
