"""Every exercise: the stub is not started, the solution solves it, wrong answers fail.

The wrong answers are in ``wrong_answers/<chapter>.py``: a check that accepts one is too weak.
"""

import importlib.util
from pathlib import Path

import jupytext
import numpy as np
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
# Of these only the result is narrowed: images are looked up byte by byte, a whole number jumps.
KEEPS_ITS_INPUT = {"concepts/own-rule", "hardware/least-batch"}


def answers(chapter, tag, folder=ROOT / "text"):
    """Run the cells with a tag; return the list of answers given to each exercise."""
    (path,) = folder.glob(f"[0-9][0-9]-{chapter}.md")
    given = {}
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


@pytest.fixture
def without_copies(monkeypatch):
    """Grade as on Windows and in a browser: the same verdicts, without a copy of the process."""
    monkeypatch.setattr("lessons.widgets.checks.grade.in_a_copy", lambda work, limit_s: None)


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
@pytest.mark.usefixtures("without_copies")
def test_wrong_answers_are_not_accepted(name, number):
    assert grade(find(name), WRONG[name][number]).status == "not yet"


def narrow(value):
    """Return the same in float32: what a reader gets from torch without asking."""
    if isinstance(value, tuple | list):
        return type(value)(map(narrow, value))
    is_float = isinstance(value, float | np.ndarray) and np.asarray(value).dtype.kind == "f"
    return np.asarray(value, np.float32)[()] if is_float else value


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("without_copies")
def test_a_right_answer_in_float32_is_solved_or_told_so(name):
    exercise = find(name)
    if callable(exercise.reference):
        def answer(*args):
            return narrow(exercise.reference(*(args if name in KEEPS_ITS_INPUT else narrow(args))))
    else:
        answer = narrow(exercise.reference)
    verdict = grade(exercise, answer)
    assert verdict.status == "solved" or "like float32. Compute in float64." in verdict.detail


@pytest.mark.parametrize("name", NAMES)
def test_hints_are_few_and_differ(name):
    hints = find(name).hints
    assert 1 <= len(hints) <= 3 and len(set(hints)) == len(hints)


def test_the_harness_notices_a_missing_cell(tmp_path):
    (tmp_path / "04-small.md").write_text("# Small\n\n```{code-cell}\n:tags: [stub]\n\n"
                                          "def f(x):\n    ...\n\n\ncheck('small/f', f)\n```\n")
    assert set(answers("small", "stub", tmp_path)) == {"small/f"}
    assert answers("small", "solution", tmp_path) == {}
