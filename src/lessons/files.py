"""Files that a killed process or a full disk cannot break, and a folder with one writer."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


# A disk that is full or fails. With any other error a file system only says that it cannot do
# something, as shares of Windows and virtual machines often do.
SERIOUS = {errno.ENOSPC, errno.EIO, errno.EROFS, errno.EFBIG, errno.EDQUOT}
_warned = set()


class FolderInUse(RuntimeError):
    """Another process writes to this folder."""


def warn_once(extra: str, words: str) -> None:
    """Tell on the error output, once for each `extra`, that it is done without."""
    if extra not in _warned:
        _warned.add(extra)
        with suppress(OSError):
            print(f"Warning: {words}", file=sys.stderr)


@contextmanager
def extra(what: str, path: str | Path) -> Iterator[None]:
    """Do something that makes a run safer, and do without it where the file system cannot.

    Raises
    ------
    OSError
        If the disk is full or fails.

    Examples
    --------
    >>> with extra("wait for the disk", "run"):
    ...     pass
    """
    try:
        yield
    except OSError as error:
        if error.errno in SERIOUS:
            raise
        warn_once(what, f"the file system of {path} cannot {what} ({error.strerror}); "
                        "training goes on without that")


def in_words(error: OSError) -> str:
    """Return what an OSError says in one line: which file, why, and what to do.

    Examples
    --------
    >>> in_words(OSError(28, "No space left on device", "run/metrics.jsonl"))[:58]
    'cannot use run/metrics.jsonl: No space left on device. Loo'
    """
    what = error.filename or "a file or a connection"
    return (f"cannot use {what}: {error.strerror or error}. Look whether the disk has room and "
            "lets you write there; --resume auto then goes on from the newest checkpoint")


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
        If the disk is full or does not take it; it names the file. What was at `path` stays as
        it was.

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
            sync(file, path)  # the content must be on the disk before its name is
        os.replace(half, path)
        sync_folder(path.parent)
    except BaseException as error:
        with suppress(OSError):
            half.unlink()
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk does not say for which file
        raise


def sync(file: IO[Any], path: str | Path) -> None:
    """Wait until the disk has what was written to an open file."""
    file.flush()
    with extra("wait until a file is on the disk", path):
        os.fsync(file.fileno())


def sync_folder(folder: str | Path) -> None:
    """Wait until the disk has the names of a folder's files; Windows does that by itself."""
    if os.name != "nt":
        with extra("wait until names of files are on the disk", folder):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@contextmanager
def only_writer(folder: str | Path) -> Iterator[None]:
    """Make a folder, and keep other processes from writing to it too.

    The system takes the lock away when this process ends, however it ends. Windows and some
    network file systems have no such lock: there two runs can disturb each other.

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
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, "it is a file, choose another --out",
                                 str(folder)) from None
    with open(Path(folder, "lock"), "a") as file:
        if fcntl:
            with extra("keep a second run out of a folder", folder):
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except (BlockingIOError, PermissionError):  # the latter on some network shares
                    raise FolderInUse(f"another process trains in {folder}: wait until it ends, "
                                      "or choose another --out") from None
        yield
