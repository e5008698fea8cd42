"""Run a reader's answer in a copy of this process, which the system can end at any moment.

Python cannot stop a call that keeps its lock, such as ``sum(range(2 * 10**9))``: no thread gets
its turn and Ctrl-C is not looked at. A copy (``fork``) holds all that the notebook has defined,
and an alarm clock of the system ends it without asking Python. Windows and Python in the browser
have no such copies; there an answer runs in a thread, which ends all loops but those.
"""

import contextlib
import gc
import io
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import numpy as np

WAITS = 4  # a call may take this many times its limit by the clock: the machine may be busy
BUSY = 0.1  # a copy that used less of its limit when the clock ended it has only waited
_N_HUNG = 2  # so many copies that only waited, perhaps for a thread left behind, are enough
_n_hung = 0


class Ended(Exception):
    """The system ended a copy: in its argument why, and in which call, counted from 1."""


def in_a_copy(work: Callable, limit_s: float) -> Any:
    """Return ``work(call)`` from a copy of this process, or None if it has to be done here.

    The copy prints at its end. A function that raises is left to this process: the error may be
    the copy's own, which has no GPU.

    Parameters
    ----------
    work : callable
        Takes ``call(function, args)``, which returns a value and None; returns what can be pickled.
    limit_s : float
        Processor seconds that one call may use.

    Raises
    ------
    Ended
        If a call used more, or more memory than there is.

    Examples
    --------
    >>> in_a_copy(lambda call: call(max, (2, 3)), limit_s=5.0)
    (3, None)
    >>> in_a_copy(lambda call: call(sum, [range(10**12)]), limit_s=0.1)
    Traceback (most recent call last):
        ...
    lessons.widgets.checks.copies.Ended: ('It did not finish in 0.1 s.', 1)
    """
    global _n_hung
    if _n_hung >= _N_HUNG or not (hasattr(os, "fork") and hasattr(signal, "setitimer")):
        return None
    from multiprocessing import Pipe  # incomplete in a browser

    receiver, sender = Pipe(duplex=False)
    has_computed, computes = os.pipe()
    os.set_blocking(has_computed, False)
    os.set_blocking(computes, False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of threads that the copy will not have
        try:
            pid = os.fork()
        except OSError:  # no memory, or no process more
            os.close(has_computed)
            os.close(computes)
            return None
    if pid == 0:
        _be_the_copy(work, limit_s, sender, computes)
    sender.close()
    os.close(computes)
    messages, end, was_busy = _listen(receiver, pid, has_computed)
    if end == signal.SIGKILL:
        raise Ended("The system ended it, most likely because the memory was full.", len(messages))
    if end == signal.SIGPROF or (end == signal.SIGALRM and was_busy):
        raise Ended(f"It did not finish in {limit_s:g} s.", len(messages))
    _n_hung += end == signal.SIGALRM
    if end or not messages or messages[-1] is None:
        return None
    printed, result = messages[-1]
    print(printed, end="")
    return result


def _listen(receiver: Any, pid: int, has_computed: int) -> tuple[list[Any], int, bool]:
    """Return what a copy sent, the signal that ended it (or 0), and whether it ever computed."""
    messages: list[Any] = []
    was_busy = False
    try:
        while True:
            messages.append(receiver.recv())
    except (EOFError, OSError):
        pass
    except BaseException:  # the reader interrupts the cell
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        receiver.close()
        _, status = os.waitpid(pid, 0)
        with contextlib.suppress(BlockingIOError):  # nothing came, and something holds the end
            was_busy = bool(os.read(has_computed, 1))
        os.close(has_computed)
    return messages, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, was_busy


def _be_the_copy(work: Callable, limit_s: float, sender: Any, computes: int) -> NoReturn:
    """Do the work, send None at the start of each call and the result at the end; do not return.

    A byte comes through `computes` when it has computed for some time. Python writes it as soon as
    the signal arrives, whatever else it is doing. The use that the system reports of a process that
    is gone would be of no use: to clear away a large copy may take longer than its work.
    """
    try:
        gc.freeze()  # what belongs to this process's original is not collected here
        for clock in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(clock, signal.SIG_DFL)  # end the process, whatever it is doing
        signal.signal(signal.SIGVTALRM, lambda *_: None)
        signal.set_wakeup_fd(computes, warn_on_full_buffer=False)
        signal.setitimer(signal.ITIMER_VIRTUAL, BUSY * limit_s)

        def call(function: Callable, args: Iterable) -> tuple[Any, None]:
            sender.send(None)
            _set_clocks(limit_s, WAITS * limit_s)
            value = function(*args)
            _set_clocks(0, WAITS * limit_s)
            return value, None

        # Also outside of calls it may wait for a thread or a lock that nobody here gives back.
        _set_clocks(0, WAITS * limit_s)
        if "torch" in sys.modules:  # it would wait for threads, which a copy does not have
            sys.modules["torch"].set_num_threads(1)
        warnings.simplefilter("ignore")
        printed = io.StringIO()
        with (contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed),
              np.errstate(all="ignore")):
            result = work(call)
        sender.send((printed.getvalue(), result))
    finally:  # no traceback, no clean-up: files and sockets belong to the original
        os._exit(0)


def _set_clocks(processor_s: float, wait_s: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, processor_s)  # 0: no limit
    signal.setitimer(signal.ITIMER_REAL, wait_s)
