"""What ``python -m experiments.parallel`` found."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return the record: differences from one process by layout, and a run with a death.

    Examples
    --------
    >>> record()["killed"]["difference"]
    0.0
    """
    return load("parallel")
