"""Runs the cells of a page one after another, and tells what they print, draw and do wrong."""

import ast
import builtins
import importlib
import io
import json
import linecache
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from types import CodeType
from typing import Any, NoReturn

from lessons.live.errors import short
from lessons.live.processes import stand_in
from lessons.live.shown import shown
from lessons.page import Show, shown_by

MOST_CHARACTERS = 100_000  # that one cell may print
AT_ONCE, EVERY_S = 100, 0.05  # lines that go to the page as they come; later, how often

NO_INPUT = "input() cannot ask here: write the value into the code, for example name = \"Ada\""


class TooMuch(Exception):
    """A cell prints more than a page can show."""


class Printed(io.TextIOBase):
    """Takes what a cell prints and passes it on, some times a second.

    Raises
    ------
    TooMuch
        If a cell prints more than `MOST_CHARACTERS`.
    """

    def __init__(self, show: Show):
        self.show, self.waiting, self.last = show, "", 0.0
        self.count = self.n_passed = 0

    def write(self, text: str) -> int:
        """Note the text; pass on what is a line, of many lines those that come after a while."""
        self.count += len(text)
        if self.count > MOST_CHARACTERS:
            self.count = 0  # what tells of this may print again
            raise TooMuch(f"this cell printed more than {MOST_CHARACTERS:,} characters and was "
                          "ended: print less often")
        self.waiting += text
        is_due = self.n_passed < AT_ONCE or time.monotonic() - self.last > EVERY_S
        if is_due and text.endswith(("\n", "\r")):
            self.pass_on()
        return len(text)

    def pass_on(self) -> None:
        """Give the page what is waiting."""
        if self.waiting:
            self.n_passed += 1
            self.show("text/plain", self.waiting, "")
        self.waiting, self.last = "", time.monotonic()


class Session:
    """The names of a page's cells, and a way to run more cells.

    Parameters
    ----------
    show : callable
        Gets all that a cell shows, as it comes: a MIME type (``text/plain``,
        ``text/x-error``, ``text/html``, ``image/svg+xml``, or ``image/png`` in base64), the data,
        and for a picture its words. Widgets of the book show themselves as HTML. A solved exercise
        also comes as ``application/vnd.lessons.solved+json``: its name and its code.

    Examples
    --------
    >>> shown = []
    >>> session = Session(lambda kind, data, words: shown.append((kind, data)))
    >>> session.run("a = 20"), session.run("print(a)\\n2 * a + 2"), session.run("b")
    (True, True, False)
    >>> "".join(data for kind, data in shown if kind == "text/plain")
    '20\\n42\\n'
    >>> print(shown[-1][1])
    Cell 3, line 1
        b
    NameError: name 'b' is not defined
    """

    def __init__(self, show: Show):
        self.show, self.n_cells = show, 0
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins,
                                      "display": self._display}
        stand_in()

    def run(self, code: str, number: int = 0) -> bool:
        """Run a cell; return whether it came to its end.

        The value of an expression in its last line is shown, as in a notebook. Errors name the
        cell by its number in the page, or else by its place among those that have run.
        """
        self.n_cells += 1
        file = f"<cell {number or self.n_cells}>"
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        printed, asking = Printed(self.show), builtins.input
        builtins.input = no_input
        try:
            with (redirect_stdout(printed), redirect_stderr(printed), shown_by(self.show)):
                value = self._values(code, file)
                if value is not None:
                    self._display(value)
                self._figures(keep=True)
        except BaseException as error:  # SystemExit too: a page goes on
            printed.pass_on()
            self._figures(keep=False)
            self.show("text/x-error", short(error), "")
            return False
        finally:
            builtins.input = asking
        printed.pass_on()
        return True

    def ask(self, module: str, name: str, argument: str) -> tuple[bool, str]:
        """Call a function of the book for a script of the page, with one argument.

        Parameters
        ----------
        module, name : str
            Where it is: a module of `lessons`, and the function's name.
        argument : str
            What it gets, as JSON.

        Returns
        -------
        tuple of bool and str
            Whether it came to its end; what it returned as JSON, or the error in words.

        Examples
        --------
        >>> Session(print).ask("lessons.live.errors", "cell_of", '"<cell 7>"')
        (True, '"7"')
        >>> Session(print).ask("lessons.words", "nothing", "1")[0]
        False
        """
        printed, asking = Printed(self.show), builtins.input
        builtins.input = no_input
        try:
            if module.partition(".")[0] != __name__.partition(".")[0]:
                raise ValueError(f"{module} is no module of the book")
            with redirect_stdout(printed), redirect_stderr(printed), shown_by(self.show):
                function = getattr(importlib.import_module(module), name)
                answer = json.dumps(function(json.loads(argument)), allow_nan=False)
        except BaseException as error:  # as for cells
            return False, short(error)
        finally:
            builtins.input = asking
        return True, answer

    def _values(self, code: str, file: str) -> Any:
        """Execute all statements; return the value of the last if it is an expression."""
        tree = ast.parse(code, file)
        last = tree.body[-1] if tree.body else None
        if not isinstance(last, ast.Expr) or code.rstrip().endswith(";"):
            return self._execute(compile(tree, file, "exec"))
        tree.body.pop()
        self._execute(compile(tree, file, "exec"))
        return eval(compile(ast.Expression(last.value), file, "eval"), self.names)

    def _execute(self, code: CodeType) -> None:
        exec(code, self.names)

    def _display(self, *values: Any) -> None:
        """Show values as a notebook does: HTML, a picture, or else a text."""
        for value in values:
            kind, data, words = shown(value)
            if kind == "text/plain":
                print(data)
            else:
                if isinstance(sys.stdout, Printed):
                    sys.stdout.pass_on()  # what was printed before stands before
                self.show(kind, data, words)

    def _figures(self, keep: bool) -> None:
        """Show the figures that are still open, or close them."""
        if "matplotlib.pyplot" in sys.modules:
            from lessons.live import figures

            figures.send = self.show
            (figures.show if keep else figures.close)()


def no_input(prompt: object = "") -> NoReturn:
    """Stand in for `input`, which would wait for ever."""
    raise RuntimeError(NO_INPUT)
