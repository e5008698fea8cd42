"""The code cells of a page, for a reader who runs them in the page.

Every code cell that a page shows gets its number and says whether it can run here: Python in a page
has no PyTorch, no processes and not all files. The code itself stands in a script of its own,
``_static/cells/<page>.js``, which is loaded when a reader asks for Python. Hints of exercises are
in it too. The page's half is ``src/lessons/live/cells.js``.
"""

from __future__ import annotations

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
from tools.website.reach import dumps
from tools.website.statements import helping, is_plain_python, statements_of

FOLDER = Path("_static/cells")  # below the site's
#: Cells whose code a page does not show: it names the answer.
UNSEEN = {"guess", "quiz", "remove-cell", "remove-input"}


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

    A cell with a statement that needs one that cannot run cannot run either.
    """
    code = code_cells(cells)
    trees = [parse_cell(cell.source) for cell in code]
    parts = statements_of(trees)
    graph = Cells([cell.source for cell in code])
    made = []
    for place, cell in enumerate(code):
        words = ["a notebook"] * (not is_plain_python(cell.source))
        words += [word for part in parts[place] for word in part.lacks]
        tags = tuple(cell.metadata.get("tags", ()))
        match = CHECK.search(cell.source) if "stub" in tags else None
        packages = (part.packages for each in [place, *graph.needs(place)]
                    for part in parts[each] if each == place or not part.lacks)
        made.append(PageCell(
            cell.source, tags, min(words, key=rank, default=""),
            helping(cell.source, trees[place], parts[place]), match[1] if match else "",
            tuple(sorted(set().union(*packages)))))
    return made


def rank(word: str) -> tuple[bool, str]:
    """Sort what a cell lacks: PyTorch first, which no change of the book could bring."""
    return word != "PyTorch", word


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
    ['py-cell', 'py-cell-3', 'py-matplotlib']
    >>> marks(4, PageCell("", (), "large files", "", "a/b", ()))
    ['py-cell', 'py-cell-4', 'needs-large_files']
    """
    found = ["py-cell", f"py-cell-{number}"]
    if cell.lacks:
        return [*found, f"needs-{cell.lacks.replace(' ', '_')}"]
    return [*found, *(["py-stub"] if cell.exercise else []),
            *(f"py-{package}" for package in cell.packages)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the marks with Sphinx."""
    app.connect("doctree-read", connect_cells)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
