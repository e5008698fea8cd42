"""From an edited notebook back to its text: cells that did not change keep every character.

The text is cut where its cells start. Only the pieces of changed cells are written anew, so
front matter, option blocks and the author's line breaks stay as they are.
"""

import difflib
import itertools
import re
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from tools.notebooks.build import number_of, read_text
from tools.notebooks.cells import (
    NotebookError,
    Page,
    clean_cells,
    content,
    differences,
    digest,
    load,
    parse,
    stamp_of,
    was_edited,
)
from tools.readers.lab import edited_copy

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_FENCE = re.compile(r"\A`{3,}\{code-cell\}[^\n]*\n")


def pull(root: Path, name: str, force: bool = False) -> None:
    """Take the cells of an edited notebook back into its text.

    Raises
    ------
    NotebookError
        If the text changed as well since the build, and `force` is false. With `force` the
        notebook wins and the old text is kept beside the new one. Or if both the notebook and the
        copy that `make lab` opened were edited.
    """
    page, path = read_text(root, name), root / "text" / f"{name}.md"
    nb = edited_notebook(root, name, page)
    cells = clean_cells(nb.cells)
    changed = differences(page.cells, cells)
    if not changed:
        print(f"text/{name}.md already has the cells of the notebook")
        return
    if not was_edited(nb):
        raise NotebookError(
            f"text/{name}.md is newer than its notebook, which nobody edited: make notebooks "
            f"CH={number_of(name)}; nothing was changed"
        )
    for line in changed:
        print(f"  {line}")
    both = digest(page.cells) != stamp_of(nb).get("cells")
    if both and not force:
        raise NotebookError(
            f"text/{name}.md and its notebook both changed since the build, in the cells above. "
            f"Nothing was changed; python -m tools.notebooks pull {name} --force takes the "
            "notebook and keeps the text as a .bak file"
        )
    old = path.read_text(encoding="utf-8")
    text = merged_text(old, page, cells, f"text/{name}.md")
    kept = ""
    if both:
        backup = _free(path.with_suffix(".md.bak"))
        backup.write_text(old, encoding="utf-8")
        kept = f"; the old text is text/{backup.name}"
    path.write_text(text, encoding="utf-8")
    print(f"text/{name}.md now has the cells of the notebook{kept}. "
          f"Next: make notebooks CH={number_of(name)}")


def edited_notebook(root: Path, name: str, page: Page) -> NotebookNode:
    """Return the copy in ``lab/`` if somebody edited it, else the notebook in ``book/``.

    Raises
    ------
    NotebookError
        If there is no notebook, or if both were edited.
    """
    nb, copy = load(root / "book" / f"{name}.ipynb"), edited_copy(root, name, page.cells)
    if nb is None:
        raise NotebookError(f"book/{name}.ipynb is missing or cannot be read")
    if copy is not None and was_edited(nb):
        raise NotebookError(f"lab/{name}.ipynb and book/{name}.ipynb were both edited: rename one "
                            "of them, and pull again; nothing was changed")
    return nb if copy is None else copy


def _free(path: Path) -> Path:
    """Return `path`, or the first numbered one that does not exist."""
    names = itertools.chain([path], (Path(f"{path}{i}") for i in itertools.count(1)))
    return next(name for name in names if not name.exists())


def merged_text(old: str, page: Page, cells: list[NotebookNode], name: str) -> str:
    """Return the text `old`, which `page` was parsed from, with the cells of a notebook.

    Raises
    ------
    NotebookError
        If MyST text cannot hold one of the cells; a pasted picture, for example.
    """
    cells = clean_cells(cells)
    if any(cell.get("attachments") for cell in cells):
        raise NotebookError(
            f"{name}: the notebook holds a pasted picture, which text cannot hold: save it under "
            "book/, link to it, and pull again; nothing was changed"
        )
    front = _FRONT_MATTER.match(old)
    pieces = _pieces(old, page)
    chunks, keep = [], _old_cell_of(page.cells, cells)
    fence = next((m[0] for m in map(_FENCE.match, pieces) if m), "```{code-cell}\n")
    for new, source in zip(cells, keep, strict=True):
        if source is None:
            chunks.append(_write(new, fence))
        elif content(page.cells[source]) == content(new):
            chunks.append(pieces[source])
        else:
            chunks.append(_with_source(pieces[source], page.cells[source], new, fence))
    body, before = [], None
    for cell, chunk in zip(cells, chunks, strict=True):
        if cell.cell_type == "markdown" and before == "markdown" and not chunk.startswith("+++"):
            chunk = "+++\n\n" + chunk
        body.append(chunk)
        before = cell.cell_type
    text = (front[0] + "\n" if front else "") + "\n\n".join(body) + "\n"
    if left := differences(parse(text, name).cells, cells):
        raise NotebookError(f"{name}, {left[0]} after a round trip: MyST text cannot hold this "
                            "cell as it is; nothing was changed")
    return text


def _pieces(old: str, page: Page) -> list[str]:
    """Return the lines of each cell in the text, with its fence but without separators."""
    lines = old.splitlines()
    # A code cell's recorded start is the line after its fence; a markdown cell's is the line
    # after the cell or the break before it, and a break with metadata belongs to the cell.
    starts = [
        start - 1 if cell.cell_type != "markdown" else start
        for cell, start in zip(page.cells, page.starts, strict=True)
    ]
    pieces = []
    for cell, start, end in zip(page.cells, starts, [*starts[1:], len(lines)], strict=True):
        piece = "\n".join(lines[start:end]).strip("\n").rstrip()
        piece = re.sub(r"\n\n*\+\+\+[^\n]*\Z", "", piece).rstrip()
        if cell.cell_type == "markdown" and cell.metadata:
            piece = f"{lines[start - 1].strip()}\n\n{piece}"
        pieces.append(piece)
    return pieces


def _old_cell_of(old: list[NotebookNode], new: list[NotebookNode]) -> list[int | None]:
    """Return for each new cell the index of the cell it comes from, or None."""
    matcher = difflib.SequenceMatcher(
        None, [content(c) for c in old], [content(c) for c in new], autojunk=False
    )
    found: list[int | None] = [None] * len(new)
    for _, a0, a1, b0, b1 in matcher.get_opcodes():
        for i, j in zip(range(a0, a1), range(b0, b1), strict=False):
            same_kind = old[i].cell_type == new[j].cell_type
            if same_kind and old[i].metadata == new[j].metadata:
                found[j] = i
    return found


def _with_source(piece: str, old: NotebookNode, new: NotebookNode, fence: str) -> str:
    """Return the piece of an old cell with the source of a new one, options kept."""
    head, found, tail = piece.rpartition(old.source)
    if not found or not old.source or "```" in new.source:
        return _write(new, fence)
    return head + new.source + tail


def _write(cell: NotebookNode, fence: str) -> str:
    """Return a cell as MyST text, in the way jupytext writes it."""
    nb = nbformat.v4.new_notebook(cells=[nbformat.from_dict(dict(cell))])
    text = _FRONT_MATTER.sub("", jupytext.writes(nb, fmt="md:myst")).strip("\n")
    return _FENCE.sub(lambda m: fence if m[0].count("`") == fence.count("`") else m[0], text)
