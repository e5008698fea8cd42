"""The workflows: pinned, with least rights, and every command in them exists."""

import re
import shlex
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

from tools import environment, suite
from tools.readers.copies import BRANCH
from tools.website.build import COPIES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github/workflows"
FILES = sorted(FOLDER.glob("*.yml"))
#: What jobs may do besides reading; all others may read the repository, and no more.
RIGHTS = {
    ("site", "pages"): {"pages": "write", "id-token": "write"},
    ("site", "notebooks"): {"contents": "write"},
    ("release", "publish"): {"contents": "write"},
    ("weekly", "report"): {"contents": "read", "issues": "write"},
}


@cache
def load(name):
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))


def jobs(*names):
    """Yield workflow, name of a job, and the job."""
    for name in names or [file.stem for file in FILES]:
        for job, content in load(name)["jobs"].items():
            yield name, job, content


def scripts(*names):
    """Return all that the jobs of workflows run, by (workflow, job)."""
    return {(name, job): [step["run"] for step in content.get("steps", []) if "run" in step]
            for name, job, content in jobs(*names)}


def test_there_are_workflows_for_all_that_is_promised():
    assert [file.stem for file in FILES] == ["release", "site", "tests", "weekly"]
    when = {file.stem: load(file.stem)[True] for file in FILES}  # YAML reads `on` as true
    assert when["release"] == {"push": {"tags": ["v*"]}}
    assert "pull_request" in when["tests"] and "pull_request_target" not in str(when)
    assert "schedule" in when["weekly"] and "workflow_call" in when["tests"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_actions_are_pinned_by_commit_and_say_which_version(file):
    used = re.findall(r"uses: (.+)", file.read_text(encoding="utf-8"))
    foreign = [line for line in used if not line.startswith("./")]
    for line in foreign:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line
    assert foreign


def test_an_action_has_one_commit_everywhere():
    text = "".join(file.read_text(encoding="utf-8") for file in FILES)
    pins = set(re.findall(r"uses: ([\w/-]+)@(.+)", text))
    assert len(pins) == len(dict(pins))


def test_a_job_may_do_no_more_than_it_has_to():
    assert all(load(file.stem)["permissions"] == {} for file in FILES)
    given = {(name, job): content["permissions"] for name, job, content in jobs()}
    assert given == dict.fromkeys(given, {"contents": "read"}) | RIGHTS


def test_what_may_write_runs_none_of_our_code():
    for key in RIGHTS.keys() - {("weekly", "report")}:
        assert not [line for line in scripts()[key] if re.search(r"python|make|\.sh", line)]
    assert scripts()["weekly", "report"] == ["bash .github/weekly-issue.sh"]


def test_a_checkout_leaves_no_token_behind():
    for name, job, content in jobs():
        for step in content.get("steps", []):
            if "checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, (name, job)


def test_every_job_ends_and_every_workflow_says_what_may_run_beside_it():
    assert all("group" in load(file.stem)["concurrency"] for file in FILES)
    endless = [(name, job) for name, job, content in jobs()
               if "uses" not in content and not 0 < content["timeout-minutes"] <= 60]
    assert not endless


def test_no_script_is_put_together_from_what_others_write():
    assert not [key for key, lines in scripts().items() if "${{" in "".join(lines)]


# --- what they run -----------------------------------------------------------------------------


def commands():
    """Yield (workflow and job, words) for every line of the scripts."""
    for key, lines in scripts().items():
        for line in "\n".join(lines).replace("\\\n", " ").splitlines():
            yield key, shlex.split(line, comments=True)


def test_every_command_exists():
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    seen = set()
    for key, words in commands():
        if words and words[0] == "make":
            asked = [word for word in words[1:] if "=" not in word]
            assert set(asked) <= targets, (key, asked)
            seen.add("make")
        for module in re.findall(r"-m (tools[\w.]*)", " ".join(words)):
            path = ROOT / module.replace(".", "/")
            assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
            seen.add("module")
        for path in re.findall(r"(?<![\w/])((?:\.ci|\.github|tests|tools|src)/[\w./-]+)",
                               " ".join(words)):
            assert (ROOT / path).exists(), (key, path)
            seen.add("path")
    assert seen == {"make", "module", "path"}


def parts_of(words):
    """Return the parts of the suite that a command asks for."""
    line = " ".join(words)
    match = re.search(r"-m tools\.suite (.*)|PARTS=([^$].*)", line)
    return (match[1] or match[2]).split() if match else []


def test_the_parts_that_are_asked_for_exist_and_all_are():
    matrix = load("tests")["jobs"]["everything"]["strategy"]["matrix"]["parts"]
    run = [part for parts in matrix for part in parts.split()]
    assert sorted([*run, "answers"]) == sorted(suite.PARTS)  # answers: among those of lessons
    asked = [part for _, words in commands() for part in parts_of(words)]
    assert {"lessons", "book", "weekly", "coverage"} <= set(asked)
    assert set(asked) <= (suite.PARTS | suite.WEEKLY).keys()
    assert any("test --native" in " ".join(words) for key, words in commands()
               if key == ("weekly", "native"))


# --- systems and versions -----------------------------------------------------------------------


def combinations(job):
    """Yield (system, Python) of a job."""
    matrix = job.get("strategy", {}).get("matrix", {})
    rows = matrix.get("include") or [{"os": job["runs-on"], "python": python}
                                     for python in matrix.get("python", [None])]
    fixed = [step["with"]["python-version"] for step in job["steps"]
             if "python-version" in step.get("with", {})]
    for row in rows:
        yield row["os"].partition("-")[0], row["python"] or fixed[0]


def test_each_system_runs_on_the_oldest_and_the_newest_python():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    supported = [line.rpartition(" ")[2] for line in project["classifiers"]]
    oldest, newest = supported[0], supported[-1]
    assert project["requires-python"] == f">={oldest}"
    assert tuple(map(int, oldest.split("."))) == environment.OLDEST
    run = {pair for name in ("everything", "package", "windows")
           for pair in combinations(load("tests")["jobs"][name])}
    assert run >= {(system, python) for system in ("ubuntu", "macos", "windows")
                   for python in (oldest, newest)}


def test_windows_leaves_out_only_what_needs_a_system_with_fork():
    """Those files, and no others, name what Windows has not got; `lessons.files` knows that."""
    needs = re.compile(r"os\.fork\(|^import (?:resource|fcntl)\b|signal\.SIGKILL|os\.killpg", re.M)
    found = {file.relative_to(ROOT).as_posix() for folder in ("tests/lessons", "src/lessons")
             for file in (ROOT / folder).rglob("*.py")
             if needs.search(file.read_text(encoding="utf-8"))}
    (line,) = [line for line in scripts()["tests", "windows"] if "pytest" in line]
    left_out = re.findall(r"--ignore=(\S+)", line)
    assert {name for name in found if not name.startswith(tuple(left_out))} == set()
    assert not [path for path in left_out if not any(name.startswith(path) for name in found)]


def test_the_newest_dependencies_are_all_of_ours_without_pins():
    (line,) = [line for line in scripts()["weekly", "newest"] if line.startswith("sed")]
    done = subprocess.run(shlex.split(line.rpartition(" > ")[0]), cwd=ROOT, capture_output=True,
                          text=True, check=True)
    assert "==" not in done.stdout
    lines = [line.split("#")[0].strip() for line in done.stdout.splitlines()]
    pinned = re.findall(r"^([\w-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    kept = [line for line in lines if line and not line.startswith("--")]
    assert kept == [name + "<2" * (name == "jupyter-book") for name in pinned]
    assert "--editable ." in lines


# --- what they publish --------------------------------------------------------------------------


def test_the_copies_for_colab_run_on_every_push_and_are_published():
    job = load("tests")["jobs"]["colab"]
    assert "if" not in job
    said = "\n".join(scripts()["tests", "colab"])
    assert "-r tests/colab/requirements.txt" in said and "tools.readers run _build/colab" in said
    ((_, python),) = combinations(job)
    assert f"Python {python}" in (ROOT / "tests/colab/requirements.txt").read_text()

    steps = load("site")["jobs"]["build"]["steps"]
    (build,) = (step for step in steps if step.get("run") == "make book")
    assert build["env"]["BOOK_COMMIT"] == "${{ github.sha }}"
    paths = [step["with"]["path"] for step in steps if "path" in step.get("with", {})]
    assert paths == ["_build/html", str(COPIES.relative_to(ROOT))]
    (push,) = scripts()["site", "notebooks"]
    assert push.startswith(f"cd {COPIES.relative_to(ROOT)}\n")
    assert f"--initial-branch {BRANCH}\n" in push and push.strip().endswith(BRANCH)


GH = """#!/bin/sh
echo "$@" >> calls
[ "$2" != list ] || cat open
"""


@pytest.mark.parametrize("is_open, links, called", [
    ("", "success", []),
    ("", "failure", ["issue create --title The weekly run fails --body"]),
    ("7", "failure", ["issue comment 7 --body"]),
    ("7", "cancelled", ["issue comment 7 --body"]),
    ("7", "success", ["issue close 7 --comment All is well again."]),
])
def test_there_is_one_issue_while_the_weekly_run_fails(tmp_path, is_open, links, called):
    for name, text in {"gh": GH, "open": is_open}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "gh").chmod(0o755)
    names = load("weekly")["jobs"]["report"]["needs"]
    env = dict.fromkeys(names, "success") | {"links": links, "RUN_URL": "https://run",
                                             "PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(["bash", ROOT / ".github/weekly-issue.sh"], cwd=tmp_path, env=env, check=True)
    lines = (tmp_path / "calls").read_text().splitlines()
    assert lines[0].startswith("issue list --state open ")
    assert [line for line in lines[1:] if line.startswith("issue")] == [
        line for start in called for line in lines if line.startswith(start)]
    assert len([line for line in lines[1:] if line.startswith("issue")]) == len(called)
    assert not called or f"- links: {links}" in lines and "https://run" in lines


def test_the_report_hears_of_every_job():
    report = load("weekly")["jobs"]["report"]
    others = [job for job in load("weekly")["jobs"] if job != "report"]
    assert report["needs"] == others
    env = report["steps"][-1]["env"]
    assert {job: env[job] for job in others} == {
        job: f"${{{{ needs.{job}.result }}}}" for job in others}
    script = (ROOT / ".github/weekly-issue.sh").read_text(encoding="utf-8")
    assert f"for job in {' '.join(others)};" in script
