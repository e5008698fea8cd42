"""The rates of four operations: those of the recorded machine on the website, yours in a kernel.

``python -m benchmarks.your_machine`` measured the recorded ones together with the row of the table
``machines``, so that a page, its figures and every estimate speak of one measurement.
"""

from lessons.machines import hardware
from lessons.recording import recording
from lessons.studies.record import load

SUM, VECTOR, SMALL, LARGE = (
    "sum of two vectors", "8192 × 8192 times a vector", "product, n = 64", "product, n = 2048",
)


def four_rates() -> dict[str, float]:
    """Return the rates of four operations in float32, in FLOP/s.

    numpy's products use all cores that it finds, its sum uses one. While the book is built these
    are the recorded rates; in a kernel they are measured now, in some seconds.

    Examples
    --------
    >>> list(four_rates())[0]
    'sum of two vectors'
    """
    if recording():
        machine, record = hardware.recorded_machine(), load("your_machine")
        return {SUM: machine.bytes_per_s / 12, VECTOR: record["matvec_8192_gflops"] * 1e9,
                SMALL: record["matmul_64_gflops"] * 1e9, LARGE: machine.flops_per_s}
    return {SUM: hardware.measure_add() / 12, VECTOR: hardware.measure_matmul(8192, 1),
            SMALL: hardware.measure_matmul(64, repeats=200), LARGE: hardware.measure_matmul(2048)}
