"""How long a step takes with a layout: data × tensor × pipeline, on N accelerators.

Arithmetic and bytes over rates, nothing else. One number comes from a published run: the share of
its peak at which an accelerator computes when it need not wait for others (`BUSY`).
"""

import math
from dataclasses import dataclass
from typing import Any

from lessons.data import table
from lessons.planning import cost

#: Share of the peak that matrix products and all between them reach: from GPT 1.7B in
#: the table ``layouts``, which neither its tensors nor its layers are split.
BUSY = 0.45
REACHED = 0.8  #: of the stated rate of a link; 370 of 450 GB/s were measured (Austin et al. 2025)
PER_BOX = 8


@dataclass(frozen=True)
class Machine:
    """Many accelerators of a kind, in boxes, and the wires between them.

    Attributes
    ----------
    flops_per_s, mem_bytes : float
        Peak rate and memory of one.
    box_bytes_per_s, network_bytes_per_s : float
        What one sends inside its box, and to other boxes, in one direction.
    per_box : int
    """

    flops_per_s: float
    mem_bytes: float
    box_bytes_per_s: float
    network_bytes_per_s: float
    per_box: int = PER_BOX


def machine(chip: str, box: str, network: str) -> Machine:
    """Return a machine by names of the tables ``accelerators`` and ``links``.

    Raises
    ------
    ValueError
        If a name is in neither.

    Examples
    --------
    >>> f"{machine('A100 SXM 80GB', 'NVLink 3', 'InfiniBand HDR').box_bytes_per_s:.3g}"
    '2.4e+11'
    """
    chips = {row["name"]: row for row in table("accelerators")}
    links = {row["name"]: row["one_way_gb_s"] * 1e9 * REACHED for row in table("links")}
    for name, known in ((chip, chips), (box, links), (network, links)):
        if name not in known:
            raise ValueError(f"no {name!r} in the table: choose from {list(known)}")
    return Machine(chips[chip]["dense_16bit_tflops"] * 1e12, chips[chip]["hbm_gb"] * 1e9,
                   links[box], links[network], 64 if "TPU" in chip else PER_BOX)


@dataclass(frozen=True)
class Job:
    """What is trained: the sizes of a GPT, and how much it sees in a step.

    Attributes
    ----------
    n_params : float
    n_layers, d_model, context : int
        Blocks, numbers for a token, tokens in a sequence.
    batch : int
        Sequences in a step.
    """

    n_params: float
    n_layers: int
    d_model: int
    context: int
    batch: int

    @property
    def flops_per_token(self) -> float:
        """Operations of training on one token, attention included, nothing computed twice."""
        return cost.flops_per_token(self.n_params, self.n_layers, self.d_model, self.context)


@dataclass(frozen=True)
class Layout:
    """How a job is laid out.

    Attributes
    ----------
    data, tensor, pipeline : int
        Copies, slices of each matrix, stages of layers; their product is N.
    micro_batch : int
        Sequences that pass the stages together.
    interleave : int
        Pieces of layers that a stage has, which makes the bubble so many times smaller.
    stage : {0, 1, 2, 3}
        Of ZeRO, over the copies.
    recompute : bool
        Keep only the input of each layer, and compute the rest again.
    """

    data: int = 1
    tensor: int = 1
    pipeline: int = 1
    micro_batch: int = 1
    interleave: int = 1
    stage: int = 0
    recompute: bool = True

    @property
    def n(self) -> int:
        """How many accelerators it needs."""
        return self.data * self.tensor * self.pipeline


def n_micro(job: Job, layout: Layout) -> int:
    """Return how many micro-batches each copy sees in a step.

    Raises
    ------
    ValueError
        If the batch, or the layers, cannot be shared evenly.
    """
    share = layout.data * layout.micro_batch
    if job.batch % share:
        raise ValueError(f"a batch of {job.batch} sequences cannot be shared evenly by "
                         f"{layout.data} copies in micro-batches of {layout.micro_batch}")
    if layout.pipeline > job.n_layers:
        raise ValueError(f"{layout.pipeline} stages are more than {job.n_layers} layers")
    return job.batch // share


def memory(job: Job, layout: Layout) -> dict[str, float]:
    """Return the bytes of training state and of activations on the fullest accelerator.

    Without recomputation a layer keeps 34 bytes a number of its stream, split by the tensor ranks,
    as with sequence parallelism and attention that keeps no scores. The first stage keeps as many
    micro-batches as there are stages.
    """
    kept = min(n_micro(job, layout), layout.pipeline)
    state = cost.state_bytes(job.n_params / (layout.tensor * layout.pipeline),
                             n_chips=layout.data, stage=layout.stage)
    stream = layout.micro_batch * job.context * job.d_model
    each = 2.0 if layout.recompute else 34 / layout.tensor
    layers = math.ceil(job.n_layers / layout.pipeline)
    return {"state": sum(state.values()), "activations": kept * layers * stream * each}


def check_fits(job: Job, layout: Layout, where: Machine) -> None:
    """Refuse a layout that does not fit.

    Raises
    ------
    ValueError
        With what is missing, and what would make it smaller.
    """
    parts = memory(job, layout)
    if sum(parts.values()) > where.mem_bytes:
        said = " and ".join(f"{v / 1e9:,.0f} GB of {k}" for k, v in parts.items())
        raise ValueError(f"does not fit: {said} on an accelerator of {where.mem_bytes / 1e9:.0f} "
                         "GB. More tensor or pipeline ranks, a higher stage of ZeRO, or "
                         "recomputation make it smaller")


def step_time(job: Job, layout: Layout, where: Machine, busy: float = BUSY) -> dict[str, float]:
    """Return the seconds of a step by what they are spent on.

    The parts add up, but for the sharing of gradients and weights (``data``), of which only what
    the arithmetic of a micro-batch cannot hide counts.

    Returns
    -------
    dict
        ``arithmetic``, ``tensor`` (all-reduces between slices), ``borders`` (between stages),
        ``bubble`` (stages that wait for others), ``data``.

    Raises
    ------
    ValueError
        If the batch or the layers cannot be shared.

    Examples
    --------
    >>> gpt = Job(7.5e9, 36, 4096, 2048, 512)
    >>> there = machine("A100 SXM 80GB", "NVLink 3", "InfiniBand HDR")
    >>> {k: round(v, 2) for k, v in step_time(gpt, Layout(32, 4), there).items()}
    {'arithmetic': 3.78, 'tensor': 0.36, 'borders': 0.0, 'bubble': 0.0, 'data': 0.13}
    """
    m, t, p = n_micro(job, layout), layout.tensor, layout.pipeline
    again = 4 / 3 if layout.recompute else 1.0
    tokens = layout.micro_batch * job.context
    one = tokens * job.flops_per_token * again / (t * p) / (busy * where.flops_per_s)
    stream = tokens * job.d_model * 2.0
    inside = where.box_bytes_per_s if t <= where.per_box else where.network_bytes_per_s
    times = 6 if layout.recompute else 4
    slices = times * job.n_layers / p * 2 * (t - 1) / t * stream / inside
    across = where.box_bytes_per_s if t * p <= where.per_box else where.network_bytes_per_s
    borders = (p > 1) * 2 * layout.interleave * stream / t / across
    own = 2.0 * job.n_params / (t * p)
    across = where.box_bytes_per_s if layout.n <= where.per_box else where.network_bytes_per_s
    ways = (2 if layout.stage < 3 else 3 * m) * (layout.data - 1) / layout.data
    hidden = one if layout.stage < 3 else m * one
    each = one + slices + borders
    return {"arithmetic": m * one, "tensor": m * slices, "borders": m * borders,
            "bubble": (p - 1) / layout.interleave * each,
            "data": max(0.0, ways * own / across - hidden)}


def tflops(job: Job, layout: Layout, where: Machine, busy: float = BUSY) -> float:
    """Return the rate of each accelerator in TFLOP/s; what is computed twice counts twice."""
    seconds = sum(step_time(job, layout, where, busy).values())
    again = 4 / 3 if layout.recompute else 1.0
    return job.batch * job.context * job.flops_per_token * again / layout.n / seconds / 1e12


def published(row: dict[str, Any]) -> tuple[Job, Layout, Machine]:
    """Return what a row of ``layouts`` describes."""
    job = Job(row["n_params_b"] * 1e9, *(int(row[key]) for key in
                                         ("n_layers", "d_model", "context", "batch")))
    layout = Layout(*(int(row[key]) for key in ("data", "tensor", "pipeline", "micro_batch",
                                                "interleave", "stage")), bool(row["recompute"]))
    return job, layout, machine(row["chip"], row["box"], row["network"])
