"""What was recorded of the four cases."""

from typing import Any

import numpy as np

from lessons.studies.record import load


def record() -> dict[str, Any]:
    """Return the recorded runs: what ``python -m experiments.elsewhere`` wrote.

    Examples
    --------
    >>> record()["made"]["command"]
    'python -m experiments.elsewhere'
    """
    return load("elsewhere")


def over_seeds(case: str, which: str, *path: str) -> np.ndarray:
    """Return one number of a case for each seed, in the order of the seeds.

    Parameters
    ----------
    case : {"credit", "shop", "biology", "chemistry"}
        Which case.
    which : str
        The world: what stands before the seed in the names of its runs; "" for credit.
    *path : str
        Where the number lies in the result of a run.

    Raises
    ------
    KeyError
        If the case has no run of such a world; it names those there are.

    Examples
    --------
    >>> over_seeds("chemistry", "30", "row", "parts").shape
    (10,)
    """
    runs, found = record()[case], []
    for name, result in runs.items():
        if name.rpartition(" ")[0] == which:
            for key in path:
                result = result[key]
            found.append(result)
    if not found:
        worlds = sorted({name.rpartition(" ")[0] for name in runs})
        raise KeyError(f"{case} has no {which!r}: choose from {worlds}")
    return np.array(found)
