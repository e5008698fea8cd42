"""How fast this machine is at the moment, measured by a short piece of work.

Limits on processor seconds are written for one machine, the reference. Another processor, or a
neighbour on the other half of a core, makes the same work cost more; this takes it out again.
"""

import time

N_ROUNDS = 2_000_000
REFERENCE_S = 0.11  # what `_work` took on the two-core machine that the limits were written on


def _work() -> float:
    """Return the processor seconds of a loop that needs no library."""
    start, total = time.process_time(), 0
    for i in range(N_ROUNDS):
        total += i * i % 7
    return time.process_time() - start


def reference_seconds(cpu_seconds: float) -> float:
    """Return what work that took `cpu_seconds` here, now, would take on the reference machine.

    Examples
    --------
    >>> 0 < reference_seconds(1.0) < 100
    True
    """
    return cpu_seconds * REFERENCE_S / _work()
