"""Errors of a page's cells in a few lines: where, what, and what a reader can do."""

import re
import traceback

HINTS: dict[type[BaseException], str] = {
    MemoryError: "It needs more memory than a page has: use smaller arrays. Stop sets free what "
                 "is held.",
    RecursionError: "A function calls itself without an end, or too often for a page.",
}
TOO_LARGE = re.compile("array is too big|Maximum allowed dimension")  # what numpy says at once
NOT_HERE = ("{} is not part of the Python in this page. Run this cell in Binder, in Colab, or on "
            "your machine with `make lab`.")
#: Packages that come when a cell needs them, by what code imports: what readers call them.
LATE = {"matplotlib": "Matplotlib", "scipy": "SciPy", "sklearn": "scikit-learn",
        "threadpoolctl": "threadpoolctl", "gymnasium": "gymnasium"}
BOOK = __name__.partition(".")[0]
FILE_LATE = ("This file of the book comes with the cells of a page that read it, as printed: run "
             "one of these first, or run this cell on your machine with `make lab`.")
TOO_LATE = ("{} comes to a page when a cell asks for it. Write `import {}` as the first line of "
            "this cell, and run it again.")


def short(error: BaseException) -> str:
    """Return an error in a few lines: where in the cells, what, and what to do.

    Frames of libraries are left out, and all but the first and last calls of a recursion.
    """
    hint = hint_for(error)
    if isinstance(error, SyntaxError):
        error.filename = f"cell {cell_of(error.filename)}"
        return "".join(traceback.format_exception_only(error)).strip()
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        if cell := cell_of(frame.filename):
            inside = "" if frame.name == "<module>" else f", in {frame.name}"
            lines.append(f"Cell {cell}, line {frame.lineno}{inside}\n    {frame.line}")
    if len(lines) > 6:
        lines[3:-2] = [f"… {len(lines) - 5} more calls …"]
    what = "".join(traceback.format_exception_only(error)).strip()
    return "\n".join([*lines, what, *([hint] if hint else [])])


def hint_for(error: BaseException) -> str:
    """Return what a reader can do about an error, or "".

    Examples
    --------
    >>> hint_for(ZeroDivisionError()), hint_for(ValueError("array is too big"))[:20]
    ('', 'It needs more memory')
    >>> [hint_for(ModuleNotFoundError(name=name))[:11] for name in ("scipy", "scipy.x", "torch")]
    ['SciPy comes', '', 'PyTorch is ']
    >>> hint_for(FileNotFoundError(2, "No such file", "/lib/lessons/data/a.npz"))[:22]
    'This file of the book '
    """
    if isinstance(error, ModuleNotFoundError) and error.name:
        top = error.name.partition(".")[0]
        if error.name in LATE:
            return TOO_LATE.format(LATE[top], top)
        if top in {BOOK, *LATE}:
            return ""
        return NOT_HERE.format("PyTorch" if top == "torch" else top)
    if isinstance(error, FileNotFoundError) and f"/{BOOK}/" in str(error.filename):
        return FILE_LATE
    if isinstance(error, ValueError) and TOO_LARGE.search(str(error)):
        return HINTS[MemoryError]
    return next((text for kind, text in HINTS.items() if isinstance(error, kind)), "")


def cell_of(file: str | None) -> str:
    """Return the number of the cell that a file name stands for, or "".

    Examples
    --------
    >>> cell_of("<cell 12>"), cell_of("nn.py")
    ('12', '')
    """
    return file[6:-1] if file and file.startswith("<cell ") else ""
