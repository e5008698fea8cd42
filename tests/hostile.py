"""Widgets of every kind whose texts somebody else chooses: an author, a reader or a model."""

import json
from collections.abc import Callable
from functools import cache

import numpy as np

from lessons.studies.page_live.shown import record
from lessons.widgets import choice, explore, guess, quiz, slider
from lessons.widgets.catalogues.browse import browse as catalogue
from lessons.widgets.estimates.table import estimate
from lessons.widgets.explorers.record import pack
from lessons.widgets.playground.play import play
from lessons.widgets.prompts import ask
from lessons.widgets.registry import REGISTRY
from lessons.widgets.sounds.listen import listen
from lessons.widgets.tables.browse import browse as table
from lessons.widgets.trainings import show

PIECES = ["<", ">", '"', "'", "&", "=", "/", " ", "\n", "&lt;", "&#60;script&#62;", "</script>",
          "<!--", "-->", "<script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "\\",
          "' autofocus onfocus='alert(1)", '" onmouseover="alert(1)', "<svg/onload=alert(1)>",
          "</textarea>", "</title>", "</fieldset>", "</select>", "]]>", "\\u003c", "a", "é", "。"]
#: After this text a script element has no end that a browser would see.
ENDLESS = "<!--<script>"
Text = Callable[[str], str]
READ, RUN = record()["prompt"], record()["tiny"][0]


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
    "playground": lambda t: playground(t),
}
TO_HTML = {widget.folder: widget.to_html for widget in REGISTRY}


@cache
def recorded() -> str:
    return json.dumps(play({"data": "moons", "layers": [2]}, steps=2).payload)


def playground(t: Text) -> dict:
    payload = json.loads(recorded())
    payload["advance"]["said"] = t("said")
    for name in ("data", "activations", "losses", "optimizers"):
        for option in payload["options"][name]:
            option["label"] = t(option["label"])
    return payload
