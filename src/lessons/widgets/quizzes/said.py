"""What a reader is told about a choice."""

from typing import Any


def verdict(option: dict[str, Any]) -> str:
    """Return the first words about an option of a quiz.

    Examples
    --------
    >>> verdict({"text": "4", "right": True, "why": "Count."})
    'Right.'
    """
    return "Right." if option["right"] else "Not quite."
