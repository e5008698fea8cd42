"""The controls: noise of a gradient, the record, and its check."""

import copy

import numpy as np
import pytest

from experiments import controls as experiment
from lessons.studies.controls import runs
from lessons.studies.decisions import noise, policies


def test_noise_is_that_of_the_estimates_and_the_mean_stays():
    found = noise.noise(np.zeros(4), seed=3, n_batches=60)
    assert found["others"]["variance"] < found["none"]["variance"]
    assert found["apart"] < 4.5  # standard errors: the baseline does not move the mean
    assert 15 < found["length"] < 30  # pushes at random


def test_equal_episodes_leave_nothing_to_compare(monkeypatch):
    """If all episodes last as long, the baseline cancels everything, and no baseline does not."""
    X, pushes = np.ones((7, 4)), np.ones(7, dtype=int)
    monkeypatch.setattr(policies, "episode", lambda env, w, rng: (X, pushes))
    found = noise.noise(np.zeros(4), seed=0, n_batches=3)
    assert found["others"]["mean"] == pytest.approx([0.0] * 4, abs=1e-12)
    assert found["none"]["mean"][0] > 0
    assert found["none"]["variance"] == pytest.approx(0, abs=1e-20)  # the same batch again


def test_one_batch_has_no_variance():
    with pytest.raises(ValueError, match="two batches or more, got 1"):
        noise.noise(np.zeros(4), seed=0, n_batches=1)


def test_weights_after_some_updates_are_those_of_training():
    env = noise.make("CartPole-v1", disable_env_checker=True)
    w, _ = policies.train(env, 0.03, "others", 1, 3, gamma=noise.GAMMA)
    assert (noise.after(3, 0.03, seed=1) == w).all() and (noise.after(0, 0.03, 1) == 0).all()


def test_the_record_has_every_run():
    record = runs.record()
    assert record["made"]["design"] == experiment.DESIGN
    assert list(record["runs"]) == [name for name, *_ in experiment.tasks()]


def test_the_rows_that_test_are_those_of_the_study():
    """As made, with its settings, the control repeats the hits that the study recorded."""
    from lessons.studies.elsewhere import runs as recorded

    for seed in experiment.SEEDS:
        old = recorded.record()["shop"][f"stays {seed}"]
        new = runs.record()["runs"][f"order {seed}"]
        for split in ("random", "date"):
            assert new["as made"][split]["hits"] == pytest.approx(
                old[split]["factors"]["hits"], abs=0.01)


def test_check_finds_a_number_that_no_run_gave(monkeypatch):
    assert experiment.check(["order 0"]) == []
    kept = copy.deepcopy(runs.record())
    kept["runs"]["order 0"]["as made"]["date"]["hits"] += 0.1
    monkeypatch.setattr(experiment, "record", lambda: kept)
    (wrong,) = experiment.check(["order 0"])
    assert wrong.startswith("order 0 as made date hits")


def test_check_plays_the_policies_that_were_kept(monkeypatch):
    """Training again would end at another policy on another processor."""
    def trained(*_):
        raise AssertionError("a policy was trained")

    monkeypatch.setattr(noise, "after", trained)
    assert experiment.check(["noise 2 10"]) == []
    with pytest.raises(AssertionError, match="a policy was trained"):
        experiment.noise_row(2, 10)


def test_an_unknown_argument_runs_nothing(capsys):
    with pytest.raises(SystemExit, match="2"):
        experiment.main(["--chek"])
    assert "--check" in capsys.readouterr().err
