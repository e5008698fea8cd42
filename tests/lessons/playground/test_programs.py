"""Programs that a reader copies: executed, and compared with the playground, step by step."""

import contextlib
import io

import numpy as np
import pytest
import torch

from lessons.engine.nn import ACTIVATIONS
from lessons.playground import programs
from lessons.playground.run import Run
from lessons.playground.settings import DATA, OPTIMIZERS, losses_for, normalised, task_of

CLOUD = np.random.default_rng(3).normal(size=(40, 3)).round(3)
NAMED = {"x": CLOUD.tolist(), "labels": ["a", "b", "c"], "features": ["u", "v", "w"],
         "y": [int(v > 0) + int(v > 1) for v in CLOUD.sum(axis=1)]}
VALUES = {"x": CLOUD[:, :1].tolist(), "y": (3 * CLOUD[:, 0] + 5).tolist(), "labels": None}
CHANGES = [(30, {"rate": 0.02, "momentum": 0.8}), (47, {"batch": 9, "decay": 0.003})]
SMALL = {"n": 60, "layers": [5, 4], "batch": 16}
EXPERIMENTS = {name: {"data": name} for name in DATA if name != "own"} | {
    "own classes": {"data": "own", "points": NAMED},
    "own numbers": {"data": "own", "points": VALUES}}


def executed(text):
    """Return the curve of a program, and what it printed."""
    names, printed = {"__name__": "__main__"}, io.StringIO()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(text, "program", "exec"), names)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(threads)
    return names["curve"], printed.getvalue()


def compared(experiment, n_steps=100, changes=CHANGES):
    """Execute both programs of an experiment and compare them with the playground's curve."""
    run = Run(experiment)
    for step, settings in [*changes, (n_steps, {})]:
        run.advance(n_steps=step - run.step)
        run.change(settings)
    assert not run.diverged
    wanted = [list(point[:3]) for point in run.points if point[0] % 10 == 0]
    whole = run.experiment
    ours, printed = executed(programs.on_our_engine(whole, run.changes, n_steps))
    torchs, _ = executed(programs.in_pytorch(whole, run.changes, n_steps))
    assert ours == wanted and printed.count("\n") == len(wanted)
    np.testing.assert_allclose(torchs, wanted, rtol=0, atol=1e-6)
    assert wanted[0][1] != wanted[-1][1]


@pytest.mark.parametrize("name, loss", [
    (name, loss) for name, each in EXPERIMENTS.items() for loss in losses_for(task_of(each))])
def test_every_data_set_with_every_loss(name, loss):
    compared(SMALL | EXPERIMENTS[name] | {"loss": loss, "noise": 0.1, "scale": 0.7})


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_optimiser_with_every_activation(optimizer, activation):
    compared(SMALL | {"data": "rings", "optimizer": optimizer, "activation": activation}, 60)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_over_some_hundred_steps(optimizer):
    compared({"data": "moons", "optimizer": optimizer, "n": 100, "decay": 0.001}, n_steps=400)


def test_momentum_that_comes_goes_and_comes_back():
    compared(SMALL, changes=[(10, {"momentum": 0.9}), (30, {"momentum": 0}),
                             (60, {"momentum": 0.5})])


def test_a_whole_set_of_digits():
    compared({"data": "digits"}, n_steps=60, changes=[])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_programs_are_short_and_narrow(name):
    experiment = normalised(EXPERIMENTS[name])
    for write in (programs.on_our_engine, programs.in_pytorch):
        lines = write(experiment, CHANGES, 300).splitlines()
        assert len(lines) < 70 and max(map(len, lines)) <= 100
        assert not any("lessons" in line for line in lines) or write is programs.on_our_engine


@pytest.mark.parametrize("changes", [
    [("0}\nimport os", {"rate": 1})], [(1, {"rate": "__import__('os')"})], [(1, {"x": 1})]])
def test_nothing_but_numbers_of_settings_gets_into_a_program(changes):
    for write in (programs.on_our_engine, programs.in_pytorch):
        with pytest.raises(ValueError, match="a change is a step|the learning rate is a number"):
            write(normalised({}), changes, 10)


def test_labels_and_names_do_not_get_into_a_program():
    points = NAMED | {"labels": ["'''", "<b>", "\\"], "features": ['"', "#", "{x}"]}
    experiment = normalised({"data": "own", "points": points})
    assert "<b>" not in programs.on_our_engine(experiment, [], 10)
    executed(programs.in_pytorch(experiment, [], 10))
