"""The clinic: its record, its programs, and what its features say about known curves."""

import math

import numpy as np
import pytest

from experiments import clinic as recipe
from lessons.studies.clinic import cases as clinic, programs as clinic_runs


def measured(train, n_classes=10, valid=None):
    return dict(zip(clinic.FEATURES, clinic.features(train, n_classes, valid), strict=True))


def test_the_record_holds_what_the_recipe_runs():
    cases = clinic.record()
    assert list(cases) == list(recipe.CASES)
    for name, (program, setup, good, bad, cause) in recipe.CASES.items():
        case = cases[name]
        assert (case["program"], case["good"], case["bad"], case["cause"]) == (
            program, good, bad, cause)
        assert [tuple(pair) for pair in case["setup"]] == setup
        assert len(case["runs"]) == len(recipe.SEEDS)


def test_every_fault_fits_its_program_and_changes_it():
    for case in clinic.record().values():
        setup = [tuple(pair) for pair in case["setup"]]
        mended = clinic_runs.program(case["program"], setup)
        if case["good"]:
            fault = [(case["good"], case["bad"])]
            assert clinic_runs.program(case["program"], setup + fault) != mended


def test_at_least_a_dozen_faults_and_two_healthy_runs():
    n_faults = sum(bool(case["good"]) for case in clinic.record().values())
    assert n_faults >= 12 and len(clinic.record()) - n_faults >= 2


@pytest.mark.parametrize("name", ["healthy digits", "softmax twice", "divided by zero"])
def test_a_run_of_today_starts_as_recorded(name):
    now, then = clinic.rerun(name, seed=1, n_steps=13), clinic.record()[name]["runs"][1]
    np.testing.assert_allclose(now["train"][::2], then["train"][:7], rtol=0.02)
    np.testing.assert_allclose(now["valid"], then["valid"][:2], rtol=0.02)


def test_the_mended_run_is_the_healthy_one():
    now = clinic.rerun("learning rate too high", mended=True, n_steps=5)
    assert now["train"] == clinic.rerun("healthy digits", n_steps=5)["train"]


def test_a_changed_text_must_stand_there_once():
    with pytest.raises(ValueError, match="0 times"):
        clinic_runs.program("digits", [("no such line", "")])
    with pytest.raises(ValueError, match="times"):
        clinic_runs.program("digits", [("return", "")])


def test_features_of_a_flat_curve():
    found = measured(np.full(60, math.log(10)))
    assert found["flat"] == 1 and found["start"] == pytest.approx(0)
    assert found["rough"] == 0 and found["rhythm"] == 0 and found["alive"] == 1
    assert math.isnan(found["gap"]) and math.isnan(found["rise"])


def test_features_of_a_curve_that_ends_in_nan():
    curve = np.linspace(2.3, 1.0, 40)
    curve[30:] = math.nan
    assert measured(curve)["alive"] == 0.75
    assert measured(np.full(40, math.nan))["alive"] == 0


def test_features_do_not_depend_on_the_number_of_classes_in_ratio():
    shape = 0.97 ** np.arange(100)
    for n_classes in (2, 10, 50_000):
        found = measured(math.log(n_classes) * shape, n_classes)
        assert found["start"] == pytest.approx(0)
        assert found["end"] == pytest.approx(math.log10(0.97) * 94.5, abs=0.02)


def test_a_saw_tooth_has_a_rhythm_and_noise_has_less():
    rng = np.random.default_rng(0)
    noise = np.exp(0.2 * rng.standard_normal(120))
    saw = np.exp(0.2 * (np.arange(120) % 10 - 4.5))
    assert measured(saw)["rhythm"] > 0.6 > measured(noise)["rhythm"]


def test_gap_and_rise_come_from_the_validation_loss():
    train = np.geomspace(2.3, 0.01, 50)
    found = measured(train, valid=[2.3, 0.5, 0.1, 1.0])
    assert found["rise"] == pytest.approx(1) and found["gap"] > 1.5


@pytest.mark.parametrize("curve, n_classes", [([1.0] * 9, 10), ([1.0] * 50, 1)])
def test_too_little_to_measure(curve, n_classes):
    with pytest.raises(ValueError, match="give 10 points"):
        clinic.features(curve, n_classes)


def test_a_recorded_run_is_nearest_to_itself():
    for name, case in clinic.record().items():
        log = case["runs"][2]
        (found, distance), *_ = clinic.nearest(log["train"], case["n_classes"], log["valid"], n=1)
        assert distance == 0 and found == name


def test_other_seeds_name_most_runs_and_fewer_early():
    late, early = (np.mean([name == got for name, _, got in clinic.leave_one_seed_out(share)])
                   for share in (1.0, 0.1))
    assert 0.8 < late < 1 and 0.4 < early < late


def test_doses_get_worse():
    ends = [log["valid"][-1] for log in clinic.doses()["wrong labels"].values()]
    assert len(ends) == 6 and ends[-1] > 2 > ends[0]


def test_check_reports_a_changed_start():
    log = {"train": [2.0, 1.9, 1.8], "valid": [2.0]}
    old = {"x": {"runs": [log], "n_classes": 10}}
    assert "other cases" in next(recipe.differences(old, {}))
    new = {"x": {"runs": [{**log, "train": [3.0, 1.9, 1.8]}], "n_classes": 10}}
    assert "starts with" in next(recipe.differences(old, new))


def test_short_logs_keep_three_digits_and_no_number_as_null():
    log = {"train": [1.23456, 9.0, math.nan, 9.0], "valid": [math.inf], "accuracy": [0.5],
           "grad": [1.0] * 11 + [2.0]}
    assert recipe.short(log) == {"train": [1.23, None], "valid": [None], "accuracy": [0.5],
                                 "grad": [2.0]}
