"""Settings, pasted tables and links: whatever comes, an experiment or one clear sentence."""

import json
import math

import pytest
from hypothesis import given, settings as hypothesis_settings, strategies as st

from lessons.playground import tables
from lessons.playground.address import experiment_of, text_of
from lessons.playground.settings import DATA, LIMITS, OPTIMIZERS, normalised, options

POINTS = {"x": [[0.5, 1], [1, 2], [3, -1], [4, 1e-7]], "y": [0, 1, 0, 1],
          "labels": ["<b>cat</b>", "a & b=c; ü"], "features": ["size", "x2"]}
NUMBERS = {"x": [[1], [2], [3], [4.5]], "y": [1.5, 2, 3, 4], "labels": None}


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_defaults_are_whole_and_stay_as_they_are(name, optimizer):
    chosen = {"data": name, "optimizer": optimizer} | ({"points": POINTS} if name == "own" else {})
    whole = normalised(chosen)
    assert normalised(whole) == whole == normalised(json.loads(json.dumps(whole)))
    assert set(whole) >= {"n", "noise", "split", "seed", "layers", "activation", "scale", "loss",
                          "optimizer", "rate", "momentum", "batch", "decay"}


@pytest.mark.parametrize("chosen, said", [
    ([], "an experiment is a set of settings"),
    ({"colour": 1}, "the playground has no setting colour: it has data, n,"),
    ({"data": "mnist"}, "data is one of moons, spirals, .*, not mnist"),
    ({"data": ["moons"]}, "data is one of"),
    ({"data": "own"}, "there are no points yet: click some, or paste a table"),
    ({"n": 1e9}, "the number of examples is a whole number from 20 to 2000, not 1000000000.0"),
    ({"n": True}, "the number of examples"),
    ({"noise": float("nan")}, "the noise is a number from 0 to 1, not nan"),
    ({"rate": 0}, "the learning rate is a number from 1e-06 to 100, not 0"),
    ({"rate": "1e999"}, "the learning rate"),
    ({"rate": 10**400}, "the learning rate"),
    ({"momentum": 1}, "the momentum is a number from 0 to 0.99, not 1"),
    ({"batch": 0}, "the batch size"),
    ({"seed": -1}, "the seed is a whole number from 0 to 9999"),
    ({"layers": [1000000]}, "hidden layers are up to 4 whole numbers from 1 to 128"),
    ({"layers": [8] * 50}, "hidden layers are up to 4"),
    ({"layers": "8-x"}, "hidden layers are up to 4 .* not 8-x"),
    ({"layers": 8}, "hidden layers"),
    ({"layers": [8, [8]]}, "hidden layers"),
    ({"layers": [8, float("nan")]}, "hidden layers"),
    ({"activation": "__class__"}, "activation is one of relu, tanh"),
    ({"optimizer": "lbfgs"}, "optimizer is one of sgd"),
    ({"loss": "hinge"}, "loss is one of cross_entropy"),
    ({"data": "line", "loss": "cross_entropy"}, "the loss cross-entropy does not suit numbers"),
    ({"loss": "absolute"}, "absolute error does not suit classes: choose cross-entropy, squared"),
    ({"optimizer": "nesterov", "momentum": 0}, "set the momentum above 0"),
    ({"noise": "x" * 999}, "…$"),
])
def test_wrong_settings_are_one_sentence(chosen, said):
    with pytest.raises(ValueError, match=said) as caught:
        normalised(chosen)
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)


def test_what_a_data_set_or_an_optimiser_does_not_have_is_set_aside():
    assert normalised({"data": "digits", "n": 2000})["n"] == 1797
    assert "points" not in normalised({"points": POINTS})
    assert normalised({"optimizer": "rmsprop", "momentum": 0.5})["momentum"] == 0
    own = normalised({"data": "own", "points": POINTS, "n": 99, "noise": 0.5})
    assert (own["n"], own["noise"], own["loss"]) == (4, 0, "cross_entropy")
    assert normalised({"data": "own", "points": NUMBERS})["loss"] == "squared"


def test_options_name_all_that_can_be_chosen():
    found = json.loads(json.dumps(options()))
    assert [each["name"] for each in found["data"]] == list(DATA)
    assert all(found["limits"][key] == [low, high] for key, (_, low, high) in LIMITS.items())
    assert found["data"][3]["defaults"]["loss"] == "squared"


def test_links_of_today_mean_the_same_tomorrow():
    """Change the first text, and what it stands for, only together with all links of the book."""
    assert text_of(normalised({})) == "data=moons"
    assert experiment_of("") == experiment_of("#data=moons") == {
        "data": "moons", "n": 300, "noise": 0.15, "split": 0.3, "seed": 0, "layers": [8, 8],
        "activation": "tanh", "scale": 1.0, "loss": "cross_entropy", "optimizer": "sgd",
        "batch": 32, "rate": 0.1, "momentum": 0.0, "decay": 0.0}


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(set(DATA) - {"own"})), st.sampled_from(sorted(OPTIMIZERS)),
       st.floats(1e-6, 100), st.lists(st.integers(1, 128), max_size=4), st.integers(0, 9999),
       st.floats(0.05, 0.8))
def test_an_experiment_comes_back_from_its_text(data, optimizer, rate, layers, seed, split):
    experiment = normalised({"data": data, "optimizer": optimizer, "rate": rate, "layers": layers,
                             "seed": seed, "split": split})
    text = text_of(experiment)
    assert experiment_of(text) == experiment and text_of(experiment_of(text)) == text


@pytest.mark.parametrize("points", [POINTS, NUMBERS])
def test_own_points_come_back_too(points):
    experiment = normalised({"data": "own", "points": points, "layers": []})
    text = text_of(experiment)
    assert experiment_of(text) == experiment
    assert "<" not in text and " " not in text


@pytest.mark.parametrize("text, said", [
    ("data", "this link is broken: it has parts that are not setting=value"),
    ("data=moons&data=rings", "it sets the same thing twice"),
    ("data=moons&x=1", "the playground has no setting x"),
    ("data=%ff%fe", "this link is broken"),
    ("&" * 100, "this link is broken"),
    ("data=own", "there are no points yet"),
    ("data=own&points=1,2,x;1,2,3", "it holds points that are not numbers"),
    ("data=own&points=1,2;3,4,5;1,2;1,2", "each point has the same number of coordinates"),
    ("data=own&points=1,2,0;3,4,nan;1,2,0;1,2,1&labels=a,b", "the class of a point"),
    ("data=own&points=nan,1;1,2;2,3;3,4", "nan is no number that can be learned from"),
    ("data=own&labels=a,b", "points that are not numbers|points are too few"),
    ("layers=8-8-8-8-8-8-8", "hidden layers are up to 4"),
    ("rate=1e400", "the learning rate"),
    ("noise=<script>alert(1)</script>", "the noise is a number"),
    ("x" * 50_000, "this link is too long"),
    (None, "this link is too long"),
])
def test_a_broken_or_hostile_link_is_one_sentence(text, said):
    with pytest.raises(ValueError, match=said) as caught:
        experiment_of(text)
    assert len(str(caught.value)) < 300


TABLES = {
    "commas": "x,y,kind\n1,2,cat\n2,3,cat\n-1,4e1,dog\n0,1,dog\n",
    "tabs": "1\t2\tcat\n2\t3\tcat\n-1\t40\tdog\n0\t1\tdog",
    "semicolons, decimal commas": "1,0;2,0;cat\n2;3;cat\n-1;40;dog\n0;1;dog",
    "spaces": "1  2 cat\n2 3   cat\n -1 40 dog\n0 1 dog",
    "quotes": '"x","y","kind"\n"1","2","cat"\n2,3,cat\n-1,40,dog\n0,1,dog',
    "label first": "kind,x,y\ncat,1,2\ncat,2,3\ndog,-1,40\ndog,0,1",
    "comments, empty lines": "# of a file\n\n1,2,cat\n\n2,3,cat\n-1,40,dog\n0,1,dog\n\n",
    "a mark at the front": "\ufeff1,2,cat\r\n2,3,cat\r\n-1,40,dog\r\n0,1,dog\r\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_all_kinds(name):
    found = tables.table(TABLES[name])
    assert found["x"] == [[1, 2], [2, 3], [-1, 40], [0, 1]]
    assert (found["y"], found["labels"]) == ([0, 0, 1, 1], ["cat", "dog"])


def test_the_last_column_decides_when_all_are_numbers():
    rows = [(i, i * i % 7, i % 2) for i in range(8)]
    text = "\n".join(f"{a},{b},{c}" for a, b, c in rows)
    assert tables.table(text)["labels"] == ["0", "1"]
    numbers = tables.table("\n".join(f"{a},{b},{a + b / 10}" for a, b, _ in rows))
    assert numbers["labels"] is None and numbers["y"][1] == 1.1
    pairs = tables.table("u,v\n1,0\n2,1\n3,0\n4,1")
    assert (pairs["labels"], pairs["features"]) == (None, ["u"])


@pytest.mark.parametrize("text, said", [
    ("", "nothing was pasted"),
    (" \n \n", "nothing was pasted"),
    ("# only a comment", "this is no table: all is a comment"),
    ("x," * 90_000, "this is no table: a row has more than 10,000 characters"),
    (7, "nothing was pasted"),
    ("hello", "this is no table"),
    ("Dear reader,\nthis is a letter, and a long one, of words.\nYours", "this is no table|cells"),
    ("1,2,a\n1,2\n3,4,b\n5,6,b", "row 2 has 2 cells and row 1 has 3"),
    ("1,2,a\n1,,a\n3,4,b\n5,6,b", "row 2, column 2 is empty: a finite number must stand there"),
    ("1,2,a\n1,NaN,a\n3,4,b\n5,6,b", "row 2, column 2 holds “NaN”"),
    ("1,2,a\n1,inf,a\n3,4,b\n5,6,b", "row 2, column 2 holds “inf”"),
    ("x,y,k\n1,2,a\n1,oops,a\n3,4,b\n5,6,b", "row 2, column 2 holds “oops”"),
    ("1,2,a\n1,1e300,a\n3,4,b\n5,6,b", "1e.300 is no number that can be learned from"),
    ("1,2,a\n1,3,a\n3,4,a\n5,6,a", "all points are of one class, “a”: add some of another"),
    ("1,2,a\n3,4,b", "2 points are too few: from 4 to 500"),
    ("\n".join(f"{i},{i},{'ab'[i % 2]}" for i in range(501)), "501 points are too many"),
    ("x" * 300_000, "this text has 300,000 characters: at most 200,000"),
    ("a,b,1\nc,d,2\ne,f,3\ng,h,4", "columns 1 and 2 hold words: leave one"),
    ("\n".join(f"{i},{i},w{i}" for i in range(20)), "there are 20 different labels: at most 10"),
    ("1,a\n2,b\n3,a\n4,b", "with labels from 2 to 8 columns"),
    ("\n".join(",".join("1" * 12) + f",{'ab'[i % 2]}" for i in range(6)), "this table has 12"),
    ('1,2,"a\n3,4,b', "this is no table|cells|too few"),
    ("x,x,k\n1,2,a\n1,3,a\n3,4,b\n5,6,b", "names of columns must differ"),
])
def test_what_is_no_table_is_one_sentence(text, said):
    with pytest.raises(ValueError, match=said) as caught:
        tables.table(text)
    assert len(str(caught.value)) < 250 and "\n" not in str(caught.value)


@pytest.mark.parametrize("points, said", [
    (None, "points are lists x and y"), ({"x": 1, "y": []}, "points are lists"),
    ({"x": [[1, 2]] * 4, "y": [0, 1, 2, 1], "labels": ["a", "b"]}, "a whole number from 0 to 1"),
    ({"x": [[1, 2]] * 4, "y": [0, 1, True, 1], "labels": ["a", "b"]}, "a whole number from 0"),
    ({"x": [[1, 2], [1, math.inf]] * 2, "y": [0, 1] * 2, "labels": ["a", "b"]}, "inf is no"),
    ({"x": [[1, "2"]] * 4, "y": [0, 1] * 2, "labels": ["a", "b"]}, "2 is no number"),
    ({"x": [1, 2, 3, 4], "y": [0, 1] * 2, "labels": ["a", "b"]}, "same number of coordinates"),
    ({"x": [[1, 2]] * 4, "y": [0, 1] * 2, "labels": "ab"}, "labels are a list of words"),
    ({"x": [[1, 2]] * 4, "y": [0, 1] * 2, "labels": ["a", " a "]}, "labels must differ"),
    ({"x": [[1, 2]] * 4, "y": [0, 1] * 2, "labels": []}, "labels are a list of words"),
])
def test_points_from_a_page_are_checked(points, said):
    with pytest.raises(ValueError, match=said):
        tables.checked(points)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8)
KEYS = st.sampled_from([*LIMITS, "data", "layers", "activation", "loss", "optimizer", "points"])
PARTS = st.sampled_from(["1", "2.5", "-3", "cat", "dog", "nan", ",", ";", "\t", " ", "\n", '"', "#",
                         "1,2,a\n", "é", "\x00", "1e999", "=", "&", "points=", "labels=",
                         "data=own"])


@pytest.mark.parametrize("read", [tables.table, experiment_of, "settings", "points"])
@hypothesis_settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_comes_an_answer_or_one_sentence(read, data):
    try:
        if read == "settings":
            normalised(data.draw(st.dictionaries(KEYS, JSON, max_size=4)))
        elif read == "points":
            point = st.lists(JSON, max_size=3)
            tables.checked({"x": data.draw(st.lists(point, min_size=4, max_size=5)),
                            "y": data.draw(st.lists(JSON, min_size=4, max_size=5)),
                            "labels": data.draw(JSON), "features": data.draw(JSON)})
        else:
            read("".join(data.draw(st.lists(PARTS, max_size=12))))
    except ValueError as error:
        assert str(error) and len(str(error)) < 300 and "\n" not in str(error)
