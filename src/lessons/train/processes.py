"""One process or many: who computes what, on which device, and how the parts come together.

``torchrun`` starts the processes and tells each of them by environment variables which one it is
(its rank) and how many there are. A program that was started without it is a world of one.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from lessons.machines.hardware import accelerator
from lessons.train.config import ConfigError

if TYPE_CHECKING:
    from lessons.gpt.model import GPT

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


def parallelize(model: "GPT", here: World, parallel: str, dtype: torch.dtype) -> torch.nn.Module:
    """Return the model ready for training on the world's device, in all of its processes.

    Parameters
    ----------
    model : lessons.gpt.GPT
        The same in all processes.
    here : World
    parallel : {"ddp", "fsdp"}
        Give each process a copy of the model, or a part of every block's weights.
    dtype : torch.dtype
        In which FSDP sends weights to the others; the weights themselves stay float32.
    """
    model.to(here.device)
    if here.size == 1:
        return model
    if parallel == "ddp":
        ids = [here.device.index] if here.device.type == "cuda" else None
        return DistributedDataParallel(model, device_ids=ids)
    from torch.distributed.device_mesh import init_device_mesh  # both take a second to import
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    mesh = init_device_mesh(here.device.type, (here.size,))
    policy = (MixedPrecisionPolicy() if dtype == torch.float32 else
              MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32))
    for block in model.blocks:
        fully_shard(block, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    return model


def sync_gradients(model: Any, now: bool) -> None:
    """Say whether the next backward pass adds up the gradients of all processes, or its own."""
    if isinstance(model, DistributedDataParallel):
        model.require_backward_grad_sync = now
    elif hasattr(model, "set_requires_gradient_sync"):  # FSDP
        model.set_requires_gradient_sync(now)


def all_gather(tensor: torch.Tensor) -> torch.Tensor:
    """Return a tensor whole, which FSDP has spread over the processes. All of them must ask.

    Examples
    --------
    >>> all_gather(torch.tensor([1.0], requires_grad=True))
    tensor([1.])
    """
    tensor = tensor.detach()
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def distribute(tensor: Any, values: torch.Tensor) -> None:
    """Copy values into a tensor, or into the parts of it that this process has.

    Examples
    --------
    >>> x = torch.zeros(2, requires_grad=True)
    >>> distribute(x, torch.tensor([1.0, 2.0]))
    >>> x
    tensor([1., 2.], requires_grad=True)
    """
    if hasattr(tensor, "full_tensor"):
        from torch.distributed.tensor import distribute_tensor

        values = distribute_tensor(values.to(tensor.device), tensor.device_mesh, tensor.placements,
                                   src_data_rank=None)  # each process has all the values already
    with torch.no_grad():
        tensor.copy_(values)


def gather_state(model: torch.nn.Module, optimiser: torch.optim.Optimizer,
                 keep: bool = True) -> dict[str, Any]:
    """Return weights and optimiser state by the names of the weights: whole, on the CPU.

    However many processes there are and however they share the model, the result has one form.
    All of them must call this; those with ``keep=False`` only help and get None for each tensor.
    """
    def whole(tensor: torch.Tensor) -> torch.Tensor | None:
        tensor = all_gather(tensor)
        return tensor.cpu() if keep else None

    names = _names(model)
    return {
        "model": {name: whole(p) for name, p in names.items()},
        "optimiser": {name: {key: whole(value) for key, value in optimiser.state[p].items()}
                      for name, p in names.items() if p in optimiser.state},
    }


def restore_state(model: torch.nn.Module, optimiser: torch.optim.Optimizer,
                  state: dict[str, Any]) -> None:
    """Put back what `gather_state` returned, also into another number of processes.

    Raises
    ------
    KeyError, RuntimeError
        If it belongs to another model.
    """
    for name, p in _names(model).items():
        distribute(p, state["model"][name])
        for key, value in state["optimiser"].get(name, {}).items():
            # Adam counts the steps in a number of its own; all else is shaped like the weight.
            like = torch.zeros_like(p if value.dim() else value)
            distribute(like, value)
            optimiser.state[p][key] = like


def _names(model: Any) -> dict[str, torch.nn.Parameter]:
    """Return the weights by name; with FSDP, those of this process's parts."""
    if hasattr(model, "reshard"):
        model.reshard()  # a validation leaves the weights outside the blocks whole
    model = model.module if isinstance(model, DistributedDataParallel) else model
    return dict(model.named_parameters())
