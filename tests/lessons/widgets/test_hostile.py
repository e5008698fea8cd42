"""Whatever an author, a reader or a model writes, a widget has the elements of a harmless one."""

import json
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from lessons.studies.page_live.shown import record
from lessons.widgets import choice, explore, guess, quiz, slider
from lessons.widgets.catalogues.browse import browse as catalogue
from lessons.widgets.catalogues.html import groups_html
from lessons.widgets.estimates.table import estimate
from lessons.widgets.explorers.record import pack
from lessons.widgets.playground.play import play
from lessons.widgets.prompts import ask, html as prompts
from lessons.widgets.registry import REGISTRY
from lessons.widgets.sounds.html import players
from lessons.widgets.sounds.listen import listen
from lessons.widgets.tables.browse import browse as table
from lessons.widgets.trainings import html as trainings, show

PIECES = ["<", ">", '"', "'", "&", "=", "/", " ", "\n", "&lt;", "&#60;script&#62;", "</script>",
          "<!--", "-->", "<script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "\\",
          "' autofocus onfocus='alert(1)", '" onmouseover="alert(1)', "<svg/onload=alert(1)>",
          "</textarea>", "</title>", "</fieldset>", "</select>", "]]>", "\\u003c", "a", "é", "。"]
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
#: After this text a script element has no end that a browser would see.
ENDLESS = "<!--<script>"
Text = Callable[[str], str]
READ, RUN = record()["prompt"], record()["tiny"][0]


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


def explorer(t: Text):
    def frame(ax):
        ax.set(xlim=(0, 1), ylim=(0, 1))

    def draw(ax, slope, kind):
        ax.plot([0, 1], [0, slope])
        return t(f"{slope:g}")

    made = explore(draw, frame, name="line", title=t("Title"), alt=t("A line that rises slowly."),
                   slope=slider([0.0, 1.0], label=t("slope"), unit=t("m"), default=0.0, play=True),
                   kind=choice([t("one"), t("two")], label=t("kind")))
    return pack(made.record())


def a_guess(**more):
    def make(t: Text):
        made = {key: value(t) if callable(value) else value for key, value in more.items()}
        return guess(t("What?"), name="a/guess", **made).payload

    return make


def entry(t: Text, n: str) -> dict:
    return {"group": t("group"), "title": t(n), "text": t("text"), "by": t("by"),
            "tags": {"level": t(n)}}


WIDGETS = {
    "explorers": explorer,
    "quizzes": lambda t: quiz(t("Which?"), name="a/quiz", right=t("right"), why=t("why"),
                              wrong={t("no"): t("not"), t("nor"): t("neither")}).payload,
    "guesses": a_guess(truth=lambda t: t("one"), options=lambda t: [t("one"), t("two")]),
    "guesses of numbers": a_guess(truth=3, between=(0, 10), unit=lambda t: t("m")),
    "guesses of curves": a_guess(truth=[1.0, 2.0, 3.0], between=(0, 4), x=[1, 2, 3], n_points=3,
                                 unit=lambda t: t("m"), labels=lambda t: (t("x"), t("y"))),
    "estimates": lambda t: estimate({t("work"): 1e12}, name="a", title=t("title")).payload,
    "catalogues": lambda t: catalogue([entry(t, "a"), entry(t, "b")], name="a", title=t("title"),
                                      choices={"level": t("Level")}).payload,
    "tables": lambda t: table([{"a": t("x"), "b": t("y")}, {"a": t("z"), "b": t("w")}], name="a",
                              title=t("title"), columns={"a": t("A"), "b": t("B")},
                              filters=["b"]).payload,
    "sounds": lambda t: listen({t("one"): np.zeros(80)}, name="a", title=t("title")).payload,
    "prompts": lambda t: ask.prompt(
        READ | {"text": t("text"), "tokens": [[i, t(text)] for i, text in READ["tokens"]],
                "top": [[i, t(text)] for i, text in READ["top"]]},
        name="a", title=t("title")).payload,
    "trainings": lambda t: show.training([RUN | {"samples": [[0, t("sample")]]}], mean_of=10,
                                         name="a", title=t("title")).payload,
    "playground": lambda t: hostile_run(t),
}
#: The same payloads as notebooks show them.
LIVE = {"catalogues": lambda payload: groups_html(payload["entries"], ".ipynb"), "sounds": players,
        "prompts": prompts.plain, "trainings": trainings.plain}
TO_HTML = {widget.folder: widget.to_html for widget in REGISTRY}


@cache
def run() -> str:
    return json.dumps(play({"data": "moons", "layers": [2]}, steps=2).payload)


def hostile_run(t: Text) -> dict:
    payload = json.loads(run())
    payload["advance"]["said"] = t("said")
    for name in ("data", "activations", "losses", "optimizers"):
        for option in payload["options"][name]:
            option["label"] = t(option["label"])
    return payload


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
