"""The same training by torch's own engines: DDP, FSDP2, tensor parallelism, pipelining.

Each function is run by all ranks of a team, and trains as `lessons.parallel.task.alone` does.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F

from lessons.gpt.model import GPT
from lessons.parallel import pipeline, task, tensor
from lessons.parallel.collectives import Rank
from lessons.train import sharding
from lessons.train.processes import World


def _adam(model: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(model.parameters(), lr=task.LR, eps=task.EPS)


def _train(model: nn.Module, rows_of: Callable[[int], Tensor], n_steps: int) -> list:
    optimiser, losses = _adam(model), []
    for step in range(n_steps):
        loss = task.loss_of(model, rows_of(step))
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    return losses


def data(here: Rank, parallel: str, n_steps: int = task.N_STEPS) -> task.Result:
    """Train by DDP or FSDP2, each rank on its own texts.

    Parameters
    ----------
    parallel : {"ddp", "fsdp"}
    """
    world = World(here.rank, here.size, torch.device("cpu"))
    model: Any = sharding.parallelize(task.build(), world, parallel, torch.float32)
    said = task.Result(_train(model, lambda i: task.batch(i).chunk(here.size)[here.rank], n_steps))
    state = sharding.gather_state(model, torch.optim.SGD(model.parameters()))["model"]
    said.weights = {name: w.clone() for name, w in state.items()}
    return said


def slices(here: Rank, n_steps: int = task.N_STEPS) -> task.Result:
    """Train by tensor parallelism on DTensor."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor.parallel import (
        ColwiseParallel,
        RowwiseParallel,
        parallelize_module,
    )

    model, mesh = task.build(), init_device_mesh("cpu", (here.size,))
    order = torch.cat([tensor.indices(Rank(i, here.size), model.blocks[0])[0]
                       for i in range(here.size)])  # each rank's queries, keys and values together
    _reorder(model, order)
    for block in model.blocks:
        parallelize_module(block, mesh, {
            "attention.qkv": ColwiseParallel(), "attention.out": RowwiseParallel(),
            "mlp.up": ColwiseParallel(), "mlp.down": RowwiseParallel()})
        block.attention.n_heads //= here.size
    said = task.Result(_train(model, task.batch, n_steps))
    said.weights = {name: sharding.all_gather(p).clone() for name, p in model.named_parameters()}
    for name, w in said.weights.items():
        if ".qkv." in name:
            said.weights[name] = w[order.argsort()]
    return said


def _reorder(model: GPT, order: Tensor) -> None:
    with torch.no_grad():
        for block in model.blocks:
            layer = block.attention.qkv
            layer.weight.copy_(layer.weight[order].clone())
            layer.bias.copy_(layer.bias[order].clone())


def stages(here: Rank, schedule: str, n_micro: int = 8, n_steps: int = task.N_STEPS) -> task.Result:
    """Train by torch.distributed.pipelining.

    Parameters
    ----------
    schedule : {"GPipe", "1F1B"}
    """
    from torch.distributed import pipelining

    stage = pipeline.Stage(task.build(), here.rank, here.size)
    engine = {"GPipe": pipelining.ScheduleGPipe, "1F1B": pipelining.Schedule1F1B}[schedule]
    run = engine(pipelining.PipelineStage(stage, here.rank, here.size, torch.device("cpu")),
                 n_micro, loss_fn=lambda y, x: F.cross_entropy(y.flatten(0, 1), x.flatten()))
    optimiser, said = _adam(stage), task.Result()
    for step in range(n_steps):
        rows, losses = task.batch(step), []
        inputs = (rows[:, :-1],) if stage.first else ()
        targets = {"target": rows[:, 1:], "losses": losses} if stage.last else {}
        run.step(*inputs, **targets)
        pipeline.tie(here, stage)
        optimiser.step()
        optimiser.zero_grad()
        said.losses.append(torch.stack(losses).mean().item() if stage.last else None)
    said.weights = stage.named()
    dist.barrier()
    return said


#: Name, function and arguments of each of torch's engines.
ENGINES: dict[str, tuple[Callable, tuple]] = {
    "DDP": (data, ("ddp",)), "FSDP2": (data, ("fsdp",)), "tensor parallel": (slices, ()),
    "pipelining, GPipe": (stages, ("GPipe",)), "pipelining, 1F1B": (stages, ("1F1B",)),
}
