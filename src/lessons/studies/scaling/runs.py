"""What was recorded: runs over widths and lengths."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return the record: ``python -m experiments.scaling`` made it.

    Examples
    --------
    >>> sorted(record())
    ['controls', 'fits', 'made', 'runs', 'text']
    """
    return load("scaling")
