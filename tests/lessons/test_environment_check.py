"""The report on an environment, with made-up versions."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lessons.environment_check import (
    OLDEST,
    OLDEST_PYTHON,
    WANTED,
    installed_versions,
    judge,
    release,
    remedy,
    report,
)

ROOT = Path(__file__).resolve().parents[2]
PINS = {"torch": "2.13.0", "numpy": "2.4.6"}


def test_it_wants_what_the_requirements_pin():
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.M))
    assert {name: pinned[name] for name in WANTED} == WANTED
    oldest = re.search(r'requires-python = ">=(\d+)\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert tuple(map(int, oldest.groups())) == OLDEST_PYTHON


def test_the_oldest_is_older_than_what_is_pinned():
    assert OLDEST.keys() == WANTED.keys()
    assert all(release(OLDEST[name]) < release(WANTED[name]) for name in WANTED)


@pytest.mark.parametrize("version, verdict", [
    ("2.13.0", "OK"), ("2.13.0+cpu", "OK"), ("2.13.0+cu130", "OK"), ("1.8.0", "too old"),
    ("2.9.1", "too old"),  # as text, "2.9" would come after "2.13"
    ("2.10.0", "too old"), ("2.11.0", "OK"), ("2.11.0+cpu", "OK"), ("2.12.1", "OK"),
    ("2.14.0", "newer than tested"), ("2.13.1", "newer than tested"),
])
def test_versions_are_compared_as_numbers(version, verdict):
    assert judge({"torch": "2.13.0"}, {"torch": version}, (3, 11))["torch"] == verdict


@pytest.mark.parametrize("python, verdict", [
    ((3, 8), "too old"), ((3, 10), "too old"), ((3, 11), "OK"), ((3, 14), "OK"), ((4, 0), "OK"),
])
def test_python_itself_is_judged(python, verdict):
    assert judge({}, {}, python) == {"python": verdict}


def test_the_remedy_names_only_what_is_missing_or_too_old():
    verdicts = judge({**PINS, "matplotlib": "3.11.2"}, {"torch": "1.8.0", "matplotlib": "4.0"},
                     (3, 12))
    said = remedy({**PINS, "matplotlib": "3.11.2"}, verdicts)
    assert said.endswith("%pip install torch==2.13.0 numpy==2.4.6")


def test_an_old_python_is_mended_first():
    said = remedy(PINS, judge(PINS, {}, (3, 8)))
    assert "Python 3.11" in said and "%pip" not in said


def test_the_report_is_the_same_wherever_all_is_well(capsys):
    report(PINS, {"torch": "2.13.0+cpu", "numpy": "2.4.6"}, (3, 11))
    here = capsys.readouterr().out
    report(PINS, {"torch": "2.13.0", "numpy": "2.4.6"}, (3, 13))
    assert here == capsys.readouterr().out
    assert here.count("OK") == 3 and here.endswith("Nothing to do.\n") and "/" not in here


def test_the_report_says_what_was_found_instead(capsys):
    report(PINS, {"numpy": "1.21.0"}, (3, 8))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("too old: 3.8") and lines[1].endswith("missing")
    assert lines[2].endswith("too old: 1.21.0")


def test_it_looks_at_the_packages_of_this_python():
    assert set(installed_versions(["numpy", "no-such-package"])) == {"numpy"}


def test_a_version_without_a_number_is_refused():
    with pytest.raises(ValueError, match="'dev'"):
        release("dev")


def test_it_runs_where_nothing_is_installed():
    file = ROOT / "src" / "lessons" / "environment_check.py"
    bare = [sys.executable, "-I", "-S", str(file)]  # -S: without any installed package
    done = subprocess.run(bare, capture_output=True, text=True, check=True)
    assert done.stdout.count("missing") == len(WANTED) and "%pip install" in done.stdout
