"""The script behind the chapter: it chooses on validation images, and its check finds a lie."""

import copy
import math
from types import SimpleNamespace

import pytest

from experiments import improving
from lessons.studies.improving import runs as ablation


@pytest.fixture
def one_run(monkeypatch):
    """A record with the baseline alone."""
    kept = ablation.record()
    baseline = copy.deepcopy(kept["results"]["400"]["baseline"])
    small = {**kept, "results": {"400": {"baseline": baseline}}}
    monkeypatch.setattr(ablation, "record", lambda: small)
    return small["results"]["400"]["baseline"]


def test_check_agrees_with_the_record(one_run):
    assert improving.check() == []


def test_check_finds_a_number_that_no_run_gave(one_run):
    one_run["moved"][7] += 3.5 / 180
    (wrong,) = improving.check()
    assert "400 baseline: moved" in wrong


def test_strengths_are_chosen_by_validation_accuracy_on_the_tuning_folds():
    rows = [{"strength": 0.1, "valid": [0.9, 0.9, 0.9, 1.0], "test": [1.0] * 4},
            {"strength": 0.2, "valid": [0.91, 0.9, 0.9, 0.0], "test": [0.0] * 4}]
    assert improving.best_strengths({"dropout": rows}) == {"dropout": 0.2}


@pytest.mark.parametrize("good", improving.FIRST_RATES)
def test_a_rate_whose_loss_is_no_number_is_never_chosen(monkeypatch, good):
    def train(recipe, split, lr, **settings):
        return SimpleNamespace(accuracy={"valid": 0.5},
                               loss={"valid": 1.0 if lr == good else math.nan})

    monkeypatch.setattr(ablation, "train", train)
    assert improving.tuned("baseline", None, dict.fromkeys(range(10))) == good


def test_only_the_recipes_that_say_so_get_more_steps():
    assert improving.n_steps("baseline") == ablation.N_STEPS
    assert {improving.n_steps(name) for name in improving.LONGER} == {4 * ablation.N_STEPS}


def test_an_unknown_argument_runs_nothing(capsys):
    assert improving.main(["--chek"]) == 2
    assert "--check" in capsys.readouterr().err
