"""Running every notebook again under nbval: each once, on the oldest instruction sets."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import passed
from tools.calibration import reference_seconds, speeds_beside
from tools.notebooks.cells import digest_outputs, load
from tools.notebooks.kernels import (
    HANG_S,
    environment,
    limit_of,
    read_seconds,
    too_slow,
    warm_up,
    write_seconds,
)
from tools.notebooks.key import key_of


def test(notebooks: list[Path], root: Path, jobs: int, native: bool = False) -> int:
    """Run notebooks under nbval; return 0 if all give what is stored, and are fast enough.

    Where the suite asks for it, those that passed here with the same key are left out. So are
    those without code: there is nothing to run.
    """
    notebooks = [path for path in notebooks if has_code(path)]
    keys = {path.stem: _key(path, root, native) for path in notebooks}
    if passed.asked():
        before = passed.known(root)
        same = {name for name, key in keys.items() if key and before.get(f"nbval {name}") == key}
        if same:
            passed.say(f"nbval: {', '.join(sorted(same))}", root)
        notebooks = [path for path in notebooks if path.stem not in same]
    if not notebooks:
        return 0
    status, used, failed = nbval(notebooks, root, jobs, native)
    write_seconds(root, used)
    failed |= report(used, failed)
    if status in (0, 1):  # else pytest broke off, and nothing is known of the notebooks after
        passed.remember({f"nbval {name}": keys[name] for name in used.keys() - failed}, root)
    return 1 if status or failed else 0


def has_code(path: Path) -> bool:
    """Tell whether a notebook has a code cell, or cannot be read: nbval will say why."""
    notebook = load(path)
    return notebook is None or any(cell.cell_type == "code" for cell in notebook.cells)


def _key(path: Path, root: Path, native: bool) -> str:
    """Return a digest of all that nbval's verdict on a notebook depends on; empty if unknown."""
    notebook, tools = load(path), passed.key("nbval", root)
    if notebook is None or not tools:
        return ""
    cells = notebook.cells
    words = (tools, str(native), key_of(cells, root), digest_outputs(cells))  # no prose
    return passed.digest_of([], root, *words)


def nbval(
    notebooks: list[Path], root: Path, jobs: int, native: bool = False
) -> tuple[int, dict[str, float], set[str]]:
    """Return the exit status of pytest, the seconds of each notebook, and which failed.

    They are processor seconds of the reference: each notebook's own by the speed while it ran.
    """
    known = read_seconds(root)
    # One queue, longest first: the last notebook to start should be a short one.
    notebooks = sorted(notebooks, key=lambda p: (-known.get(p.stem, 0), -p.stat().st_size, p))
    jobs = min(jobs, len(notebooks))
    spread = ["-p", "xdist.plugin", "-n", str(jobs), "--dist", "loadfile",
              "--no-loadscope-reorder"]
    with tempfile.TemporaryDirectory() as ipython_dir:
        env = environment(root, ipython_dir, not native) | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        warm_up(env)
        # No project settings and no other plugins: coverage, beartype or strict warnings are for
        # other suites, and loading them takes seconds in each process.
        command = [
            sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(root),
            "--noconftest", "-p", "no:cacheprovider",
            "-p", "nbval.plugin", "-p", "tools.notebooks.nbval",
            "--nbval", "--nbval-current-env", f"--nbval-cell-timeout={HANG_S}",
            "-q", "--no-header", "--color", "yes" if sys.stdout.isatty() else "no",
            # From the root: pytest takes a bracket in a path for the parameter of a test.
            *(spread if jobs > 1 else []), *(str(path.relative_to(root)) for path in notebooks),
        ]
        with speeds_beside() as speeds:
            status = subprocess.run(command, cwd=root, env=env, check=False).returncode
        # Written by tools.notebooks.nbval.
        left = Path(ipython_dir)
        used = {}
        for file in left.glob("*.seconds"):
            seconds, begin, end = map(float, file.read_text().split())
            used[file.stem] = reference_seconds(seconds, speeds.mean(begin, end))
        failed = {file.stem for file in left.glob("*.failed")}
    return status, used, failed


def report(seconds: dict[str, float], unequal: set[str]) -> set[str]:
    """Print the processor seconds of each notebook; return those that used more than they may.

    The last lines say what failed, so that the end of a log is enough.
    """
    for name, s in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f"  {name:24s} {s:6.1f} processor seconds of {limit_of(name)}")
    print(f"  {len(seconds)} notebooks: {sum(seconds.values()):.0f} processor seconds", flush=True)
    late = {name: line for name, s in sorted(seconds.items()) if (line := too_slow(name, s))}
    for line in [*late.values(), *(f"{name} gave something else" for name in sorted(unequal))]:
        print(line, file=sys.stderr)
    return set(late)
