"""What a page learns about its cells when it is built: hand-made notebooks."""

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from lessons.exercises.base import load
from tools.website import here
from tools.website.cells import hints_of, marks, page_cells, script_of
from tools.website.trim import SHEET

IMPORTS = ("import numpy as np\nimport torch\nfrom lessons import plots\n"
           "from lessons.widgets import explore")


def cell(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)} if tags else {})


def cells(*sources):
    return page_cells([new_markdown_cell("# Title"), *map(cell, sources)])


def test_a_cell_that_cannot_run_takes_along_those_that_need_it_and_no_others():
    made = cells(IMPORTS, "a = np.ones(3)", "b = torch.ones(3)", "c = b + 1", "print(a)",
                 "print(c)")
    assert [each.lacks for each in made] == ["PyTorch", "", "PyTorch", "PyTorch", "", "PyTorch"]


def test_imports_that_fail_are_left_out_for_later_cells():
    made = cells(IMPORTS,
                 "import math, torch as t\nfrom torch.nn import (\n    relu as F,\n)\nx = 1")
    assert made[0].helping.splitlines() == [
        "import numpy as np", "", "from lessons import plots",
        "from lessons.widgets import explore"]
    assert made[1].helping.splitlines() == ["import math", "", "", "", "x = 1"]


@pytest.mark.parametrize("code, lacks", [
    ("from lessons.engine import nn", ""),
    ("from lessons.gpt import model", "PyTorch"),  # when it is imported
    ("from lessons.planning import fitting\nfitting.fit_surface", ""),
    ("from lessons.machines.hardware import ROWS", ""),
    ("from lessons.studies.record import load\nload('scaling')", ""),  # records travel
    ("from lessons.data.sounds import digits\ndigits()", ""),  # the file comes
    ("import subprocess\nsubprocess.run('ls')", "processes"),
    ("import scipy.stats, sklearn.linear_model", ""),
    ("import gymnasium", ""),
    ("import optuna", "optuna"),
    ("%time x = 1", "a notebook"),
    ("import pydoc_data.topics", "pydoc_data"),
])
def test_what_a_page_has_not_got(code, lacks):
    assert cells(code)[0].lacks == lacks


def test_a_function_that_imports_late_counts_where_it_is_called():
    made = cells("from lessons.studies import compare\nfrom lessons import data",
                 "compare.interval", "data.table", "compare")
    assert [each.packages for each in made] == [(), ("scipy",), (), ()]


def test_a_package_that_an_earlier_cell_needs_comes_for_the_later_one():
    made = cells("from lessons.studies import compare\nimport numpy as np",
                 "def f(d):\n    return compare.interval(d)", "print(f([1, 2]))", "print(np.pi)",
                 "from sklearn.svm import SVC", "SVC()")
    three = ("scikit-learn", "scipy", "threadpoolctl")
    assert [each.packages for each in made] == [(), ("scipy",), ("scipy",), (), three, three]
    assert marks(5, made[4]) == ["py-cell", "py-cell-5", *(f"py-{name}" for name in three)]
    script = json.loads(script_of("a", made).partition(" = ")[2].removesuffix(";\n"))
    assert [each.get("packages", []) for each in script["cells"]] == [
        list(each.packages) for each in made]


def test_a_large_file_comes_for_the_cell_that_reads_it(monkeypatch):
    code = ("from lessons.data import sounds", "x = sounds.digits()", "print(x)", "sounds.RATE")
    made = cells(*code)
    assert [each.packages for each in made] == [
        (), ("lessons-spoken-digits",), ("lessons-spoken-digits",), ()]
    monkeypatch.setitem(here.LARGE, "spoken_digits.npz", "files")  # as if it were too large
    assert [each.lacks for each in cells(*code)] == ["", "large files", "large files", ""]


def test_an_exercise_whose_check_needs_pytorch_says_so():
    made = page_cells([
        cell("from lessons.widgets import check"),
        cell('def f(n): ...\ncheck("first-network/train-epoch", f)', "stub"),
        cell('def g(n): ...\ncheck("gradient-descent/one-step", g)', "stub")])
    assert [each.lacks for each in made] == ["", "PyTorch", ""]
    assert made[2].exercise == "gradient-descent/one-step"
    assert hints_of(made)["gradient-descent/one-step"] == list(
        load("gradient-descent")["one-step"].hints)


def test_a_statement_that_cannot_run_takes_along_what_needs_it_and_not_the_rest_of_its_cell():
    made = cells("import torch\nimport numpy as np",
                 "torch.set_num_threads(1)\nx = np.ones(2)\nlog = []\n\n\n@torch.no_grad()\n"
                 "def f(a):\n    return a\n\n\nlog.append(f(x))",
                 "print(x)", "print(log)", "y = f(x)", "with open('a') as to: torch.save(x, to)")
    assert [each.lacks for each in made] == ["PyTorch", "PyTorch", "", "PyTorch", "PyTorch",
                                            "PyTorch"]
    assert made[1].helping.splitlines() == ["", "x = np.ones(2)", "log = []"] + [""] * 7


def test_what_names_pytorch_is_said_before_what_else_is_missing():
    made = cells("import torch\nimport optuna", "a = optuna.Study('b')",
                 "c = a, torch.ones(2)", "print(c)", "import tqdm\nprint(tqdm)")
    assert [each.lacks for each in made] == ["PyTorch", "optuna", "PyTorch", "PyTorch", "tqdm"]


def test_a_figure_is_not_drawn_for_a_later_cell():
    made = cells(IMPORTS, "def draw(ax): ...\nexplore(draw,\n    name='a')", "print(draw)")
    assert made[1].helping == "def draw(ax): ..."


def test_packages_are_those_of_all_cells_that_run():
    made = cells("import numpy as np", "from lessons import plots", "print(np.pi)", "plots.INK")
    assert [each.packages for each in made] == [(), ("matplotlib",), (), ("matplotlib",)]


def test_a_page_marks_what_it_shows():
    made = page_cells([cell("x = 1"), cell("quiz()", "quiz"), cell("y = torch", "explorer")])
    assert [each.is_seen for each in made] == [True, False, True]
    assert marks(1, made[0]) == ["py-cell", "py-cell-1"]


def test_the_theme_has_no_rule_for_a_mark():
    theme = Path(find_spec("pydata_sphinx_theme").origin).parent / "theme/pydata_sphinx_theme"
    rules = set(re.findall(r"\.([a-z][\w-]*)", (theme / "static" / SHEET.removeprefix(
        "_static/")).read_text(encoding="utf-8")))
    assert "py-5" in rules  # it pads what it is given to
    (made,) = cells("from sklearn.svm import SVC")
    assert not {mark for n in range(1, 100) for mark in marks(n, made)} & rules


def test_the_script_of_a_page_is_data_that_ends_no_script():
    made = cells("print('</script><b>\\u2028')")
    text = script_of("a", made)
    assert "</" not in text
    data = json.loads(text.removeprefix("window.lessonsCellsData = ").removesuffix(";\n"))
    assert data == {"page": "a", "cells": [{"code": made[0].code}], "hints": {}}
