"""What the processes of a team run: one loads torch and splits into the ranks, which then wait.

Each rank has a connection to the notebook for its tasks, and a *lifeline*: the end of a pipe whose
other end only the notebook's process holds. When that process leaves the team, or is killed, the
system closes the pipe, and every rank ends at once, whatever it is doing.
"""

import contextlib
import io
import json
import os
import pickle
import signal
import sys
import threading
import traceback
from datetime import timedelta
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

import torch
import torch.distributed as dist

from lessons.parallel.collectives import Rank, RankLost


def main() -> None:
    """Split into the ranks, and say how each of them ends."""
    settings = json.loads(sys.argv[1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the notebook, which tells us
    ranks = {}
    for rank, handle in enumerate(settings["handles"]):
        pid = os.fork()
        if pid == 0:
            for other in settings["handles"]:
                if other != handle:
                    os.close(other)
            os.close(settings["report"])
            _serve(rank, handle, settings)
        ranks[pid] = rank
    for handle in settings["handles"]:  # only a rank holds its end, so that its end can be seen
        os.close(handle)
    while ranks:
        pid, status = os.wait()
        line = json.dumps([ranks.pop(pid), os.waitstatus_to_exitcode(status)])
        with contextlib.suppress(BrokenPipeError):
            os.write(settings["report"], f"{line}\n".encode())


def _hold(lifeline: int) -> None:
    """End this process when nobody holds the other end any more."""
    while os.read(lifeline, 1):
        pass
    os._exit(0)


def _serve(rank: int, handle: int, settings: dict[str, Any]) -> None:
    """Do one task after the other. Never returns."""
    code = 1
    try:
        threading.Thread(target=_hold, args=(settings["lifeline"],), daemon=True).start()
        torch.set_num_threads(1)
        line = Connection(handle)
        here = Rank(rank, settings["n_ranks"])
        _answer(line, lambda: _meet(here, line, settings))
        while True:
            task, arguments = pickle.loads(line.recv_bytes())
            here.sent, here.events = 0, []
            _answer(line, lambda: _done(unpacked(task), here, arguments))  # noqa: B023
    except EOFError:
        code = 0
    finally:
        os._exit(code)


def _done(function: Any, here: Rank, arguments: tuple) -> Any:
    result = function(here, *arguments)
    here.settle()
    return result


def _meet(here: Rank, line: Connection, settings: dict[str, Any]) -> None:
    """Join the other ranks: the first opens a port, the notebook tells the others which."""
    wait = timedelta(seconds=settings["patience_s"])
    if here.rank == 0:
        store = dist.TCPStore("127.0.0.1", settings["port"], here.size, True, wait,
                              wait_for_workers=False)
        line.send_bytes(pickle.dumps(("port", store.port, "")))
    else:
        store = dist.TCPStore("127.0.0.1", pickle.loads(line.recv_bytes()), here.size, False, wait)
    dist.init_process_group("gloo", store=store, rank=here.rank, world_size=here.size,
                            timeout=wait)
    dist.barrier()


def _answer(line: Connection, task: Any) -> None:
    """Send what a task returned and printed, or what it raised."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            answer = ("done", task())
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
        kind = "lost" if isinstance(error, RankLost) else "raised"
        answer = (kind, (said, traceback.format_exc()))
    try:
        message = pickle.dumps((*answer, printed.getvalue()))
    except (TypeError, AttributeError, pickle.PicklingError) as error:  # it cannot be pickled
        message = pickle.dumps(("raised", (f"the result cannot be sent: {error}", ""), ""))
    line.send_bytes(message)


def unpacked(task: tuple) -> Any:
    """Return the function that `lessons.parallel.packing.packed` described."""
    kind, *rest = task
    if kind == "module":
        return import_module(rest[0])
    if kind == "value":
        return rest[0]
    names, source, name = rest
    space: dict[str, Any] = {"__name__": "notebook"}
    for key, part in names.items():
        space[key] = unpacked(part)
    exec(source, space)
    return space[name]
