"""Building: the same bytes twice, code run only when it must be, and clear errors."""

import asyncio
import hashlib
import re

import pytest

from tools.notebooks import build, kernels
from tools.notebooks.cells import NotebookError, code_cells, load, parse
from tools.notebooks.key import depends_on, key_of


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_building_again_gives_the_same_bytes(built):
    before = sha(built.book("good"))
    status, said = built.run("build", "good", "--force")
    assert status == 0
    assert "good: executed, same outputs (" in said
    assert sha(built.book("good")) == before


def test_the_stored_form_holds_nothing_of_one_run(built):
    nb = load(built.book("good"))
    assert nb.metadata.keys() == {"kernelspec", "language_info", "lessons", "subtitle"}
    assert nb.metadata.language_info == {"name": "python", "pygments_lexer": "ipython3"}
    assert [cell.execution_count for cell in code_cells(nb.cells)] == [1, 2, 3, 4, 5, 6]
    assert all(cell.metadata.keys() <= {"tags", "save", "mystnb"} for cell in nb.cells)
    assert code_cells(nb.cells)[1].outputs[0].text == "first\n0.95\n"
    assert built.book("good").read_bytes().endswith(b"}\n")


def test_ids_come_from_the_content_and_are_unique(built):
    cells = load(built.book("good")).cells
    ids = [cell.id for cell in cells]
    assert len(set(ids)) == len(ids)
    one, two = [cell.id for cell in cells if cell.source == "1 + 1"]
    assert two == f"{one}-2"
    prefixed = parse("# Before\n\n+++\n\n" + "```{code-cell}\n1 + 1\n```\n").cells
    assert prefixed[-1].id == one


def test_what_gives_an_answer_away_is_folded_and_stays_out_of_the_text(repository):
    text = "# T\n\n```{code-cell}\n:tags: [quiz]\n\n1 + 1\n```\n\n```{code-cell}\n2 + 2\n```\n"
    repository.text("folded").parent.mkdir(exist_ok=True)
    repository.text("folded").write_text(text)
    assert repository.run("build", "folded")[0] == 0
    folds = [cell.metadata.get("jupyter") for cell in load(repository.book("folded")).cells]
    assert folds == [None, {"source_hidden": True}, None]
    assert repository.run("check", "folded")[0] == 0
    assert "already has the cells" in repository.run("pull", "folded")[1]


def test_a_change_of_prose_runs_no_code(built):
    runs = built.root / "runs"
    assert runs.read_text() == "x"
    built.edit_text("counted", "leaves a trace", "leaves one trace")
    status, said = built.run("build", "counted")
    assert status == 0
    assert "counted: prose updated, code not run\n" in said
    assert runs.read_text() == "x"
    assert "leaves one trace" in built.book("counted").read_text()
    assert built.run("check", "counted")[0] == 0


def test_nothing_changed_nothing_written(built):
    stamp = built.book("good").stat().st_mtime_ns
    assert "good: unchanged\n" in built.run("build", "good")[1]
    assert built.book("good").stat().st_mtime_ns == stamp


def test_a_changed_module_runs_only_the_pages_that_import_it(built):
    rules = built.root / "src/lessons/rules.py"
    rules.write_text(rules.read_text().replace("theta - lr", "theta + lr"))
    keys = {name: load(built.book(name)).metadata.lessons.key for name in ("plain", "counted")}
    said = "".join(built.run("build", name)[1] for name in ("plain", "counted", "uses-rules"))
    assert "plain: unchanged" in said
    assert "counted: unchanged" in said
    assert "uses-rules: executed (" in said
    output = code_cells(load(built.book("uses-rules")).cells)[0].outputs[0]
    assert output.data["text/plain"] == "1.05"
    assert {n: load(built.book(n)).metadata.lessons.key for n in keys} == keys


def test_a_portable_build_is_marked_and_the_next_build_makes_it_native(built):
    name, before = "counted", sha(built.book("counted"))
    assert "executed (" in built.run("build", name, "--portable")[1]
    assert load(built.book(name)).metadata.lessons.built == "portable"
    assert (built.root / "runs").read_text() == "xx"
    assert "executed (" in built.run("build", name)[1]
    assert sha(built.book(name)) == before


def test_a_notebook_of_before_the_mark_gets_it_without_running(built):
    before = sha(built.book("counted"))
    built.damage("counted", lambda nb: nb.metadata.lessons.pop("built"))
    assert "code not run" in built.run("build", "counted")[1]
    assert sha(built.book("counted")) == before


def test_lost_outputs_are_computed_again(built):
    before = sha(built.book("plain"))

    def clear(nb):
        code_cells(nb.cells)[0].outputs = []

    built.damage("plain", clear)
    assert built.run("build", "plain")[0] == 0
    assert sha(built.book("plain")) == before


def test_an_edited_notebook_is_not_overwritten(built):
    def edit(nb):
        nb.cells[1].source = "print('edited')"

    built.damage("plain", edit)
    before = sha(built.book("plain"))
    status, said = built.run("build", "plain")
    assert status == 1
    assert "book/plain.ipynb was edited by hand: `make pull CH=plain`" in said
    assert sha(built.book("plain")) == before


def test_a_notebook_with_conflict_marks_is_built_anew(built):
    before = sha(built.book("plain"))
    built.book("plain").write_text("<<<<<<< ours\n{}\n=======\n")
    assert built.run("build", "plain")[0] == 0
    assert sha(built.book("plain")) == before


def test_one_bad_chapter_does_not_stop_the_others(repository):
    repository.add("bad/at-build/bad-options.md", "good/plain.md")
    status, said = repository.run("build")
    assert status == 1
    assert "plain: executed" in said and "bad-options" in said
    assert repository.book("plain").is_file()


def test_a_slow_chapter_is_named_and_not_stored(repository, monkeypatch):
    monkeypatch.setattr(kernels, "CHAPTER_LIMIT_S", 0)
    repository.add("good/plain.md")
    status, said = repository.run("build")
    assert status == 1
    assert re.fullmatch(r"plain took \d+\.\d processor seconds, at most 0: shorten .*\n", said)
    assert not repository.book("plain").exists()


BUSY = """```{code-cell}
import time

end = time.process_time() + 0.2
while time.process_time() < end:
    pass
```
"""


def test_a_cell_that_computes_too_long_is_named_by_processor_seconds(repository, monkeypatch):
    monkeypatch.setattr(kernels.calibration, "speed", lambda: 100.0)
    cells = parse("```{code-cell}\n1 + 1\n```\n\n" + BUSY).cells
    said = r"busy, code cell \[2\] `import time` took [\d.]+ processor seconds, at most 15: shorten"
    with pytest.raises(NotebookError, match=said):
        asyncio.run(kernels.execute(cells, "busy", repository.root, cell_limit_s=15))


def test_seconds_count_at_the_reference_speed(repository, monkeypatch):
    speeds = iter([0.0, 1e6])  # before and after
    monkeypatch.setattr(kernels.calibration, "speed", lambda: next(speeds))
    assert asyncio.run(kernels.execute(parse(BUSY).cells, "busy", repository.root)) > 1e5


def test_a_cell_that_does_not_end_is_named(repository):
    cells = parse("```{code-cell}\nimport time\n\ntime.sleep(3600)\n```\n").cells
    said = r"nap, code cell \[1\] `import time` did not end in 1 s"
    with pytest.raises(NotebookError, match=said):
        asyncio.run(kernels.execute(cells, "nap", repository.root, hang_s=1))


@pytest.mark.parametrize("command", ["build", "check", "test", "pull"])
def test_an_unknown_chapter_lists_those_that_exist(repository, command):
    repository.add("good/plain.md", "good/good.md")
    assert repository.run(command, "99") == (1, "no chapter '99'; there are good, plain\n")


def test_no_chapters_at_all(repository):
    status, said = repository.run("build")
    assert status == 1
    assert said.startswith("no chapters: ")


def test_a_chapter_is_found_by_its_number(tmp_path):
    (tmp_path / "text").mkdir()
    for name in ("04-gradient-descent", "14-language", "index"):
        (tmp_path / "text" / f"{name}.md").write_text("# x\n")
    for wanted in ("04", "4", "04-gradient-descent"):
        assert build.chapters(tmp_path, wanted) == ["04-gradient-descent"]


@pytest.fixture
def package(tmp_path):
    """Return the root of a repository whose package has imports of every kind."""
    files = {
        "__init__.py": "", "base.py": "", "data.csv": "1,2\n",
        "middle.py": "from . import base\n",
        "top.py": "def late():\n    from lessons.middle import f\n",
        "named.py": "import importlib\nimportlib.import_module('lessons.base')\n",
        "check.py": "import importlib\n", "exercises/base.py": "",
        "exercises/__init__.py": "", "exercises/one_thing.py": "from ..base import g\n",
        "exercises/other.py": "",
        "studies/__init__.py": "", "studies/one/__init__.py": "",
        "studies/one/cases.py": "", "studies/one/record.json": "{}", "studies/one/page.js": "",
        "studies/one/page.css": "", "studies/one/programs/run.py": "",
        "studies/other/__init__.py": "", "studies/other/record.json": "{}",
    }
    for name, text in files.items():
        path = tmp_path / "src/lessons" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "wanted"),
    [
        ("lessons.base", {"base.py"}),
        ("lessons.top", {"top.py", "middle.py", "base.py"}),
        ("lessons.named", {"named.py", "base.py"}),
        ("lessons.exercises.one_thing",
         {"exercises/__init__.py", "exercises/one_thing.py", "base.py"}),
    ],
)
def test_imports_are_followed(package, module, wanted):
    source = package / "src"
    files = {str(f.relative_to(source / "lessons")) for f in depends_on([module], source)}
    assert files == wanted | {"__init__.py", "data.csv"}


def test_data_counts_for_those_who_import_the_package_beside_it(package):
    source = package / "src"
    (source / "lessons/studies/one/programs/__pycache__").mkdir()
    (source / "lessons/studies/one/programs/__pycache__/run.pyc").touch()
    files = {str(f.relative_to(source / "lessons"))
             for f in depends_on(["lessons.studies.one.cases"], source)}
    assert files == {
        "__init__.py", "data.csv", "studies/__init__.py", "studies/one/__init__.py",
        "studies/one/cases.py", "studies/one/record.json", "studies/one/programs/run.py"}


@pytest.mark.parametrize(
    ("code", "file", "changes"),
    [
        ("from lessons import top", "base.py", True),
        ("from lessons import base", "top.py", False),
        ("from lessons import base", "data.csv", True),
        ("import numpy", "data.csv", False),
        ("%matplotlib inline\nimport lessons.base", "base.py", True),
        ("import lessons.check as c\nc.check('one-thing/a')", "exercises/one_thing.py", True),
        ("import lessons.check as c\nc.check('one-thing/a')", "exercises/other.py", False),
        ("from lessons.exercises.base import chapters", "exercises/other.py", True),
        ("import numpy", "exercises/other.py", False),
        ("open('studies/other/record.json')", "studies/other/record.json", True),
        ("from lessons.studies import other", "studies/other/record.json", True),
        ("from lessons.studies import one", "studies/other/record.json", False),
        ("from lessons import base", "studies/one/record.json", False),
        ("import lessons.studies.one.cases", "studies/one/page.js", False),
        ("import lessons.studies.one.cases", "studies/one/page.css", False),
    ],
)
def test_the_key_sees_what_can_change_an_output(package, code, file, changes):
    cells = parse(f"```{{code-cell}}\n{code}\n```\n").cells
    before = key_of(cells, package)
    path = package / "src/lessons" / file
    path.write_text(path.read_text() + "\n")
    assert (key_of(cells, package) != before) is changes


def test_the_key_sees_tags_and_tables_but_no_prose(package):
    def key(text):
        return key_of(parse(text).cells, package)

    plain = key("# A\n\n```{code-cell}\nopen('table.csv')\n```\n")
    assert key("# B\n\n```{code-cell}\nopen('table.csv')\n```\n") == plain
    assert key("# A\n\n```{code-cell}\n:tags: [stub]\nopen('table.csv')\n```\n") != plain
    (package / "book").mkdir()
    (package / "book/table.csv").write_text("1\n")
    assert key("# A\n\n```{code-cell}\nopen('table.csv')\n```\n") != plain
