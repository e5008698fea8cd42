"""What the controls gave."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return the record: ``python -m experiments.controls`` made it.

    Examples
    --------
    >>> record()["made"]["command"]
    'python -m experiments.controls'
    """
    return load("controls")
