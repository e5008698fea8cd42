"""The programs of the loss-curve clinic, and how a fault of one line is put into them.

A program is the text of some files of this folder, run as it stands. A case of the clinic replaces
one piece of that text, so what the reader sees is exactly what was run.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

N_STEPS = 240

#: The files of each program: data and network, and the loop that all but the last share.
PROGRAMS = {
    "digits": ("lessons.studies.clinic.digits", "lessons.studies.clinic.training"),
    "text": ("lessons.studies.clinic.letters", "lessons.studies.clinic.attention",
             "lessons.studies.clinic.training"),
    "recurrent": ("lessons.studies.clinic.letters", "lessons.studies.clinic.recurrent",
                  "lessons.studies.clinic.training"),
    "long run": ("lessons.studies.clinic.shards", "lessons.studies.clinic.causal",
                 "lessons.studies.clinic.long_run"),
}


def program(name: str, changes: Sequence[tuple[str, str]] = ()) -> str:
    """Return the text of a program in which each old text of `changes` is replaced by the new.

    Raises
    ------
    ValueError
        If an old text does not stand in the program exactly once.

    Examples
    --------
    >>> "lr=3.0" in program("digits", [("lr=0.1", "lr=3.0")])
    True
    """
    files = [Path(find_spec(module).origin) for module in PROGRAMS[name]]
    text = "\n\n".join(file.read_text(encoding="utf-8") for file in files)
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in the program {name!r}")
        text = text.replace(old, new)
    return text


def compiled(name: str, changes: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return the names that a program with `changes` defines: ``load``, ``network``, ``train``, ….

    Examples
    --------
    >>> sum(p.numel() for p in compiled("digits")["network"]().parameters())
    13130
    """
    space = {"__name__": name}
    exec(program(name, changes), space)
    return space


def run(
    name: str, changes: Sequence[tuple[str, str]] = (), seed: int = 0, n_steps: int = N_STEPS
) -> dict[str, list[float]]:
    """Run a program with `changes`; return its log: four lists of numbers.

    Parameters
    ----------
    name : {"digits", "text", "recurrent", "long run"}
        Which program.
    changes : sequence of (str, str)
        What is replaced in its text.
    seed, n_steps : int
        Passed to its ``train``.

    Examples
    --------
    >>> log = run("digits", n_steps=3)
    >>> [len(log[key]) for key in ("train", "valid", "accuracy", "grad")]
    [3, 1, 1, 3]
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the same sums in the same order
    try:
        with np.errstate(all="ignore"):  # a fault may well overflow: that is the lesson
            space = compiled(name, changes)
            return space["train"](space["load"], space["network"], seed, n_steps)
    finally:
        torch.set_num_threads(threads)
