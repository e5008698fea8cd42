"""Every guard is shown to fail: bad pages beside good ones, and damaged notebooks."""

import shutil
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.conftest import Repository, write_package
from tools.notebooks.__main__ import main
from tools.notebooks.cells import code_cells, load, parse
from tools.notebooks.rules import problems

HERE = Path(__file__).parent


def pages(folder):
    return [pytest.param(path, id=path.stem) for path in sorted(HERE.glob(f"bad/{folder}/*.md"))]


def message_of(path):
    """Return what the page's front matter says a guard must report."""
    return parse(path.read_text(encoding="utf-8")).metadata["guard"]


@pytest.fixture(scope="module")
def built_bad(tmp_path_factory):
    """Return the root of a repository with the pages that build and that `check` refuses."""
    root = tmp_path_factory.mktemp("bad")
    write_package(root)
    shutil.copytree(HERE / "bad/at-check", root / "text")
    assert main(["build"], root) == 0
    return root


@pytest.mark.parametrize("name", ["good", "plain", "counted", "parts", "uses-rules"])
def test_a_good_page_passes(built, name):
    status, said = built.run("check", name)
    assert (status, said) == (0, "1 notebooks agree with their texts and keep the rules\n")


@pytest.mark.parametrize("path", pages("at-check"))
def test_check_reports_a_bad_page_and_nothing_else(built_bad, path, capsys):
    status, said = Repository(built_bad, capsys).run("check", path.stem)
    assert status == 1
    assert len(said.splitlines()) == 1
    assert said.startswith(f"{path.stem}, ")
    assert message_of(path) in said


@pytest.mark.parametrize("path", pages("at-build"))
def test_build_refuses_a_bad_page_and_keeps_the_old_notebook(repository, path, monkeypatch):
    (repository.root / "elsewhere").mkdir()
    monkeypatch.setenv("TMPDIR", str(repository.root / "elsewhere"))  # else all here is temporary
    repository.add(path)
    if path.stem == "bad-options":
        guard = "text/bad-options.md: Code cell 1 at line"  # its text cannot be parsed
    else:
        guard = message_of(path)
        repository.book(path.stem).parent.mkdir()
        repository.book(path.stem).write_text("the old one")
    status, said = repository.run("build", path.stem)
    assert status == 1
    assert said.startswith(guard)
    if path.stem != "bad-options":
        source = code_cells(parse(path.read_text(encoding="utf-8")).cells)[-1].source
        assert source.splitlines()[-1] in said
        assert repository.book(path.stem).read_text() == "the old one"


def drop_count(nb):
    code_cells(nb.cells)[1].execution_count = None


def swap_counts(nb):
    one, two = code_cells(nb.cells)[:2]
    one.execution_count, two.execution_count = two.execution_count, one.execution_count


def change_output(nb):
    code_cells(nb.cells)[1].outputs[0].text = "first\n0.96\n"


def warn(nb):
    code_cells(nb.cells)[1].outputs.append(
        type(nb)(output_type="stream", name="stderr", text="old\n")
    )


def untag_exception(nb):
    del code_cells(nb.cells)[-1].metadata["tags"]


def drop_alt(nb):
    del code_cells(nb.cells)[4].metadata["mystnb"]


def edit_prose(nb):
    nb.cells[0].source += "\n\nMore."


def edit_code(nb):
    code_cells(nb.cells)[2].source = "1 + 2"


def drop_cell(nb):
    del nb.cells[2]


def add_cell(nb):
    nb.cells.insert(3, nb.cells[1].copy())
    nb.cells[3].id = "another"


def tag(nb):
    code_cells(nb.cells)[2].metadata["tags"] = ["hide-input"]


def make_portable(nb):
    nb.metadata.lessons["built"] = "portable"


def unmark(nb):
    del nb.metadata.lessons["built"]


def stale_key(nb):
    nb.metadata.lessons["key"] = "0" * 64


@pytest.mark.parametrize(
    ("damage", "guard"),
    [
        (drop_count, "code cell [2] `print(\"first\")`: execution count None, must be 2"),
        (swap_counts, "code cell [1] `def step(theta, grad, lr):`: execution count 2, must be 1"),
        (change_output, "good: outputs changed after the build"),
        (warn, "code cell [2] `print(\"first\")`: wrote to stderr"),
        (untag_exception, "code cell [6] `step(\"one\", 2, 3)`: a stored TypeError"),
        (drop_alt, "code cell [5] `import matplotlib.pyplot as plt`: a figure without alt text"),
        (edit_prose, "markdown cell `# A page that keeps every rule`: source differs"),
        (edit_code, "code cell [3] `1 + 1`: source differs; run make notebooks"),
        (drop_cell, "code cell [2] `print(\"first\")`: only in the text"),
        (add_cell, "`def step(theta, grad, lr):`: only in the notebook"),
        (tag, "code cell [3] `1 + 1`: tags or metadata differs"),
        (make_portable, "good: built portable, must be native, or nbval on the oldest"),
        (unmark, "good: built nobody knows how, must be native"),
        (stale_key, "good: the code it imports, or a pin, changed: run make notebooks"),
    ],
)
def test_check_reports_a_damaged_notebook(built, damage, guard):
    built.damage("good", damage)
    status, said = built.run("check", "good")
    assert status == 1
    assert guard in said


@pytest.mark.parametrize(("n_lines", "n_said"), [(20, 0), (21, 1)])
def test_a_cell_has_at_most_twenty_lines(repository, n_lines, n_said):
    code = "\n\n".join(["x = 1"] * n_lines)  # empty lines do not count
    cells = parse(f"# T\n\n```{{code-cell}}\n{code}\n```\n").cells
    cells[1].execution_count = 1
    said = problems(nbformat.v4.new_notebook(cells=cells), repository.root)
    assert len(said) == n_said
    assert all(f"{n_lines} lines, at most 20" in line for line in said)


@pytest.mark.parametrize(
    ("module", "n_said"),
    [
        ("def best(scores: dict[str, float]) -> str:\n    top: float = max(scores.values())\n", 0),
        ("def best(scores, *names: str, **more: float):\n    top = max(scores.values())\n", 1),
        ("def best(scores: dict[str, float]) -> str:\n    top: float = min(scores.values())\n", 1),
    ],
)
def test_an_annotation_in_the_module_is_no_difference(repository, module, n_said):
    (repository.root / "src/lessons/rules.py").write_text(f"{module}    return top\n")
    code = "def best(scores):\n    top = max(scores.values())\n    return top"
    text = f"# T\n\n```{{code-cell}}\n:tags: [save]\n:save: lessons.rules\n\n{code}\n```\n"
    cells = parse(text).cells
    cells[1].execution_count = 1
    said = problems(nbformat.v4.new_notebook(cells=cells), repository.root)
    assert len(said) == n_said
    assert all("'best' differs from lessons.rules" in line for line in said)


def test_check_reports_what_is_missing_and_what_is_too_much(built):
    built.text("plain").unlink()
    built.book("good").unlink()
    status, said = built.run("check")
    assert status == 1
    assert "good: no notebook yet, run make notebooks" in said
    assert "plain: a notebook without text/plain.md" in said


@pytest.mark.parametrize("file", ["requirements.txt", "src/lessons/rules.py"])
def test_check_sees_a_change_in_what_the_code_needs(built, file):
    path = built.root / file
    path.write_text(path.read_text() + "# changed\n")
    status, said = built.run("check", "uses-rules")
    assert status == 1
    assert said == "uses-rules: the code it imports, or a pin, changed: run make notebooks\n"


def test_stored_tracebacks_name_no_place_of_this_machine(built):
    output = code_cells(load(built.book("good")).cells)[-1].outputs[0]
    assert output.ename == "TypeError"
    assert str(built.root) not in built.book("good").read_text()
    assert str(Path.home()) not in "".join(output.traceback)
