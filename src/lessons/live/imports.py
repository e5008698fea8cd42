"""Which packages some code needs, also through the modules of this book that it imports.

A browser fetches a package only when code imports it, and it has to know before the code runs.
"""

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

BOOK = Path(__file__).parents[1]


def missing(code: str) -> list[str]:
    """Return the top-level names of modules that code imports and this Python has not got.

    Parameters
    ----------
    code : str
        A cell. One with a mistake in its syntax needs nothing: it will not run.

    Examples
    --------
    >>> missing("import math\\nfrom lessons.engine import nn\\nimport surely_not_here.x")
    ['surely_not_here']
    >>> missing("def f(:")
    []
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return []
    found = {name.partition(".")[0] for name in reached(tree)}
    return sorted(name for name in found if importlib.util.find_spec(name) is None)


def reached(tree: ast.Module) -> set[str]:
    """Return the modules that code imports, and those that the book's modules then import.

    Of the book's modules only what they import when they are loaded counts; what one of their
    functions imports later may never be needed.
    """
    found: set[str] = set()
    waiting = set(imported(ast.walk(tree)))
    while waiting - found:
        name = (waiting - found).pop()
        found.add(name)
        if file := file_of(name):
            body = ast.parse(file.read_text(encoding="utf-8")).body
            waiting |= set(imported(iter(body)))
    return found


def imported(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Yield what these nodes import: ``from a import b`` may mean the module ``a.b``."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            if node.module.partition(".")[0] == BOOK.name:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(name: str) -> Path | None:
    """Return the file of a module of the book, or None: nothing is imported to find it."""
    top, *parts = name.split(".")
    place = BOOK.joinpath(*parts)
    candidates = (place.with_suffix(".py"), place / "__init__.py") if top == BOOK.name else ()
    return next((file for file in candidates if file.is_file()), None)
