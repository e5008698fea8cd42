"""The table: what 1,215 settings give on ten splits, so that a search is a matter of looking up."""

import base64
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from lessons.search.space import Score, Space
from lessons.studies.record import load
from lessons.studies.searches.networks import N_VALID, RUNGS

SPACE = Space({
    "rate": [3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3],
    "decay": [0.01, 0.1, 1.0, 3.0, 10.0],
    "width": [8, 24, 72],
    "batch": [8, 24, 72],
    "dropout": [0.0, 0.25, 0.5],
})
EPOCHS = RUNGS[-1]
BUDGET = 27 * EPOCHS  # of every search: 27 full trainings


def packed(x: np.ndarray) -> dict[str, Any]:
    """Return an array as something that JSON can hold, compressed.

    Examples
    --------
    >>> unpacked(packed(np.array([[1, 2], [3, 4]], np.uint16))).tolist()
    [[1, 2], [3, 4]]
    """
    text = base64.b85encode(zlib.compress(np.ascontiguousarray(x).tobytes(), 9)).decode("ascii")
    return {"type": x.dtype.str, "shape": list(x.shape), "zlib85": text}


def unpacked(entry: dict[str, Any]) -> np.ndarray:
    """Return what `packed` was given."""
    data = zlib.decompress(base64.b85decode(entry["zlib85"]))
    return np.frombuffer(data, entry["type"]).reshape(entry["shape"])


@dataclass(frozen=True)
class Table:
    """What was measured, by setting, split and rung.

    Attributes
    ----------
    loss, error : numpy.ndarray
        On 100 validation digits, (settings, splits, rungs): cross-entropy, and share of errors.
    truth : numpy.ndarray
        Share of errors on the 1,397 digits that chose nothing, after the last rung, (settings,
        splits).
    """

    loss: np.ndarray
    error: np.ndarray
    truth: np.ndarray

    def score(self, split: int, by: str = "loss") -> Score:
        """Return a score for searches: the validation loss (or ``"error"``) in one split."""
        found = getattr(self, by)[:, split]
        return lambda setting, epochs: float(found[setting, RUNGS.index(epochs)])

    def worth(self, split: int) -> np.ndarray:
        """Return each setting's error on unseen digits, a mean over all *other* splits."""
        return (self.truth.sum(axis=1) - self.truth[:, split]) / (self.truth.shape[1] - 1)


@cache
def record() -> dict[str, Any]:
    """Return the record of this study."""
    return load("searches")


@cache
def table() -> Table:
    """Return the table of the record."""
    kept = {name: unpacked(entry) for name, entry in record()["table"].items()}
    n_rest = record()["sizes"]["rest"]
    return Table(kept["loss"] / 1000, kept["error"] / N_VALID, kept["truth"] / n_rest)


@cache
def right(name: str) -> np.ndarray:
    """Return which unseen digits of split 0 each of 243 networks has right, (243, 1397).

    Parameters
    ----------
    name : {"settings", "seeds"}
        Networks of 243 settings drawn at random, or of one good setting with 243 seeds.
    """
    bits = unpacked(record()["right"][name])
    return np.unpackbits(bits, axis=1, count=record()["sizes"]["rest"]).astype(bool)
