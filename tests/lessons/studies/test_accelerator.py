"""One H100 measured: nothing above its data sheet, and what chapter 7 says of the record."""

import pytest

from lessons.machines import hardware
from lessons.studies.accelerator.runs import by_size, record

SHEET = hardware.accelerators()["H100 SXM 80GB"]
RUN = record()


def test_no_rate_lies_above_the_roof():
    for n, rate in by_size(RUN["products"]["bfloat16"]).items():
        assert 0 < rate < SHEET.attainable(hardware.matmul_intensity(n, n, n)), n
    for n, rate in by_size(RUN["layers"]).items():
        assert 0 < rate < SHEET.attainable(hardware.matmul_intensity(n, 4096, 4096)), n
    for n, rate in by_size(RUN["sums"]["by_length"]).items():
        assert 0 < rate < SHEET.bytes_per_s, n


def test_largest_operations_come_near_it():
    assert 0.7 < by_size(RUN["products"]["bfloat16"])[16384] / SHEET.flops_per_s < 0.8
    assert 0.9 < by_size(RUN["sums"]["by_length"])[2**28] / SHEET.bytes_per_s < 1


def test_power_slows_random_numbers_down():
    random, zeros = RUN["power"]["random numbers"], RUN["power"]["zeros"]
    assert zeros["flops_per_s"] > 1.2 * random["flops_per_s"]
    assert zeros["watts"] < 0.7 * random["watts"] and random["watts"] > 690
    assert random["clock_mhz"] < zeros["clock_mhz"] < 1980


def test_steps_of_gpt_2_change_as_the_chapter_says():
    steps = {row["setting"]: row for row in RUN["gpt_steps"]}
    plain = steps["bfloat16"]
    assert steps["float32"]["time_s"] / steps["compiled"]["time_s"] == pytest.approx(7, abs=0.3)
    assert steps["bfloat16, vocabulary 50,257"]["time_s"] / plain["time_s"] > 1.5
    recomputed = steps["bfloat16, recomputed"]
    assert recomputed["time_s"] / plain["time_s"] == pytest.approx(7 / 6, abs=0.02)
    assert recomputed["mem_bytes"] / plain["mem_bytes"] == pytest.approx(2 / 3, abs=0.02)


def test_sizes_are_whole_numbers():
    assert list(by_size(RUN["layers"]))[:3] == [1, 4, 16]
