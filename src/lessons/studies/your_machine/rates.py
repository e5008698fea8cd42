"""The rates of some operations: those of the recorded machine on the website, yours in a kernel.

``python -m benchmarks.your_machine`` wrote the recorded ones together with the row of the table
``machines``, so that a page, its figures and every estimate speak of one measurement.
"""

from lessons.machines import hardware
from lessons.page import in_page
from lessons.recording import recording
from lessons.studies.record import load

SUM, VECTOR, SMALL, LARGE = (
    "sum of two vectors", "8192 × 8192 times a vector", "product, n = 64", "product, n = 2048",
)
LENGTHS = 2**8, 2**10, 2**12, 2**14, 2**16, 2**18, 2**20, 2**22, 2**25


def measured() -> dict[str, float]:
    """Return the rates of four operations in float32, in FLOP/s.

    All four in numpy on one thread. While the book is built, and in a page of it, these are the
    recorded rates; in a kernel they are measured now, in some seconds.

    Examples
    --------
    >>> list(measured())[0]
    'sum of two vectors'
    """
    if recording() or in_page():
        machine, record = hardware.recorded_machine(), load("your_machine")
        return {SUM: machine.bytes_per_s / 12, VECTOR: record["matvec_8192_gflops"] * 1e9,
                SMALL: record["matmul_64_gflops"] * 1e9, LARGE: machine.flops_per_s}
    return {SUM: hardware.numpy_add() / 12, VECTOR: hardware.numpy_matmul(8192, 1),
            SMALL: hardware.numpy_matmul(64, repeats=200), LARGE: hardware.numpy_matmul(2048)}


def measure_sum(n: int) -> float:
    """Measure the sum of two vectors of length `n`, in bytes moved per second: short ones oftener.

    Examples
    --------
    >>> measure_sum(1000) > 0
    True
    """
    return hardware.numpy_add(n, repeats=max(6, min(1000, 2**26 // n)))


def sums() -> dict[int, float]:
    """Return the rate of a sum by the length of the vectors, in bytes moved per second.

    Examples
    --------
    >>> sums().keys() == set(LENGTHS)
    True
    """
    if recording() or in_page():
        kept = {int(n): rate * 1e9 for n, rate in load("your_machine")["sum_gb_s"].items()}
        return kept | {LENGTHS[-1]: hardware.recorded_machine().bytes_per_s}
    return {n: measure_sum(n) for n in LENGTHS}
