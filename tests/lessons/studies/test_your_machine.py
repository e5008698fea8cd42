"""One machine, one measurement: the table, the record and the chapter agree."""

import pytest

from lessons import data
from lessons.machines import hardware
from lessons.page import shown_by
from lessons.studies.record import load
from lessons.studies.your_machine import rates


def test_the_recorded_rates_are_those_of_the_table(monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    machine, record, found = hardware.recorded_machine(), load("your_machine"), rates.measured()
    assert found[rates.LARGE] == machine.flops_per_s
    assert found[rates.SUM] * 12 == machine.bytes_per_s
    assert record["matmul_2048_gflops"] * 1e9 == machine.flops_per_s
    assert record["threads"] == data.table("machines")[0]["threads"] == 1
    assert record["add_gb_s"] * 1e9 == machine.bytes_per_s
    assert found[rates.LARGE] / found[rates.SUM] == pytest.approx(12 * machine.ridge)


def test_a_kernel_measures(monkeypatch):
    monkeypatch.delenv("LESSONS_RECORD", raising=False)
    monkeypatch.setattr(hardware, "fastest", lambda task, repeats, settle=None: 2.0)
    monkeypatch.setattr(hardware.np, "ones", lambda n, dtype: hardware.np.zeros((1, 1), "float32"))
    assert set(rates.measured()) == {rates.SUM, rates.VECTOR, rates.SMALL, rates.LARGE}


def test_a_page_shows_the_recorded_rates(monkeypatch):
    monkeypatch.delenv("LESSONS_RECORD", raising=False)
    monkeypatch.setattr(hardware, "fastest", lambda *given: pytest.fail("a page measured"))
    with shown_by(lambda kind, data, words: None):
        assert rates.measured()[rates.LARGE] == hardware.recorded_machine().flops_per_s
        assert rates.sums().keys() == set(rates.LENGTHS)
