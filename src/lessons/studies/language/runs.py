"""What was recorded about texts, words, translations and passages."""

from typing import Any

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return the record: ``python -m experiments.language`` made it.

    Examples
    --------
    >>> sorted(record())
    ['libraries', 'made', 'reading', 'retrieval', 'translator', 'vectors']
    """
    return load("language")
