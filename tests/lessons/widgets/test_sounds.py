"""Sounds that a page plays: the same bytes in every build, escaped, and an author's mistakes."""

import base64
import io
import json

import numpy as np
import pytest

from lessons.data.sounds import digits, read_wav
from lessons.engine.spectra import log_mel
from lessons.widgets.sounds.html import picture_svg, to_html
from lessons.widgets.sounds.listen import MAX_BYTES, MIME_TYPE, listen
from tests.lessons.widgets.test_sphinx import NASTY, Page

TONE = 0.5 * np.sin(np.arange(800.0))


def make(sounds=None, **changes):
    settings = {"name": "tones", "title": "Which is louder?"} | changes
    return listen({"a": TONE, NASTY: 0.1 * TONE} if sounds is None else sounds, **settings)


def test_what_is_stored_is_the_sound():
    clip = digits()[0]
    made = listen({"zero": clip.samples}, name="zero", title="Zero",
                  pictures={"zero": log_mel(clip.samples, n_mels=24)})
    (sound,) = made.payload["sounds"]
    x = read_wav(io.BytesIO(base64.b64decode(sound["wav"])))
    assert np.abs(x - clip.samples).max() < 1e-4
    assert len(sound["picture"]) == 24 and set("".join(sound["picture"])) <= set("01234567")


def test_recorded_and_live_show_the_same_sounds(monkeypatch):
    live = make()._repr_mimebundle_()
    assert live["text/html"].count("<audio controls") == 2 and MIME_TYPE not in live
    monkeypatch.setenv("LESSONS_RECORD", "1")
    stored = make()._repr_mimebundle_()
    assert json.loads(json.dumps(stored[MIME_TYPE])) == make().payload
    assert "Run this cell to hear them" in stored["text/plain"]
    assert all(sound["wav"] in live["text/html"] for sound in stored[MIME_TYPE]["sounds"])


def test_every_text_is_escaped_and_nothing_is_loaded_from_elsewhere():
    pictures = {"a": np.zeros((3, 2)), NASTY: np.ones((3, 2))}
    html = to_html(make(title=NASTY, pictures=pictures).payload)
    page = Page(html)
    assert page.open == [] and not page.all("b")
    assert page.text("figcaption") == NASTY
    assert all(a["src"].startswith("data:audio/wav;base64,") for a in page.all("audio"))
    assert [a["aria-label"] for a in page.all("audio")] == ["a", NASTY]
    assert len(page.all("input", type="radio")) == 2 and "http" not in html


def test_a_picture_has_as_many_layers_as_its_highest_level():
    assert picture_svg(["03", "10"]).count("<path") == 3
    assert '<path d="M1 0h1v1h-1zM0 1h1v1h-1z"/>' in picture_svg(["03", "10"])


@pytest.mark.parametrize("changes, words", [
    ({"name": "Two tones"}, "small letters"),
    ({"title": " "}, "give a title"),
    ({"sounds": {}}, "one sound or more"),
    ({"sounds": {" ": TONE}}, "one sound or more"),
    ({"sounds": {"stereo": np.zeros((2, 800))}}, r"'stereo': .* got the shape \(2, 800\)"),
    ({"sounds": {"none": np.zeros(0)}}, "'none': a sound is one row"),
    ({"sounds": {"long": np.zeros(MAX_BYTES)}}, "give fewer or shorter"),
    ({"pictures": {"a": np.zeros((2, 2))}}, "the same names"),
    ({"pictures": {"a": np.zeros((2, 2)), NASTY: np.full((2, 2), np.inf)}}, "finite numbers"),
    ({"pictures": {"a": np.zeros((2, 2)), NASTY: np.zeros(3)}}, "no table"),
])
def test_an_authors_mistake_names_the_widget(changes, words):
    with pytest.raises(ValueError, match=words) as caught:
        make(**changes)
    assert str(caught.value).startswith("sounds ")
