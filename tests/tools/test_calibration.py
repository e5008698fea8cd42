"""The speed of the processor: what limits in processor seconds are scaled by."""

import pytest

from tools import calibration


def test_twice_the_work_is_half_the_speed(monkeypatch):
    once = calibration._work
    n_calls = []

    def twice():
        n_calls.append(1)
        return once() + once()

    before = calibration.speed()
    monkeypatch.setattr(calibration, "_work", twice)
    assert calibration.speed() == pytest.approx(before / 2, rel=0.4)
    assert len(n_calls) == calibration.N_ROUNDS


def test_seconds_are_scaled_by_the_mean_of_the_speeds(monkeypatch):
    assert calibration.reference_seconds(10, 0.5, 1.0) == 7.5
    monkeypatch.setattr(calibration, "_work", lambda: 3 * calibration.REFERENCE_S)
    assert calibration.reference_seconds(30) == pytest.approx(10)
