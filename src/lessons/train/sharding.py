"""How several processes share one model: a copy in each, or a part of it.

Copies (DDP) only add up their gradients. With FSDP each process holds a part of every weight, and
the whole is put together where it is needed. A checkpoint has the same form in all cases.
"""

from typing import TYPE_CHECKING, Any

import torch
from torch.nn.parallel import DistributedDataParallel

if TYPE_CHECKING:
    from lessons.gpt.model import GPT
    from lessons.train.processes import World


def parallelize(model: "GPT", here: "World", parallel: str, dtype: torch.dtype) -> torch.nn.Module:
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
