"""Which cells need which: hand-made pages, and what runs again when a reader plays with them."""

import pytest

from lessons.live import needs
from lessons.live.needs import Cells

START = "import numpy as np\nfrom lessons.engine import nn"


@pytest.fixture(autouse=True)
def forgotten():
    """Begin and end with a page where nothing has run."""
    needs.forget()
    yield
    needs.forget()


@pytest.mark.parametrize("codes, expected", [
    # the last binding counts, not those before it
    (["a = 1", "a = 2", "print(a)"], [1]),
    # a binding under a condition leaves the one before it in force
    (["a = 1", "if b:\n    a = 2", "print(a)"], [0, 1]),
    # a part is assigned, a value grows, a method is called
    (["a = [1]", "a[0] = 2", "print(a)"], [0, 1]),
    (["a = 1", "a += 1", "print(a)"], [0, 1]),
    (["a = []", "a.append(1)", "print(a)"], [0, 1]),
    # methods that only read change nothing
    (["a = [1]", "print(a.index(1))", "print(a)"], [0]),
    # partition is two methods: of a text, and of an array, whose numbers it moves
    (["a = made('b')", "print(a.partition('+'))", "print(a)"], [0]),
    (["a = made(3)", "a.partition(1)", "print(a)"], [0, 1]),
    # an object that goes to a function may come back changed; numbers do not
    (["net = Net()", "train(net)", "print(net.loss)"], [0, 1]),
    (["net = Net()", "print(net)", "print(net.loss)"], [0]),
    (["x = 3.5", "train(x)", "print(x)"], [0]),
    ([START, "x = np.ones(3)", "f(x)", "print(x)"], [0, 1]),
    # nor does what was recorded of a study
    (["r = runs.record()", "x = r['a']\nf(r, x, r['b'])\nx.partition('+')", "print(r)"], [0]),
    (["r = runs.record()", "r['a'] = 5", "print(r)"], [0, 1]),
    ([START, "x = np.ones(3)", "y = x[1:]\nf(y)", "print(x)"], [0, 1]),
    ([START, "x = np.ones(3)", "y = x[1:]\ny[0] = 5", "print(x)"], [0, 1, 2]),
    ([START, "x = np.ones(3)", "p = walk(x)\nf(*p)", "print(x)"], [0, 1]),
    # a generator gives other numbers when it was asked before
    ([START, "rng = np.random.default_rng(0)", "rng.normal()", "y = rng.normal()"], [0, 1, 2]),
    # what an optimiser holds changes with it
    (["net = Net()", "opt = SGD(net.parameters())", "opt.step()", "print(net(1))"], [0, 1, 2]),
    # a function uses names when it is called, as they are then
    (["k = 1", "def f(): return k", "k = 2", "f()"], [0, 1, 2]),
    (["log = []", "def f(): log.append(1)", "f()", "print(log)"], [0, 1, 2]),
    # names of functions and comprehensions are their own
    (["x = 1", "y = [x for x in range(3)]"], []),
    (["x = 1", "def f(x): return x"], []),
    (["x = 1", "f = lambda x: x"], []),
    # imported modules and functions do not change by being used
    ([START, "np.ones(3)", "nn.relu(1)", "np.zeros(2)"], [0]),
    # but a setting of a module does
    ([START, "np.set_printoptions(precision=3)", "np.ones(2)"], [0, 1]),
    # a cell with a mistake in its syntax does nothing
    (["a = 1", "a = (", "print(a)"], [0]),
])
def test_what_the_last_cell_needs(codes, expected):
    assert Cells(codes).needs(len(codes) - 1) == expected


def run(codes, cell, ok=True):
    """Run a cell as a page does; return which cells ran before it."""
    first = needs.plan({"codes": codes, "cell": cell})
    for each in [*first, cell]:
        needs.note({"codes": codes, "cell": each, "ok": ok or each != cell})
    return first


NET = ["net = Net()", "def train(n): net.fit(n)", "train(3)", "print(net.loss)",
       "b = 1", "print(b)"]


def test_what_has_run_does_not_run_again():
    assert run(NET, 3) == [0, 1, 2]
    assert run(NET, 3) == []
    assert run(NET, 5) == [4]
    assert run(NET, 3) == []


def test_a_cell_that_trains_further_starts_from_the_beginning_again():
    assert run(NET, 2) == [0, 1]
    assert run(NET, 2)[:1] == [0], "or the net would be trained twice"


def test_a_changed_text_runs_again_and_what_needs_it_as_well():
    run(NET, 3)
    changed = [*NET[:2], "train(7)", *NET[3:]]
    assert run(changed, 3) == [0, 1, 2]
    changed[0] = "net = Net(width=9)"
    assert run(changed, 3) == [0, 1, 2]
    assert run(changed, 5) == [4]


def test_a_cell_that_failed_is_not_taken_for_done():
    assert run(["a = f()", "print(a)"], 0, ok=False) == []
    assert run(["a = f()", "print(a)"], 1) == [0]


def test_what_another_cell_has_changed_is_made_again():
    codes = ["a = [1]", "print(a)", "a.append(2)"]
    assert run(codes, 1) == [0]
    assert run(codes, 2) == []
    assert run(codes, 1) == [0], "or it would print what comes after it"


def test_an_edited_cell_that_bound_a_name_before_is_remembered():
    codes = ["a = 1", "print(a)", "a = 2"]
    run(codes, 1), run(codes, 2)
    codes[2] = "b = 2"
    run(codes, 2)
    assert run(codes, 1) == [0], "a is still 2"
