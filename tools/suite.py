"""Everything `make test` runs, part by part: ``python -m tools.suite [PART ...]``.

Each part is a command of its own. All of them run, also after one has failed, and the last
lines say what failed and how long each took.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tools import environment

ROOT = Path(__file__).resolve().parents[1]
PY = sys.executable
#: Tests of one file stay together; those of the site, by page (tests/site/conftest.py).
PYTEST = [PY, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadfile"]

#: Name, what it is, and its command.
PARTS = {
    "lint": ("style and common mistakes", [PY, "-m", "ruff", "check", "."]),
    "types": ("types fit together", [PY, "-m", "mypy"]),
    "check": ("notebooks agree with their texts", [PY, "-m", "tools.notebooks", "check"]),
    "lessons": ("the package, with its doctests and coverage",
                [*PYTEST, "tests/lessons", "src/lessons", "--cov", "--cov-report=term"]),
    "tools": ("the tools and the guards", [*PYTEST, "tests/tools", "tests/notebooks", "tools"]),
    "nbval": ("every notebook gives what is stored, on the oldest instruction sets",
              [PY, "-m", "tools.notebooks", "test"]),
    "site": ("the site in a real browser",
             [*PYTEST, "tests/site", "--ignore", "tests/site/test_frame_cost.py"]),
    # Alone: another browser beside it makes every frame dearer.
    "frames": ("what a move of a slider costs",
               [PY, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                "tests/site/test_frame_cost.py"]),
}


def main(names: list[str]) -> int:
    """Run the named parts, or all; return the exit status."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no part {unknown[0]!r}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    names = names or list(PARTS)
    if {"site", "frames"} & set(names) and environment.main(["browser"]) != 0:
        return 1  # said already what to install
    results = {}
    # One thread each: two processes share the cores, and sums come out the same everywhere.
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for name in names:
        print(f"\n=== {name}: {PARTS[name][0]}", flush=True)
        start = time.perf_counter()
        status = subprocess.run(PARTS[name][1], cwd=ROOT, env=env, check=False).returncode
        results[name] = status, time.perf_counter() - start
    print()
    for name, (status, seconds) in results.items():
        print(f"{'passed' if status == 0 else 'FAILED':7s} {name:9s} {seconds:6.1f} s")
    failed = [name for name, (status, _) in results.items() if status != 0]
    n_passed = len(results) - len(failed)
    if failed:
        print(f"To see one again: {PY} -m tools.suite {failed[0]}")
    print(f"{n_passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
