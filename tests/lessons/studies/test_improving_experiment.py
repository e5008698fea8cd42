"""The script behind the chapter: it chooses on validation images, and its check finds a lie."""

import copy
import math
from types import SimpleNamespace

import pytest
import torch

from experiments import improving
from lessons.studies.improving import runs as ablation
from lessons.studies.improving.folds import fold
from lessons.studies.improving.networks import Recipe
from lessons.studies.improving.record import record


@pytest.fixture
def one_run(monkeypatch):
    """A record with the baseline alone."""
    kept = record()
    baseline = copy.deepcopy(kept["results"]["400"]["baseline"])
    small = {**kept, "results": {"400": {"baseline": baseline}}}
    monkeypatch.setattr(improving, "record", lambda: small)
    return small["results"]["400"]["baseline"]


def test_check_agrees_with_the_record(one_run):
    assert improving.check() == []


def test_check_finds_a_number_that_no_run_gave(one_run):
    one_run["moved"][7] += 3.5 / 180
    (wrong,) = improving.check()
    assert "400 baseline: moved" in wrong


def test_strengths_are_chosen_by_validation_accuracy_then_loss_on_the_tuning_folds():
    rows = [{"strength": 0.1, "valid": [0.9, 0.9, 0.9, 1.0], "valid_loss": [0.3] * 4},
            {"strength": 0.2, "valid": [0.9, 0.9, 0.9, 0.0], "valid_loss": [0.2] * 4},
            {"strength": 0.3, "valid": [0.8, 0.9, 0.9, 1.0], "valid_loss": [0.1] * 4}]
    assert improving.best_strength(rows) == 0.2


def scripted(monkeypatch, score):
    """Replace training by a function of the rate; return the list of calls."""
    calls = []

    def train(recipe, split, lr, seed, n_steps):
        calls.append((split, lr, seed))
        accuracy, loss = score(lr)
        return SimpleNamespace(loss={"valid": loss, "test": 0.0}, n_steps=n_steps, accuracy=dict(
            train=1.0, valid=accuracy, test=1 - accuracy, moved=0.0))

    monkeypatch.setattr(ablation, "train", train)
    return calls


@pytest.mark.parametrize("good", improving.RATES)
def test_the_search_goes_on_to_the_best_rate_and_ignores_the_test_images(monkeypatch, good):
    calls = scripted(monkeypatch, lambda lr: (1 - abs(math.log10(lr / good)) / 10, 1.0))
    row = improving.row_of("baseline", Recipe(), list("abcdefghij"), range(10))
    assert row["lr"] == good
    assert row["test"] == pytest.approx([0.0] * 10)  # the lowest there is
    assert len(set(calls)) == len(calls)  # nothing is trained twice
    assert {split for split, lr, _ in calls if lr == good} == set("abcdefghij")
    assert {split for split, lr, _ in calls if lr != good} <= set("abc")


@pytest.mark.parametrize("good", improving.FIRST_RATES)
def test_a_rate_whose_loss_is_no_number_is_never_chosen(monkeypatch, good):
    scripted(monkeypatch, lambda lr: (0.5, 1.0 if lr == good else math.nan))
    assert improving.tuned("baseline", None, range(10), range(10))[0] == good


def test_a_run_that_is_cut_off_goes_on_but_not_with_other_code(monkeypatch, tmp_path):
    monkeypatch.setattr(improving, "PARTS", tmp_path)
    calls = []

    def work(number):
        calls.append(number)
        return {"got": number, "processor_s": 0.0}

    assert [improving.kept(work, n)["got"] for n in (1, 2, 1)] == [1, 2, 1]
    assert calls == [1, 2]
    monkeypatch.setattr(improving, "STRENGTHS", {})
    improving.kept(work, 1)
    assert calls == [1, 2, 1]


def test_winners_are_those_whose_interval_lies_above_zero():
    rows = {"baseline": {"test": [0.9, 0.91, 0.92]}, "better": {"test": [0.93, 0.94, 0.955]},
            "worse": {"test": [0.87, 0.88, 0.885]}, "who knows": {"test": [0.9, 0.96, 0.9]}}
    assert improving.winners(rows) == ["better"]


def test_the_record_says_how_it_was_made():
    made = record()["made"]
    assert made["design"] == improving.DESIGN
    assert len(made["commit"].partition(",")[0]) == 12
    assert made["processor_s"] < 35 * 60


def test_only_the_recipes_that_say_so_get_more_steps():
    assert improving.n_steps("baseline") == ablation.N_STEPS
    assert {improving.n_steps(name) for name in improving.LONGER} == {4 * ablation.N_STEPS}


def test_cooling_takes_out_how_large_the_logits_are():
    split = fold(0, 100)
    net = ablation.train(Recipe(), split, 0.1, n_steps=100).net
    before = improving.cooled(net, split)
    with torch.no_grad():  # ten places further on in the list of divisors
        for p in net[-1].parameters():
            p *= improving.TEMPERATURES[10] / improving.TEMPERATURES[0]
    assert improving.cooled(net, split) == pytest.approx(before, abs=2e-4)


def test_the_controls_repeat_what_the_table_has():
    kept = record()
    rows, controls = kept["results"]["400"], kept["controls"]
    for name in ["baseline", "batch norm"]:
        assert controls["rates"][name][str(rows[name]["lr"])] == rows[name]["test"]
    second = kept["again"]["baseline"]
    assert controls["again"][str(second["lr"])] == second["test"]


def test_curves_are_made_again():
    run = ablation.train(Recipe(), fold(0, 100), 0.1, n_steps=80, decay=False, watch=True)
    curve = record()["controls"]["curves"]["64 units, 100 images"]
    assert run.curve == [pytest.approx(look, rel=1e-3) for look in curve[:10]]


def test_an_unknown_argument_runs_nothing(capsys):
    with pytest.raises(SystemExit, match="2"):
        improving.main(["--chek"])
    assert "--check" in capsys.readouterr().err
