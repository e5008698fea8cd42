"""Everything `make test` runs, part by part: ``python -m tools.suite [PART ...]``.

Each part is a command of its own. All of them run, also after one has failed, and the last
lines say what failed and how, how long each took, and what was skipped because it passed before
(`tools.passed`).
"""

import os
import select
import subprocess
import sys
import time
from codecs import getincrementaldecoder
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools import environment, passed
from tools.calibration import reference_seconds, speeds_beside

ROOT = Path(__file__).resolve().parents[1]
PY = sys.executable
#: Tests of one file stay together; those of the site, by visit (tests/site/conftest.py). The plugin
#: that runs notebooks takes seconds to load, and tools.notebooks.test names it where it is needed.
ONE = [PY, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:nbval"]
PYTEST = [*ONE, "-n", "2", "--dist", "loadfile"]
#: What goes before a command that shall see no other machine.
ALONE = [PY, str(Path(__file__).with_name("network.py"))]
READ_TEXTS = ["tests/lessons/exercises/test_exercises.py", "tests/lessons/engine/test_tensor.py"]
#: Tests that look at the whole house: they run always.
HOUSE = ["tests/tools/test_house.py", "tests/tools/test_wings.py", "tests/tools/test_workflows.py",
         "tests/tools/test_results.py", "tests/tools/test_pictures.py",
         "tests/tools/test_sources.py", "tests/tools/test_bank.py"]

PACKAGE = [*PYTEST, "-m", "not weekly", "tests/lessons", "src/lessons"]

#: Name, what it is, and its command.
PARTS = {
    "lint": ("style and common mistakes", [PY, "-m", "ruff", "check", "."]),
    "types": ("types fit together", [PY, "-m", "mypy"]),
    "check": ("notebooks agree with their texts", [PY, "-m", "tools.notebooks", "check"]),
    "house": ("wings, documents, pins, licences", [*ONE, *HOUSE]),
    "lessons": ("the package, with its doctests", PACKAGE),
    "answers": ("the code of the chapters that tests of the package read", [*PYTEST, *READ_TEXTS]),
    "tools": ("the tools and the guards",
              # The longest first, or one process ends alone.
             [*PYTEST, "--no-loadscope-reorder", "tests/notebooks/test_nbval.py",
              "tests/notebooks", "tests/tools", "tools",
               *(f"--ignore={path}" for path in HOUSE)]),
    "nbval": ("every notebook gives what is stored, on the oldest instruction sets",
              [PY, "-m", "tools.notebooks", "test"]),
    "book": ("the site is built without a warning", [PY, "-m", "tools.website", "build"]),
    # Three: each waits for frames of its browser half of the time.
    "site": ("the site in a real browser",
             [*ONE, "-n", "3", "--dist", "loadfile", "-m", "not weekly", "tests/site"]),
}
#: One process each: two of them at a time, the longest first. Any other part keeps two cores busy
#: alone.
SINGLE = ("book", "types", "check", "house", "lint")
#: What only the weekly workflow adds: `python -m tools.suite weekly coverage`.
WEEKLY = {"weekly": ("what takes long: the cost of every slider, more pages, more seeds",
                     [*ONE, "-m", "weekly", "tests/lessons", "tests/site"]),
          # To count lines takes three quarters of the tests' own time once more.
          "coverage": ("the package once more: its tests run most of its lines",
                       [*PACKAGE, "--cov", "--cov-report=term"])}
#: Skipped as a whole while nothing they depend on has changed; nbval and site skip by
#: themselves, notebook by notebook and test by test.
WHOLE = ("types", "lessons", "answers", "tools")

#: Processor seconds of the whole suite on the machine of `tools.calibration`. With 25 chapters that
#: is 2700 s: 22 minutes of two cores. With 11 it took about 1,200 of 1,650 on a busy machine.
BASE_LIMIT_S = 825
CHAPTER_LIMIT_S = 75
LAST_LINES = 15  # of a part that failed, said again at the very end: a log may lose its middle


def limit() -> int:
    """Return the processor seconds that the suite may take with the chapters there are."""
    return BASE_LIMIT_S + CHAPTER_LIMIT_S * len(list((ROOT / "text").glob("[0-9][0-9]-*.md")))


@dataclass(frozen=True)
class Ended:
    """How a part ended ("passed", "FAILED", "skipped"), what it took, and its last lines."""

    how: str
    seconds: float = 0.0
    processor_s: float = 0.0
    last_lines: str = ""


def run(name: str, skip: bool) -> Ended:
    """Run a part, showing what it says as it comes, or all at once if another runs beside it."""
    what, command = (PARTS | WEEKLY)[name]
    # The tests of the package hold those that read texts.
    covers = ("lessons", "answers") if name == "lessons" else (name,)
    keys = {each: passed.key(each) for each in covers if each in WHOLE}
    if skip and keys.get(name) and passed.known().get(name) == keys[name]:
        passed.say(f"{name} ({what})")
        return Ended("skipped")
    title = f"\n=== {name}: {what}"
    if name not in SINGLE:
        print(title, flush=True)
    # One thread each: two processes share the cores, and sums come out the same everywhere.
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if name != "book":  # it may fetch the files of Pyodide; tests ask this machine only
        command = [*ALONE, *command]
        env |= {"no_proxy": "*", "NO_PROXY": "*"}
    env[passed.ASKED] = "1" if skip else ""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    # What is said beside another part comes in one piece, at the end.
    hear = None if name in SINGLE else partial(print, end="", flush=True)
    said, processor_s = listen(process, hear)
    if name in SINGLE:
        print(title, said, sep="\n", flush=True)
    if keys and process.returncode == 0:
        passed.remember(keys)
    lines = [line for line in said.splitlines() if line.strip()]
    return Ended("passed" if process.returncode == 0 else "FAILED", time.perf_counter() - start,
                 processor_s, "\n".join(lines[-LAST_LINES:]))


def listen(process: subprocess.Popen, hear: Callable | None) -> tuple[str, float]:
    """Wait for a process; return what it said and its processor seconds. `hear` gets each piece.

    One that it started and left behind may hold its output: nobody waits for that one.
    """
    assert process.stdout is not None
    output, decode = process.stdout.fileno(), getincrementaldecoder("utf-8")("replace").decode
    said, pid, wait = [], 0, os.WNOHANG
    while not pid:
        pid, status, usage = os.wait4(process.pid, wait)
        while select.select([output], [], [], 0 if pid else 0.5)[0]:
            if not (piece := os.read(output, 65536)):
                wait = 0  # no more will come
                break
            said.append(decode(piece))
            if hear:
                hear(said[-1])
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    return "".join(said), usage.ru_utime + usage.ru_stime


def summary(results: dict[str, Ended], took_s: float, whole: bool, speed: float) -> int:
    """Print what happened; return the exit status. The limit is for a run of the whole suite."""
    print()
    for name, end in results.items():
        print(f"{end.how:7s} {name:8s} {end.seconds:6.0f} s, {end.processor_s:6.0f} processor "
              "seconds")
    said = ROOT / passed.SAID
    unchanged = said.read_text(encoding="utf-8").splitlines() if said.is_file() else []
    for line in unchanged:
        print(f"unchanged since it passed here: {line}")
    if unchanged:
        print("make test ALL=1 runs these too")
    failed = [name for name, end in results.items() if end.how == "FAILED"]
    for name in failed:
        print(f"\n{name} ended with\n{results[name].last_lines}")
    if failed:
        print(f"To see one again: {PY} -m tools.suite {failed[0]}")
    total = sum(end.processor_s for end in results.values())
    scaled = reference_seconds(total, speed)
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed, in "
          f"{took_s:.0f} s and {total:.0f} processor "
          f"seconds ({scaled:.0f} on the reference machine, at most {limit()})")
    if whole and not unchanged and scaled > limit():
        print(f"the suite took {scaled:.0f} processor seconds, at most {limit()}: see which part "
              "grew, and shorten it")
        return 1
    return 1 if failed else 0


def main(names: list[str]) -> int:
    """Run the named parts, or all; return the exit status."""
    parts = PARTS | WEEKLY
    unknown = [name for name in names if name not in parts]
    if unknown:
        print(f"no part {unknown[0]!r}; there are {', '.join(parts)}", file=sys.stderr)
        return 2
    skip, whole = passed.may_skip() and not names, not names
    names = names or list(PARTS)
    if {"site", "weekly"} & set(names) and environment.main(["browser"]) != 0:
        return 1  # said already what to install
    (ROOT / passed.SAID).unlink(missing_ok=True)
    start = time.perf_counter()
    single = [name for name in SINGLE if name in names]
    with speeds_beside() as speeds:
        with ThreadPoolExecutor(max_workers=2) as pool:
            ended = pool.map(lambda name: run(name, skip), single)
            results = dict(zip(single, ended, strict=True))
        for name in [name for name in names if name not in SINGLE]:
            if name == "answers" and results.get("lessons", Ended("skipped")).how != "skipped":
                continue  # they are among the tests of the package
            results[name] = run(name, skip)
    return summary(results, time.perf_counter() - start, whole, speeds.mean())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
