"""The statements of a page's cells: what a page lacks for each, and what runs without them.

A cell that cannot run in a page may hold much that can, and that later cells need.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from lessons.live.needs import Cells
from tools.website.here import late, not_here
from tools.website.reach import imports_of, wanted

#: What a cell ends with when it shows something: left out when it runs for a later cell only.
SHOWS = {"browse", "check", "estimate", "explore", "guess", "hint", "listen", "quiz"}


@dataclass(frozen=True)
class Statement:
    """One statement of a cell, or one name of an import.

    Attributes
    ----------
    node : ast.stmt
        The statement.
    instead : ast.stmt
        Of an import: what brings this one name.
    lacks : tuple of str
        What it needs that a page has not got, or what statements do that it needs.
    packages : frozenset of str
        Packages that it needs and that a start does not load.
    """

    node: ast.stmt
    instead: ast.stmt
    lacks: tuple[str, ...]
    packages: frozenset[str]


def statements_of(trees: list[ast.Module]) -> list[list[Statement]]:
    """Return the statements of each cell, with what a page lacks for them.

    Examples
    --------
    >>> code = ["import numpy, torch", "torch.manual_seed(0)\\nx = numpy.ones(2)", "y = x + 1"]
    >>> found = statements_of([ast.parse(each) for each in code])
    >>> [(ast.unparse(part.instead), part.lacks) for part in (*found[0], *found[1], *found[2])]
    [('import numpy', ()), ('import torch', ('PyTorch',)), \
('torch.manual_seed(0)', ('PyTorch',)), ('x = numpy.ones(2)', ()), ('y = x + 1', ())]
    """
    table = imports_of(ast.Module([part for tree in trees for part in tree.body], []))
    flat = [(place, node, each) for place, tree in enumerate(trees)
            for node in tree.body for each in one_by_one(node)]
    graph = Cells([ast.unparse(each) for _, _, each in flat])
    wants = [wanted(each, table) for _, _, each in flat]
    own = [set(not_here(each)) for each in wants]
    found: list[list[Statement]] = [[] for _ in trees]
    for number, (place, node, each) in enumerate(flat):
        words = own[number].union(*(own[other] for other in graph.needs(number)))
        found[place].append(Statement(node, each, tuple(sorted(words)),
                                      frozenset(late(wants[number]))))
    return found


def one_by_one(node: ast.stmt) -> list[ast.stmt]:
    """Return an import as one import for each of its names, another statement as it is."""
    if isinstance(node, ast.Import):
        return [ast.Import([alias]) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]
    return [node]


def is_plain_python(code: str) -> bool:
    """Tell whether a cell is Python alone: no magic commands.

    Examples
    --------
    >>> is_plain_python("x = 1"), is_plain_python("%time x = 1")
    (True, False)
    """
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def helping(code: str, tree: ast.Module, parts: list[Statement]) -> str:
    """Return what of a cell runs for the sake of later cells; lines keep their numbers.

    What fails in a page is left out, and a call at its end that only shows something.

    Examples
    --------
    >>> def of(code):
    ...     tree = ast.parse(code)
    ...     return helping(code, tree, statements_of([tree])[0])
    >>> of("import torch\\nx = 1\\nexplore(draw,\\n        frame)"), of("print(1)")
    ('\\nx = 1', 'print(1)')
    """
    lines = code.splitlines()
    for node in tree.body:
        mine = [part for part in parts if part.node is node]
        if any(part.lacks for part in mine):
            kept = [ast.unparse(part.instead) for part in mine if not part.lacks]
            first = first_line(node)
            lines[first - 1 : node.end_lineno] = ["; ".join(kept), *[""] * (
                (node.end_lineno or first) - first)]
    last = tree.body[-1] if tree.body else None
    if (isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
            and isinstance(last.value.func, ast.Name) and last.value.func.id in SHOWS):
        lines = lines[: last.lineno - 1]
    return "\n".join(lines)


def first_line(node: ast.stmt) -> int:
    """Return the line where a statement begins, with its decorators."""
    return min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
