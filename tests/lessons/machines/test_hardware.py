"""Machines, the roofline and number formats, against known numbers and against torch."""

import math
import subprocess
import sys

import numpy as np
import pytest
import threadpoolctl
import torch

from lessons import data
from lessons.machines import formats, hardware

MACHINES = hardware.accelerators()


@pytest.mark.parametrize("name, ridge", [
    ("V100 SXM2 32GB", 138.9), ("A100 SXM 40GB", 200.6), ("A100 SXM 80GB", 153.0),
    ("H100 SXM 80GB", 295.2), ("H200 SXM", 206.0), ("B200 SXM", 281.2), ("MI300X", 246.7),
    ("TPU v4", 229.2), ("TPU v5e", 240.5), ("TPU v5p", 166.0), ("TPU v6e (Trillium)", 560.4),
])
def test_ridge_points(name, ridge):
    assert MACHINES[name].ridge == pytest.approx(ridge, abs=0.06)


def test_the_column_of_the_table_is_the_quotient_of_two_others():
    for row in data.table("accelerators"):
        assert row["ridge_flop_per_byte"] == pytest.approx(MACHINES[row["name"]].ridge, abs=0.06)


def test_the_table_speaks_to_readers():
    for row in data.table("accelerators"):
        said = row["source"] + row["mark"]
        assert row["source"] and row["mark"].split(";")[0] in ("verified", "from memory")
        assert not any(word in said for word in ("stas00", "MEMORY", "M:", "no copy seen"))
    disputed = {r["name"] for r in data.table("accelerators") if "disputed" in r["mark"]}
    assert {"B200 SXM", "MI250X", "Gaudi 3", "TPU v2"} <= disputed


@pytest.mark.parametrize("name, clock, per_unit, n_units", [
    ("H100 SXM 80GB", 1830e6, 512 * 2, 528), ("A100 SXM 80GB", 1410e6, 256 * 2, 432),
    ("MI300X", 2100e6, 256 * 2, 1216),
])
def test_peaks_follow_from_clock_and_units(name, clock, per_unit, n_units):
    assert clock * per_unit * n_units == pytest.approx(MACHINES[name].flops_per_s, rel=1e-3)


def test_the_roof_has_a_slope_and_a_ceiling():
    machine = hardware.Machine("test", flops_per_s=100.0, bytes_per_s=4.0)
    assert machine.ridge == 25.0
    assert machine.attainable([1.0, 25.0, 50.0]).tolist() == [4.0, 100.0, 100.0]


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_bad_rates_and_intensities_are_refused(bad):
    with pytest.raises(ValueError, match="intensity"):
        hardware.attainable(bad, 1.0, 1.0)
    with pytest.raises(ValueError, match="flops_per_s"):
        hardware.Machine("test", bad, 1.0)
    with pytest.raises(ValueError, match="bytes_per_s"):
        hardware.Machine("test", 1.0, bad)


@pytest.mark.parametrize("sizes", [(0, 1, 1, 2), (1, -1, 1, 2), (1, 1, 1, 0), (math.nan, 1, 1, 2),
                                   (1, math.nan, 1, 2), (1, 1, 1, math.nan)])
def test_bad_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match="sizes must be positive"):
        hardware.matmul_intensity(*sizes)


def test_intensity_of_squares_and_of_batches():
    assert hardware.matmul_intensity(1024, 1024, 1024) == pytest.approx(1024 / 3)
    assert hardware.matmul_intensity(64, 64, 64, 4) == pytest.approx(64 / 6)
    B, d = 256, 4096
    assert hardware.matmul_intensity(B, d, d) == pytest.approx(B / (1 + 2 * B / d))


def test_the_recorded_machine_says_when_and_what():
    machine = hardware.recorded_machine()
    assert "2026" in machine.source and machine.mark == "measured"
    assert 1 < machine.ridge < 200


@pytest.mark.parametrize("settings", [
    {}, {"dtype": "float64"}, {"device": "cpu"}, {"device": "cpu", "dtype": "bfloat16"},
])
def test_measuring_gives_rates(settings):
    machine = hardware.measured_machine(n=128, n_bytes=2**20, **settings)
    assert 1e6 < machine.bytes_per_s < 1e14 and 1e6 < machine.flops_per_s < 1e15


def test_rates_are_the_work_over_its_time(monkeypatch):
    done = []

    def in_two_seconds(task, repeats, settle=None):
        done.append(task())
        return 2.0

    monkeypatch.setattr(hardware, "fastest", in_two_seconds)
    assert hardware.measure_matmul(100, 10) == 2 * 100 * 100 * 10 / 2.0  # a product and a sum each
    assert hardware.measure_add(1000) == 3 * 4 * 1000 / 2.0  # two arrays read, one written
    assert len(done) == 2


def test_a_product_is_measured_on_one_thread_and_only_the_measurement(monkeypatch):
    def threads():
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info()
                if pool["user_api"] == "blas"}

    before, seen = threads(), []
    monkeypatch.setattr(hardware, "fastest", lambda *given: seen.append(threads()) or 1.0)
    hardware.measure_matmul(8)
    assert seen == [{1}] and threads() == before


def test_fastest_forgets_the_first_run(monkeypatch):
    clock = iter([0.0, 9.0, 10.0, 13.0, 20.0, 22.0])
    monkeypatch.setattr(hardware.time, "perf_counter", lambda: next(clock))
    assert hardware.fastest(lambda: None, repeats=2) == 2.0


def test_measuring_without_a_device_needs_no_torch():
    code = "import sys; from lessons.machines import hardware; hardware.measured_machine(8, 64); " \
           "assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


TORCH = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32,
         "fp8 E5M2": torch.float8_e5m2, "fp8 E4M3": torch.float8_e4m3fn}


@pytest.mark.parametrize("name", formats.FORMATS)
def test_rounding_is_that_of_torch(name):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(20_000) * 10.0 ** rng.uniform(-9, 9, 20_000)
    edges = [0.0, -0.0, math.inf, 448, 464, 465, 65519, 65520, 61439, 61440, 1e-45, 3.39e38, 3.4e38]
    x = np.concatenate([x, edges]).astype(np.float32)
    expected = torch.from_numpy(x).to(TORCH[name]).double().numpy()
    ours = formats.round_to(x.astype(float), name)
    if name == "fp8 E4M3" and np.isnan(expected).any():  # PyTorch 2.11, as in Colab: NaN above
        assert (np.abs(x[np.isnan(expected)]) > 448).all()
        ours[np.isnan(expected)] = math.nan
    assert np.array_equal(ours, expected, equal_nan=True)


@pytest.mark.parametrize("name", ["fp32", "bf16", "fp16", "fp8 E5M2", "fp8 E4M3"])
def test_limits_are_those_of_torch(name):
    info, ours = torch.finfo(TORCH[name]), formats.FORMATS[name]
    assert ours.largest == info.max
    assert 2.0**ours.least_exponent == info.smallest_normal
    assert formats.step_at(1.0, name) == info.eps


def test_an_unknown_format_is_named():
    with pytest.raises(ValueError, match="unknown format 'fp4'"):
        formats.round_to(1.0, "fp4")
