"""Checkpoints that survive: a file is either whole, with its SHA-256, or not there.

A checkpoint is a file of ``torch.save``, which ``torch.load`` reads without this module, with one
line behind it: the SHA-256 of all that comes before.
"""

import hashlib
import os
import re
from pathlib import Path
from typing import Any, BinaryIO

import torch

from lessons.files import extra, write_atomically
from lessons.train.terminal import Say

FORMAT = "lessons checkpoint 1"
_LAST_LINE = re.compile(rb"\nsha256 ([0-9a-f]{64})\n")
_N_LAST = len("\nsha256 \n") + 64


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be written or read: says which one, why, and what to do."""


class _Hashing:
    """A file for writing that also computes the SHA-256, and remembers what went wrong."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sha256 = file, hashlib.sha256()
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            self.file.write(data)
        except OSError as error:
            self.error = error  # torch.save hides it behind one of its own
            raise
        self.sha256.update(data)
        return len(data)

    def flush(self) -> None:
        self.file.flush()


def path_of(folder: str | Path, step: int) -> Path:
    """Return where the checkpoint of a step is.

    Examples
    --------
    >>> path_of("run", 100).as_posix()
    'run/checkpoints/step-00000100.pt'
    """
    return Path(folder, "checkpoints", f"step-{step:08d}.pt")


def step_of(path: str | Path) -> int:
    """Return the step in a checkpoint's name.

    Examples
    --------
    >>> step_of("run/checkpoints/step-00000100.pt")
    100
    """
    return int(Path(path).name[len("step-"):].split(".")[0])


def listed(folder: str | Path) -> list[Path]:
    """Return the checkpoints of a run, the oldest first, whole or not."""
    paths = Path(folder, "checkpoints").glob("step-*.pt")
    return sorted((p for p in paths if re.fullmatch(r"step-\d+\.pt", p.name)), key=step_of)


def save(folder: str | Path, step: int, state: dict[str, Any], keep: int = 3) -> Path:
    """Write the checkpoint of a step; when it is safe, delete all but the newest `keep`.

    Parameters
    ----------
    folder : str or Path
        The run's folder.
    step : int
        Number of optimiser steps done.
    state : dict
        Tensors, numbers, texts, lists and dicts.

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    CheckpointError
        If the disk does not take it. The checkpoints before it stay.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> for step in (1, 2, 3):
    ...     path = save(folder, step, {"weights": torch.ones(2)}, keep=2)
    >>> [p.name for p in listed(folder)], load(path)["weights"]
    (['step-00000002.pt', 'step-00000003.pt'], tensor([1., 1.]))
    """
    path = path_of(folder, step)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = {"format": FORMAT, "step": step} | state
        write_atomically(path, lambda file: _write(file, whole))
    except OSError as error:
        before = [p for p in listed(folder) if p != path]
        said = f"The newest one before it is {before[-1]}" if before else "There is none before it"
        raise CheckpointError(f"cannot write {path}: {error.strerror}. {said}. "
                              "Make room, then go on with --resume auto") from error
    old = [p for p in listed(folder) if step_of(p) <= step][:-keep]
    half = path.parent.glob("step-*.pt.tmp")  # left by a process that was killed
    with extra("delete an old checkpoint", path.parent):
        for unneeded in [*old, *half]:
            unneeded.unlink(missing_ok=True)
    return path


def _write(file: BinaryIO, state: dict[str, Any]) -> None:
    hashing: Any = _Hashing(file)  # of all that a file can do, torch.save needs these two
    try:
        torch.save(state, hashing)
    except RuntimeError:
        if hashing.error is None:
            raise
        raise hashing.error from None
    file.write(f"\nsha256 {hashing.sha256.hexdigest()}\n".encode())


def load(path: str | Path) -> dict[str, Any]:
    """Return what `save` stored, on the CPU, after checking its SHA-256.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or something else.
    """
    try:
        _check(path)
        state = torch.load(path, map_location="cpu", weights_only=True)  # runs no code of the file
    except CheckpointError:
        raise
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror}") from error
    except Exception as error:  # torch.load has many ways to say so
        raise CheckpointError(f"{path} holds something else than a checkpoint") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(f"{path} is no checkpoint of this version of lessons.train")
    return state


def _check(path: str | Path) -> None:
    """Compare a file with the SHA-256 in its last line."""
    sha256, left = hashlib.sha256(), max(0, os.path.getsize(path) - _N_LAST)
    with open(path, "rb") as file:
        while left and (piece := file.read(min(left, 2**20))):
            sha256.update(piece)
            left -= len(piece)
        last = _LAST_LINE.fullmatch(file.read())
    if last is None:
        raise CheckpointError(f"{path} is cut off, or no checkpoint of lessons.train: its last "
                              "line has no SHA-256")
    if last[1].decode() != sha256.hexdigest():
        raise CheckpointError(f"{path} is damaged: its SHA-256 is not the one in its last line")


def newest(folder: str | Path, say: Say = print) -> tuple[Path | None, dict[str, Any] | None]:
    """Return the path of the newest whole checkpoint of a run and what it holds.

    Damaged files are passed over; `say` is told which, why, and from which step the run goes on.

    Returns
    -------
    path : Path or None
    state : dict or None
        None if there is no checkpoint at all.

    Raises
    ------
    CheckpointError
        If there are some, but none is whole.
    """
    damaged = []
    for path in reversed(listed(folder)):
        try:
            state = load(path)
        except CheckpointError as error:
            damaged.append(str(error))
            continue
        for reason in damaged:
            say(f"Warning: {reason}. Going on from the one before, step {step_of(path)}.")
        return path, state
    if damaged:
        raise CheckpointError(f"no checkpoint in {folder} is whole: {'; '.join(damaged)}. "
                              "Start a new run with another --out")
    return None, None


def set_aside(folder: str | Path, step: int) -> list[Path]:
    """Rename the checkpoints after a step, from which the run now takes another way.

    Nothing is lost: ``step-00000300.pt`` becomes ``step-00000300.pt.aside``, or ``.aside2`` if
    there is one already.

    Returns
    -------
    list of Path
        Their new names.
    """
    moved = []
    for path in listed(folder):
        if step_of(path) > step:
            n, new = 1, path.with_name(path.name + ".aside")
            while new.exists():
                n += 1
                new = path.with_name(f"{path.name}.aside{n}")
            moved.append(path.rename(new))
    return moved
