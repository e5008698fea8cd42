"""Widgets in a page that runs Python: HTML without ipywidgets, live explorers, checks."""

import builtins
import json
import sys

import pytest

from lessons.live.session import Session
from lessons.widgets.checks.check import SOLVED
from lessons.widgets.explorers import page
from lessons.widgets.explorers.control import between, slider

IMPORTS = ("from lessons.widgets import *\n"
           "from lessons.widgets.tables.browse import browse as rows\n")
EXPLORER = """
def frame(ax):
    ax.set(xlim=(0, 1), ylim=(0, 1))
def draw(ax, slope, way):
    ax.plot([0, 1], [0, slope])
    return f"It rises {way} by {slope:.3f}."
explore(draw, frame, name="line", title="How <steep>?", alt="A line that rises from zero.",
        slope=slider([0.0, 0.5, 1.0], label="slope", default=0.5, play=True),
        way=choice(["up", "down"], label="way"))
"""
WIDGETS = {
    "explorer": EXPLORER,
    "quiz": 'quiz("Which?", name="page/quiz", right="a", why="So.", '
            'wrong={"b": "No.", "c": "No."})',
    "guess": 'guess("How many?", name="page/guess", truth=3, between=(0, 10))',
    "estimate": 'estimate({"GPT-3": 3.14e23}, name="gpt3")',
    "sounds": "import numpy as np\n"
              'listen({"A": np.sin(np.arange(800.0)) / 2}, name="a", title="A?")',
    "catalogue": """browse([{"group": "g", "title": t, "text": "x"} for t in "ab"], name="two",
                           title="Two.", choices={})""",
    "browse": 'rows([{"a": "x", "b": "y"}], name="t", title="T", columns={"a": "A", "b": "B"})',
}


class Page(Session):
    """A page's Python, which keeps what it shows."""

    def __init__(self):
        self.items = []
        super().__init__(lambda kind, data, words: self.items.append((kind, data)))

    def cell(self, code):
        """Run a cell that has to come to its end; return what it shows."""
        self.items.clear()
        assert self.run(code), self.items
        return list(self.items)


@pytest.fixture
def here(monkeypatch):
    """A page: without ipywidgets, IPython, copies of a process and scikit-learn."""
    plain = builtins.__import__

    def only(name, *more):
        if name.partition(".")[0] in {"ipywidgets", "IPython", "sklearn", "torch", "platformdirs"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return plain(name, *more)

    monkeypatch.setattr(builtins, "__import__", only)
    for name in [n for n in sys.modules if n.startswith("lessons.widgets.") and ".live" in n]:
        monkeypatch.delitem(sys.modules, name)
    return Page()


@pytest.mark.parametrize("kind", WIDGETS)
def test_a_widget_shows_itself_as_the_html_of_the_book(here, kind):
    ((mime_type, html),) = here.cell(IMPORTS + WIDGETS[kind])
    assert mime_type == "text/html" and f'class="{kind}"' in html
    assert "<script>" not in html and "onclick" not in html


def ask(here, **wish):
    ok, answer = here.ask(page.__name__, "draw", json.dumps(wish))
    assert ok, answer
    return json.loads(answer)


def shown(here, code):
    """Run an explorer's cell; return its number and its HTML."""
    ((_, html),) = here.cell(IMPORTS + code)
    return int(html.partition('data-live="')[2].partition('"')[0]), html


def test_an_explorer_stops_between_its_values_and_draws_there(here):
    number, html = shown(here, EXPLORER)
    assert "How &lt;steep&gt;?" in html and 'max="20"' in html and 'data-every="10"' in html
    assert "It rises up by 0.500." in html
    answer = ask(here, name="line", number=number, values={"slope": 3, "way": 1})
    assert answer["state"][1] == "It rises down by 0.150."
    assert answer["state"] == ask(here, name="line", number=number,
                                  values={"slope": 3, "way": 1})["state"]


def test_a_changed_drawing_takes_the_place_of_the_first(here):
    old, _ = shown(here, EXPLORER)
    new, html = shown(here, EXPLORER.replace("It rises", "Now it goes"))
    assert "Now it goes up by 0.500." in html
    wish = {"name": "line", "values": {"slope": 0, "way": 0}}
    assert ask(here, number=new, **wish)["state"][1] == "Now it goes up by 0.000."
    assert ask(here, number=old, **wish) == {"error": page.GONE}
    assert ask(Page(), **(wish | {"name": "other"}), number=1) == {"error": page.GONE}


def test_an_error_in_a_drawing_is_told_in_words_and_the_next_state_is_drawn(here):
    number, _ = shown(here, EXPLORER.replace("    ax.plot", "    1 / (slope - 0.25)\n    ax.plot"))
    wish = {"name": "line", "number": number}
    assert ask(here, values={"slope": 5, "way": 0}, **wish)["error"] == (
        "explorer 'line', state slope=0.25, way='up': draw raised ZeroDivisionError: "
        "float division by zero")
    assert ask(here, values={"slope": 6, "way": 0}, **wish)["state"]
    assert not here.run(EXPLORER.replace("    ax.plot", "    1 / 0\n    ax.plot"))
    assert "draw raised ZeroDivisionError" in here.items[-1][1]


@pytest.mark.parametrize("values, finer", [
    ([0.0, 0.5, 1.0], 21), ([1, 2, 3], 3), ([0, 5, 10], 11), ([0, 500, 1000], 21), ([10, 5, 0], 11),
    ([0, 13, 26], 3), ([1, 2, 4, 8], 4), ([0.01, 0.1, 1.0], 21), ([0.5, 0.9], 2),
    ([1.0, 2.0, 4.5], 3),
])
def test_a_finer_slider_keeps_the_values_of_the_first(values, finer):
    control = slider(values, label="x", default=values[1])
    fine, n = between(control)
    assert len(fine.values) == finer == n * (len(values) - 1) + 1
    assert fine.values[::n] == control.values and fine.texts[::n] == control.texts
    assert fine.values[fine.default] == values[1]
    assert len(set(fine.texts)) == len(fine.texts)
    assert {type(v) for v in fine.values} == {type(values[0])}


def test_values_between_are_written_as_the_author_writes_or_in_four_digits():
    def texts(**more):
        return between(slider([0.0, 0.5, 1.0], label="x", **more))[0].texts[:3]

    assert texts(fmt="{:.2f}") == ("0.00", "0.05", "0.10")
    assert texts(fmt="{:.1f}") == ("0.0", "0.05", "0.1")
    assert texts(fmt={0.0: "none", 0.5: "half", 1.0: "all"}.__getitem__) == ("none", "0.05", "0.1")


CHECKED = """
def gd_step(theta, grad, lr):
    {}
check("gradient-descent/one-step", gd_step)
"""


def test_a_check_says_the_same_and_a_solved_exercise_counts_at_once(here):
    ((kind, text),) = here.cell(IMPORTS + CHECKED.format("..."))
    assert (kind, text) == ("text/plain", "one-step: not started. Replace the ... by your code and "
                                          "run the cell again.\n")
    text = "".join(t for _, t in here.cell(CHECKED.format("return theta + lr * grad")))
    assert "not yet. The values are not right." in text and "expected  [0.95, -2.1]" in text
    items = here.cell(CHECKED.format("return theta - lr * grad"))
    assert "one-step: solved." in items[0][1] + items[-1][1] and not any(
        "Code for your" in data for _, data in items)
    assert [json.loads(data) for kind, data in items if kind == SOLVED] == [
        {"name": "gradient-descent/one-step", "code": "T3CA"}]
    ((_, text),) = here.cell('hint("gradient-descent/one-step")')
    assert text.startswith("one-step, hint 1 of ")
