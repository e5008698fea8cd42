"""Cells of a page, run by the Python that a page has: here by the one of this machine."""

import base64
import sys

import pytest

from lessons.live import figures, session as sessions
from lessons.live.imports import missing
from lessons.live.session import AT_ONCE, MOST_CHARACTERS, Session


class Heard(Session):
    """A session that keeps what it shows."""

    def __init__(self):
        self.pieces = []
        super().__init__(lambda *piece: self.pieces.append(piece))

    def tell(self, code):
        """Run a cell; return whether it came to its end, its text and its error."""
        self.pieces.clear()
        ok = self.run(code)
        text = "".join(data for kind, data, _ in self.pieces if kind == "text/plain")
        errors = [data for kind, data, _ in self.pieces if kind == "text/x-error"]
        assert len(errors) == (0 if ok else 1)
        return ok, text, "".join(errors)


@pytest.fixture
def session():
    return Heard()


@pytest.mark.parametrize("code, text", [
    ("", ""), ("# nothing", ""), ("1 + 1", "2\n"), ("1 + 1;", ""), ("x = 3", ""), ("None", ""),
    ("print('a')\n'b'", "a\n'b'\n"), ("for i in range(3):\n    print(i, end=' ')", "0 1 2 "),
    ("import sys\nprint('w', file=sys.stderr)", "w\n"), ("'ö€🙂'", "'ö€🙂'\n"),
])
def test_a_cell_shows_what_a_notebook_would(session, code, text):
    assert session.tell(code) == (True, text, "")


def test_names_stay_and_functions_keep_their_source(session):
    session.run("def double(x):\n    return 2 * x")
    assert session.tell("import inspect\nprint(inspect.getsource(double))\ndouble(4)") == (
        True, "def double(x):\n    return 2 * x\n8\n", "")


def test_an_error_is_short_and_names_cell_and_line(session):
    session.run("def half(x):\n    return 1 / x")
    ok, text, error = session.tell("print('before')\nhalf(\n    0)")
    assert (ok, text) == (False, "before\n")
    assert error == ("Cell 2, line 2\n    half(\nCell 1, line 2, in half\n    return 1 / x\n"
                     "ZeroDivisionError: division by zero")
    assert session.tell("half(1)") == (True, "1.0\n", "")


@pytest.mark.parametrize("code, said", [
    ("x = (", "SyntaxError: '(' was never closed"),
    ("input('name? ')", "input() cannot ask here: write the value into the code"),
    ("def f(n):\n    return f(n + 1)\nf(0)", "more calls …"),
    ("def f(n):\n    return f(n + 1)\nf(0)", "A function calls itself without an end"),
    ("import numpy as np\nnp.ones((10**10, 10**10))", "needs more memory than a page has"),
    ("raise MemoryError", "Stop sets free what is held"),
    ("raise SystemExit(3)", "SystemExit: 3"), ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ("import nosuchmodule.x", "nosuchmodule is not part of the Python in this page. Run this cell"),
    ("from lessons.engine import nosuch", "cannot import name 'nosuch'"),
    ("while True: print('x' * 70)", f"printed more than {MOST_CHARACTERS:,} characters"),
])
def test_what_goes_wrong_is_one_clear_message_and_the_session_goes_on(session, code, said):
    ok, _, error = session.tell(code)
    assert not ok and said in error and error.count("\n") < 16
    assert session.tell("1 + 1") == (True, "2\n", "")


def test_a_module_of_the_book_that_needs_torch_says_so(session, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    _, _, error = session.tell("import torch")
    assert "PyTorch is not part of the Python in this page" in error


def test_input_is_itself_again_after_a_cell(session):
    before = input
    session.run("input()")
    assert input is before


def test_lines_come_at_once_and_many_lines_in_few_pieces(session, monkeypatch):
    monkeypatch.setattr(sessions.time, "monotonic", lambda: 0.0)
    ok, text, _ = session.tell("for i in range(2000): print(i)")
    assert ok and text == "".join(f"{i}\n" for i in range(2000))
    pieces = [data for _, data, _ in session.pieces]
    assert pieces[:2] == ["0\n", "1\n"] and len(pieces) == AT_ONCE + 1


@pytest.fixture
def drawn(session, monkeypatch):
    """A session in which matplotlib draws for the page."""
    import matplotlib
    import matplotlib.pyplot as plt

    before = matplotlib.get_backend()
    plt.close("all")
    plt.switch_backend("module://lessons.live.figures")
    yield session
    plt.close("all")
    plt.switch_backend(before)


PLOT = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])\n_ = plt.title('Loss')\n"


def test_figures_are_shown_once_with_words(drawn):
    for code in (PLOT, PLOT + "plt.show()"):
        assert drawn.tell(code) == (True, "", "")
        ((kind, data, words),) = drawn.pieces
        assert (kind, words) == ("image/svg+xml", "Figure: Loss")
        assert data.startswith("<?xml") and "<dc:date>" not in data
    assert drawn.tell(PLOT)[0]
    assert drawn.pieces[0][1] == data, "the same drawing is the same text"


def test_a_figure_of_very_many_points_is_a_png(drawn, monkeypatch):
    monkeypatch.setattr(figures, "LARGEST_SVG", 1000)
    drawn.run(PLOT)
    ((kind, data, _),) = drawn.pieces
    assert kind == "image/png" and base64.b64decode(data).startswith(b"\x89PNG")


def test_a_cell_that_fails_leaves_no_figure_for_the_next(drawn):
    assert not drawn.tell(PLOT + "1 / 0")[0]
    assert [kind for kind, _, _ in drawn.pieces] == ["text/x-error"]
    assert drawn.tell("1") == (True, "1\n", "")


def test_what_the_modules_of_the_book_import_counts(monkeypatch):
    from lessons.live import imports

    monkeypatch.setattr(imports.importlib.util, "find_spec", lambda name: None)
    assert {"matplotlib", "numpy", "lessons"} <= set(missing("from lessons import plots"))
    assert "numpy" in missing("def f():\n    import lessons.engine.nn")
    # scikit-learn is imported by one function of lessons.data, when it is called
    assert "sklearn" not in missing("from lessons.data import sets")
    assert missing("from . import x") == []
