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
    work = [3 * calibration.REFERENCE_S]
    monkeypatch.setattr(calibration, "_work", lambda: work[0])
    with calibration.speeds_beside(every_s=0.01) as speeds:
        while len(speeds.moments) < 4:
            time.sleep(0.01)
        assert speeds.mean() == pytest.approx(1 / 3)
        busy_until, work[0] = time.time(), calibration.REFERENCE_S
    assert speeds.moments[-1][1] == pytest.approx(1)
    assert 1 / 3 < speeds.mean() < 1
    assert speeds.mean(end=speeds.moments[2][0]) == pytest.approx(1 / 3)
    assert speeds.mean(begin=busy_until, end=busy_until) > speeds.mean()
    assert not any(thread.name == "speeds" for thread in threading.enumerate())


def test_the_watch_ends_where_the_body_raises():
    with pytest.raises(KeyError), calibration.speeds_beside(every_s=0.01):
        raise KeyError
    assert not any(thread.name == "speeds" for thread in threading.enumerate())
