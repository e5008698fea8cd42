"""One process or many: which one this is, on which device, and how it meets the others.

``torchrun`` starts the processes and tells each of them by environment variables which one it is
(its rank) and how many there are. A program that was started without it is a world of one.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from lessons.machines.hardware import accelerator
from lessons.train.config import ConfigError

Result = TypeVar("Result")
LAUNCH = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
ALONE = (f"To train in one process: unset {' '.join(LAUNCH)}; to train in several: start them by "
         "torchrun")


@dataclass(frozen=True)
class World:
    """The processes of a run, as one of them sees it.

    Attributes
    ----------
    rank, size : int
        Which one this is, from 0 on, and how many there are.
    device : torch.device
        Where this one computes.

    Examples
    --------
    >>> alone = World(0, 1, torch.device("cpu"))
    >>> alone.from_first(lambda: 42), alone.any(False), alone.mean(torch.tensor(2.0))
    (42, False, tensor(2.))
    """

    rank: int
    size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and speaks for all."""
        return self.rank == 0

    def from_first(self, task: Callable[[], Result]) -> Result:
        """Run `task` in the first process and return its result in all of them.

        What it raises is raised in all of them too, so that none waits for the others in vain.
        """
        if self.size == 1:
            return task()
        answer: list[Any] = [None, None]
        if self.is_first:
            try:
                answer[0] = task()
            except Exception as error:
                answer[1] = error
        dist.broadcast_object_list(answer, src=0, device=self.device)
        if answer[1] is not None:
            raise answer[1]
        return answer[0]

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """Return the sum of a tensor over all processes."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Return the mean of a tensor over all processes."""
        return self.sum(values) / self.size

    def any(self, flag: bool) -> bool:
        """Return whether the flag is set in any process. They all wait for each other here."""
        if self.size == 1:
            return flag
        return self.sum(torch.tensor(float(flag), device=self.device)).item() > 0


def launched() -> bool:
    """Return whether torchrun, or something like it, started this process as one of several.

    Raises
    ------
    ConfigError
        If only a part of what it sets is there, as when a shell has kept some of it.

    Examples
    --------
    >>> launched()
    False
    """
    if not {"RANK", "WORLD_SIZE"} & os.environ.keys():
        return False
    missing = [name for name in LAUNCH if name not in os.environ]
    wrong = [name for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_PORT")
             if not os.environ.get(name, "0").isdecimal()]
    if missing or wrong:
        there = ", ".join(name for name in LAUNCH if name in os.environ)
        what = f"{missing[0]} is not" if missing else f"{wrong[0]} is no number"
        raise ConfigError(f"{there} are set in the environment, but {what}. {ALONE}")
    return True


@contextmanager
def world(device: str = "auto") -> Iterator[World]:
    """Join the processes that torchrun started, if it did; leave them at the end.

    Parameters
    ----------
    device : {"auto", "cuda", "mps", "cpu"}
        Where to compute; auto takes the first of them that is there.

    Raises
    ------
    ConfigError
        If the device is not there, or the environment tells of other processes but not how to
        meet them.

    Examples
    --------
    >>> with world("cpu") as here:
    ...     here.size, here.device
    (1, device(type='cpu'))
    """
    joins = not dist.is_initialized()  # otherwise whoever did joins and leaves
    if joins and not launched():
        yield World(0, 1, find_device(device))
        return
    here = find_device(device, int(os.environ.get("LOCAL_RANK", 0)))
    if joins:
        try:
            dist.init_process_group("nccl" if here.type == "cuda" else "gloo")
        except (ValueError, RuntimeError) as error:
            raise ConfigError("cannot meet the other processes that MASTER_ADDR and MASTER_PORT "
                              f"stand for: {str(error).splitlines()[0]}. {ALONE}") from None
    try:
        yield World(dist.get_rank(), dist.get_world_size(), here)
    finally:
        if joins:
            dist.destroy_process_group()


def find_device(name: str, local_rank: int | None = None) -> torch.device:
    """Return the device with this name; `local_rank` is the number of one of several processes.

    Examples
    --------
    >>> find_device("cpu")
    device(type='cpu')
    """
    kinds = [kind for kind in (accelerator(), "cpu") if kind]
    if local_rank is not None:
        kinds = [kind for kind in kinds if kind != "mps"]  # it has no gloo
    name = kinds[0] if name == "auto" else name
    if name not in kinds:
        raise ConfigError(f"device={name} is not to be had here: choose from {', '.join(kinds)}")
    if name != "cuda":
        return torch.device(name)
    n_gpus = torch.cuda.device_count()
    if (local_rank or 0) >= n_gpus:
        raise ConfigError(f"process {local_rank} has no GPU of its own, there are {n_gpus}: start "
                          f"torchrun with --nproc-per-node {n_gpus}")
    torch.cuda.set_device(local_rank or 0)
    return torch.device("cuda", local_rank or 0)


def find_precision(name: str, device: torch.device) -> torch.dtype:
    """Return the type of number in which to compute matrix products on a device.

    Examples
    --------
    >>> find_precision("auto", torch.device("cpu"))
    torch.float32
    """
    if name == "auto" and device.type == "cuda":
        name = "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    return getattr(torch, "float32" if name == "auto" else name)
