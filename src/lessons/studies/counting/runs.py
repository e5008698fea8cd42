"""Counting on more and more text: what ``python -m experiments.counting`` recorded."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return what was recorded.

    Examples
    --------
    >>> list(record()["sizes"])[:2]
    ['400000', '1600000']
    """
    return load("counting")
