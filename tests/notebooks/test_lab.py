"""The copies that `make lab` opens: edits are kept, and come back. No kernel runs here."""

import pytest

from tools.notebooks.cells import compose, dumps, load, parse
from tools.notebooks.key import key_of
from tools.readers.lab import refresh

TEXT = """# Down

Read {doc}`how-to-use` and {term}`the
loss <loss>`, then {term}`loss`.

```{code-cell}
x = 1
```

A {term}`loss` {cite:p}`a2001`, and equation {eq}`one`:

$$ a $$ (one)
"""


@pytest.fixture
def page(repository):
    """A repository with one chapter, a glossary and a source; the copy for the lab is made."""
    root = repository.root
    for folder in ("text", "book"):
        (root / folder).mkdir()
    (root / "book/glossary.md").write_text("# Glossary\n\n:::{glossary}\nloss\n  How bad.\n:::\n")
    (root / "book/references.bib").write_text("@misc{a2001, author={Wu, A}, title={T}, year=2001}")
    write(repository, TEXT)
    assert refresh(root) == []
    return repository


def write(repository, text):
    """Store a text and its notebook, as a build does."""
    repository.text("04-down").write_text(text)
    parsed = parse(text)
    code = [cell for cell in parsed.cells if cell.cell_type == "code"]
    nb = compose(parsed, code, key_of(parsed.cells, repository.root))
    repository.book("04-down").write_text(dumps(nb))


def copy_of(repository):
    return repository.root / "lab/04-down.ipynb"


def edit(repository, old, new):
    """Edit the copy as JupyterLab does: the cell, and metadata of its own."""
    nb = load(copy_of(repository))
    assert any(old in cell.source for cell in nb.cells)
    for cell in nb.cells:
        cell.source = cell.source.replace(old, new)
        cell.metadata["trusted"] = True
    copy_of(repository).write_text(dumps(nb))


def test_the_copy_has_plain_links(page):
    text = load(copy_of(page)).cells[0].source
    assert "[the loss](glossary.ipynb#loss), then [loss](glossary.ipynb#loss)." in text
    assert (page.root / "lab/glossary.ipynb").is_file()


def test_saving_without_an_edit_is_no_edit(page):
    before = page.book("04-down").read_bytes()
    nb = load(copy_of(page))
    nb.cells[1].outputs, nb.cells[1].execution_count = [], 7
    nb.cells[0].metadata["editable"] = True
    copy_of(page).write_text(dumps(nb))
    assert refresh(page.root) == []
    assert load(copy_of(page)).cells[1].execution_count == 7, "a run is not undone"
    assert page.book("04-down").read_bytes() == before
    write(page, TEXT.replace("x = 1", "x = 2"))
    assert refresh(page.root) == []
    assert load(copy_of(page)).cells[1].source == "x = 2"


def test_edits_are_never_lost(page):
    edit(page, "x = 1", "x = 11")
    mine = copy_of(page).read_bytes()
    assert refresh(page.root) == []
    write(page, TEXT.replace("Read", "First read"))
    (said,) = refresh(page.root)
    assert "lab/04-down.ipynb has your edits and is kept" in said
    assert copy_of(page).read_bytes() == mine


def test_a_copy_that_cannot_be_read_is_left_alone(page):
    copy_of(page).write_text("{ half a notebook")
    (said,) = refresh(page.root)
    assert "cannot be read" in said
    assert copy_of(page).read_text() == "{ half a notebook"


def test_pull_brings_edits_back_and_every_role_with_them(page):
    edit(page, "A [loss]", "A small [loss]")
    edit(page, "x = 1", "x = 11")
    status, said = page.run("pull", "04")
    assert status == 0, said
    wanted = TEXT.replace("A {term}", "A small {term}").replace("x = 1", "x = 11")
    assert page.text("04-down").read_text() == wanted
    write(page, wanted)  # make notebooks
    assert refresh(page.root) == []
    assert load(copy_of(page)).cells[2].source.startswith("A small [loss](glossary.ipynb#loss)")
    status, said = page.run("pull", "04")
    assert status == 0 and "already has the cells" in said


def test_pull_says_when_the_text_changed_as_well(page):
    edit(page, "x = 1", "x = 11")
    page.edit_text("04-down", "Read", "First read")
    status, said = page.run("pull", "04")
    assert status == 1 and "both changed since the build" in said
    status, said = page.run("pull", "04", "--force")
    assert status == 0, said
    assert "x = 11" in page.text("04-down").read_text()
    assert (page.root / "text/04-down.md.bak").is_file()


def test_pull_does_not_choose_between_two_edited_notebooks(page):
    edit(page, "x = 1", "x = 11")
    page.damage("04-down", lambda nb: nb.cells[1].update(source="x = 12"))
    status, said = page.run("pull", "04")
    assert status == 1 and "were both edited" in said
    assert page.text("04-down").read_text() == TEXT


def test_a_notebook_of_the_readers_own_is_nobodys_copy(page):
    copy_of(page).write_text(dumps(compose(parse("# Mine\n"), [], "")))
    assert "has your edits" in refresh(page.root)[0]
    status, said = page.run("pull", "04")
    assert status == 0 and "already has the cells" in said
