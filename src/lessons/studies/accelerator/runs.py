"""One H100 measured: what ``python -m experiments.accelerator`` recorded."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return what was recorded: rates in FLOP/s and bytes/s, times in s, power in W.

    Examples
    --------
    >>> record()["gpu"]
    'NVIDIA H100 80GB HBM3'
    """
    return load("accelerator")


def by_size(rates: dict[str, float]) -> dict[int, float]:
    """Return rates by size with sizes as whole numbers, which JSON does not know as keys.

    Examples
    --------
    >>> by_size({"64": 2.5})
    {64: 2.5}
    """
    return {int(size): rate for size, rate in rates.items()}
