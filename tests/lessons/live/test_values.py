"""The printer of a page's Python writes values as IPython does."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from IPython.lib.pretty import pretty as theirs
from matplotlib.figure import Figure

from lessons.live.session import Session
from lessons.live.shown import shown
from lessons.live.values import pretty

LEAVES = st.one_of(st.integers(), st.text(max_size=30), st.floats(allow_nan=False), st.none(),
                   st.just(np.zeros((3, 20))), st.just(np.arange(40.0)))
KEYS = st.one_of(st.integers(), st.text(max_size=12))


def containers(inner):
    return st.one_of(
        st.lists(inner, max_size=12), st.lists(inner, max_size=12).map(tuple),
        st.dictionaries(KEYS, inner, max_size=8), st.sets(st.integers(), max_size=30),
        st.frozensets(st.text(max_size=9), max_size=9))


@settings(max_examples=100)
@given(st.recursive(LEAVES, containers, max_leaves=40))
def test_containers_are_broken_into_lines_alike(value):
    assert pretty(value) == theirs(value)


class Plain:
    pass


class Named(tuple):
    def __repr__(self):
        return "named"


class Sub(list):
    pass


ENDLESS = [1]
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize("value", [
    Plain(), Plain, int, len, np.sum, np.add, "x".join, pretty, lambda x: 1, range(3), b"x" * 200,
    ENDLESS, Sub([1, 2]), Named((1,)), (1,), set(), frozenset(), {3, 1}, {1, "a"}, {1: 2}.keys(),
    list(range(3000)), {i: i for i in range(1200)}, np.float64(2), "a\nb", ValueError("x"),
    [[1, 2], list(range(40))], ([list(range(30))], 3), [[list(range(40))]], [np.eye(3)] * 2,
], ids=lambda value: type(value).__name__)
def test_other_values_are_written_alike(value):
    assert pretty(value) == theirs(value)


def test_a_cell_shows_a_figure_once_and_display_keeps_the_order():
    items = []
    page = Session(lambda *item: items.append(item))
    assert page.run("import matplotlib.pyplot as plt\nfigure, ax = plt.subplots()\n"
                    "_ = ax.set(title='Loss')\nprint('before')\ndisplay(figure, 'after')\nfigure;")
    assert [(kind, words) for kind, _, words in items] == [
        ("text/plain", ""), ("image/svg+xml", "Figure: Loss"), ("text/plain", "")]
    assert [data for kind, data, _ in items if kind == "text/plain"] == ["before\n", "'after'\n"]
    assert page.run("figure") and items[-1][0] == "image/svg+xml"


def test_what_shows_itself_as_html_is_shown_so():
    class Table:
        def _repr_mimebundle_(self, include=None, exclude=None):
            return {"text/html": "<b>1</b>", "text/plain": "one"}, {}

    assert shown(Table()) == ("text/html", "<b>1</b>", "one")
    assert shown(Table)[1].endswith("Table") and shown(Figure())[0] == "image/svg+xml"
