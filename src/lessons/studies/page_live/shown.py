"""What chapter 10's page shows before its Python runs, as `experiments.page_live` recorded it."""

from typing import Any

from lessons.studies import record as records


def record() -> dict[str, Any]:
    """Return the text read, as ``prompt``, and the trainings, as ``tiny``.

    Examples
    --------
    >>> [run["source"] for run in record()["tiny"]]
    ['names', 'manual']
    """
    return records.load("page_live")
