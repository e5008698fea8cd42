"""What the page asks, as JSON, through the session that answers it."""

import base64
import json

import numpy as np
import pytest

from lessons.live.session import Session
from lessons.playground import page, views
from lessons.playground.run import Run
from lessons.playground.settings import DATA

OWN = {"x": [[1000.0, 0.5], [2000, 0.1], [3000, 0.9], [4000, 0.4], [5000, 0]],
       "y": [0, 1, 2, 0, 1], "labels": ["a", "b", "c"]}


@pytest.fixture
def ask():
    """Return a way to call a function of the page as its script does."""
    session = Session(lambda kind, data, words: None)

    def call(name, argument=None):
        ok, answer = session.ask("lessons.playground.page", name, json.dumps(argument))
        if not ok:
            assert answer.count("\n") == 0 and answer.startswith("ValueError: "), answer
            return answer.removeprefix("ValueError: ")
        return json.loads(answer)

    page.run = None
    yield call
    page.run = None


def pixels(text, n):
    data = base64.b64decode(text)
    assert len(data) == n
    return np.frombuffer(data, np.uint8)


def test_nothing_begun(ask):
    for name in ("advance", "look", "rewind", "program"):
        assert ask(name, {}) == "no experiment was begun yet: press Reset"


@pytest.mark.parametrize("name", DATA)
def test_an_experiment_from_begin_to_program(ask, name):
    chosen = {"data": name, "layers": [6, 5]} | ({"points": OWN} if name == "own" else {})
    begun = ask("begin", chosen)
    assert begun["sizes"][1:-1] == [6, 5] and begun["step"] == 0 and len(begun["curve"]) == 1
    assert ask("begin", begun["text"])["experiment"] == begun["experiment"]
    assert ask("read", begun["text"]) == begun["experiment"]
    assert ask("state", begun["experiment"]) == begun["text"]
    first = ask("advance", {"steps": 60, "settings": {"rate": 0.05, "batch": 10}})
    assert [point[0] for point in first["points"]][:50] == list(range(1, 51))
    assert first["changed"] == [[0, {"rate": 0.05, "batch": 10}]]
    assert first["now"] == first["points"][-1] and first["step"] == 60 and not first["diverged"]
    assert first["said"].startswith("Step 60: training loss ") and len(first["layers"]) == 3
    one = ask("advance", {"steps": 1})
    assert one["points"] == [] and one["now"][0] == 61 and one["said"].startswith("Step 61: ")
    second = ask("advance", {"ms": 1, "settings": {"rate": 0.05, "batch": 10}})
    assert second["step"] >= 62 and second["now"] is None and second["changed"] == []
    for layer in (None, 0, 1):
        looked = ask("look", {"layer": layer, "resolution": 20})
        assert ("units" in looked) == (layer is not None)
    texts = ask("program")
    assert f"range({second['step'] + 1})" in texts["engine"] and "import torch" in texts["torch"]


def test_a_program_of_an_experiment_that_was_not_run(ask):
    texts = ask("program", {"experiment": {"data": "line"}, "changes": [[3, {"rate": 0.5}]],
                            "steps": 40})
    assert "3: {'lr': 0.5}" in texts["engine"] and "range(41)" in texts["torch"]


def test_points_and_surface_are_in_the_readers_units(ask):
    begun = ask("begin", {"data": "own", "points": OWN, "split": 0.2})
    both = [begun["points"][part] for part in ("training", "validation")]
    assert np.allclose(sorted(row for part in both for row in part["x"]), OWN["x"])
    assert [len(part["y"]) for part in both] == [4, 1]
    assert begun["domain"] == {"x": [600, 5400], "y": [-0.09, 0.99]}
    surface = ask("look", {"resolution": 8})["surface"]
    assert set(pixels(surface["classes"], 64)) <= {0, 1, 2}
    assert pixels(surface["bytes"], 64).min() >= 255 // 3


def test_a_surface_is_what_the_network_says_with_the_first_row_at_the_top():
    run = Run({"data": "moons", "optimizer": "adam"})
    run.advance(n_steps=200)
    surface = views.look(run, 40, 1)
    values = pixels(surface["surface"]["bytes"], 1600).reshape(40, 40)
    box = views.domain(run.problem)
    X = run.problem.X_val
    column = ((X[:, 0] - box["x"][0]) / (box["x"][1] - box["x"][0]) * 40).astype(int)
    row = ((box["y"][1] - X[:, 1]) / (box["y"][1] - box["y"][0]) * 40).astype(int)
    assert ((values[row, column] > 127) == run.problem.y_val).mean() > 0.95
    units = surface["units"]
    assert (units["n"], len(units["bytes"]), len(units["ranges"])) == (20, 8, 8)
    assert pixels(units["bytes"][0], 400).min() == 0 and pixels(units["bytes"][0], 400).max() == 255
    assert all(-1 <= low < high <= 1 for low, high in units["ranges"])


def test_a_line_is_drawn_as_a_curve(ask):
    ask("begin", {"data": "line", "layers": [3]})
    ask("advance", {"steps": 100})
    looked = ask("look", {"layer": 0})
    x, y = np.array(looked["line"]["x"]), np.array(looked["line"]["y"])
    assert len(x) == 81 and x[0] < -1 and x[-1] > 1 and y[-1] > y[0] + 1
    assert len(looked["units"]["curves"]) == 3


@pytest.mark.parametrize("name", ["digits", "reconstruct"])
def test_digits_are_shown_with_what_is_made_of_them(ask, name):
    begun = ask("begin", {"data": name, "layers": [6, 4], "optimizer": "adam"})
    assert begun["shape"] == "pixels" and begun["points"]["training"] == {"x": [], "y": []}
    assert begun["domain"] is None
    ask("advance", {"steps": 150})
    first, second = ask("look", {"layer": 0}), ask("look", {"layer": 1})
    assert len(first["examples"]) == 12
    for each in first["examples"]:
        image = pixels(each["image"], 64).astype(float)
        if name == "reconstruct":
            assert np.abs(image - pixels(each["output"], 64)).mean() < 90
        else:
            assert 0.1 <= each["probability"] <= 1 and each["guess"] in "0123456789"
    assert (first["units"]["what"], len(first["units"]["bytes"])) == ("weights", 6)
    assert (second["units"]["what"], len(second["units"]["bytes"])) == ("images", 4)
    assert first["units"]["ranges"][0][0] == -first["units"]["ranges"][0][1]


def test_divergence_is_said_until_the_page_goes_back(ask):
    ask("begin", {"data": "line"})
    ask("advance", {"steps": 120})
    gone = ask("advance", {"steps": 900, "settings": {"rate": 10}})
    assert gone["diverged"].startswith("The run diverged at step 1") and gone["can_rewind"] == 100
    again = ask("advance", {"ms": 5, "settings": {"rate": 0.1}})
    assert again["diverged"] == gone["diverged"] == again["said"] and again["points"] == []
    assert ask("rewind")["step"] == 100
    on = ask("advance", {"steps": 10, "settings": {"rate": 0.02}})
    assert (on["step"], on["diverged"], on["changed"]) == (110, "", [[100, {"rate": 0.02}]])
    assert [point[0] for point in on["points"]] == [105, 110]


def test_dead_units_are_said(ask):
    ask("begin", {"data": "moons", "activation": "relu", "rate": 100, "layers": [4, 4]})
    said = ask("advance", {"steps": 300})["said"]
    assert "No gradient reaches the hidden layers: they do not learn." in said


@pytest.mark.parametrize("name, argument, said", [
    ("begin", {"layers": [10**9]}, "hidden layers are up to 4"),
    ("begin", "data=moons&hack=1", "the playground has no setting hack"),
    ("begin", {"data": "own", "points": {"x": [[1, 2]], "y": [1]}}, "1 points are too few"),
    ("advance", {"steps": "many"}, "many is no number"),
    ("advance", {"ms": None}, "None is no number"),
    ("advance", {"settings": {"rate": -1}}, "the learning rate is a number"),
    ("look", {"layer": 3}, "no hidden layer 3: this network has 2, counted from 0"),
    ("look", {"resolution": "fine"}, "fine is no number"),
    ("table", "hello", "this is no table"),
])
def test_a_wrong_wish_is_one_sentence_and_the_run_goes_on(ask, name, argument, said):
    ask("begin", {})
    ask("advance", {"steps": 3})
    assert ask(name, argument).startswith(said)
    assert ask("advance", {"steps": 1})["step"] == 4


def test_limits_of_a_slice():
    page.begin({})
    assert page.advance({"steps": 0})["step"] == 1
    assert page.advance({"ms": -5})["step"] == 2


def test_a_table_is_said(ask):
    found = ask("table", "u,v,w\n1,2,red\n2,1,red\n3,4,blue\n5,1,blue")
    assert found["said"] == "4 rows, numbers in u, v; 2 classes: red, blue."
    begun = ask("begin", {"data": "own", "points": found["points"]})
    assert begun["labels"] == ["red", "blue"] and begun["features"] == ["u", "v"]
    said = ask("table", "1,2\n2,3\n3,4\n4,6")["said"]
    assert said == "4 rows, numbers in x1; a number to predict."


def test_options(ask):
    found = ask("options")
    assert found["moving"] == ["rate", "momentum", "batch", "decay"]
    assert found["most_steps"] == 10_000
