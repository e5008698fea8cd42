"""Cells: from MyST text to notebook cells, and from a notebook to stable bytes.

A chapter is written as ``text/NN-name.md`` and stored, with outputs, as
``book/NN-name.ipynb``. This module reads both, compares their cells, and writes a
notebook so that the same contents always give the same bytes.
"""

import difflib
import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupytext.myst import MystMetadataParsingError, myst_to_notebook
from nbformat import NotebookNode

KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}

# What Jupyter, VS Code and Colab add to a cell when somebody opens and saves a notebook.
FRONT_END_METADATA = {
    "ExecuteTime", "collapsed", "colab", "colab_type", "editable", "execution", "executionInfo",
    "id", "jupyter", "outputId", "scrolled", "slideshow", "trusted", "vscode",
}
# Cells whose source gives an answer away, or gets in the way: JupyterLab shows a bar to open it.
CLOSED_IN_LAB = {"guess", "quiz", "solution", "hide-cell"}
# Front matter that says how to read the file, not what the page is.
READER_METADATA = {"jupytext", "kernelspec", "language_info", "lessons", "widgets"}

_OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)


class NotebookError(Exception):
    """A mistake a person can mend: the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Page:
    """A text page: its front matter, its cells, and the line where each cell starts."""

    metadata: dict[str, Any]
    cells: list[NotebookNode]
    starts: list[int]


def parse(text: str, name: str = "text") -> Page:
    """Return the cells of a MyST text notebook; `name` is used in messages.

    Examples
    --------
    >>> page = parse("# Title\\n\\n```{code-cell}\\n:tags: [save]\\nx = 1\\n```\\n")
    >>> [(cell.cell_type, cell.source) for cell in page.cells]
    [('markdown', '# Title'), ('code', 'x = 1')]
    """
    try:
        nb = myst_to_notebook(text, add_source_map=True)
    except (MystMetadataParsingError, ValueError) as error:
        raise NotebookError(f"{name}: {error}") from error
    starts = nb.metadata.pop("source_map")
    metadata = {k: v for k, v in nb.metadata.items() if k not in READER_METADATA}
    return Page(metadata, clean_cells(nb.cells), starts)


def clean_cells(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return cells without outputs and front-end metadata, each with an id from its content."""
    clean, seen = [], Counter[str]()
    for cell in cells:
        metadata = {k: v for k, v in cell.metadata.items() if k not in FRONT_END_METADATA}
        if not metadata.get("tags", True):
            del metadata["tags"]  # Jupyter leaves an empty list behind
        source = cell.source.strip("\n").rstrip()
        content = _sha([cell.cell_type, source])[:12]
        seen[content] += 1
        suffix = f"-{seen[content]}" if seen[content] > 1 else ""
        new = {"id": content + suffix, "cell_type": cell.cell_type,
               "source": source, "metadata": metadata}
        if cell.cell_type == "code":
            new |= {"execution_count": None, "outputs": []}
        if cell.get("attachments"):
            new["attachments"] = cell.attachments
        clean.append(nbformat.from_dict(new))
    return clean


def code_cells(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the code cells, in order."""
    return [cell for cell in cells if cell.cell_type == "code"]


def content(cell: NotebookNode) -> tuple[str, str, str]:
    """Return what makes two cells the same: type, source and metadata."""
    return cell.cell_type, cell.source, json.dumps(cell.metadata, sort_keys=True)


def digest(cells: list[NotebookNode]) -> str:
    """Return a digest of what an author writes: types, sources and metadata."""
    return _sha([content(cell) for cell in clean_cells(cells)])


def digest_outputs(cells: list[NotebookNode]) -> str:
    """Return a digest of what the kernel wrote: outputs and execution counts."""
    return _sha([[cell.execution_count, cell.outputs] for cell in code_cells(cells)])


def _sha(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def label(cells: list[NotebookNode], index: int) -> str:
    """Name a cell for a message: code cells by the number Jupyter shows, ``[3]``.

    Examples
    --------
    >>> label(parse("# Title\\n\\n```{code-cell}\\nx = 1\\n```\\n").cells, 1)
    'code cell [1] `x = 1`'
    """
    cell = cells[index]
    first = cell.source.strip().split("\n")[0]
    first = first if len(first) <= 50 else first[:47] + "..."
    if cell.cell_type != "code":
        return f"{cell.cell_type} cell `{first}`"
    return f"code cell [{len(code_cells(cells[: index + 1]))}] `{first}`"


def differences(text: list[NotebookNode], notebook: list[NotebookNode]) -> list[str]:
    """Say, cell by cell, how a text and a notebook differ; empty if they do not."""
    said = []
    matcher = difflib.SequenceMatcher(
        None, [content(c) for c in text], [content(c) for c in notebook], autojunk=False
    )
    for _, a0, a1, b0, b1 in (op for op in matcher.get_opcodes() if op[0] != "equal"):
        n_pairs = min(a1 - a0, b1 - b0)
        for i, j in zip(range(a0, a0 + n_pairs), range(b0, b0 + n_pairs), strict=True):
            if text[i].cell_type != notebook[j].cell_type:
                what = "type"
            elif text[i].source != notebook[j].source:
                what = "source"
            else:
                what = "tags or metadata"
            said.append(f"{label(text, i)}: {what} differs")
        said += [f"{label(text, i)}: only in the text" for i in range(a0 + n_pairs, a1)]
        said += [f"{label(notebook, j)}: only in the notebook" for j in range(b0 + n_pairs, b1)]
    return said


def clean_outputs(outputs: list[NotebookNode], count: int, root: Path) -> list[NotebookNode]:
    """Return outputs without what changes from run to run or from machine to machine."""
    clean: list[NotebookNode] = []
    for output in outputs:
        new = nbformat.from_dict(dict(output))
        new.pop("transient", None)
        if new.output_type == "stream":
            if clean and clean[-1].output_type == "stream" and clean[-1].name == new.name:
                clean[-1].text += new.text
                continue
        elif new.output_type == "error":
            # The frames of a traceback carry the paths of this machine; nothing compares them.
            new.traceback = [_short_paths(line, root) for line in new.traceback]
        else:
            new.data.pop("application/vnd.jupyter.widget-view+json", None)  # a random model id
            if new.output_type == "execute_result":
                new.execution_count = count
        clean.append(new)
    for output in clean:
        if output.output_type == "stream":
            output.text = _OVERWRITTEN.sub("", output.text)
    return clean


def _short_paths(line: str, root: Path) -> str:
    home = str(Path.home())
    for place in (str(root), str(root).replace(home, "~", 1)):
        line = line.replace(place + "/", "")
    return re.sub(r"[~/][\w./~-]*/(?=site-packages/|lib/python3)", "", line)


def compose(
    page: Page, executed: list[NotebookNode], key: str, built: str = "native"
) -> NotebookNode:
    """Return the notebook of a page, with the outputs of the executed code cells.

    `built` says with which instruction sets they were computed: ``native`` or ``portable``.
    """
    cells = clean_cells(page.cells)
    for count, (cell, done) in enumerate(zip(code_cells(cells), executed, strict=True), 1):
        cell.execution_count, cell.outputs = count, done.outputs
        if CLOSED_IN_LAB & set(cell.metadata.get("tags", [])):
            cell.metadata["jupyter"] = {"source_hidden": True}
    stamp = {"built": built, "key": key, "cells": digest(cells), "outputs": digest_outputs(cells)}
    metadata = {**page.metadata, "kernelspec": KERNELSPEC, "language_info": LANGUAGE,
                "lessons": stamp}
    return nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    )


def dumps(nb: NotebookNode) -> str:
    """Return the stored form of a notebook: the same contents give the same bytes."""
    return nbformat.writes(nb, version=4, sort_keys=True) + "\n"


def load(path: Path) -> NotebookNode | None:
    """Return a stored notebook, or None if there is none that can be read."""
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (FileNotFoundError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return None


def stamp_of(nb: NotebookNode | None) -> dict[str, str]:
    """Return what the last build wrote about a notebook; empty if it was not built here."""
    return dict(nb.metadata.get("lessons", {})) if nb else {}


def was_edited(nb: NotebookNode) -> bool:
    """Tell whether cells were changed after the notebook was built."""
    return stamp_of(nb).get("cells") != digest(nb.cells)
