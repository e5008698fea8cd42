"""What was recorded of the runs."""

from typing import Any

from lessons.studies.record import load

CHECK_EVERY = 8  # steps between two looks at the validation images: rows of a curve


def record() -> dict[str, Any]:
    """Return the recorded runs: what ``python -m experiments.improving`` wrote.

    Examples
    --------
    >>> sorted(record())
    ['again', 'baseline_seeds', 'controls', 'made', 'results', 'strengths']
    """
    return load("improving")
