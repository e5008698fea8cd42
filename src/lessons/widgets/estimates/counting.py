"""How long work takes on a machine, and how that is said."""

from typing import Any

from lessons.machines.card import rates
from lessons.machines.hardware import Machine
from lessons.words import duration, number

SHARE = 0.4  # of its rate, a usual MFU: see the chapter on hardware


def seconds(machine: Machine, flops: float, numbers: float = 0, share: float = SHARE) -> float:
    """Return how long work takes: the slower of arithmetic and memory.

    Parameters
    ----------
    machine : lessons.machines.hardware.Machine
        Its rates, and the size of the numbers that they are for.
    flops, numbers : float
        Operations; numbers that must be read from memory.
    share : float
        What part of the machine's rate of arithmetic is reached, above 0 and at most 1.

    Examples
    --------
    >>> from lessons.machines import hardware
    >>> seconds(hardware.recorded_machine(), flops=7.248e10, share=0.4)
    1.0
    """
    return max(flops / (share * machine.flops_per_s),
               numbers * machine.bytes_per_number / machine.bytes_per_s)


def times(payload: dict[str, Any], machine: Machine) -> list[str]:
    """Return the time of each row of an estimate in words."""
    return [duration(seconds(machine, flops, numbers, payload["share"]))
            for _, flops, numbers in payload["rows"]]


def count(flops: float) -> str:
    """Write a number of operations; a dash if there are none."""
    return number(flops) if flops else "–"


def how(machine: Machine, share: float) -> str:
    """Say what an estimate counts with.

    Examples
    --------
    >>> from lessons.machines import hardware
    >>> how(hardware.recorded_machine(), 0.4)
    'Counted with 40 % of 181 GFLOP/s in 32 bit, 16 GB/s.'
    """
    return f"Counted with {100 * share:g} % of {rates(machine)}."
