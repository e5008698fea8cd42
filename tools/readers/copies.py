"""Copies of the notebooks: the prose in plain Markdown, answers folded, a cell that installs."""

import os
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.readers.plain import (
    Book,
    blocks,
    cited_in,
    equation_numbers,
    links,
    numbered,
    replaced,
)

BRANCH = "colab"  # where .github/workflows/site.yml writes the copies that Colab opens
INSTALL = """\
# The package of this book, where it is missing: on Colab, for example.
import importlib.util

if importlib.util.find_spec("lessons") is None:
    %pip install -q "lessons[torch] @ {address}"
    importlib.invalidate_caches()"""
_HIDES = re.compile(r"""\bhides=["']next["']""")
_TERM = re.compile(r"^(\S.*)\n  (?=\S)", re.MULTILINE)
_GLOSSARY = re.compile(r"^:::\{glossary\}\n(.*?)^:::$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"\[([^\]]+)\]\{lang=\w+\}")
_HEADING = re.compile(r"^(?=#{1,2} )", re.MULTILINE)


def package_address(url: str) -> str:
    """Return from where pip installs the package: this very commit, as GitHub packs it.

    The workflow that publishes sets ``BOOK_COMMIT``; anywhere else the commit may not be
    published yet, so the newest of ``main`` is taken.
    """
    return f"{url}/archive/{os.environ.get('BOOK_COMMIT') or 'main'}.zip"


def site_address(url: str) -> str:
    """Return the address of the website that GitHub shows for a repository.

    Examples
    --------
    >>> site_address("https://github.com/owner/name")
    'https://owner.github.io/name/'
    """
    owner, name = url.split("/")[-2:]
    return f"https://{owner}.github.io/{name}/"


def for_readers(nb: NotebookNode, book: Book, package: str | None = None) -> NotebookNode:
    """Return a copy of a notebook for people.

    Parameters
    ----------
    nb
        A notebook of ``book/``; it is left as it is.
    book
        What links need to know.
    package
        From where pip installs `lessons`. If it is given, even empty, the copy is for a front end
        that knows no MyST: its blocks become quotes, its formulas get their numbers. If it is
        not empty, the first cell installs the package where it is missing.
    """
    copy = nbformat.from_dict(nb)  # nodes of its own
    copy.metadata.pop("lessons", None)  # the stamp of the build
    prose = [cell for cell in copy.cells if cell.cell_type == "markdown"]
    sources = [cell.source for cell in prose]
    cited, numbers = cited_in(sources), equation_numbers(sources)
    for cell in prose:
        cell.source = replaced(cell.source, links(cell.source, book, cited))
        if package is not None:
            cell.source = blocks(numbered(cell.source, numbers))
    fold_answers(copy.cells)
    if package:
        source = INSTALL.format(address=package)
        first = nbformat.v4.new_code_cell(source, id="install", metadata={"tags": ["install"]})
        copy.cells.insert(0, first)
    return copy


def fold_answers(cells: list[NotebookNode]) -> None:
    """Fold the output that answers a guess, as the website does, and the code marked so.

    JupyterLab opens an output when its cell runs, and code when its bar is clicked.
    """
    wanted = False
    for cell in cells:
        if cell.cell_type != "code":
            continue
        tags, folded = set(cell.metadata.get("tags", [])), cell.metadata.get("jupyter", {})
        if "hide-input" in tags:
            folded = {**folded, "source_hidden": True}
        if wanted and cell.outputs and "hide-cell" not in tags:
            folded, wanted = {**folded, "outputs_hidden": True}, False
        if folded:
            cell.metadata["jupyter"] = folded
        wanted = wanted or ("guess" in tags and bool(_HIDES.search(cell.source)))


def page_notebook(text: str) -> NotebookNode:
    """Return a page of Markdown, such as the glossary, as a notebook."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    # A term becomes a heading: that is what a link can lead to.
    text = _GLOSSARY.sub(lambda m: _TERM.sub(r"#### \1\n\n", _SPAN.sub(r"\1", m[1])), text)
    parts = [part.strip("\n") for part in _HEADING.split(text) if part.strip()]
    cells = [nbformat.v4.new_markdown_cell(part, id=f"part-{i}") for i, part in enumerate(parts)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def originals(folder: Path) -> dict[str, NotebookNode]:
    """Return the notebooks of a folder by name, and its pages of Markdown as notebooks."""
    notebooks = {path.stem: nbformat.read(path, as_version=4)
                 for path in sorted(folder.glob("*.ipynb"))}
    pages = {path.stem: page_notebook(path.read_text(encoding="utf-8"))
             for path in sorted(folder.glob("*.md"))}
    return pages | notebooks


def dumps(nb: NotebookNode) -> str:
    """Return a notebook as text, the same for the same contents."""
    return nbformat.writes(nb, version=4, sort_keys=True) + "\n"


def write_all(folder: Path, to: Path, url: str | None, package: str | None = None) -> list[Path]:
    """Write copies for places where this book is not installed; return their paths.

    Parameters
    ----------
    folder, to
        Where the notebooks are, and where the copies go.
    url
        The repository on GitHub: where the website and the package are found. Without it links
        lead from notebook to notebook, and no cell installs the package.
    package
        From where pip installs the package, if not from there.
    """
    to.mkdir(parents=True, exist_ok=True)
    book = Book(folder, site_address(url) if url else "")
    address = package or (package_address(url) if url else "")
    written = []
    for name, nb in originals(folder).items():
        path = to / f"{name}.ipynb"
        path.write_text(dumps(for_readers(nb, book, address)), encoding="utf-8")
        written.append(path)
    return written
