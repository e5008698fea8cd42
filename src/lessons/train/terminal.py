"""Output that any terminal takes, and that may lose its reader; signals that stop a run."""

import os
import signal
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

Say = Callable[[str], object]  # takes a line that tells what happens

handlers: list[Callable[..., None]] = []


def take_any_text() -> None:
    """Let standard output show a ``?`` for what its encoding lacks, instead of failing."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before the program began
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")


def visible(text: str) -> str:
    """Return a text with U+FFFD for control characters, which can garble a terminal.

    Examples
    --------
    >>> visible("a\\tb\\n\\x1b[2J") == "a\\tb\\n\\ufffd[2J"
    True
    """
    return "".join("\ufffd" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c
                   for c in text)


def leave_on_ctrl_c(words: str) -> None:
    """Let Ctrl-C end the program with one line and status 130, until `raise_on_ctrl_c`."""
    def handle(number: int, frame: FrameType | None) -> None:
        os.write(2, f"{words}\n".encode())
        os._exit(130)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, handle)
        handlers.append(handle)


def raise_on_ctrl_c() -> None:
    """Undo `leave_on_ctrl_c`: Ctrl-C raises KeyboardInterrupt."""
    if handlers and signal.getsignal(signal.SIGINT) is handlers.pop():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def last_words(text: str) -> bool:
    """Print a text at the end of a program; return whether somebody still reads it."""
    try:
        print(text, flush=True)
    except OSError:  # Python would complain once more when it flushes at the end
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def heard(say: Say, stop: threading.Event) -> Say:
    """Return a `say` that sets an event instead, once nobody listens, as after ``| head``."""
    def try_to(line: str) -> None:
        try:
            say(line)
        except OSError:
            stop.set()
    return try_to


@contextmanager
def stop_signals(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a closed terminal set an event, so that a step is finished first."""
    old: dict[int, Any] = {}

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()
        # A second Ctrl-C acts at once. torchrun passes signals on that its processes get too.
        if number == signal.SIGINT and "RANK" not in os.environ:
            signal.signal(number, old[number])

    if threading.current_thread() is threading.main_thread():  # no other one gets signals
        numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
        # Windows has no SIGHUP; under nohup it is ignored, which it must remain.
        old |= {number: signal.signal(number, handle) for number in numbers
                if number and not (number == numbers[-1]
                                   and signal.getsignal(number) == signal.SIG_IGN)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
