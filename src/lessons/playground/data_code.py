"""The data of an experiment as lines of a program, with the book and without it."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from lessons import data
from lessons.data.points import moons, outliers, rings
from lessons.playground.problem import DATA, n_validation
from lessons.playground.settings import DIGITS, N_DIGITS, Experiment

#: Which function makes the data, where it is, and what it needs besides.
MADE_BY: dict[str, tuple[Callable, str, list[Callable]]] = {
    "moons": (moons, "lessons.data.points", []),
    "spirals": (data.spirals, "lessons.data", []),
    "rings": (rings, "lessons.data.points", []),
    "line": (outliers, "lessons.data.points", [data.line]),
}
LONGEST_LINE = 96


def generator(experiment: Experiment, part: int) -> str:
    """Return the code of a generator."""
    return f"np.random.default_rng([{experiment['seed']}, {part}])"


def data_lines(experiment: Experiment, in_book: bool) -> list[str]:
    """Return the lines that make, split and scale the data."""
    name, n, noise = experiment["data"], experiment["n"], experiment["noise"]
    n_val = n_validation(experiment)
    lines = [f"rng = {generator(experiment, DATA)}"]
    if name in MADE_BY:
        function, _, needed = MADE_BY[name]
        if not in_book:
            lines = [line for f in [*needed, function] for line in [*plain(f), "", ""]] + lines
        lines.append(f"X, y = {function.__name__}(rng, {n}, noise={noise!r})")
        if name == "line":
            lines.append("X, y = X[:, None], y[:, None]")
    elif name == "own":
        lines += own_points(experiment["points"])
    elif in_book:
        lines.append(f"X, y, X_val, y_val = digits(rng, {experiment['split']!r})")
    else:
        lines += ["X, y = load_digits(return_X_y=True)", "X = X / 16"]
    if not (in_book and name in DIGITS):
        size = round(experiment["split"] * N_DIGITS) if name in DIGITS else n_val
        lines += ["order = rng.permutation(len(X))",
                  f"train, val = order[{size}:], order[:{size}]",
                  "X, y, X_val, y_val = X[train], y[train], X[val], y[val]"]
    if name in DIGITS:
        lines.append(f"X, y, X_val, y_val = X[:{n - n_val}], y[:{n - n_val}], X_val[:{n_val}], "
                     f"y_val[:{n_val}]")
        if name == "reconstruct":
            lines.append("y, y_val = X, X_val")
        if noise:
            lines += [f"X = X + {noise!r} * rng.standard_normal(X.shape)",
                      f"X_val = X_val + {noise!r} * rng.standard_normal(X_val.shape)"]
    return ["# The data, split", *lines]


def own_points(points: dict[str, Any]) -> list[str]:
    """Return the lines that hold the reader's points, scaled."""
    def array(name: str, values: list) -> list[str]:
        text = f"{name} = np.array({values!r})"
        return textwrap.wrap(text, LONGEST_LINE, subsequent_indent="    ",
                             break_long_words=False, break_on_hyphens=False)

    lines = [*array("X", points["x"]), *array("y", points["y"]),
             "spread = X.std(axis=0)",
             "X = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)"]
    if points["labels"] is None:
        lines += ["y = y[:, None]", "y = (y - y.mean(axis=0)) / (y.std() or 1.0)"]
    return lines


class _Plain(ast.NodeTransformer):
    """Takes from a function what only a library needs: checks, types, the docstring."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.returns = None
        node.body = [part for part in node.body[1:] if not isinstance(part, ast.If)]
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        is_check = isinstance(node.func, ast.Name) and node.func.id == "_generator"
        return node.args[0] if is_check else node


def plain(function: Callable) -> list[str]:
    """Return the lines of a function without its docstring, types and checks.

    Examples
    --------
    >>> plain(rings)[0]
    'def rings(rng, n, noise=0.1):'
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return ast.unparse(ast.fix_missing_locations(_Plain().visit(tree))).splitlines()
