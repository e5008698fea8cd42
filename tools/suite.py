"""Everything `make test` runs, part by part: ``python -m tools.suite [PART ...]``.

Each part is a command of its own. All of them run, also after one has failed, and the last
lines say what failed, how long each took, and what was skipped because it passed before
(`tools.passed`).
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import environment, passed
from tools.calibration import reference_seconds

ROOT = Path(__file__).resolve().parents[1]
PY = sys.executable
#: Tests of one file stay together; those of the site, by visit (tests/site/conftest.py).
ONE = [PY, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
PYTEST = [*ONE, "-n", "2", "--dist", "loadfile"]
READ_TEXTS = ["tests/lessons/exercises/test_exercises.py", "tests/lessons/engine/test_tensor.py"]
#: Tests that look at the whole house: they run always.
HOUSE = ["tests/tools/test_house.py", "tests/tools/test_wings.py"]

#: Name, what it is, and its command.
PARTS = {
    "lint": ("style and common mistakes", [PY, "-m", "ruff", "check", "."]),
    "types": ("types fit together", [PY, "-m", "mypy"]),
    "check": ("notebooks agree with their texts", [PY, "-m", "tools.notebooks", "check"]),
    "house": ("wings, documents, pins, licences", [*ONE, *HOUSE]),
    "lessons": ("the package, with its doctests and coverage",
                [*PYTEST, "tests/lessons", "src/lessons", "--cov", "--cov-report=term"]),
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
#: One process each: two of them at a time. Any other part keeps two cores busy alone.
SINGLE = ("lint", "types", "check", "house", "book")
#: What only the weekly workflow adds: `python -m tools.suite weekly`.
WEEKLY = {"weekly": ("what a move of every slider costs", [*ONE, "-m", "weekly", "tests/site"])}
#: Skipped as a whole while nothing they depend on has changed; nbval and site skip by
#: themselves, notebook by notebook and test by test.
WHOLE = ("lessons", "answers", "tools")

#: Processor seconds of the whole suite on the machine of `tools.calibration`. With 25 chapters that
#: is 2700 s: 22 minutes of two cores. With 11 it took about 1,200 of 1,650 on a busy machine.
BASE_LIMIT_S = 825
CHAPTER_LIMIT_S = 75


def limit() -> int:
    """Return the processor seconds that the suite may take with the chapters there are."""
    return BASE_LIMIT_S + CHAPTER_LIMIT_S * len(list((ROOT / "text").glob("[0-9][0-9]-*.md")))


def run(name: str, skip: bool) -> tuple[str, float, float]:
    """Run a part; return how it ended, its seconds and its processor seconds."""
    what, command = (PARTS | WEEKLY)[name]
    # The tests of the package hold those that read texts.
    covers = ("lessons", "answers") if name == "lessons" else (name,)
    keys = {each: passed.key(each) for each in covers if each in WHOLE}
    if skip and keys.get(name) and passed.known().get(name) == keys[name]:
        passed.say(f"{name} ({what})")
        return "skipped", 0.0, 0.0
    title = f"\n=== {name}: {what}"
    if name not in SINGLE:
        print(title, flush=True)
    # One thread each: two processes share the cores, and sums come out the same everywhere.
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if name != "book":  # it may fetch the files of Pyodide; tests ask this machine only
        env |= {"no_proxy": "*", "NO_PROXY": "*"}
    env[passed.ASKED] = "1" if skip else ""
    start = time.perf_counter()
    output = subprocess.PIPE if name in SINGLE else None
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output,
                               stderr=subprocess.STDOUT if output else None)
    if process.stdout:  # what another part says meanwhile does not come between
        print(title, process.stdout.read().decode(errors="replace"), sep="\n", flush=True)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if keys and process.returncode == 0:
        passed.remember(keys)
    how = "passed" if process.returncode == 0 else "FAILED"
    return how, time.perf_counter() - start, usage.ru_utime + usage.ru_stime


def summary(results: dict[str, tuple[str, float, float]], took_s: float, whole: bool) -> int:
    """Print what happened; return the exit status. The limit is for a run of the whole suite."""
    print()
    for name, (how, seconds, cpu) in results.items():
        print(f"{how:7s} {name:8s} {seconds:6.0f} s, {cpu:6.0f} processor seconds")
    said = ROOT / passed.SAID
    unchanged = said.read_text(encoding="utf-8").splitlines() if said.is_file() else []
    for line in unchanged:
        print(f"unchanged since it passed here: {line}")
    if unchanged:
        print("make test ALL=1 runs these too")
    failed = [name for name, (how, *_) in results.items() if how == "FAILED"]
    if failed:
        print(f"To see one again: {PY} -m tools.suite {failed[0]}")
    total = sum(cpu for *_, cpu in results.values())
    scaled = reference_seconds(total)
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
    single = [name for name in names if name in SINGLE]
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = dict(zip(single, pool.map(lambda name: run(name, skip), single), strict=True))
    for name in [name for name in names if name not in SINGLE]:
        if name == "answers" and results.get("lessons", ("skipped",))[0] != "skipped":
            continue  # they are among the tests of the package
        results[name] = run(name, skip)
    return summary(results, time.perf_counter() - start, whole)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
