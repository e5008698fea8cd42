"""The code cells of a page, for a reader who runs them in the page.

Every code cell that a page shows gets its number and says whether it can run here: Python in a page
has no PyTorch, no processes and not all files. The code itself stands in a script of its own,
``_static/cells/<page>.js``, which is loaded when a reader asks for Python. Hints of exercises are
in it too. The page's half is ``src/lessons/live/cells.js``.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx

from lessons.exercises import base
from lessons.live.needs import Cells
from tools.notebooks.cells import code_cells, load
from tools.notebooks.key import parse_cell
from tools.website.learner import CHECK
from tools.website.reach import dumps, imports_of, lacks, late, not_here, wanted

FOLDER = Path("_static/cells")  # below the site's
#: Cells whose code a page does not show: it names the answer.
UNSEEN = {"guess", "quiz", "remove-cell", "remove-input"}
#: What a cell ends with when it shows something: left out when it runs for a later cell only.
SHOWS = {"browse", "check", "estimate", "explore", "guess", "hint", "listen", "quiz"}


@dataclass(frozen=True)
class PageCell:
    """One code cell of a page.

    Attributes
    ----------
    code : str
        What stands in the notebook.
    tags : tuple of str
        Its tags.
    lacks : str
        What it needs that a page has not got, such as ``"PyTorch"``; "" if it can run there.
    helping : str
        What of it runs for the sake of later cells.
    exercise : str
        The name of the exercise that it checks, if it is a stub.
    packages : tuple of str
        Packages that a start does not load and that it needs, or that cells do which have to run
        before it, such as ``"matplotlib"``; large files of the book are packages as well.
    """

    code: str
    tags: tuple[str, ...]
    lacks: str
    helping: str
    exercise: str
    packages: tuple[str, ...]

    @property
    def is_seen(self) -> bool:
        """Whether the page shows its code, perhaps folded."""
        return not UNSEEN & set(self.tags)


def page_cells(cells: list[NotebookNode]) -> list[PageCell]:
    """Return the code cells of a notebook, with what a page must know of each.

    A cell that needs one that cannot run cannot run either.
    """
    code = code_cells(cells)
    trees = [parse_cell(cell.source) for cell in code]
    graph = Cells([cell.source for cell in code])
    table = imports_of(ast.Module([part for tree in trees for part in tree.body], []))
    parts = [split(tree) for tree in trees]
    missing = {name: word for part in parts for name, word in part.missing.items()}
    wants = [wanted(part.rest, table) for part in parts]
    own = [", ".join(not_here(each)[:1]) if is_plain_python(cell.source) else "a notebook"
           for each, cell in zip(wants, code, strict=True)]
    packages = [late(each) for each in wants]
    made = []
    for place, cell in enumerate(code):
        needed = graph.needs(place)
        words = [*parts[place].missing.values(), own[place], *(own[each] for each in needed),
                 *(missing.get(name, "") for name in sorted(graph.relevant(place)))]
        tags = tuple(cell.metadata.get("tags", ()))
        match = CHECK.search(cell.source) if "stub" in tags else None
        made.append(PageCell(
            cell.source, tags, next(filter(None, words), ""), helping(cell.source, parts[place]),
            match[1] if match else "",
            tuple(sorted(set().union(*(packages[each] for each in [place, *needed]))))))
    return made


@dataclass(frozen=True)
class Split:
    """A cell without the imports that fail in a page; `missing` says what each name needs."""

    rest: ast.Module
    missing: dict[str, str]
    cut: list[tuple[ast.stmt, str]]  # what is not as it was, and what takes its place


def split(tree: ast.Module) -> Split:
    """Take the imports out of a cell that fail in a page, and settings of what they import.

    Examples
    --------
    >>> found = split(ast.parse("import numpy, torch\\nfrom torch import nn\\nx = 1"))
    >>> found.missing, ast.unparse(found.rest)
    ({'torch': 'PyTorch', 'nn': 'PyTorch'}, 'import numpy\\nx = 1')
    >>> ast.unparse(split(ast.parse("import torch\\n_ = torch.manual_seed(0)\\nx = 1")).rest)
    'x = 1'
    """
    body: list[ast.stmt] = []
    missing, cut = dict[str, str](), list[tuple[ast.stmt, str]]()
    for node in tree.body:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            if keeps_nothing(node) and used & missing.keys():
                cut.append((node, ""))
            else:
                body.append(node)
            continue
        kept = []
        for alias in node.names:
            if words := lacks(with_names(node, [alias]), {}):
                missing[alias.asname or alias.name.partition(".")[0]] = words[0]
            else:
                kept.append(alias)
        if len(kept) < len(node.names):
            cut.append((node, ast.unparse(with_names(node, kept)) if kept else ""))
        body += [with_names(node, kept)] if kept else []
    return Split(ast.Module(body, []), missing, cut)


def keeps_nothing(node: ast.stmt) -> bool:
    """Tell whether a statement binds no name that anybody asks for: a call, or ``_ = …``."""
    return isinstance(node, ast.Expr) or (
        isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["_"])


def with_names(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    """Return an import of some of its names."""
    if isinstance(node, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(node.module, names, node.level)


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


def helping(code: str, parts: Split) -> str:
    """Return what of a cell runs for the sake of later cells; lines keep their numbers.

    Imports that fail in a page are left out, and a call at its end that only shows something.

    Examples
    --------
    >>> def of(code): return helping(code, split(ast.parse(code)))
    >>> of("import torch\\nx = 1\\nexplore(draw,\\n        frame)"), of("print(1)")
    ('\\nx = 1', 'print(1)')
    """
    lines = code.splitlines()
    for node, instead in parts.cut:
        lines[node.lineno - 1 : node.end_lineno] = [instead, *[""] * (
            (node.end_lineno or node.lineno) - node.lineno)]
    last = parts.rest.body[-1] if parts.rest.body else None
    if (isinstance(last, ast.Expr) and isinstance(last.value, ast.Call)
            and isinstance(last.value.func, ast.Name) and last.value.func.id in SHOWS):
        lines = lines[: last.lineno - 1]
    return "\n".join(lines)


def hints_of(cells: list[PageCell]) -> dict[str, list[str]]:
    """Return the hints of each exercise of a page."""
    found = {}
    for name in (cell.exercise for cell in cells if cell.exercise):
        chapter, _, short = name.partition("/")
        found[name] = list(base.load(chapter)[short].hints)
    return found


def script_of(page: str, cells: list[PageCell]) -> str:
    """Return the script that gives a page the code of its cells."""
    listed: list[dict[str, Any]] = []
    for cell in cells:
        entry: dict[str, Any] = {"code": cell.code}
        if cell.helping != cell.code:
            entry["helping"] = cell.helping
        entry |= {key: value for key, value in
                  (("lacks", cell.lacks), ("exercise", cell.exercise),
                   ("packages", cell.packages)) if value}
        listed.append(entry)
    data = {"page": page, "cells": listed, "hints": hints_of(cells)}
    return f"window.lessonsCellsData = {dumps(data)};\n"


def connect_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Mark the code cells of a page that is read, and write the script with their code."""
    path = Path(app.env.doc2path(app.env.docname))
    nb = load(path) if path.suffix == ".ipynb" else None
    if nb is None or app.builder.format != "html":
        return
    cells = page_cells(nb.cells)
    mark_cells(doctree, [place for place, cell in enumerate(nb.cells)
                         if cell.cell_type == "code"], cells)
    if any(cell.is_seen for cell in cells):
        script = Path(app.outdir) / FOLDER / f"{path.stem}.js"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(script_of(path.stem, cells), encoding="utf-8")


def mark_cells(doctree: nodes.document, places: list[int], cells: list[PageCell]) -> None:
    """Write on each code cell of a page its number, and whether it can run there."""
    numbers = {place: number for number, place in enumerate(places)}
    for node in doctree.findall(nodes.container):
        if node.get("nb_element") != "cell_code":
            continue
        number = numbers[node["cell_index"]]
        block = next(node.findall(nodes.literal_block), None)
        if block is not None and cells[number].is_seen:
            block["classes"] += marks(number + 1, cells[number])


def marks(number: int, cell: PageCell) -> list[str]:
    """Return the classes that tell a page about a cell.

    Examples
    --------
    >>> marks(3, PageCell("x = 1", (), "", "x = 1", "", ("matplotlib",)))
    ['py-cell', 'py-3', 'py-matplotlib']
    >>> marks(4, PageCell("", (), "large files", "", "a/b", ()))
    ['py-cell', 'py-4', 'needs-large_files']
    """
    found = ["py-cell", f"py-{number}"]
    if cell.lacks:
        return [*found, f"needs-{cell.lacks.replace(' ', '_')}"]
    return [*found, *(["py-stub"] if cell.exercise else []),
            *(f"py-{package}" for package in cell.packages)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the marks with Sphinx."""
    app.connect("doctree-read", connect_cells)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
