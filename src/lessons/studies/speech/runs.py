"""The recorded runs of the study."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return the recorded runs: what ``python -m experiments.speech`` wrote.

    Examples
    --------
    >>> "gap" in record()
    True
    """
    return load("speech")
