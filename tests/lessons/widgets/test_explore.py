"""Explorers in process: what is recorded, and what an author is told."""

import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from lessons import plots
from lessons.widgets.explorers import explorer as module
from lessons.widgets.explorers.control import choice, slider
from lessons.widgets.explorers.drawing import ExplorerError
from lessons.widgets.explorers.explorer import explore
from lessons.widgets.explorers.record import pack, unpack
from tools import calibration


def frame(left, right):
    left.set(xlim=(0, 10), ylim=(0, 10), xlabel="x", ylabel="y")
    right.set(xlim=(0, 10), ylim=(1e-3, 1e3), yscale="log", xlabel="x", ylabel="y")


def draw(left, right, slope, kind):
    x = np.linspace(0, 10, 30)
    left.plot(x, slope * x, color=plots.PATH)
    right.plot(x, 10.0 ** (slope * x / (1 if kind == "plain" else -1)), "o-", color=plots.TRAIN)
    return f"Slope {slope:g}, {kind}."


def make(draw=draw, frame=frame, **changes):
    settings = {
        "name": "test", "title": "How steep?", "alt": "A line and a curve, side by side.",
        "panels": 2, "slope": slider([0.0, 0.5, 1.0], label="slope", unit="m"),
        "kind": choice(["plain", "mirror"], label="kind"),
    } | changes
    return explore(draw, frame, **settings)


@pytest.fixture(scope="module")
def record():
    return make().record()


def test_every_state_is_recorded_in_the_order_of_product(record):
    expected = [f"Slope {s:g}, {k}." for s, k in itertools.product([0.0, 0.5, 1.0],
                                                                     ["plain", "mirror"])]
    assert [state[-1] for state in record["states"]] == expected
    assert all(len(state) == 3 for state in record["states"])


def test_two_records_are_the_same_bytes_in_this_process_and_in_another(record):
    assert pack(make().record()) == pack(record)
    code = ("import importlib.util as u, sys; s = u.spec_from_file_location('t', sys.argv[1]);"
            "m = u.module_from_spec(s); s.loader.exec_module(m);"
            "print(m.pack(m.make().record())['data'])")
    env = os.environ | {"PYTHONHASHSEED": "12345"}
    other = subprocess.run([sys.executable, "-c", code, Path(__file__)], env=env, check=True,
                           capture_output=True, text=True).stdout.strip()
    assert other == pack(record)["data"]


def test_pack_and_unpack(record):
    payload = pack(record)
    assert payload["name"] == "test" and payload["data"].isascii()
    assert unpack(payload) == json.loads(json.dumps(record))


def test_a_state_by_its_values_is_the_recorded_one(record):
    for index, values in enumerate(itertools.product([0.0, 0.5, 1.0], ["plain", "mirror"])):
        state = make().state(slope=values[0], kind=values[1])
        assert [*state.panels, state.sentence] == record["states"][index]
    assert record["default"] == {"panels": tuple(record["states"][0][:2]),
                                 "sentence": record["states"][0][2]}


def test_colours_follow_the_theme_and_coordinates_are_short(record):
    text = json.dumps(record["states"]) + json.dumps(record["panels"])
    assert "var(--c-path)" in text and "var(--c-train)" in text
    assert not [c for c in plots.ROLES if c in text]
    assert not re.search(r'd=\\"[^"]*\d\.\d\d', text)


def test_infinite_and_far_points_stay_near_the_view():
    def far(left, right, slope, kind):
        left.plot([0, 1, 2], [1.0, 1e300, np.inf])
        right.plot([0, 1, 2], [1.0, 1e-300, np.inf])
        return "Far."

    state = make(far).state()
    numbers = [abs(float(n)) for p in state.panels for n in re.findall(r"-?\d+\.?\d*", p)]
    assert max(numbers) < 2000  # matplotlib cuts lines at the edge of the figure


def test_what_is_visible_of_a_far_line_keeps_its_direction():
    def far(left, right, slope, kind):
        left.plot([-1e9, 1e9], [5 - 3e8, 5 + 3e8])
        left.plot([5, 6, np.nan, 1], [5, np.inf, 0, 0])
        return "Far."

    paths = re.findall(r'<path d="([^"]*)"', make(far).state().panels[0])
    (x0, y0), (x1, y1) = np.array(re.findall(r"-?[\d.]+", paths[0]), dtype=float).reshape(2, 2)
    ax = make().axes[0]
    pixels_per_x, pixels_per_y = ax.bbox.width / 10, ax.bbox.height / 10
    assert (y0 - y1) / (x1 - x0) == pytest.approx(0.3 * pixels_per_y / pixels_per_x, rel=1e-3)
    (x0, y0), (x1, y1) = np.array(re.findall(r"-?[\d.]+", paths[1])[:4], float).reshape(2, 2)
    assert x0 == x1 and y1 < 0  # straight up, and out


def test_infinities_on_a_logarithmic_axis_are_cut_off_too():
    def far(left, right, slope, kind):
        right.plot([1, 2, 3], [1.0, np.inf, 0.0])
        return "Far."

    panel = make(far).state().panels[1]
    assert "inf" not in panel and "nan" not in panel
    numbers = [abs(float(n)) for n in re.findall(r"-?\d+\.?\d*", panel)]
    assert len(numbers) >= 6 and max(numbers) < 2000


def test_a_state_leaves_nothing_behind():
    explorer = make()
    before = [len(ax.get_children()) for ax in explorer.axes]
    explorer.state(slope=1.0)
    explorer.png()
    assert [len(ax.get_children()) for ax in explorer.axes] == before


def bad_frame(**limits):
    def draw(left, right, slope, kind):
        left.set(**limits)
        return "Text."

    return draw


def raising(left, right, slope, kind):
    return 1 / slope


def raising_late(left, right, slope, kind):
    left.plot([0, 1])
    left.set_ylim(0, 99)
    if slope == 1.0:
        raise KeyError("no such run")
    left.set_ylim(0, 10)
    return "Fine."


def remembering():
    calls = []

    def draw(left, right, slope, kind):
        calls.append(slope)
        left.plot([0, len([c for c in calls if c == 1.0])])
        return "Counting."

    return draw


def taking_away(left, right, slope, kind):
    left.plot([0, 1], label="new")
    left.legend()
    return "A legend."


def with_legend(left, right):
    frame(left, right)
    left.plot([0, 1], label="old")
    left.legend()


def with_twin(left, right):
    frame(left, right)
    left.twinx()


def twin(left, right, slope, kind):
    right.twinx()
    return "Twin."


def raising_frame(left, right):
    raise IndexError("no data")


def unseeded(left, right, slope, kind):
    left.plot(np.random.default_rng().random(3))
    return "Random."


@pytest.mark.parametrize("changes, words", [
    ({"slope": slider([], label="slope")}, "'slope' needs two values"),
    ({"slope": slider([1.0], label="slope")}, "'slope' needs two values"),
    ({"slope": slider([1.0, float("nan")], label="slope")}, "'slope' has a value that is not"),
    ({"slope": slider([float("nan"), 1.0], label="slope")}, "'slope' has a value that is not"),
    ({"slope": slider([1.0, float("inf")], label="slope")}, "'slope' has a value that is not"),
    ({"kind": choice(["a", "b"], label="kind", default="c")}, "default of control 'kind'"),
    ({"kind": choice([], label="kind")}, "'kind' needs two values"),
    ({"slope": slider([1.0, 2.0], label="slope", default=3.0)}, "default of control 'slope'"),
    ({"slope": slider([1.00001, 1.00002], label="slope", fmt="{:.1f}")}, "written alike"),
    ({"slope": slider(range(1000), label="slope")}, "2000 states; record at most"),
    ({"name": "A name"}, "small letters"),
    ({"alt": "line"}, "alt text"),
    ({"alt": ""}, "alt text"),
    ({"title": ""}, "give a title"),
    ({"frame": raising_frame}, "frame raised IndexError: no data"),
    ({"frame": with_twin}, "frame added axes"),
    ({"draw": raising}, "state slope=0.0, kind='plain': draw raised ZeroDivisionError"),
    ({"draw": lambda left, right, slope, kind: None}, "must return a sentence"),
    ({"draw": raising_late}, "state slope=1.0, kind='plain': draw raised KeyError"),
    ({"draw": lambda left, right, slope, kind: " "}, "must return a sentence"),
    ({"draw": lambda left, right, slope, kind: "The loss is nan."}, "words.number"),
    ({"draw": lambda left, right, slope, kind: "It grows to -inf."}, "words.number"),
    ({"draw": bad_frame(xlim=(0, 3))}, "slope=0.0, kind='plain': draw changed xlim"),
    ({"draw": bad_frame(ylim=(0, 3))}, "draw changed ylim"),
    ({"draw": bad_frame(title="New")}, "draw changed title"),
    ({"draw": bad_frame(xlabel="new")}, "draw changed xlabel"),
    ({"draw": twin}, "kind='plain': draw added axes"),
    ({"draw": taking_away, "frame": with_legend}, "took away something that frame drew"),
    ({"draw": remembering()}, "depends on the states drawn before it"),
    ({"draw": unseeded}, "seed the generator"),
])
def test_an_authors_mistake_names_the_explorer(changes, words):
    with pytest.raises(ExplorerError, match=r"explorer '(test|A name)'") as caught:
        make(**changes).record()
    assert words in str(caught.value)


def test_a_failed_state_leaves_nothing_for_the_next():
    explorer = make(raising_late)
    before = [len(ax.get_children()) for ax in explorer.axes]
    good = explorer.state()
    with pytest.raises(ExplorerError, match="state slope=1.0"):
        explorer.state(slope=1.0)
    assert [len(ax.get_children()) for ax in explorer.axes] == before
    assert explorer.state() == good


def test_no_controls_is_a_mistake():
    with pytest.raises(ExplorerError, match="at least one control"):
        explore(draw, frame, name="test", title="T", alt="four words are enough")


def test_a_heavy_explorer_is_a_mistake(monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    with pytest.raises(ExplorerError, match="explorer 'test'.*bytes recorded"):
        make()._repr_mimebundle_()


def test_recorded_output_has_the_three_appearances(monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    data, metadata = make()._repr_mimebundle_()
    assert set(data) == {module.MIME_TYPE, "image/png", "text/plain"}
    assert data["text/plain"].endswith("Slope 0, plain.")
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == "A line and a curve, side by side."


def test_recording_a_state_costs_little():
    explorer = make()
    explorer.state()
    times = []
    for _ in range(20):
        start = time.process_time()
        explorer.state(slope=1.0)
        times.append(time.process_time() - start)
    median = calibration.reference_seconds(statistics.median(times))
    print(f"median of {1000 * median:.1f} ms a state at the reference speed")
    assert median < 0.06
