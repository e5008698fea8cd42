"""A worker is killed, and torchrun starts all of them again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from lessons.train.log import read_metrics

#: The settings of the run, as options of ``lessons.train``.
RUN = {"seed": 0, "resume": "auto", "n-steps": 40, "n-layers": 2, "n-heads": 2, "d-model": 32,
       "n-positions": 32, "vocab-size": 256, "batch-size": 8, "save-every": 10, "log-every": 1,
       "valid-every": 1000, "device": "cpu", "tensorboard": "false"}


def command(folder: str | Path, restarts: int = 1) -> list[str]:
    """Return the command line: the same for the first start and for each one after it.

    Examples
    --------
    >>> command("run")[-2:]
    ['--out', 'run']
    """
    options = [word for name, value in RUN.items() for word in (f"--{name}", str(value))]
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
            "--max-restarts", str(restarts), "-m", "lessons.train", *options,
            "--out", str(folder)]


def train(folder: str | Path, kill_after: int | None = None) -> dict:
    """Train with two workers; kill one of them once a step is reached.

    Returns
    -------
    dict
        ``code`` of torchrun, ``losses`` by step as the log has them at the end, and ``reached``,
        the last step in the log when the worker was killed (None if none was).
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1",
                   "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}  # else old addresses may be read
    process = subprocess.Popen(command(folder), env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    reached = None
    try:
        while kill_after is not None and reached is None and process.poll() is None:
            rows = read_metrics(folder)
            if rows and rows[-1]["step"] >= kill_after:
                os.kill(_last_child(process.pid), signal.SIGKILL)
                reached = rows[-1]["step"]
            time.sleep(0.005)
        code = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()  # torchrun ends its workers
            process.wait()
    losses = {row["step"]: row["loss"] for row in read_metrics(folder) if "loss" in row}
    return {"code": code, "reached": reached, "losses": [losses[i] for i in sorted(losses)]}


def _last_child(pid: int) -> int:
    """Return the process that another one started last."""
    done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=True)
    return max(map(int, done.stdout.split()))
