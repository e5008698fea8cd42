"""The wings of the package: which there are, and that imports only point downward."""

import ast
from pathlib import Path

import jupytext
import pytest

import lessons
from lessons.widgets.registry import REGISTRY
from tools.notebooks.key import module_names, parse_module

ROOT = Path(lessons.__file__).parent

#: Each wing of a subject and the wings that it may import, besides itself and the top level.
#: README says in a line each what belongs where.
SUBJECTS = {
    "data": set(),
    "engine": set(),
    "machines": {"data"},
    "planning": {"data", "machines"},
    "gpt": {"data"},
    "train": {"data", "engine", "machines", "planning", "gpt"},
    "align": {"data", "gpt", "train"},
    "parallel": {"gpt", "train"},
    "compress": {"data", "gpt", "machines"},
    "inside": {"data", "gpt"},
    "privacy": {"data", "gpt"},
    "care": {"data"},
    "search": set(),
    "ledger": set(),
}
#: And the wings that stand on all of them.
WINGS = SUBJECTS | {
    "studies": set(SUBJECTS),
    "exercises": {*SUBJECTS, "studies"},
    "playground": {"data", "engine"},
    "widgets": {"data", "machines", "exercises", "playground"},
    "live": {"data", "gpt", "train", "studies"},
}


def upward(root, wings):
    """Yield a line for each import that points up, and for each wing that the table lacks."""
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        here = parts[0] if len(parts) > 1 else ""
        if here and here not in wings:
            yield f"{here}/: no such wing in the table of tests/tools/test_wings.py"
            continue
        package = ".".join([root.name, *parts[:-1]])
        allowed = wings[here] | {here, ""} if here else {""}
        names = (name for name in module_names(ast.walk(parse_module(file)), package))
        for wing in sorted({name.split(".")[1] for name in names if "." in name}):
            if (root / wing).is_dir() and wing not in allowed:
                below = here or "the top"
                yield f"{'/'.join(parts)}.py imports {wing}/, which is not below {below}"


def cycles(root):
    """Yield the modules that import each other, late imports included."""
    graph = {}
    for file in root.rglob("*.py"):
        parts = file.relative_to(root.parent).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        nodes = ast.walk(parse_module(file))
        graph[module] = set(module_names(nodes, package, strings=False)) - {module}
    while leaves := {m for m, names in graph.items() if not names & graph.keys()}:
        graph = {m: names for m, names in graph.items() if m not in leaves}
    needed = {name for names in graph.values() for name in names}
    yield from sorted(graph.keys() & needed)


def test_imports_point_downward():
    assert list(upward(ROOT, WINGS)) == []


def test_no_modules_import_each_other():
    assert list(cycles(ROOT)) == []


def test_the_table_has_no_wing_too_many_and_no_circle():
    assert {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()} == set(WINGS)
    above = set()
    for wing, below in WINGS.items():
        assert below <= above, f"{wing} comes after those that it imports"
        above.add(wing)


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_says_what_it_is_for(wing):
    text = (ROOT / wing / "__init__.py").read_text(encoding="utf-8")
    assert text.startswith('"""') and (wing in ("data", "widgets") or text.count("\n") == 1)
    readme = (ROOT.parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"| `{wing}/` |" in readme


@pytest.fixture
def house(tmp_path):
    """Return a package of two wings, `low` and `high`, and a way to add modules to it."""
    def add(name, text=""):
        path = tmp_path / "lessons" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return tmp_path / "lessons"

    for name in ("__init__.py", "words.py", "low/__init__.py", "low/a.py", "high/__init__.py"):
        add(name)
    add("high/b.py", "from lessons.low import a\nfrom lessons import words\n")
    return add


TABLE = {"low": set(), "high": {"low"}}


@pytest.mark.parametrize("name, text, said", [
    ("low/c.py", "from lessons.high import b\n", "low/c.py imports high/, which is not below low"),
    ("low/c.py", "def f():\n    import lessons.high.b\n", "low/c.py imports high/"),
    ("low/c.py", "from ..high import b\n", "low/c.py imports high/"),
    ("c.py", "from lessons.low.a import x\n", "c.py imports low/, which is not below the top"),
    ("attic/__init__.py", "", "attic/: no such wing in the table"),
])
def test_an_import_that_points_up_is_said(house, name, text, said):
    assert list(upward(house("words.py"), TABLE)) == []
    (line,) = upward(house(name, text), TABLE)
    assert line.startswith(said)


def test_a_circle_is_found_though_it_is_hidden_in_a_function(house):
    assert list(cycles(house("low/a.py", "import math\n"))) == []
    root = house("low/a.py", "def f():\n    from lessons.high.b import g\n")
    assert list(cycles(root)) == ["lessons.high.b", "lessons.low.a"]


def rowless(widgets, rows):
    """Yield a line for each folder with a script or a style sheet that has no row."""
    shown = [*widgets.glob("*/*.js"), *widgets.glob("*/*.css")]
    for folder in sorted({file.parent for file in shown}):
        if folder.name not in rows:
            yield f"widgets/{folder.name}/ has no row in registry.py: no page would load its files"


def test_every_widget_has_a_row_and_every_row_its_folder(tmp_path):
    rows = {widget.folder for widget in REGISTRY}
    assert list(rowless(ROOT / "widgets", {*rows, "shared"})) == []
    assert all(widget.assets for widget in REGISTRY)
    used = {name for widget in REGISTRY for name in widget.shares}
    assert {file.name for file in (ROOT / "widgets/shared").iterdir()} == used
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys/toy.js").touch()
    (said,) = rowless(tmp_path, rows)
    assert said.startswith("widgets/toys/ has no row")


def test_a_chapter_begins_with_five_imports_from_this_book_at_most():
    for path in (ROOT.parents[1] / "text").glob("[0-9]*.md"):
        cells = [c.source for c in jupytext.read(path, fmt="md:myst").cells]
        first = next(source for source in cells if "\nfrom lessons" in source)
        lines = [x for x in first.splitlines() if x.startswith(("from lessons", "import lessons"))]
        assert 1 <= len(lines) <= 5, f"{path.name}: {len(lines)} imports from this book"
