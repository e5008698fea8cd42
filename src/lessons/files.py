"""Files that a killed process or a full disk cannot break, and a folder with one writer."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


class FolderInUse(RuntimeError):
    """Another process writes to this folder."""


def write_atomically(path: str | Path, write: Callable[[BinaryIO], Any]) -> None:
    """Replace a file in one step: at any moment the old one is there, or the whole new one.

    Parameters
    ----------
    path : str or Path
        Its folder must exist.
    write : callable
        Takes a binary file and writes the content.

    Raises
    ------
    OSError
        If the disk is full or does not take it. What was at `path` stays as it was.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "note")
    >>> write_atomically(path, lambda file: file.write(b"whole"))
    >>> path.read_bytes(), [p.name for p in path.parent.iterdir()]
    (b'whole', ['note'])
    """
    path = Path(path)
    half = path.with_name(path.name + ".tmp")  # in the same folder: a rename is one step there
    try:
        with open(half, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())  # the content must be on the disk before its name is
        os.replace(half, path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            half.unlink()
        raise


def sync_folder(folder: str | Path) -> None:
    """Wait until the disk has the names of a folder's files; Windows does that by itself."""
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def only_writer(folder: str | Path) -> Iterator[None]:
    """Make a folder, and keep other processes from writing to it too.

    The system takes the lock away when this process ends, however it ends. Windows has no such
    lock: there two runs can disturb each other.

    Raises
    ------
    FolderInUse
        If another process has the lock.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with only_writer(folder), only_writer(folder):  # doctest: +ELLIPSIS
    ...     pass
    Traceback (most recent call last):
        ...
    lessons.files.FolderInUse: another process ...
    """
    Path(folder).mkdir(parents=True, exist_ok=True)
    with open(Path(folder, "lock"), "a") as file:
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderInUse(f"another process trains in {folder}: wait until it ends, or "
                                  "choose another --out") from None
        yield
