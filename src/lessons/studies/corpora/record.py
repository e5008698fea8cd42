"""What was recorded about texts, and how to line it up."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from lessons.studies.record import load

N_STEPS = 400  # of a run
SHORTER = [50, 100, 200, 300]  # of the shorter runs on new text


@cache
def record() -> dict[str, Any]:
    """Return the record: ``python -m experiments.corpora`` made it.

    Examples
    --------
    >>> sorted(record())
    ['made', 'runs']
    """
    return load("corpora")


def bits(*row: Any, part: str = "topics") -> np.ndarray:
    """Return bits per byte of a text, one number a seed.

    Parameters
    ----------
    row
        The family of the run and what it changes, such as ``"leak", "test", 4``.
    part : str
        The text that is read: ``"topics"``, the manual's validation text, is in every run.

    Raises
    ------
    ValueError
        If no such run was recorded, or it did not read that text.

    Examples
    --------
    >>> bool(2 < bits("epochs", 1).mean() < 5)
    True
    """
    runs, out = record()["runs"], []
    while (name := " ".join(map(str, (*row, len(out))))) in runs:
        if part not in runs[name]:
            raise ValueError(f"{name!r} read no text {part!r}")
        out.append(runs[name][part])
    if not out:
        raise ValueError(f"no run {' '.join(map(str, row))!r} was recorded")
    return np.array(out)


def chains(half_real: bool) -> list[list[dict[str, Any]]]:
    """Return the generations of models that learned from models, one list a seed.

    Examples
    --------
    >>> len(chains(True)[0])
    4
    """
    runs = record()["runs"]
    return [runs[name] for name in sorted(runs) if name.startswith(f"own {half_real} ")]


def as_new_text(loss: float, sizes: Sequence[float], losses: Sequence[float]) -> float:
    """Return how much new text gives a loss, between runs on some sizes of new text.

    Parameters
    ----------
    loss : float
        To be reached.
    sizes, losses : sequence of float
        New text read, rising, and the loss after it, falling. Between two runs, and beyond the
        last, the loss is a line over the logarithm of the size.

    Raises
    ------
    ValueError
        If the sizes do not rise or the losses do not fall.

    Examples
    --------
    >>> round(as_new_text(2.5, [100, 400], [3.0, 2.0]))
    200
    """
    x, y = np.log(sizes), np.asarray(losses, dtype=float)
    if len(x) < 2 or (np.diff(x) <= 0).any() or (np.diff(y) >= 0).any():
        raise ValueError("sizes must rise and losses fall, two of each or more")
    i = int(np.clip(np.searchsorted(-y, -loss), 1, len(x) - 1))
    share = (y[i - 1] - loss) / (y[i - 1] - y[i])
    return float(np.exp(x[i - 1] + share * (x[i] - x[i - 1])))


def worths(epochs: int) -> np.ndarray:
    """Return what a text was worth that was read some times, in units of itself, one a seed.

    Its loss is looked up among the same seed's runs on new text of other lengths; the text itself
    has the length of a whole run, divided by the epochs.

    Examples
    --------
    >>> set(worths(1).round(6).tolist())
    {1.0}
    """
    fresh = np.stack([*(bits("shorter", n) for n in SHORTER), bits("epochs", 1)])
    runs = record()["runs"]
    sizes = [*(runs[f"shorter {n} 0"]["n_seen"] for n in SHORTER), runs["epochs 1 0"]["n_seen"]]
    losses = bits("epochs", epochs)
    return np.array([as_new_text(loss, sizes, column) * epochs / sizes[-1]
                     for loss, column in zip(losses, fresh.T, strict=True)])
