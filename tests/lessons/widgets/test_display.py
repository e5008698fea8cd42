"""What a live notebook is given to show, also with the widgets of ipywidgets 7, as on Colab."""

import ipywidgets
import pytest
from IPython.core.formatters import DisplayFormatter

from lessons.widgets import estimate, explore, guess, quiz, slider

VIEW = "application/vnd.jupyter.widget-view+json"


def draw(ax, n):
    ax.plot([0, 1], [0, n])
    return f"n = {n}."


LIVE = {
    "explorer": lambda: explore(draw, name="line", title="T", alt="a line that rises",
                                n=slider([1, 2, 3], label="n", play=True)),
    "number": lambda: guess("How many?", name="display/number", truth=3, between=(0, 10)),
    "choice": lambda: guess("Which?", name="display/choice", truth="a", options=["a", "b"]),
    "curve": lambda: guess("How?", name="display/curve", truth=[1, 2, 3], x=[0, 1, 2],
                           between=(0, 4), n_points=3),
    "quiz": lambda: quiz("Which?", name="display/quiz", right="a", why="So it is.",
                         wrong={"b": "No.", "c": "No."}),
}


@pytest.fixture(params=["as it is", "as in ipywidgets 7"])
def version(request, monkeypatch):
    """Take away from widgets what those of ipywidgets 7 do not have."""
    if request.param != "as it is":
        monkeypatch.delattr(ipywidgets.Widget, "_repr_mimebundle_")


@pytest.mark.parametrize("kind", LIVE)
def test_every_widget_shows_its_view(kind, version):
    data, _ = DisplayFormatter().format(LIVE[kind]())
    assert data["text/plain"] and data[VIEW]["model_id"]
    assert ("image/png" in data) == (kind == "explorer"), "a picture for the notebook once saved"


def test_an_estimate_needs_no_widget(version):
    data, _ = DisplayFormatter().format(estimate({"a run": 1e12}, name="display"))
    assert "<table" in data["text/html"] and VIEW not in data
