"""What was recorded about texts, and how to line it up."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return the record: ``python -m experiments.corpora`` made it.

    Examples
    --------
    >>> sorted(record())
    ['made', 'runs']
    """
    return load("corpora")
