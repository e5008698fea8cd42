"""The planner: its arithmetic against chapter 7's, its file, its command, its errors."""

import copy
import json
import subprocess
import sys
import tomllib

import numpy as np
import pytest

from lessons.data import table
from lessons.planning import cost, forecast, outlook, plan, published
from lessons.planning.assumptions import ASSUMPTIONS, EXAMPLE, KEYS, Range
from lessons.planning.planfile import PlanError, example, read, settings


def changed(table, **values):
    """Return the example with other values in a table; None takes a key away."""
    content = copy.deepcopy(tomllib.loads(EXAMPLE))
    for key, value in values.items():
        if value is None:
            del content[table][key]
        else:
            content.setdefault(table, {})[key] = value
    return content


def test_without_losses_the_plan_is_chapter_7s():
    s = settings(changed("assumptions", mfu=0.4, extra=1, failures=1e-6, restart_minutes=0,
                         checkpoint_gb_s=1e6, power_share=1, other_power=0, pue=1.1, price=2))
    o = forecast.outcome(s)
    C = cost.training_flops(6.74e9, 1e12, 32, 4096, 4096)
    hours = cost.chip_hours(C, 989e12, 0.4)
    assert o["chip_hours"] == pytest.approx(hours, rel=1e-4)
    assert o["money"] == pytest.approx(2 * hours, rel=1e-4)
    assert o["mwh"] == pytest.approx(cost.energy_kwh(hours, 700, 1.1) / 1e3, rel=1e-4)
    assert o["days"] == pytest.approx(hours / 256 / 24, rel=1e-4)
    r = forecast.ranges(s, n=20)["days"]
    assert r.low == r.likely == r.high  # nothing is unknown


def test_memory_is_that_of_zero_and_shares_layers():
    s = settings(changed("layout", tensor=1, pipeline=1))
    state = cost.state_bytes(6.74e9, n_chips=256, stage=1)
    assert forecast.memory(s)["state"] == pytest.approx(sum(state.values()))
    halves = forecast.memory(settings(changed("layout", tensor=1, pipeline=2)))
    fewer = cost.state_bytes(6.74e9 / 2, n_chips=128, stage=1)
    assert halves["state"] == pytest.approx(sum(fewer.values()))
    assert halves["activations"] == pytest.approx(forecast.memory(s)["activations"])


def test_layers_that_do_not_divide_count_by_the_largest_group():
    share = forecast.memory(published.blind("Llama 3.1 405B"))["state"]
    even = cost.state_bytes(405_853_388_800 * 8 / 126 / 8, n_chips=128, stage=1)
    assert share == pytest.approx(sum(even.values()))


def test_draws_keep_one_in_twenty_beyond_each_end():
    s = settings(changed("assumptions", price=[1.0, 2.0, 8.0], **{
        key: a.default.likely for key, a in ASSUMPTIONS.items() if key != "price"}))
    hours = forecast.outcome(s)["chip_hours"]
    price = np.array([d["money"] for d in forecast.draws(s, n=4000)]) / hours
    assert np.mean(price < 1) == pytest.approx(0.05, abs=0.015)
    assert np.mean(price > 8) == pytest.approx(0.05, abs=0.015)
    assert np.median(price) == pytest.approx(2, rel=0.06)
    assert forecast.ranges(s, n=500, seed=1) == forecast.ranges(s, n=500, seed=1)


def test_a_range_may_begin_at_zero():
    s = settings(changed("assumptions", other_power=[0, 0.5, 0.8]))
    assert all(np.isfinite(d["mwh"]) for d in forecast.draws(s, n=100))


def test_swings_name_what_matters():
    s = example()
    assert set(forecast.swings(s, "failures")) >= {"mfu", "failures", "extra"}
    assert "price" not in forecast.swings(s, "days")
    widths = [abs(b - a) for a, b in forecast.swings(s, "money").values()]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize(("table", "values", "said"), [
    ("model", {"token": 1e12}, "did you mean tokens"),
    ("model", {"colour": 1}, "there are parameters"),
    ("model", {"tokens": None}, r"\[model\] lacks tokens"),
    ("model", {"tokens": -1}, "1 or more, got -1"),
    ("model", {"tokens": float("nan")}, "1 or more, got nan"),
    ("model", {"layers": 2.5}, "whole number"),
    ("model", {"layers": True}, "got True"),
    ("model", {"active": 9e9}, "active is larger"),
    ("model", {"batch_tokens": 1e6}, "such as 1048576"),
    ("hardware", {"chip": "H100"}, "H100 SXM 80GB"),
    ("hardware", {"chip": 100}, "text in quotes"),
    ("hardware", {"chip": "TPU v5e"}, "add power_w"),
    ("hardware", {"chips": 255}, "take 254 or 256 chips"),
    ("layout", {"tensor": 32, "pipeline": 16}, "take 512 chips or more"),
    ("layout", {"tensor": 64}, "does not divide 32 heads"),
    ("layout", {"tensor": 3}, "does not divide 32 heads"),  # no number of chips cures that
    ("layout", {"pipeline": 64}, "more groups than there are layers"),
    ("layout", {"zero": 4}, "zero is 0, 1, 2 or 3"),
    ("precision", {"state": "fp4"}, "one of"),
    ("assumptions", {"mfu": 43}, "at 1 or less"),
    ("assumptions", {"mfu": [0.5, 0.4, 0.6]}, "must rise"),
    ("assumptions", {"mfu": [0.4, 0.5]}, r"\[low, likely, high\]"),
    ("assumptions", {"prize": 2}, "did you mean price"),
])
def test_a_wrong_file_is_told_what_to_do(table, values, said):
    with pytest.raises(PlanError, match=said):
        settings(changed(table, **values))


def test_other_tables_are_refused():
    with pytest.raises(PlanError, match="did you mean hardware"):
        settings({**tomllib.loads(EXAMPLE), "hardwar": {}})
    with pytest.raises(PlanError, match=r"write \[model\]"):
        settings({**tomllib.loads(EXAMPLE), "model": 3})
    with pytest.raises(PlanError, match=r"write \[assumptions\]"):
        settings({**tomllib.loads(EXAMPLE), "assumptions": 3})


@pytest.mark.parametrize("change", [{"parameters": 120e9}, {"parameters": 700e9}])
def test_what_does_not_fit_gets_a_cure_that_works(change):
    content = changed("model", **change)
    with pytest.raises(PlanError, match="does not fit.*This would do: (.*)") as told:
        forecast.check_memory(settings(content))
    for part in str(told.value).split("This would do: ")[1].split(", "):
        key, value = part.split(" = ")
        table = next(t for t, keys in KEYS.items() if key in keys)
        content[table][key] = value.strip("'") if value.startswith("'") else int(value)
    forecast.check_memory(settings(content))


def test_what_never_fits_is_said():
    content = changed("model", parameters=1e15)
    with pytest.raises(PlanError, match="take more chips, or larger ones"):
        forecast.check_memory(settings(content))


def test_a_cure_divides_the_batch_too():
    content = changed("layout", tensor=32, pipeline=8, zero=0)  # one copy of the model
    content["model"] |= {"parameters": 2e12, "batch_tokens": 4096}
    content["precision"]["keep"] = "everything"
    with pytest.raises(PlanError, match="keep = 'layer inputs'|take more chips") as told:
        forecast.check_memory(settings(content))
    assert "tensor = 8" not in str(told.value), "32 copies would share 1 sequence"


def test_the_command_writes_an_example_and_plans_it(tmp_path, capsys):
    file = tmp_path / "run.toml"
    assert plan.main([str(file), "--new"]) == 0
    assert plan.main([str(file), "--new"]) == 2  # and keeps the file
    assert "exists and is kept" in capsys.readouterr().err
    assert plan.main([str(file)]) == 0
    said = capsys.readouterr().out
    for key, a in ASSUMPTIONS.items():
        assert f"- {key} = {a.default}" in said, "every assumption is listed"
    assert (tmp_path / "run-plan.md").read_text(encoding="utf-8") in said
    kept = json.loads((tmp_path / "run-plan.json").read_text(encoding="utf-8"))
    assert kept["likely"] == forecast.outcome(example())
    assert set(kept["assumptions"]) == set(ASSUMPTIONS)
    assert kept["ranges"]["days"]["low"] < kept["likely"]["days"]


def test_the_command_tells_what_stands_in_the_file(tmp_path, capsys):
    file = tmp_path / "run.toml"
    file.write_text(EXAMPLE.replace("# price = 2.0", "price = 2.0"), encoding="utf-8")
    assert plan.main([str(file)]) == 0
    assert "- price = 2 dollars a chip-hour (from the file)" in capsys.readouterr().out


def test_the_command_refuses_as_a_program(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text("chips == 3", encoding="utf-8")
    command = [sys.executable, "-m", "lessons.planning.plan"]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True)
    assert done.returncode == 2 and "is no TOML file" in done.stderr
    assert "Traceback" not in done.stderr
    done = subprocess.run([*command, str(tmp_path / "none")], capture_output=True, text=True)
    assert done.returncode == 2 and "--new" in done.stderr


def test_a_file_is_read(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(EXAMPLE, encoding="utf-8")
    assert read(file).values == example().values
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(PlanError, match="cannot be read"):
        read(file)


def test_amounts_are_short():
    assert plan.amount(0) == "0" and plan.amount(999_999) == "1,000,000"
    assert plan.between(Range(0.5, 1, 2)) == "1 (0.5 to 2)"


@pytest.mark.parametrize("name", published.BEFORE)
def test_a_published_run_fits_and_holds_nothing_that_came_after(name):
    s = published.blind(name)
    forecast.check_memory(s)
    assert s.given == {"extra"} and s.assumptions["extra"] == Range(1, 1, 1)
    assert set(published.AFTER[name]) <= set(forecast.OUTCOMES)


def test_the_speed_comes_from_other_runs():
    others = sorted(published.OTHER_MFU.values())
    default = ASSUMPTIONS["mfu"].default
    assert [default.low, default.likely, default.high] == [others[0], others[2], others[-1]]
    assert not set(published.OTHER_MFU) & set(published.BEFORE)
    with pytest.raises(ValueError, match="choose from"):
        published.blind("PaLM")


@pytest.mark.parametrize(("name", "tokens", "hours"), [
    ("LLaMA-65B", 1.4e12, 1_022_362), ("Llama-2-70B", 2e12, 1_720_320)])
def test_speeds_from_chip_hours_are_counted_like_the_plan(name, tokens, hours):
    row = next(r for r in table("architectures") if r["name"] == name)
    flops = cost.training_flops(row["parameters"], tokens, int(row["n_layers"]),
                                int(row["d_model"]), int(row["context"]))
    share = cost.implied_mfu(flops, hours, 312e12)
    assert published.OTHER_MFU[name] == pytest.approx(share, abs=5e-4)


def test_a_trend_is_found_with_its_interval():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        year = rng.uniform(2015, 2026, 20)
        value = 1.4 ** (year - 2015) * np.exp(rng.normal(0, 0.3, 20))
        _, low, high = outlook.trend(year, value)
        inside += low < 1.4 < high
    assert 180 <= inside <= 199
    with pytest.raises(ValueError, match="three values"):
        outlook.trend([2020, 2021], [1, 2])


@pytest.mark.parametrize(("work", "factor"), [(0.4, 1.5), (3.0, 1.5), (9.0, 1.3), (5.0, 0.9)])
def test_the_best_wait_is_the_earliest_end(work, factor):
    waits = np.linspace(0, 12, 2401)
    found = waits[np.argmin(outlook.finished(work, factor, waits))]
    assert outlook.best_wait(work, factor) == pytest.approx(found, abs=0.01)


def test_times_that_cannot_be_waited_are_refused():
    for call in (lambda: outlook.finished(0, 1.3, 1), lambda: outlook.finished(1, 1.3, -1),
                 lambda: outlook.best_wait(1, 0)):
        with pytest.raises(ValueError, match="above 0"):
            call()
