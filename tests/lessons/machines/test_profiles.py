"""Reading a trace: own times, and the profiler's own column beside them."""

import json

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from lessons.machines.profiles import Event, innermost, own_times, read_trace, total_times


def test_calls_in_calls_and_the_time_between_them():
    calls = [Event("a", 0, 10), Event("b", 1, 4), Event("c", 2, 3), Event("b", 6, 7),
             Event("d", 12, 15)]
    assert own_times(calls) == {"a": 6, "b": 3, "d": 3, "c": 1}
    assert total_times(calls) == {"a": 10, "b": 4, "d": 3, "c": 1}
    pieces = innermost(reversed(calls))
    assert all(one.end <= two.start for one, two in zip(pieces, pieces[1:], strict=False))


def test_an_event_inside_itself_counts_once():
    assert own_times([Event("a", 0, 10), Event("a", 2, 6)]) == {"a": 10}


def test_events_of_two_threads_are_refused_and_rounding_is_not():
    with pytest.raises(ValueError, match="b begins inside a and ends after it"):
        innermost([Event("a", 0, 10), Event("b", 5, 15)])
    assert own_times([Event("a", 0, 10), Event("b", 5, 10.5)]) == {"a": 5, "b": 5}


def test_own_times_are_those_of_the_profiler(tmp_path):
    x = torch.ones(8, 8, requires_grad=True)
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        torch.nn.functional.linear(x, x).sum().backward()
    path = tmp_path / "trace.json"
    seen.export_chrome_trace(str(path))
    own = own_times(read_trace(path))
    theirs = {row.key: row.self_cpu_time_total for row in seen.key_averages()}
    assert "aten::mm" in own
    for name in own:
        assert own[name] == pytest.approx(theirs[name], abs=0.5)


@pytest.mark.parametrize("text", ["no json", "[]", "{}"])
def test_what_is_no_trace_is_told(tmp_path, text):
    path = tmp_path / "trace.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"trace.json is no trace: write one"):
        read_trace(path)


def test_an_empty_trace_is_told(tmp_path):
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({"traceEvents": [{"ph": "M", "name": "thread"}]}))
    with pytest.raises(ValueError, match="holds no operation"):
        read_trace(path)
