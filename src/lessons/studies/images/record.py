"""What was recorded about networks for images."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return the recorded runs: what ``python -m experiments.images`` wrote.

    Examples
    --------
    >>> record()["made"]["command"]
    'python -m experiments.images'
    """
    return load("images")
