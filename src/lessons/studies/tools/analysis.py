"""What the time of a step went into: kinds of operations, in a trace and in the record."""

from typing import Any

from lessons.machines.profiles import Event, innermost, own_times
from lessons.studies.record import load

#: What the operations of a step are about, by their names in a profile.
KINDS = {
    "matrix products": ["mm", "addmm", "bmm"],
    "random numbers": ["bernoulli_", "random_"],
    "GELU": ["gelu", "gelu_backward"],
    "softmax, masks": ["_softmax", "_softmax_backward_data", "where", "masked_fill_", "all",
                       "logical_not", "tril", "eq"],
    "fused attention": ["_scaled_dot_product_flash_attention_for_cpu",
                        "_scaled_dot_product_flash_attention_for_cpu_backward"],
    "the loss": ["_log_softmax", "_log_softmax_backward_data", "nll_loss_forward",
                 "nll_loss_backward"],
    "norms": ["native_layer_norm", "native_layer_norm_backward"],
    "number by number": ["mul", "mul_", "div", "add", "add_", "copy_", "fill_", "sum", "cat",
                         "_foreach_mul_", "_foreach_norm"],
}
UPDATE, OTHER = "the update", "other"  # what the optimiser does; what is in no list


def record() -> dict[str, Any]:
    """Return the record.

    Examples
    --------
    >>> sorted(record())
    ['made', 'overhead', 'profiles', 'speed', 'tensorboard']
    """
    return load("tools")


def kinds(events: list[Event]) -> list[Event]:
    """Return the pieces of a step's time, each named after the kind of what went on.

    Examples
    --------
    >>> calls = [Event("aten::linear", 0, 10), Event("aten::addmm", 1, 9)]
    >>> [piece.name for piece in kinds(calls)]
    ['other', 'matrix products', 'other']
    """
    kind_of = {f"aten::{name}": kind for kind, names in KINDS.items() for name in names}
    updates = [event for event in events if event.name.startswith("Optimizer.step")]
    return [Event(UPDATE if any(u.start <= start < u.end for u in updates)
                  else kind_of.get(name, OTHER), start, end)
            for name, start, end in innermost(events)]


def shares(events: list[Event]) -> dict[str, float]:
    """Return the share of each kind of operation in the time of all, in per cent.

    Examples
    --------
    >>> calls = [Event("aten::linear", 0, 10), Event("aten::addmm", 1, 9)]
    >>> {kind: share for kind, share in shares(calls).items() if share}
    {'matrix products': 80.0, 'other': 20.0}
    """
    own = own_times(kinds(events))
    return {kind: 100 * own.get(kind, 0) / sum(own.values()) for kind in [*KINDS, UPDATE, OTHER]}


def strips(events: list[Event], least_us: float = 300.0) -> list[list[Any]]:
    """Return what a timeline shows: ``[kind, begin, end]`` in milliseconds, in the order of time.

    Pieces of one kind that are less than `least_us` apart are joined, then shorter ones left out.

    Examples
    --------
    >>> strips([Event("aten::mm", 0, 900), Event("aten::t", 900, 950), Event("aten::mm", 950, 2e3)])
    [['matrix products', 0.0, 2.0]]
    """
    rows: dict[str, list[list[float]]] = {}
    for kind, start, end in kinds(events):
        parts = rows.setdefault(kind, [])
        if parts and start - parts[-1][1] < least_us:
            parts[-1][1] = end
        else:
            parts.append([start, end])
    first = min(event.start for event in events)
    return sorted(([kind, round((start - first) / 1000, 2), round((end - first) / 1000, 2)]
                   for kind, parts in rows.items() for start, end in parts
                   if end - start >= least_us), key=lambda row: row[1])
