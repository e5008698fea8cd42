"""Every exercise: the stub is not started, the solution solves it, wrong answers fail.

The wrong answers are in ``wrong_answers/<chapter>.py``: a check that accepts one is too weak.
"""

import importlib.util
from pathlib import Path

import jupytext
import pytest

from lessons.exercises.base import chapters, load
from lessons.widgets.checks.grade import grade

ROOT = Path(__file__).resolve().parents[3]
NAMES = [f"{chapter}/{name}" for chapter in chapters() for name in load(chapter)]


def wrong_answers():
    """Return the wrong answers by name of the exercise, of all chapters."""
    found = {}
    for path in sorted(Path(__file__).with_name("wrong_answers").glob("*.py")):
        chapter = path.stem.replace("_", "-")
        spec = importlib.util.spec_from_file_location(f"wrong_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= {f"{chapter}/{name}": wrong for name, wrong in module.WRONG.items()}
    return found


WRONG = wrong_answers()


def answers(chapter, tag, folder=ROOT / "text"):
    """Run the cells with a tag; return the list of answers given to each exercise."""
    (path,) = folder.glob(f"[0-9][0-9]-{chapter}.md")
    given = {}
    import numpy as np

    for cell in jupytext.read(path, fmt="md:myst").cells:
        if tag in cell.metadata.get("tags", []):
            space = {"np": np, "check": lambda name, a: given.setdefault(name, []).append(a)}
            exec(cell.source, space)
    return given


@pytest.fixture(scope="module")
def cells():
    return {(c, tag): answers(c, tag) for c in chapters() for tag in ("stub", "solution")}


def find(name):
    chapter, short = name.split("/")
    return load(chapter)[short]


def test_there_are_exercises_and_each_has_wrong_answers():
    assert NAMES and set(WRONG) == set(NAMES)
    assert all(len(wrong) >= 2 for wrong in WRONG.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_chapter_has_one_stub_and_one_solution(cells, name):
    chapter = name.split("/")[0]
    (stub,), (solution,) = cells[chapter, "stub"][name], cells[chapter, "solution"][name]
    assert grade(find(name), stub).status == "not started"
    assert grade(find(name), solution).status == "solved"


@pytest.mark.parametrize("name", NAMES)
def test_the_chapter_asks_nothing_that_has_no_check(cells, name):
    chapter = name.split("/")[0]
    assert set(cells[chapter, "stub"]) == {n for n in NAMES if n.startswith(chapter + "/")}


@pytest.mark.parametrize(
    "name, number", [(n, i) for n in NAMES for i in range(len(WRONG.get(n, [])))]
)
def test_wrong_answers_are_not_accepted(name, number):
    assert grade(find(name), WRONG[name][number]).status == "not yet"


@pytest.mark.parametrize("name", NAMES)
def test_hints_are_few_and_differ(name):
    hints = find(name).hints
    assert 1 <= len(hints) <= 3 and len(set(hints)) == len(hints)


def test_the_harness_notices_a_missing_cell(tmp_path):
    (tmp_path / "04-small.md").write_text("# Small\n\n```{code-cell}\n:tags: [stub]\n\n"
                                          "def f(x):\n    ...\n\n\ncheck('small/f', f)\n```\n")
    assert set(answers("small", "stub", tmp_path)) == {"small/f"}
    assert answers("small", "solution", tmp_path) == {}
