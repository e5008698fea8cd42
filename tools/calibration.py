"""How fast this processor is now, so that limits in processor seconds hold on every machine.

A slow machine needs more seconds for the same code, and so does one whose cores share their
caches and their clock with other programs. A short fixed piece of work tells how much more.
"""

import math
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

#: Processor seconds of `_work` on the reference: a core of an AMD EPYC server, measured on
#: 2026-11-26 with Python 3.11 and numpy 2.4 (0.0178 to 0.0182 idle, 0.0175 to 0.0186 busy).
REFERENCE_S = 0.018
N_ROUNDS = 9
EVERY_S = 10.0  # by the clock, between two measurements beside a long run: 2 % of a core


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

    It takes a fifth of a second. Where the load changes, measure before and after, or with
    `speeds_beside`.

    Examples
    --------
    >>> 0.001 < speed() < 1000
    True
    """
    return REFERENCE_S * N_ROUNDS / sum(_work() for _ in range(N_ROUNDS))


class Speeds:
    """What `speed` gave at some moments.

    Attributes
    ----------
    moments : list of (float, float)
        Seconds since the epoch, and the speed then.

    Examples
    --------
    >>> speeds = Speeds()
    >>> speeds.moments += [(10, 0.9), (20, 0.5), (30, 0.4), (40, 0.8)]
    >>> speeds.mean()
    0.65
    >>> round(speeds.mean(begin=21, end=29), 9)  # the last before, and the first after
    0.45
    """

    def __init__(self) -> None:
        self.moments: list[tuple[float, float]] = []

    def measure(self) -> None:
        """Add the speed at this moment."""
        self.moments.append((time.time(), speed()))

    def mean(self, begin: float = -math.inf, end: float = math.inf) -> float:
        """Return the mean speed between two moments, with the last before and first after."""
        before = [(at, value) for at, value in self.moments if at < begin][-1:]
        after = [(at, value) for at, value in self.moments if at > end][:1]
        between = [(at, value) for at, value in self.moments if begin <= at <= end]
        return statistics.mean(value for _, value in [*before, *between, *after])


@contextmanager
def speeds_beside(every_s: float = EVERY_S) -> Iterator[Speeds]:
    """Measure the speed again and again, beside what the body of a ``with`` waits for.

    A core that is shared, or whose neighbour works, does less in a processor second than an idle
    one: what ran for minutes is not to be judged by the speed of the quiet moment after it.

    Examples
    --------
    >>> with speeds_beside(every_s=0.01) as speeds:
    ...     time.sleep(0.5)
    >>> len(speeds.moments) > 2 and speeds.mean() > 0
    True
    """
    speeds, ended = Speeds(), threading.Event()
    speeds.measure()

    def watch() -> None:
        while not ended.wait(every_s):
            speeds.measure()

    thread = threading.Thread(target=watch, name="speeds", daemon=True)
    thread.start()
    try:
        yield speeds
    finally:
        ended.set()
        thread.join()
        speeds.measure()


def reference_seconds(processor_s: float, *speeds: float) -> float:
    """Return how many processor seconds the reference would have needed.

    Parameters
    ----------
    processor_s
        What the code took here, in processor seconds (not by the clock on the wall).
    speeds
        What `speed` gave before, beside and after it; without any, it is measured now.

    Examples
    --------
    >>> reference_seconds(60, 0.5, 0.5)  # on a machine half as fast
    30.0
    """
    return processor_s * statistics.mean(speeds or [speed()])
