"""The copies that `make lab` opens, in ``lab/``, and the way back from them.

JupyterLab saves by itself what it opens, so it gets copies that git ignores. A copy carries in its
metadata a digest of its cells: one that nobody edited is made anew when its notebook changes, and
one with edits is never written again.
"""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.notebooks.cells import clean_cells, digest, digest_outputs, load
from tools.readers.copies import dumps, for_readers, originals
from tools.readers.plain import Book, cited_in, links, replaced

FOLDER = "lab"


def stamped(nb: NotebookNode, book: Book) -> NotebookNode:
    """Return the copy of a notebook for JupyterLab, with its stamp."""
    copy = for_readers(nb, book)
    copy.metadata["lessons"] = {"copy": digest(copy.cells), "of": digest(nb.cells),
                                "outputs": digest_outputs(copy.cells)}
    return copy


def stamp_of_copy(copy: NotebookNode) -> dict[str, str]:
    """Return what was noted when a copy was made; empty if it is no copy of ours."""
    return dict(copy.metadata.get("lessons", {}))


def has_edits(copy: NotebookNode, fresh: NotebookNode) -> bool:
    """Tell whether somebody edited a copy, and the edits are not in the book already."""
    cells = digest(copy.cells)
    return cells not in (stamp_of_copy(copy).get("copy"), digest(fresh.cells))


def refresh(root: Path) -> list[str]:
    """Make the copies that are missing, or old and without edits; return what to tell."""
    book, folder, said = Book(root / "book"), root / FOLDER, []
    folder.mkdir(exist_ok=True)
    for name, nb in originals(root / "book").items():
        path, fresh = folder / f"{name}.ipynb", stamped(nb, book)
        stamp = stamp_of_copy(fresh)
        if path.exists():
            copy = load(path)
            if copy is None:
                said.append(f"{FOLDER}/{path.name} cannot be read as a notebook: it is left alone")
                continue
            old = stamp_of_copy(copy)
            if has_edits(copy, fresh):
                if (old.get("of"), old.get("outputs")) != (stamp["of"], stamp["outputs"]):
                    said.append(f"{FOLDER}/{path.name} has your edits and is kept, but the chapter "
                                "has changed since: rename yours, and make lab brings the new one")
                continue
            if old == stamp:
                continue
        path.write_text(dumps(fresh), encoding="utf-8")
    return said


def edited_copy(root: Path, name: str, page_cells: list[NotebookNode]) -> NotebookNode | None:
    """Return the copy of a chapter with its prose in MyST again, if somebody edited it.

    What was not edited gets the words of the text back; in an edited cell each link that was made
    from a role becomes the role again. Its stamp says what the text was, as that of a built
    notebook does.
    """
    copy, nb = load(root / FOLDER / f"{name}.ipynb"), load(root / "book" / f"{name}.ipynb")
    if copy is None or nb is None or not stamp_of_copy(copy).get("of"):
        return None
    book = Book(root / "book")
    if not has_edits(copy, for_readers(nb, book)):
        return None
    prose = [cell.source for cell in (*nb.cells, *page_cells) if cell.cell_type == "markdown"]
    cited = cited_in([cell.source for cell in nb.cells if cell.cell_type == "markdown"])
    roles: dict[str, str] = {}
    whole: dict[str, str] = {}
    for source in prose:
        pairs = links(source, book, cited)
        roles |= {plain: role for role, plain in pairs}
        whole[replaced(source, pairs)] = source
    back = sorted(roles.items(), key=lambda pair: -len(pair[0]))  # a link may be part of a longer
    cells = clean_cells(copy.cells)
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = whole.get(cell.source) or replaced(cell.source, back)
    stamp = {"cells": stamp_of_copy(copy)["of"]}
    return nbformat.v4.new_notebook(cells=clean_cells(cells), metadata={"lessons": stamp})
