"""Explorers in process: what is recorded, and what an author is told."""

import itertools
import json
import re
import time

import numpy as np
import pytest

from lessons import explore as module
from lessons import plots
from lessons.explore import ExplorerError, choice, explore, pack, slider, unpack
from lessons.replay import explorer_html


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


def test_every_state_is_recorded_in_the_order_of_product():
    record = make().record()
    expected = [f"Slope {s:g}, {k}." for s, k in itertools.product([0.0, 0.5, 1.0],
                                                                     ["plain", "mirror"])]
    assert [state[-1] for state in record["states"]] == expected
    assert all(len(state) == 3 for state in record["states"])


def test_two_records_are_the_same_bytes():
    assert pack(make().record()) == pack(make().record())


def test_pack_and_unpack():
    record = make().record()
    assert unpack(pack(record)) == json.loads(json.dumps(record))


def test_colours_follow_the_theme_and_coordinates_are_short():
    record = make().record()
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
    assert max(numbers) < 2000


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


def unseeded(left, right, slope, kind):
    left.plot(np.random.default_rng().random(3))
    return "Random."


@pytest.mark.parametrize("changes, words", [
    ({"slope": slider([], label="slope")}, "'slope' needs two values"),
    ({"slope": slider([1.0, float("nan")], label="slope")}, "not finite"),
    ({"slope": slider([1.0, 2.0], label="slope", default=3.0)}, "default of control 'slope'"),
    ({"slope": slider([1.00001, 1.00002], label="slope", fmt="{:.1f}")}, "written alike"),
    ({"slope": slider(range(1000), label="slope")}, "2000 states; record at most"),
    ({"name": "A name"}, "small letters"),
    ({"alt": "line"}, "alt text"),
    ({"draw": raising}, "state slope=0.0, kind='plain': draw raised ZeroDivisionError"),
    ({"draw": lambda left, right, slope, kind: None}, "must return a sentence"),
    ({"draw": lambda left, right, slope, kind: "The loss is nan."}, "plots.number"),
    ({"draw": bad_frame(xlim=(0, 3))}, "changed limits"),
    ({"draw": bad_frame(title="New")}, "changed limits or a title"),
    ({"draw": unseeded}, "seed the generator"),
])
def test_an_authors_mistake_names_the_explorer(changes, words):
    with pytest.raises(ExplorerError, match=r"explorer '(test|A name)'") as caught:
        make(**changes).record()
    assert words in str(caught.value)


def test_no_controls_is_a_mistake():
    with pytest.raises(ExplorerError, match="at least one control"):
        explore(draw, frame, name="test", title="T", alt="four words are enough")


def test_a_heavy_explorer_is_a_mistake(monkeypatch):
    monkeypatch.setenv("LESSONS_EXPLORE", "record")
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    with pytest.raises(ExplorerError, match="explorer 'test'.*bytes recorded"):
        make()._repr_mimebundle_()


def test_recorded_output_has_the_three_appearances(monkeypatch):
    monkeypatch.setenv("LESSONS_EXPLORE", "record")
    data, metadata = make()._repr_mimebundle_()
    assert set(data) == {module.MIME_TYPE, "image/png", "text/plain"}
    assert data["text/plain"].endswith("Slope 0, plain.")
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == "A line and a curve, side by side."


def test_the_page_shows_the_default_state_without_scripts():
    explorer = make(title='Is a < b & "c"?')
    page = explorer_html(pack(explorer.record()))
    default = explorer.state()
    assert all(panel in page for panel in default.panels)
    assert default.sentence in page
    assert "a &lt; b &amp; &quot;c&quot;" in page
    assert page.count("<svg") == 2 and 'aria-valuetext="0 m"' in page


def test_two_explorers_on_a_page_do_not_share_ids():
    pages = [explorer_html(pack(make(name=name).record())) for name in ("one", "two")]
    ids = [set(re.findall(r'\bid="([^"]+)"', page)) for page in pages]
    assert ids[0] and not ids[0] & ids[1]


def test_recording_a_state_costs_little():
    explorer = make()
    explorer.state()
    start = time.perf_counter()
    for _ in range(10):
        explorer.state(slope=1.0)
    per_state_ms = 100 * (time.perf_counter() - start)
    print(f"{per_state_ms:.1f} ms a state")
    assert per_state_ms < 100
