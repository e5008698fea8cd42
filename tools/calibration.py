"""How fast this processor is now, so that limits in processor seconds hold on every machine.

A slow machine needs more seconds for the same code, and so does one whose cores share their
caches and their clock with other programs. A short fixed piece of work tells how much more.
"""

import statistics
import time

import numpy as np

#: Processor seconds of `_work` on the reference: a core of an AMD EPYC server, measured on
#: 2026-11-26 with Python 3.11 and numpy 2.4 (0.0178 to 0.0182 idle, 0.0175 to 0.0186 busy).
REFERENCE_S = 0.018
N_ROUNDS = 9


def _work() -> float:
    """Do what chapters do: plain Python, and small products of matrices (of one thread)."""
    start = time.thread_time()
    total, numbers = 0.0, {}
    for i in range(100_000):
        numbers[i % 97] = total = (total + i * 0.5) % 1000.0
    a = np.full((64, 64), 1 / 64, dtype=np.float32)
    for _ in range(1000):
        a = np.tanh(a @ a + 0.1)
    return time.thread_time() - start


def speed() -> float:
    """Return how fast this processor is now; the reference is 1, half as fast is 0.5.

    It takes a fifth of a second. Where the load changes, measure before and after.

    Examples
    --------
    >>> 0.001 < speed() < 1000
    True
    """
    return REFERENCE_S * N_ROUNDS / sum(_work() for _ in range(N_ROUNDS))


def reference_seconds(processor_s: float, *speeds: float) -> float:
    """Return how many processor seconds the reference would have needed.

    Parameters
    ----------
    processor_s
        What the code took here, in processor seconds (not by the clock on the wall).
    speeds
        What `speed` gave before and after it; without any, it is measured now.

    Examples
    --------
    >>> reference_seconds(60, 0.5, 0.5)  # on a machine half as fast
    30.0
    """
    return processor_s * statistics.mean(speeds or [speed()])
