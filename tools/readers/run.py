"""Run copies where the book was not built, such as in an environment like Colab's.

Outputs may differ there, so they are not compared. But no cell may fail, and every figure, quiz,
guess and estimate of the book must show itself.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

HANG_S = 1200
WIDGET = "application/vnd.jupyter.widget-view+json"


def shown(cell: NotebookNode) -> set[str]:
    """Return the types of all that a code cell shows."""
    return {mime for output in cell.get("outputs", []) for mime in output.get("data", {})}


def is_ours(cell: NotebookNode) -> bool:
    """Tell whether the book has a widget in this cell: its stored output says so."""
    return any(mime.startswith("application/vnd.lessons.") for mime in shown(cell))


def run(path: Path) -> tuple[int, list[str]]:
    """Run one notebook; return how many widgets were wanted, and what is wrong."""
    nb = nbformat.read(path, as_version=4)
    wanted = [is_ours(cell) for cell in nb.cells]
    client = NotebookClient(nb, timeout=HANG_S, kernel_name="python3",
                            resources={"metadata": {"path": str(path.parent)}})
    try:
        client.execute()
    except CellExecutionError as error:
        return sum(wanted), [f"{path.name}: {error}"]
    wrong = [f"{path.name}: nothing is shown by the cell\n{cell.source}"
             for cell, ours in zip(nb.cells, wanted, strict=True)
             if ours and not shown(cell) & {WIDGET, "text/html"}]
    return sum(wanted), wrong


def main(folder: Path) -> int:
    """Run every notebook of a folder; return the exit status."""
    paths, failed = sorted(folder.glob("*.ipynb")), []
    if not paths:
        print(f"no notebooks in {folder}", file=sys.stderr)
        return 1
    for path in paths:
        n_widgets, wrong = run(path)
        failed += wrong
        print(f"  {path.name}: {n_widgets} widgets, {'FAILED' if wrong else 'all is well'}",
              flush=True)
    print("\n".join(failed), file=sys.stderr)
    return 1 if failed else 0
