"""Output that any terminal takes, and that may lose its reader."""

import os
import signal
import sys
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

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
