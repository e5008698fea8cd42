"""A run: the same however it is cut, changed while it goes, and survivable when it goes wrong."""

import numpy as np
import pytest

from lessons.playground import run as runs
from lessons.playground.run import Run

SMALL = {"n": 60, "layers": [4], "batch": 7}
CHANGES = {20: {"rate": 0.05}, 33: {"batch": 16, "momentum": 0.5}, 50: {"decay": 0.02}}


def trained(experiment, cuts, n_steps=80):
    """Train, with changes at their steps, in slices that also end at the cuts."""
    run = Run(experiment)
    for stop in sorted({*CHANGES, *cuts, n_steps}):
        if stop > run.step:
            run.advance(n_steps=stop - run.step)
        run.change(CHANGES.get(run.step, {}))
    return run


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "rmsprop", "adam", "adamw"])
@pytest.mark.parametrize("data", ["moons", "line"])
def test_the_curve_does_not_depend_on_how_the_slices_are_cut(data, optimizer):
    experiment = SMALL | {"data": data, "optimizer": optimizer}
    whole, steps = trained(experiment, []), trained(experiment, range(1, 80))
    timed = trained(experiment, np.random.default_rng(0).integers(1, 80, 9).tolist())
    assert whole.points == steps.points == timed.points
    assert whole.changes == steps.changes
    assert [step for step, _ in whole.changes] == [20, 33, 50]
    assert all((a.data == b.data).all() for a, b in zip(
        whole.net.parameters(), steps.net.parameters(), strict=True))


def test_a_slice_of_time_is_a_slice_of_steps(monkeypatch):
    clock = iter(np.arange(0, 10, 0.01).tolist())
    monkeypatch.setattr(runs.time, "perf_counter", lambda: next(clock))
    run = Run(SMALL)
    run.advance(ms=45)
    assert run.step == 5 and len(run.layers) == 2
    run.advance()
    assert run.step == 6
    monkeypatch.undo()
    other = Run(SMALL)
    other.advance(n_steps=6)
    assert run.points == other.points


def test_the_seed_decides():
    first, other = Run(SMALL), Run(SMALL | {"seed": 1})
    assert first.points != other.points
    assert not np.array_equal(first.problem.X, other.problem.X)


@pytest.mark.parametrize("key, value", [("rate", 0.5), ("momentum", 0.9), ("batch", 3),
                                        ("decay", 0.5)])
def test_a_change_is_felt_from_the_next_step_on(key, value):
    plain, changed = Run(SMALL), Run(SMALL)
    for run in (plain, changed):
        run.advance(n_steps=10)
    changed.change({key: value, "rate": value if key == "rate" else 0.1})
    assert changed.changes == [(10, {key: value})]
    for run in (plain, changed):
        run.advance(n_steps=10)
    assert plain.points[:11] == changed.points[:11]
    assert all(a != b for a, b in zip(plain.points[12:], changed.points[12:], strict=True))


def test_two_changes_before_one_step_are_one():
    run = Run(SMALL)
    run.change({"rate": 0.2})
    run.change({"rate": 0.3, "batch": 8})
    assert run.changes == [(0, {"rate": 0.3, "batch": 8})] and run.optimizer.lr == 0.3
    run.change({"rate": 0.3})
    assert len(run.changes) == 1


def test_rmsprop_has_no_momentum_and_adam_keeps_a_share():
    run = Run(SMALL | {"optimizer": "rmsprop"})
    run.change({"momentum": 0.5})
    assert run.changes == []
    run = Run(SMALL | {"optimizer": "adam"})
    run.change({"momentum": 0.5})
    assert run.optimizer.beta1 == 0.5


@pytest.mark.parametrize("settings, said", [
    ({"layers": [3]}, "layers cannot change while a network trains: only rate"),
    ({"rate": "high"}, "the learning rate is a number from 1e-06 to 100, not high"),
    ({"batch": 2.5}, "the batch size is a whole number from 1 to 2000, not 2.5"),
])
def test_a_change_that_is_none_changes_nothing(settings, said):
    run = Run(SMALL)
    with pytest.raises(ValueError, match=said):
        run.change({"decay": 0.5} | settings)
    assert run.settings["decay"] == 0 and run.changes == []


def diverging(rate=3.0):
    run = Run({"data": "line", "n": 60})
    run.advance(n_steps=120)
    run.change({"rate": rate})
    run.advance(n_steps=500)
    return run


def test_divergence_is_explained_and_training_stops():
    run = diverging()
    assert 120 < run.step < 500
    assert run.diverged.startswith(f"The run diverged at step {run.step}: the loss is ")
    assert "at step 1" in run.diverged and "learning rate from 3 to 0.3 or less" in run.diverged
    step = run.step
    run.advance(n_steps=5)
    run.change({"rate": 0.1})
    assert run.step == step and run.changes[-1][1] == {"rate": 3.0}
    assert np.isfinite([point[1:3] for point in run.points]).all()


def test_a_diverged_run_goes_back_and_on_as_if_nothing_had_been():
    run, calm = diverging(), Run({"data": "line", "n": 60})
    assert run.way_back == 100
    run.rewind()
    calm.advance(n_steps=100)
    assert run.step == 100 and run.diverged == "" and run.changes == []
    assert run.points == calm.points and run.settings == calm.settings
    for each in (run, calm):
        each.change({"rate": 0.05})
        each.advance(n_steps=100)
    assert run.points == calm.points and run.changes == calm.changes
    run.rewind()
    assert run.step == 200 and run.changes


def test_a_run_that_diverges_at_once_goes_back_to_its_start():
    run = Run({"data": "line", "rate": 50})
    run.advance(n_steps=100)
    assert run.diverged and run.way_back == 0
    run.rewind()
    assert (run.step, len(run.points), run.epoch) == (0, 1, 0.0)


def test_sizes_of_gradients_and_updates_are_those_of_the_step():
    run = Run(SMALL | {"rate": 0.25})
    run.advance(n_steps=3)
    assert len(run.layers) == 2
    for row in run.layers:
        assert row["update"] == pytest.approx(0.25 * row["gradient"]) and row["weights"] > 0


def test_the_initial_scale_is_a_factor():
    plain, large = Run(SMALL), Run(SMALL | {"scale": 3})
    assert np.allclose(3 * plain.net.layers[0].W.data, large.net.layers[0].W.data)


@pytest.mark.parametrize("data, loss, below", [
    ("moons", "cross_entropy", 0.1), ("rings", "squared", 0.05), ("spirals", "huber", 0.15),
    ("digits", "cross_entropy", 0.3), ("reconstruct", "squared", 0.09), ("line", "absolute", 1.1),
])
def test_every_data_set_is_learned(data, loss, below):
    run = Run({"data": data, "loss": loss, "optimizer": "adam", "layers": [16]})
    run.advance(n_steps=300)
    assert run.points[-1][1] < below < run.points[0][1]
    assert (run.points[-1][4] is None) == (data in ("line", "reconstruct"))
    assert len(run.points) == (76 if data in ("digits", "reconstruct") else 101)


def test_noise_is_in_the_inputs_of_digits_and_not_in_what_is_to_be_drawn():
    problem = Run({"data": "reconstruct", "noise": 0.2, "n": 100}).problem
    assert problem.y.min() >= 0 and problem.X.min() < 0
    assert (problem.X - problem.y).std() == pytest.approx(0.2, rel=0.1)


def test_own_numbers_are_scaled_for_the_network():
    x = [[float(i)] for i in range(1000, 1040)]
    points = {"x": x, "y": [3e6 + 2e4 * i for i in range(40)], "labels": None}
    run = Run({"data": "own", "points": points, "rate": 0.3})
    both = np.concatenate([run.problem.X, run.problem.X_val])
    assert run.sizes == [1, 8, 8, 1] and abs(both.mean()) < 1e-9
    assert sorted(run.problem.x_scale.outward(both).ravel()) == pytest.approx(range(1000, 1040))
    run.advance(n_steps=300)
    assert run.points[-1][2] < 0.05
