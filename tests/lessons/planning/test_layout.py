"""The cost model is its formulas, refuses what cannot be, and is compared with published runs."""

import pytest

from lessons.data import table
from lessons.planning import layout, timeline

GPT3 = layout.Job(174.6e9, 96, 12288, 2048, 2048)
A100 = layout.machine("A100 SXM 80GB", "NVLink 3", "InfiniBand HDR")


def test_tables_name_what_there_is_and_where_it_comes_from():
    links = {row["name"]: row for row in table("links")}
    chips = {row["name"]: row for row in table("accelerators")}
    for row in links.values():
        assert row["source"] and row["mark"] and row["where"] in ("box", "network")
    for row in table("layouts"):
        assert row["chip"] in chips and row["box"] in links and row["network"] in links
        assert row["source"]
        job, plan, _ = layout.published(row)
        assert layout.n_micro(job, plan) >= 1
    for name, link in (("V100 SXM2 32GB", "NVLink 2"), ("A100 SXM 80GB", "NVLink 3"),
                       ("H100 SXM 80GB", "NVLink 4"), ("B200 SXM", "NVLink 5")):
        assert chips[name]["interconnect_gb_s_bidirectional"] == 2 * links[link]["one_way_gb_s"]


@pytest.mark.parametrize(("name", "n", "peak_share"), [
    ("GPT 1.7B", 32, 0.44), ("GPT 146B", 1536, 0.47), ("GPT 1T", 3072, 0.52),
    ("Llama 3, 8192", 8192, 0.43), ("Llama 3, 16384", 16384, 0.41), ("PaLM", 6144, 0.462),
])
def test_published_rows_are_what_the_papers_say(name, n, peak_share):
    row = next(row for row in table("layouts") if row["name"] == name)
    job, plan, where = layout.published(row)
    assert plan.n == n
    assert row["tflops"] * 1e12 / where.flops_per_s == pytest.approx(peak_share, abs=0.006)
    params = 12 * job.n_layers * job.d_model**2
    if name.startswith("GPT"):
        assert job.n_params == pytest.approx(params + 53248 * job.d_model,
                                             rel=0.01, abs=0.051e9)  # one digit after the point


def test_errors_on_published_runs_are_those_that_the_chapter_prints():
    errors = []
    for row in table("layouts"):
        job, plan, where = layout.published(row)
        errors.append(layout.tflops(job, plan, where) / row["tflops"] - 1)
    assert abs(errors[0]) < 0.01  # the row that gave BUSY
    assert 0.1 < sum(map(abs, errors[1:])) / len(errors[1:]) < 0.2
    assert max(map(abs, errors)) < 0.3


def test_one_accelerator_only_computes():
    job = layout.Job(1e9, 16, 2048, 2048, 8)
    seconds = layout.step_time(job, layout.Layout(recompute=False), A100)
    flops = 8 * 2048 * (6e9 + 12 * 16 * 2048 * 2048)
    assert seconds["arithmetic"] == pytest.approx(flops / (0.45 * 312e12))
    assert sum(seconds.values()) == seconds["arithmetic"]
    again = layout.step_time(job, layout.Layout(), A100)
    assert again["arithmetic"] == pytest.approx(4 / 3 * seconds["arithmetic"])


def test_the_bubble_is_that_of_the_timeline():
    job = layout.Job(1e9, 16, 2048, 2048, 32)
    seconds = layout.step_time(job, layout.Layout(1, 1, 4), A100)
    work = sum(v for k, v in seconds.items() if k != "bubble")
    assert seconds["bubble"] / (work + seconds["bubble"]) == pytest.approx(3 / 35)
    half = layout.step_time(job, layout.Layout(1, 1, 4, interleave=2), A100)
    assert half["bubble"] < 0.51 * seconds["bubble"]


def test_wires_count_where_they_are_slow():
    inside = layout.step_time(GPT3, layout.Layout(16, 8, 8), A100)
    outside = layout.step_time(GPT3, layout.Layout(8, 16, 8), A100)
    assert outside["tensor"] > 5 * inside["tensor"]
    slow = layout.machine("A100 SXM 80GB", "NVLink 3", "100 Gbit/s Ethernet")
    assert layout.tflops(GPT3, layout.Layout(16, 8, 8), slow) < layout.tflops(
        GPT3, layout.Layout(16, 8, 8), A100)
    alone = layout.Layout(1024, stage=3)
    assert layout.step_time(GPT3, alone, A100)["data"] > 0


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="does not fit: .* GB of state"):
        layout.check_fits(GPT3, layout.Layout(1024, stage=2), A100)
    layout.check_fits(GPT3, layout.Layout(16, 8, 8, stage=1), A100)
    with pytest.raises(ValueError, match="cannot be shared evenly by 1000 copies"):
        layout.step_time(GPT3, layout.Layout(1000), A100)
    with pytest.raises(ValueError, match="128 stages are more than 96 layers"):
        layout.step_time(GPT3, layout.Layout(1, 1, 128), A100)
    with pytest.raises(ValueError, match="choose from"):
        layout.machine("A100 SXM 80GB", "string", "InfiniBand HDR")


def test_replay_waits_for_what_is_under_way_only():
    events = [[("send", 1, 10), ("work", 4.0)], [("work", 2.0), ("receive", 0), ("work", 1.0)]]
    first, second = timeline.replay(events, 1.0, 1.0, latency_s=1.0)
    assert first == [("send", 0, 11), ("work", 0, 4)]  # sending goes on beside work
    assert second == [("work", 0, 2), ("wait", 2, 11), ("work", 11, 12)]
    twice = timeline.replay([[("send", 1, 3), ("send", 1, 3)], [("receive", 0)] * 2], 1.0, 1.0)
    assert timeline.length(twice) == 6  # one wire, one message after the other
    with pytest.raises(ValueError, match=r"ranks \[0\] wait for messages"):
        timeline.replay([[("receive", 0)]], 1.0, 1.0)
    with pytest.raises(ValueError, match="above 0"):
        timeline.replay([[]], 0.0, 1.0)
