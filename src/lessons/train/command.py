"""The command: ``python -m lessons.train``, its last words and its exit status.

``torchrun --nproc-per-node 8 -m lessons.train`` trains on eight processes; with ``--parallel fsdp``
they share the model instead of having a copy each. Checkpoints are the same in all cases. On a
cluster, torchrun is told the number of machines and where they meet; this command stays as it is.

A run that is told to stop, by Ctrl-C or SIGTERM, writes a checkpoint and ends with status 0
(torchrun ends with 1 then); so it does when its terminal is closed, or whoever reads its output
ends. Ctrl-C before the first step, or twice, ends it at once with 130. Bad settings end with
status 2, anything else that goes wrong with 1, after one line that says why.
"""

import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tqdm import tqdm

from lessons.files import FolderInUse, in_words
from lessons.train import options, processes, terminal
from lessons.train.checkpoint import CheckpointError
from lessons.train.config import ConfigError, TrainConfig
from lessons.train.log import words
from lessons.train.run import run
from lessons.train.trainer import Diverged


def main(argv: Sequence[str] | None = None) -> int:
    """Train as the command line says; return the exit status."""
    terminal.take_any_text()
    given = {}
    try:
        terminal.raise_on_ctrl_c()
        given = options.parse(sys.argv[1:] if argv is None else argv)
        device = (options.inherited(given) | given).get("device", TrainConfig.device)
        with processes.world(device) as here:
            config = here.from_first(lambda: options.complete(given))
            summary = run(config, here, tqdm.write)
            if here.is_first:
                told = terminal.last_words(next_steps(config, summary).rstrip())
                if not told:
                    leave("nobody reads this any more; " + interrupted(config.out), 0)
    except (ConfigError, CheckpointError, FolderInUse, Diverged) as error:
        return leave(error, 2 if isinstance(error, ConfigError) else 1)
    except OSError as error:
        return leave(in_words(error), 1)
    except KeyboardInterrupt:
        return leave(interrupted(given.get("out", TrainConfig.out)), 130)
    return 0


def next_steps(config: TrainConfig, summary: dict[str, Any]) -> str:
    """Return the last lines of a run: what came out, and what to do with it."""
    out, python = shlex.quote(config.out), "python -m lessons"
    done = "Stopped" if summary["stopped"] else "Finished"
    more = "" if summary["stopped"] else f" --n-steps {2 * config.n_steps}"
    return (f"{done} at step {summary['step']} of {config.n_steps}. {words(summary)}\n"
            f"Stored:  {summary['checkpoint']}\n"
            f"Go on:   {launcher()} --out {out} --resume auto{more}\n"
            f"Sample:  {python}.train.sample {out} The\n"
            + f"Curves:  tensorboard --logdir {out}" * Path(config.out, "tensorboard").exists())


def launcher() -> str:
    """Return how to start this program in as many processes as now.

    Examples
    --------
    >>> launcher()
    'python -m lessons.train'
    """
    told = [os.environ.get(name, "") for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE")]
    size, local = (int(n) if n.isdecimal() else 1 for n in told)
    if size == 1 or local == 0 or not told[1].isdecimal():  # torchrun tells both
        return "python -m lessons.train"
    machines = f"--nnodes {size // local} " if size > local else ""
    return f"torchrun {machines}--nproc-per-node {local} -m lessons.train"


def leave(words: object, status: int) -> int:
    """Say in one line why a run ends; of several processes the first one does."""
    rank = os.environ.get("RANK", "0")
    if rank == "0" or not rank.isdecimal() or "MASTER_ADDR" not in os.environ:
        with suppress(OSError):
            print(f"lessons.train: {words}", file=sys.stderr)
    return status


def interrupted(out: str) -> str:
    """Return what to do after Ctrl-C at a moment when no checkpoint could be written."""
    if Path(out, "resume.toml").is_file():
        return f"interrupted; go on: {launcher()} --out {shlex.quote(out)} --resume auto"
    return "interrupted before anything was written: start it again as you did"
