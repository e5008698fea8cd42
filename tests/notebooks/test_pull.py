"""Pulling an edited notebook back, and starting a chapter. No kernel runs here."""

import pytest

from tools.notebooks.cells import clean_cells, compose, differences, dumps, load, parse
from tools.notebooks.key import key_of

TEXT = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
title: "Kept as it is"   # with this comment
---

# Title

One line
and another.

+++ {"tags": ["hide-cell"]}

A cell of its own.

+++

And one more.

```{code-cell} ipython3
:tags: [save,  hide-input]
:save: lessons.rules

x = 1
```

:::{note}
A colon fence.
:::

```{code-cell} ipython3
---
mystnb:
  image:
    alt: 'An alt: text'
---
y = x + 1

z = y
```

The end.
"""


@pytest.fixture
def page(repository):
    """Return a repository with one page, whose notebook was composed without running it."""
    (repository.root / "text").mkdir()
    (repository.root / "book").mkdir()
    repository.text("04-page").write_text(TEXT)
    parsed = parse(TEXT)
    cells = [cell for cell in parsed.cells if cell.cell_type == "code"]
    nb = compose(parsed, cells, key_of(parsed.cells, repository.root))
    repository.book("04-page").write_text(dumps(nb))
    return repository


def as_jupyter_saves(nb):
    """Add what a front end leaves in a notebook."""
    for cell in nb.cells:
        cell.metadata |= {"editable": True, "slideshow": {"slide_type": ""}}
        cell.id = f"random-{id(cell)}"
    nb.metadata["widgets"] = {"state": {}}


def replace(index, old, new):
    def edit(nb):
        as_jupyter_saves(nb)
        assert old in nb.cells[index].source
        nb.cells[index].source = nb.cells[index].source.replace(old, new)

    return edit


@pytest.mark.parametrize(
    ("index", "old", "new"),
    [
        (0, "and another", "and a third"),
        (1, "of its own", "of our own"),
        (2, "one more", "two more"),
        (3, "x = 1", "x = 2\nw = x"),
        (4, "A colon", "The colon"),
        (5, "z = y", "z = 2 * y"),
        (6, "The end", "An end"),
    ],
)
def test_one_edit_changes_nothing_else(page, index, old, new):
    page.damage("04-page", replace(index, old, new))
    status, said = page.run("pull", "04")
    assert status == 0
    assert page.text("04-page").read_text() == TEXT.replace(old, new)
    assert "source differs" in said
    assert said.endswith("text/04-page.md now has the cells of the notebook. "
                         "Next: make notebooks CH=04\n")
    assert [p.name for p in (page.root / "text").iterdir()] == ["04-page.md"]


def add_cells(nb):
    as_jupyter_saves(nb)
    new = [nb.cells[6].copy(), nb.cells[3].copy(), nb.cells[0].copy()]
    new[0].source, new[1].source, new[2].source = "New prose.", "new = 1", "Last words."
    new[1].metadata = {"tags": ["solution"]}
    for i, cell in enumerate(new):
        cell.id = f"new{i}"
    nb.cells[1:1] = new[:2]
    nb.cells.append(new[2])


def drop_cells(nb):
    del nb.cells[4], nb.cells[1]


def move_cells(nb):
    nb.cells[3], nb.cells[5] = nb.cells[5], nb.cells[3]


def retag(nb):
    nb.cells[3].metadata["tags"] = ["save"]
    del nb.cells[1].metadata["tags"]


def hold_fences(nb):
    nb.cells[5].source = 'text = """\n```\nfenced\n```\n"""'


@pytest.mark.parametrize("edit", [add_cells, drop_cells, move_cells, retag, hold_fences])
def test_a_round_trip_keeps_every_cell(page, edit):
    page.damage("04-page", edit)
    cells = clean_cells(load(page.book("04-page")).cells)
    assert page.run("pull", "04")[0] == 0
    text = page.text("04-page").read_text()
    assert differences(parse(text).cells, cells) == []
    assert text.startswith(TEXT[: TEXT.index("# Title")])
    assert page.run("pull", "04")[1] == "text/04-page.md already has the cells of the notebook\n"


def test_a_newer_text_is_not_undone(page):
    page.edit_text("04-page", "The end", "An end")
    before = page.text("04-page").read_text()
    status, said = page.run("pull", "04")
    assert status == 1
    assert "is newer than its notebook, which nobody edited: make notebooks CH=04" in said
    assert page.text("04-page").read_text() == before


def test_edits_on_both_sides_need_force_and_leave_a_backup(page):
    page.edit_text("04-page", "The end", "An end")
    page.damage("04-page", replace(3, "x = 1", "x = 2"))
    edited = page.text("04-page").read_text()
    status, said = page.run("pull", "04")
    assert status == 1
    assert "both changed since the build" in said
    assert "code cell [1] `x = 1`: source differs" in said
    assert page.text("04-page").read_text() == edited

    (page.root / "text/04-page.md.bak").write_text("an older backup")
    status, said = page.run("pull", "04", "--force")
    assert status == 0
    assert "the old text is text/04-page.md.bak1" in said
    assert (page.root / "text/04-page.md.bak").read_text() == "an older backup"
    assert (page.root / "text/04-page.md.bak1").read_text() == edited
    assert page.text("04-page").read_text() == TEXT.replace("x = 1", "x = 2")


def paste_picture(nb):
    nb.cells[0].source += " ![](attachment:a.png)"
    nb.cells[0].attachments = {"a.png": {"image/png": "iVBORw0KGgo="}}


def hold_code_cell(nb):
    nb.cells[0].source += "\n\n```{code-cell}\nnot = code\n```"


@pytest.mark.parametrize(
    ("edit", "message"),
    [(paste_picture, "a pasted picture"), (hold_code_cell, "MyST text cannot hold this cell")],
)
def test_what_text_cannot_hold_is_said_and_nothing_is_lost(page, edit, message):
    page.damage("04-page", edit)
    status, said = page.run("pull", "04")
    assert status == 1
    assert message in said and "nothing was changed" in said
    assert page.text("04-page").read_text() == TEXT


def test_a_notebook_that_cannot_be_read(page):
    page.book("04-page").write_text("<<<<<<<")
    assert page.run("pull", "04") == (1, "book/04-page.ipynb is missing or cannot be read\n")


def test_a_new_chapter_has_the_shape_of_the_book(repository):
    status, said = repository.run("new", "12", "Images & Sounds")
    assert status == 0
    assert said.startswith("wrote text/12-images-sounds.md. Next: write it, add it to _toc.yml")
    text = repository.text("12-images-sounds").read_text()
    sections = [line for line in text.splitlines() if line.startswith(("# ", "## "))]
    assert sections == [
        "# Images & Sounds", "## The idea", "## Pitfalls", "## Summary", "## Exercises",
        "## Where next", "## Sources", "## Solutions",
    ]


def test_a_new_chapter_builds_and_passes(tmp_path, repository):
    (repository.root / "src/lessons/rules.py").unlink()
    (repository.root / "src/lessons/__init__.py").unlink()  # so that the real package is used
    assert repository.run("new", "12", "Images")[0] == 0
    assert repository.run("build", "12")[0] == 0
    assert repository.run("check", "12")[0] == 0


@pytest.mark.parametrize(
    ("number", "title", "message"),
    [
        ("04", "Page", "chapter 04 exists: text/04-page.md"),
        ("4", "Page", "two-digit number"),
        ("12", "图像", "title in Latin letters"),
    ],
)
def test_a_new_chapter_overwrites_nothing(page, number, title, message):
    status, said = page.run("new", number, title)
    assert status == 1
    assert message in said
    assert page.text("04-page").read_text() == TEXT
