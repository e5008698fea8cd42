"""The training run of chapter 10: what ``python -m experiments.small_gpt`` recorded."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return the recorded run.

    Examples
    --------
    >>> sorted(record())[:3]
    ['attention', 'begin', 'command']
    """
    return load("small_gpt")
