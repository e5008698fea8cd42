"""Real processes from a notebook, which never outlive the ``with`` that started them.

They run on this machine and talk by gloo, over the loopback device. Starting a team costs one load
of torch, however many ranks it has: one process loads it and splits.
"""

import contextlib
import json
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import IO, Any

from lessons.parallel.packing import packed

MOST_RANKS = 4
_START = "from lessons.parallel.worker import main; main()"


class TeamError(RuntimeError):
    """A team could not start, or a rank failed. All its processes have been ended."""


class Team:
    """Ranks that wait for tasks; made by `team`."""

    def __init__(self, lines: list[Connection], starter: subprocess.Popen, lifeline: int,
                 report: int, log: IO[bytes]):
        self._lines, self._starter, self._lifeline = lines, starter, lifeline
        self._report, self._log, self._open = report, log, True

    @property
    def size(self) -> int:
        """How many ranks there are."""
        return len(self._lines)

    def run(self, function: Callable, *arguments: Any) -> list:
        """Call ``function(here, *arguments)`` on all ranks; return what they return, in order.

        Parameters
        ----------
        function : callable
            Its first argument is the `lessons.parallel.collectives.Rank` that runs it. It may be
            written in a notebook: its source goes to the ranks, with the functions, modules and
            plain values that it mentions.
        arguments
            The same for all ranks. Each must survive pickling.

        Raises
        ------
        TeamError
            If a rank raises something or dies. The others are ended too.
        """
        if not self._open:
            raise TeamError("this team has been dismissed: run it inside its `with`")
        message = pickle.dumps((packed(function), arguments))  # plain: torch's own shares memory
        for rank, line in enumerate(self._lines):
            try:
                line.send_bytes(message)
            except OSError:
                raise self._death(rank) from None
        return self._collect()

    def _collect(self) -> list:
        answers: dict[int, Any] = {}
        printed: dict[int, str] = {}
        lost: dict[int, TeamError] = {}  # these ranks suffer from what another one has done
        while len(answers) + len(lost) < self.size:
            open_ = {line: i for i, line in enumerate(self._lines)
                     if i not in answers and i not in lost}
            ready = wait(list(open_), 5 if lost else None)
            if not ready:
                break
            for line in ready:
                rank = open_[line]  # type: ignore[index]
                try:
                    kind, value, said = pickle.loads(line.recv_bytes())  # type: ignore[union-attr]
                except (EOFError, ConnectionError):
                    raise self._death(rank) from None
                if kind == "port":
                    for other in self._lines[1:]:
                        other.send_bytes(pickle.dumps(value))
                elif kind == "done":
                    answers[rank], printed[rank] = value, said
                else:
                    error = TeamError(f"rank {rank}: {value[0]}\n{value[1]}".rstrip())
                    if kind == "raised":
                        self.dismiss()
                        raise error
                    lost[rank] = error
        if lost:
            self.dismiss()
            raise lost[min(lost)]
        for rank in range(self.size):
            for row in printed[rank].splitlines():
                print(f"rank {rank}: {row}")
        return [answers[rank] for rank in range(self.size)]

    def _death(self, rank: int) -> TeamError:
        """Dismiss the others; return an error that says how a rank ended."""
        self._log.seek(0)
        last = self._log.read().decode(errors="replace").strip().splitlines()[-1:]
        code = self.dismiss(dead=True).get(rank)
        if code is None:
            return TeamError(f"rank {rank} never started or was lost. {' '.join(last)}".rstrip())
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        return TeamError(f"rank {rank} {how} before it was done; the other ranks were ended too. "
                         "If nobody killed it, look whether the memory sufficed")

    def dismiss(self, dead: bool = False) -> dict[int, int]:
        """End all processes; return the exit codes of those ranks of which one is `dead` before."""
        if not self._open:
            return {}
        self._open = False
        ended = {}
        if dead and select.select([self._report], [], [], 5)[0]:
            ended = dict(json.loads(row) for row in os.read(self._report, 4096).splitlines())
        os.close(self._lifeline)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._starter.wait(5)
        if self._starter.returncode != 0:  # stuck, stopped or lost: they share its group
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._starter.pid, signal.SIGKILL)
            self._starter.wait()
        os.close(self._report)
        self._log.close()
        for line in self._lines:
            line.close()
        return ended


@contextlib.contextmanager
def team(n_ranks: int, port: int = 0, patience_s: float = 60.0) -> Iterator[Team]:
    """Start processes that work together, and end them all when the ``with`` is left.

    They end in every case: after an error, after Ctrl-C or *Interrupt*, and when this process is
    killed, because each of them holds a pipe that then closes.

    Parameters
    ----------
    n_ranks : int
        From 1 to 4.
    port : int
        Where the ranks meet; 0 takes a free one.
    patience_s : float
        How long a rank waits for a message before it gives up, in seconds.

    Yields
    ------
    Team

    Raises
    ------
    ValueError
        If `n_ranks` is not from 1 to 4.
    TeamError
        If the port is in use, or a rank cannot start.
    """
    if n_ranks not in range(1, MOST_RANKS + 1):
        raise ValueError(f"a team has 1 to {MOST_RANKS} ranks, got {n_ranks}: more would only "
                         "wait for each other's processors")
    if port:
        with contextlib.closing(socket.socket()) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError as error:
                raise TeamError(f"port {port} cannot be had ({error.strerror}): leave `port` out, "
                                "and a free one is taken") from None
    if not hasattr(os, "fork"):
        raise TeamError("this system cannot split a process: use Linux, macOS, or WSL on Windows")
    started = None
    try:
        started = _start(n_ranks, port, patience_s)
        started._collect()
        yield started
    finally:
        if started is not None:
            with _uninterrupted():
                started.dismiss()


def _start(n_ranks: int, port: int, patience_s: float) -> Team:
    """Start the process that splits into the ranks."""
    pairs = [Pipe() for _ in range(n_ranks)]
    hold, lifeline = os.pipe()
    report, told = os.pipe()
    log = tempfile.TemporaryFile()  # noqa: SIM115
    theirs = [there.fileno() for _, there in pairs]
    settings = {"n_ranks": n_ranks, "port": port, "patience_s": patience_s, "handles": theirs,
                "lifeline": hold, "report": told}
    here = "lo0" if sys.platform == "darwin" else "lo"  # nothing leaves this machine
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {**os.environ, **one, "GLOO_SOCKET_IFNAME": here, "TORCH_CPP_LOG_LEVEL": "ERROR",
                   "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with _uninterrupted():  # otherwise Ctrl-C could lose a process that has just started
        starter = subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps(settings)], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, pass_fds=[*theirs, hold, told], start_new_session=True,
            env=environment)
        for handle in (hold, told):
            os.close(handle)
        for _, there in pairs:
            there.close()
        return Team([ours for ours, _ in pairs], starter, lifeline, report, log)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back for a moment; what came meanwhile is raised afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            raise KeyboardInterrupt
