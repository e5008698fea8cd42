"""Chapter 10's training under a profiler."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # no messages of the profiler's own

from torch.profiler import ProfilerActivity, profile

from lessons.machines.profiles import Event, read_trace
from lessons.studies.tools.changes import change
from lessons.train import processes, tokens
from lessons.train.config import TrainConfig
from lessons.train.trainer import Trainer

#: Chapter 10's settings, as `experiments.small_gpt` gives them to ``python -m lessons.train``.
SETTINGS = {"batch_size": 16, "lr": 0.003, "dropout": 0.1, "device": "cpu", "n_steps": 1000}

@contextmanager
def trainer(version: str = "chapter 10", seed: int = 0, **settings: Any) -> Iterator[Trainer]:
    """Give a trainer with chapter 10's settings, some changed, in a version of its step."""
    with tempfile.TemporaryDirectory() as folder, processes.world("cpu") as here:
        config = TrainConfig(out=folder, seed=seed, **SETTINGS | settings)
        made = Trainer(config, here, tokens.prepare(config))
        change(made.model, version)
        yield made


def profiled(step: Callable[[], Any]) -> tuple[profile, list[Event]]:
    """Do one step under the profiler; return the profile and its trace, in the order of time."""
    with profile(activities=[ProfilerActivity.CPU], with_flops=True) as seen:
        step()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.json")
        seen.export_chrome_trace(str(path))
        return seen, read_trace(path)


def seconds(step: Callable[[], Any]) -> float:
    """Return the processor seconds of a step."""
    start = time.process_time()
    step()
    return time.process_time() - start
