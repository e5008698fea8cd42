"""The playground's payload and its HTML: what is recorded, what an author may not ask, escapes."""

import json
import re

import pytest

from lessons.playground import page
from lessons.widgets.playground.html import SLIDERS, to_html
from lessons.widgets.playground.play import MIME_TYPE, play


@pytest.fixture(scope="module")
def made():
    return play({"data": "rings", "layers": [3, 2]}, steps=20)


def test_the_record_is_that_of_the_worker(made):
    page.begin({"data": "rings", "layers": [3, 2]})
    last = page.advance({"steps": 20, "settings": {}})["points"][-1]
    assert made.payload["advance"]["points"][-1] == [float(f"{v:.4g}") for v in last]
    assert [units["layer"] for units in made.payload["look"]["units"]] == [0, 1]
    assert len(json.dumps(made.payload)) < 60_000


def test_it_shows_itself(made, monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    bundle = made._repr_mimebundle_()
    assert bundle[MIME_TYPE] == made.payload
    assert "Recorded here: Step 20" in bundle["text/plain"]
    monkeypatch.delenv("LESSONS_RECORD")
    live = made._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in live


def test_in_the_python_of_a_page_it_is_a_sentence(made, monkeypatch):
    monkeypatch.delenv("LESSONS_RECORD", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "lessons.playground.live", None)
    assert list(made._repr_mimebundle_()) == ["text/plain"]


@pytest.mark.parametrize("asked, said", [
    ({"name": "My run"}, "small letters"), ({"steps": 0}, "record 1 to 2000 steps"),
    ({"experiment": {"data": "sun"}}, "data is one of"),
])
def test_an_authors_mistake_is_said(asked, said):
    with pytest.raises(ValueError, match=said):
        play(**{"experiment": {"data": "moons"}, "steps": 1, **asked})


def test_every_setting_has_a_control_and_every_slider_fits_its_limits(made):
    html = to_html(made.payload)
    keys = set(re.findall(r'data-key="(\w+)"', html)) | {"layers"}
    assert keys == set(made.payload["experiment"])
    for name, (_, scale, low, high, _) in SLIDERS.items():
        least, most = made.payload["options"]["limits"][name]
        ends = {"log": (10**low, 10**high), "zero": (0, 10**high),
                "powers": (2**low, min(2000, 2**high))}.get(scale, (low, high))
        assert least <= ends[0] < ends[1] <= most, name


def test_markup_in_a_payload_stays_text(made):
    payload = json.loads(json.dumps(made.payload))
    payload["advance"]["said"] = payload["options"]["losses"][0]["label"] = "</script><b>x</b>"
    html = to_html(payload)
    assert "<b>" not in html and html.count("</script>") == 1
