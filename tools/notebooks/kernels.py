"""Running notebooks: in one fixed environment, for building and for nbval.

What is stored is computed with the instruction sets of this processor (native), and nbval runs it
again with the oldest ones that the libraries offer (portable), so that an output that depends on
the processor fails. PYTHONHASHSEED is never set, on purpose: a cell that prints the order of a set
must fail.
"""

import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets.config import Config

from tools import calibration
from tools.notebooks.cells import NotebookError, clean_outputs, code_cells, label

CELL_LIMIT_S = 120  # processor seconds at the reference speed (tools/calibration.py)
HANG_S = 600  # by the clock: only a cell that waits for nothing takes that long
CHAPTER_LIMIT_S = 30  # processor seconds of one notebook, on the machine of tools.calibration
OLD_CHAPTER_LIMIT_S = 45  # chapters 1 to 11 were written before the limit was 30
N_OLD_CHAPTERS = 11
LONGEST_ADDRESS = 100  # bytes: macOS takes 103, and the channel's number comes on top
SECONDS_FILE = Path("_build/notebook-seconds.json")
HERE = Path(__file__).resolve().parents[2]

#: What makes numpy, torch and the libraries below them use their oldest instruction sets.
_PORTABLE = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "NPY_DISABLE_CPU_FEATURES", "ONEDNN_MAX_CPU_ISA",
             "OPENBLAS_CORETYPE")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def environment(root: Path, ipython_dir: str, portable: bool = False) -> dict[str, str]:
    """Return the environment of a kernel.

    Parameters
    ----------
    root
        The repository; its ``src`` is what the kernel imports.
    ipython_dir
        An empty directory, so that nobody's own start-up files take part.
    portable
        Compute with the oldest instruction sets the libraries offer, else with those of this
        processor, whatever the variables of the caller say.
    """
    # Nobody's modules, warnings or start-up files take part, nor their options for pytest.
    inherited = {k: v for k, v in os.environ.items()
                 if not k.startswith(("PYTHON", "PYTEST_")) and k not in _PORTABLE}
    env = inherited | dict.fromkeys(_THREADS, "1") | {
        "LESSONS_RECORD": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MATPLOTLIBRC": os.devnull,  # matplotlib's own settings, not those of the home folder
        "CUDA_VISIBLE_DEVICES": "",
        "IPYTHONDIR": ipython_dir,
        "PYTHONPATH": os.pathsep.join([str(HERE / "tools/notebooks/guard"), str(root / "src"),
                                       str(HERE)]),
        # No farther than this: guard/sitecustomize.py sees to it.
        "LESSONS_WRITES": os.pathsep.join([str(root / "book"), ipython_dir]),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    if portable:
        env |= {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"}
        if platform.machine().lower() in {"x86_64", "amd64"}:
            env |= {"OPENBLAS_CORETYPE": "Haswell", "ONEDNN_MAX_CPU_ISA": "AVX2"}
        if features := _numpy_features():
            env["NPY_DISABLE_CPU_FEATURES"] = " ".join(features)
    return env


def _numpy_features() -> list[str]:
    """Return the instruction sets above numpy's baseline that this processor has."""
    if importlib.util.find_spec("numpy") is None:
        return []
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]


def address(folder: str) -> dict[str, str]:
    """Return where a kernel and its client meet: at a file in `folder`, where there is a choice.

    Of several kernels that start at once, two may choose the same TCP port, and one dies. Windows
    has no such files, and no system takes a long path.
    """
    file = str(Path(folder) / uuid.uuid4().hex[:8])
    if os.name == "nt" or len(os.fsencode(file)) > LONGEST_ADDRESS:
        return {"transport": "tcp"}
    return {"transport": "ipc", "ip": file}


def warm_up(env: dict[str, str]) -> None:
    """Let matplotlib build its font cache, about which it would warn in the first cell."""
    if importlib.util.find_spec("matplotlib"):
        code = "import matplotlib.font_manager"
        subprocess.run([sys.executable, "-c", code], env=env, check=False, capture_output=True)


async def execute(
    cells: list[NotebookNode], name: str, root: Path, portable: bool = False,
    cell_limit_s: float = CELL_LIMIT_S, hang_s: float = HANG_S,
) -> float:
    """Run the code cells in a new kernel, in ``book/``; fill in their outputs.

    Returns the processor seconds of the kernel at the reference speed: unlike the clock, they
    do not grow when something else keeps the machine busy, nor on a slow one. Kernels have one
    thread here.

    Raises
    ------
    NotebookError
        If a cell raises, prints a warning, takes too long, or does not end.
    """
    if not code_cells(cells):
        return 0.0
    nb = nbformat.v4.new_notebook(cells=cells)
    (root / "book").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as ipython_dir:
        client = NotebookClient(
            nb, timeout=hang_s, kernel_name="python3", record_timing=False,
            resources={"metadata": {"path": str(root / "book")}},
            config=Config({"KernelManager": address(ipython_dir)}),
        )
        async with client.async_setup_kernel(env=environment(root, ipython_dir, portable)):
            speed = calibration.speed()
            for index, cell in enumerate(cells):
                if cell.cell_type == "code":
                    before = seconds_of(client.km)
                    await _execute_cell(client, cells, index, name)
                    took = calibration.reference_seconds(seconds_of(client.km) - before, speed)
                    if took > cell_limit_s:
                        raise NotebookError(
                            f"{name}, {label(cells, index)} took {took:.1f} processor seconds, at "
                            f"most {cell_limit_s:g}: shorten it{_indented(cell)}")
            used = seconds_of(client.km)
            seconds = calibration.reference_seconds(used, speed, calibration.speed())
    for count, cell in enumerate(code_cells(cells), 1):
        cell.outputs = clean_outputs(cell.outputs, count, root)
    return seconds


def seconds_of(manager: Any) -> float:  # its provisioner, by type, need not have a process
    """Return the processor seconds that a kernel, and what it started and waited for, used."""
    used = psutil.Process(manager.provisioner.pid).cpu_times()
    return used.user + used.system + used.children_user + used.children_system


def _indented(cell: NotebookNode) -> str:
    return "\n    ".join(["", *cell.source.splitlines()])


async def _execute_cell(
    client: NotebookClient, cells: list[NotebookNode], index: int, name: str
) -> None:
    where, source = f"{name}, {label(cells, index)}", _indented(cells[index])
    try:
        await client.async_execute_cell(cells[index], index)
    except CellExecutionError as error:
        # What a value raises when it is shown stands among the outputs only.
        told = next((o for o in cells[index].outputs if o.output_type == "error"), error)
        raise NotebookError(f"{where} raised {told.ename}: {told.evalue}{source}") from None
    except CellTimeoutError:
        raise NotebookError(f"{where} did not end in {client.timeout:g} s{source}") from None
    except (TimeoutError, DeadKernelError) as error:
        raise NotebookError(f"{where} stopped its kernel: {error}{source}") from None
    for output in cells[index].outputs:
        if output.output_type == "stream" and output.name == "stderr":
            raise NotebookError(
                f"{where} wrote to stderr; notebooks are free of warnings:\n"
                f"    {output.text.strip()}{source}"
            )


def read_seconds(root: Path) -> dict[str, float]:
    """Return the recorded run time of each chapter; empty before the first build."""
    try:
        return json.loads((root / SECONDS_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def write_seconds(root: Path, seconds: dict[str, float]) -> None:
    """Record run times, so that the tests can start the longest notebook first."""
    path = root / SECONDS_FILE
    path.parent.mkdir(exist_ok=True)
    merged = read_seconds(root) | {name: round(s, 1) for name, s in seconds.items()}
    path.write_text(json.dumps(merged, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def limit_of(name: str) -> int:
    """Return the processor seconds that a notebook may use.

    Examples
    --------
    >>> limit_of("07-hardware"), limit_of("12-images"), limit_of("index")
    (45, 30, 30)
    """
    number = name.split("-")[0]
    is_old = number.isdigit() and 1 <= int(number) <= N_OLD_CHAPTERS
    return OLD_CHAPTER_LIMIT_S if is_old else CHAPTER_LIMIT_S


def too_slow(name: str, seconds: float) -> str:
    """Return one line about a notebook that used too many seconds of the reference; else nothing.

    Examples
    --------
    >>> too_slow("12-images", 31.2)
    '12-images took 31.2 processor seconds, at most 30: shorten the runs, or record them'
    """
    if seconds <= limit_of(name):
        return ""
    return (f"{name} took {seconds:.1f} processor seconds, at most {limit_of(name)}: shorten the "
            "runs, or record them")
