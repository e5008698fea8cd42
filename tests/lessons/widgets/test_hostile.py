"""Whatever an author, a reader or a model writes, a widget has the elements of a harmless one."""

import json
from functools import cache
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings, strategies as st

from lessons.widgets.catalogues.html import groups_html
from lessons.widgets.prompts import html as prompts
from lessons.widgets.sounds.html import players
from lessons.widgets.trainings import html as trainings
from tests.hostile import ENDLESS, PIECES, TO_HTML, WIDGETS, Text

HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
#: The same payloads as notebooks show them.
LIVE = {"catalogues": lambda payload: groups_html(payload["entries"], ".ipynb"), "sounds": players,
        "prompts": prompts.plain, "trainings": trainings.plain}


class Shape(HTMLParser):
    """What a browser makes of a page: elements with the names of their attributes, and texts."""

    def __init__(self, page: str):
        super().__init__()
        self.elements, self.texts, self.data, self._in_script = [], [], [], False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, sorted(name for name, _ in attributes)))
        self.texts += [value or "" for _, value in attributes]
        self._in_script = tag == "script"

    def handle_endtag(self, tag):
        self.elements.append((tag, "ends"))
        self._in_script = False

    def handle_data(self, data):
        (self.data if self._in_script else self.texts).append(data)

    def handle_comment(self, data):
        self.elements.append(("comment", []))

    handle_decl = handle_pi = unknown_decl = handle_comment


@cache
def harmless(kind: str, live: bool) -> list:
    return Shape(page(kind, str, live)).elements


def page(kind: str, t: Text, live: bool = False) -> str:
    folder = kind.split(" ")[0]
    return (LIVE if live else TO_HTML)[folder](WIDGETS[kind](t))


def strings(value: object) -> list[str]:
    """Return all texts inside a JSON value."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


def check(kind: str, hostile: str, live: bool = False) -> None:
    shape = Shape(page(kind, lambda text: f"{text}{hostile}", live))
    assert shape.elements == harmless(kind, live)
    assert not [data for data in shape.data if "<" in data], "a script element may not end there"
    shown = [*shape.texts, *(text for data in shape.data if data[0] == "{"
                             for text in strings(json.loads(data)))]
    if "`" not in hostile:
        words = "".join(hostile.split())
        assert any(words in "".join(text.split()) for text in shown), "what was written is lost"


def test_every_kind_of_widget_is_tried():
    assert {kind.split(" ")[0] for kind in WIDGETS} == TO_HTML.keys()


@pytest.mark.parametrize("kind", [kind for kind in WIDGETS if kind not in ("explorers",
                                                                           "prompts")])
@settings(max_examples=25, deadline=None)
@example(ENDLESS)
@given(HOSTILE)
def test_a_hostile_text_stays_a_text(kind, hostile):
    check(kind, hostile)


@pytest.mark.parametrize("hostile", ["".join(PIECES[:13]), "".join(PIECES[13:]), ENDLESS])
@pytest.mark.parametrize("kind", ["explorers", "prompts"])  # these take longer to make
def test_a_hostile_text_stays_a_text_in_large_widgets(kind, hostile):
    check(kind, hostile)


@pytest.mark.parametrize("hostile", ["".join(PIECES), ENDLESS])
@pytest.mark.parametrize("kind", LIVE)
def test_a_hostile_text_stays_a_text_in_a_notebook(kind, hostile):
    check(kind, hostile, live=True)


@pytest.mark.parametrize("careless", [
    lambda text: f"<p>{text}</p>", lambda text: f'<p title="{text}"></p>',
    lambda text: f"<script type='application/json'>{json.dumps({'a': text})}</script>",
])
def test_a_careless_widget_is_found_out(careless, monkeypatch):
    monkeypatch.setitem(WIDGETS, "careless", lambda t: t("x"))
    monkeypatch.setitem(TO_HTML, "careless", careless)
    harmless.cache_clear()
    with pytest.raises(AssertionError):
        for hostile in ("<b>", '" onclick="alert(1)', ENDLESS):
            check("careless", hostile)
