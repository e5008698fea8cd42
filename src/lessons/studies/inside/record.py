"""What was recorded of networks that were looked into."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return what ``python -m experiments.inside`` found."""
    return load("inside")
