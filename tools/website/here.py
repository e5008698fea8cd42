"""What Python in a page has: its modules, packages that come when a cell needs them, files."""

from __future__ import annotations

import ast
import sys

from tools.pyodide.assemble import LATE, needs, pinned
from tools.pyodide.wheel import SOURCE, large_files, package_of

#: How a page names what it lacks; other packages by their own name.
WORDS = {"torch": "PyTorch", "multiprocessing": "processes", "files": "large files",
         "overflow": "overflow errors", "packages": "installed packages"}
NOT_BUILT = {"curses", "dbm", "ensurepip", "fcntl", "idlelib", "multiprocessing", "pydoc_data",
             "resource", "termios", "tkinter", "turtle", "venv"}
PINNED = pinned()
PACKAGES = {name: key for key, package in PINNED.items() for name in package["imports"]}
#: Data files that do not travel with the book's package: the package in which each comes.
LARGE = {path.name: package_of(path) or "files" for path in large_files()}
HERE = ({SOURCE.name, *PACKAGES, *LARGE.values()} - {"files"}
        | sys.stdlib_module_names - NOT_BUILT)


def not_here(names: set[str]) -> list[str]:
    """Return what of the things wanted a page has not got, in its words, sorted."""
    return sorted({WORDS.get(name, name) for name in names - HERE})


def late(names: set[str]) -> set[str]:
    """Return the packages that come late among the things wanted, and those that these need.

    Examples
    --------
    >>> sorted(late({"numpy", "sklearn"})), late({"os", "torch"}), late({"lessons-census"})
    (['scikit-learn', 'scipy', 'threadpoolctl'], set(), {'lessons-census'})
    """
    packages = (needs(PACKAGES[name], PINNED) for name in names if name in PACKAGES)
    return set(LATE) & set[str]().union(*packages) | names & set(LARGE.values()) & HERE


def files_in(body: ast.AST) -> set[str]:
    """Return the packages of the large files that code names; "files" for one that has none.

    Examples
    --------
    >>> files_in(ast.parse("read('data/spoken_digits.npz'), read('record.json')"))
    {'lessons-spoken-digits'}
    """
    names = {node.value.rpartition("/")[2] for node in ast.walk(body)
             if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {LARGE[name] for name in names & LARGE.keys()}
