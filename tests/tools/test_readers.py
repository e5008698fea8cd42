"""Copies of the notebooks for people: plain links, folded answers, the package installed."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from lessons.environment_check import OLDEST, release
from tools.readers.__main__ import main
from tools.readers.copies import for_readers, originals, package_address, page_notebook, write_all
from tools.readers.plain import Book, blocks
from tools.readers.run import main as run_all

ROOT = Path(__file__).resolve().parents[2]
URL = "https://github.com/owner/name"
BIB = """
@article{one1999, author = {Ko{\\c c}, Ann}, title = {One}, journal = {J}, year = {1999},
  doi = {10.1/x}}
@misc{two2001, author = {Lee, Bo and Wu, Cy}, title = {Two}, year = {2001}, eprint = {2001.1}}
@misc{many2020, author = {Li, A. and Li, B. and Li, C.}, title = {Many}, year = {2020}}
@misc{team2021, author = {{The Team}}, title = {Us}, year = {2021}, url = {https://example.org}}
"""


@pytest.fixture
def folder(tmp_path):
    """A folder as ``book/`` is: a chapter, a glossary, sources."""
    (tmp_path / "glossary.md").write_text(
        "# Glossary\n\nWords.\n\n:::{glossary}\nhidden layer\n  [隐藏层]{lang=zh}. See "
        "{doc}`04-down`.\n\nReLU\n  [整流]{lang=zh}. Cuts at zero.\n:::\n", encoding="utf-8")
    (tmp_path / "references.bib").write_text(BIB, encoding="utf-8")
    nbformat.write(notebook("# Going down\n\nText."), tmp_path / "04-down.ipynb")
    return tmp_path


def notebook(*cells):
    """Return a notebook: texts are prose, pairs of a source and tags are code with an output."""
    made = []
    for cell in cells:
        if isinstance(cell, str):
            made.append(nbformat.v4.new_markdown_cell(cell))
        else:
            shown = [nbformat.v4.new_output("stream", text="x")]
            made.append(nbformat.v4.new_code_cell(cell[0], metadata={"tags": cell[1]},
                                                  outputs=shown))
    return nbformat.v4.new_notebook(cells=made)


@pytest.mark.parametrize("role, here, on_the_site", [
    ("{doc}`04-down`", "[Going down](04-down.ipynb)", "[Going down](S/04-down.html)"),
    ("{doc}`that <04-down>`", "[that](04-down.ipynb)", "[that](S/04-down.html)"),
    ("{term}`relu`", "[relu](glossary.ipynb#ReLU)", "[relu](S/glossary.html#term-ReLU)"),
    ("{term}`two\nlayers <hidden layer>`", "[two layers](glossary.ipynb#hidden-layer)",
     "[two layers](S/glossary.html#term-hidden-layer)"),
    ("{cite:p}`one1999`", "([Koç, 1999](https://doi.org/10.1/x))", None),
    ("{cite:p}`two2001, many2020`",
     "([Lee and Wu, 2001](https://arxiv.org/abs/2001.1); Li et al., 2020)", None),
    ("{cite:t}`team2021`", "[The Team (2021)](https://example.org)", None),
])
def test_roles_become_links(folder, role, here, on_the_site):
    nb = notebook(f"See {role}, please.")
    assert for_readers(nb, Book(folder)).cells[0].source == f"See {here}, please."
    there = for_readers(nb, Book(folder, "S/")).cells[0].source
    assert there == f"See {on_the_site or here}, please."
    assert role in nb.cells[0].source, "the notebook itself is left alone"


def test_the_list_of_sources_holds_what_the_page_cites(folder):
    nb = notebook("As {cite:t}`two2001` and {cite:p}`one1999` say.",
                  "## Sources\n\n```{bibliography}\n:style: plain\n```")
    text = for_readers(nb, Book(folder)).cells[1].source
    assert text.startswith("## Sources\n\n- ") and text.count("\n- ") == 2
    assert "Ann Koç" in text and "Bo Lee and Cy Wu" in text and "Many" not in text


def test_elsewhere_formulas_are_numbered_and_blocks_are_quotes(folder):
    nb = notebook("$$ a = b $$ (ab)",
                  "By {eq}`ab`:\n\n:::{admonition} Aims\n:class: tip\n- one\n:::")
    lab = for_readers(nb, Book(folder))
    assert lab.cells[0].source == nb.cells[0].source, "JupyterLab numbers formulas by itself"
    elsewhere = for_readers(nb, Book(folder), package="")
    assert elsewhere.cells[0].source == "$$ a = b \\tag{1}$$"
    assert elsewhere.cells[1].source == "By (1):\n\n> **Aims**\n>\n> - one"


def test_tabs_and_cards_become_paragraphs():
    text = ("::::{tab-set}\n:::{tab-item} Linux\n```bash\nls\n```\n:::\n"
            ":::{tab-item} Windows\n```bash\ndir\n```\n:::\n::::\nAfter.")
    assert blocks(text) == ("**Linux**\n\n```bash\nls\n```\n\n**Windows**\n\n```bash\ndir\n```\n\n"
                            "After.")


def test_the_answer_to_a_guess_is_folded_as_on_the_website(folder):
    nb = notebook(("guess(truth=1, hides='next')", ["guess"]), ("imports", ["hide-cell"]),
                  ("figure", ["explorer", "hide-input"]), ("print(2)", []))
    asked, imports, figure, after = for_readers(nb, Book(folder)).cells
    assert figure.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
    assert all("outputs_hidden" not in cell.metadata.get("jupyter", {})
               for cell in (asked, imports, after))


def test_the_glossary_has_a_heading_for_every_term():
    nb = page_notebook((ROOT / "book/glossary.md").read_text(encoding="utf-8"))
    headings = {line[5:] for cell in nb.cells for line in cell.source.split("\n")
                if line.startswith("#### ")}
    terms = Book(ROOT / "book").terms
    assert len(terms) > 100 and headings == set(terms.values())
    assert not any("{lang=" in cell.source for cell in nb.cells)


def test_nothing_of_myst_is_left_in_the_copies_of_this_book(tmp_path):
    left = re.compile(r"\{(doc|term|eq|cite:?[pt]?|bibliography)\}|^:::|\$\$ \([\w-]+\)", re.M)
    paths = write_all(ROOT / "book", tmp_path, URL)
    assert len(paths) >= 17
    book = Book(ROOT / "book")
    for path in paths:
        nb = nbformat.read(path, as_version=4)
        nbformat.validate(nb)
        prose = "\n".join(c.source for c in nb.cells if c.cell_type == "markdown")
        assert not left.search(prose), (path.name, left.search(prose)[0])
        for term in re.findall(r"glossary\.html#([\w.-]+)", prose):
            assert term.startswith("term-")
        for page in re.findall(r"\(https://owner\.github\.io/name/([\w-]+)\.html", prose):
            assert page in book.titles, (path.name, page)


def test_every_source_that_the_book_cites_is_known():
    book = Book(ROOT / "book")
    keys = {key.strip() for nb in originals(ROOT / "book").values() for cell in nb.cells
            for m in re.findall(r"\{cite:[pt]\}`([^`]+)`", cell.source) for key in m.split(",")}
    assert len(keys) > 50 and keys <= set(book.sources)


def test_the_first_cell_names_the_published_commit(folder, monkeypatch):
    monkeypatch.delenv("BOOK_COMMIT", raising=False)
    assert package_address(URL) == f"{URL}/archive/main.zip"
    monkeypatch.setenv("BOOK_COMMIT", "0a1b")
    (path, _) = write_all(folder, folder / "out", URL)
    source = nbformat.read(path, as_version=4).cells[0].source
    assert f'"lessons[torch] @ {URL}/archive/0a1b.zip"' in source
    ast.parse(TransformerManager().transform_cell(source))


def test_the_first_cell_installs_the_package_where_it_is_missing(tmp_path):
    """The cell is run as it stands, with an archive like GitHub's and a pip that finds nothing."""
    archive = tmp_path / "book.zip"
    git = ["git", "-C", str(ROOT), "archive", "--format=zip", "--prefix=name-0a1b/"]
    subprocess.run([*git, f"--output={archive}", "HEAD", "pyproject.toml", "README.md", "LICENSE",
                    "src"], check=True)
    nb = for_readers(notebook(("x", [])), Book(tmp_path), package=archive.as_uri())
    magic = TransformerManager().transform_cell(nb.cells[0].source)
    code = f'''
import importlib.util, shlex, subprocess, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "lessons" and {str(tmp_path)!r} not in \
sys.path else found(name)

class IPython:
    def run_line_magic(self, name, line):
        assert name == "pip"
        what, *rest = shlex.split(line)
        assert what == "install" and rest[0] == "-q"
        requirement = rest[1].replace("[torch]", "")
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index",
                        "--no-build-isolation", "--target", {str(tmp_path)!r}, requirement],
                       check=True)
        sys.path.insert(0, {str(tmp_path)!r})

get_ipython = IPython
{magic}
import lessons
print(lessons.__file__)
'''
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          cwd=tmp_path, env=os.environ | {"PYTHONPATH": ""})
    assert done.stdout.strip() == str(tmp_path / "lessons/__init__.py"), done.stderr
    assert (tmp_path / "lessons/widgets/explorers/explore.js").is_file(), "data comes along"


def test_colab_has_what_is_the_oldest_that_the_check_of_chapter_8_accepts():
    text = (ROOT / "tests/colab/requirements.txt").read_text(encoding="utf-8")
    colab = dict(re.findall(r"^([\w-]+)==([\w.]+)$", text, re.MULTILINE))
    for name, oldest in OLDEST.items():
        assert release(colab[name])[: len(release(oldest))] == release(oldest), name
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'torch = ["torch>={OLDEST["torch"]}"]' in project


def test_a_copy_that_fails_or_shows_no_widget_is_said(tmp_path, capsys):
    good, silent, bad = (notebook(("from IPython.display import HTML\nHTML('a')", [])),
                         notebook(("1", [])), notebook(("1 / 0", [])))
    for nb in (good, silent):
        data = {"application/vnd.lessons.quiz+json": {}, "text/plain": "?"}
        nb.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data)]
    nbformat.write(good, tmp_path / "good.ipynb")
    assert main(["run", str(tmp_path)]) == 0
    assert "1 widgets, all is well" in capsys.readouterr().out
    nbformat.write(silent, tmp_path / "silent.ipynb")
    nbformat.write(bad, tmp_path / "bad.ipynb")
    assert run_all(tmp_path) == 1
    said = capsys.readouterr()
    assert said.out.count("FAILED") == 2
    assert "silent.ipynb: nothing is shown" in said.err and "ZeroDivisionError" in said.err


def test_a_folder_without_notebooks_fails(tmp_path, capsys):
    assert main(["run", str(tmp_path)]) == 1
    assert "no notebooks" in capsys.readouterr().err
