"""The speed of the processor: what limits in processor seconds are scaled by."""

import threading
import time

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


def test_the_speed_is_that_of_the_whole_time_and_not_of_a_quiet_moment_after_it(monkeypatch):
    rounds = iter(lambda: 3 * calibration.REFERENCE_S, None)
    monkeypatch.setattr(calibration, "_work", lambda: next(rounds))
    with calibration.speeds_beside(every_s=0.01) as speeds:
        while len(speeds) < 4:
            time.sleep(0.01)
        assert max(speeds) == pytest.approx(1 / 3)
        rounds = iter(lambda: calibration.REFERENCE_S, None)
    assert speeds[0] == pytest.approx(1 / 3) and speeds[-1] == pytest.approx(1)
    assert not any(thread.name == "speeds" for thread in threading.enumerate())
    assert calibration.reference_seconds(30, *speeds) < 30


def test_the_watch_ends_where_the_body_raises():
    with pytest.raises(KeyError), calibration.speeds_beside(every_s=0.01):
        raise KeyError
    assert not any(thread.name == "speeds" for thread in threading.enumerate())
