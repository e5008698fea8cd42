"""What the record says: numbers by name, gains with intervals, and where each byte came from."""

import json
from typing import Any

import numpy as np

from lessons.studies.compare import interval
from lessons.studies.record import load, path_of

Record = dict[str, Any]


def record() -> Record:
    """Return what ``python -m experiments.compression`` found."""
    return load("compression")


def values(record: Record, family: str, name: str = "", key: str = "bits") -> np.ndarray:
    """Return what was found, one number a seed: bits per byte, or another key.

    Parameters
    ----------
    family, name : str
        Such as ``"rounded"`` and ``"4 row"``, or ``"base"`` alone.

    Raises
    ------
    KeyError
        If the record has no such name.
    """
    found = record[family]
    if name:
        if name not in found:
            raise KeyError(f"no {name!r} in {family!r}: choose from {', '.join(found)}")
        found = found[name]
    runs = found["runs"] if isinstance(found, dict) else found
    return np.array([run[key] if isinstance(run, dict) else run for run in runs])


def gain(record: Record, one: tuple[str, ...], other: tuple[str, ...]) -> tuple[float, float]:
    """Return by how many bits per byte one is above another, over seeds, and half its interval."""
    return interval(values(record, *one) - values(record, *other))


def times(record: Record, rows: int, n: int = 1024) -> dict[str, float]:
    """Return times of products as multiples of the dense one's, by what was done."""
    return record["times"][str(n)][str(rows)]


def per_pass(record: Record, draft: str) -> tuple[np.ndarray, np.ndarray]:
    """Return how often guesses are kept, (seeds,), and tokens per pass, (seeds, guesses)."""
    rows = [run[draft] for run in record["speculated"]["runs"]]
    tokens = [list(row["tokens per pass"].values()) for row in rows]
    return np.array([row["kept"] for row in rows]), np.array(tokens)


def sources(example: tuple[list[int], list[list[int]]], n_start: int = 16
            ) -> tuple[list[str], list[int]]:
    """Return the characters of a text and the pass in which each came: negative for kept guesses.

    Passes count from 1; the start has 0.

    Examples
    --------
    >>> sources(([97, 98, 99, 10], [[1, 2], [0, 1]]), n_start=1)
    (['a', 'b', 'c', '¶'], [0, -1, 1, 2])
    """
    tokens, passes = example
    marks = []
    for i, (kept, n) in enumerate(passes, start=1):
        marks += [-i] * kept + [i] * (n - kept)
    marks = ([0] * n_start + marks)[: len(tokens)]
    return [_shown(x) for x in tokens], marks


def _shown(byte: int) -> str:
    named = {10: "¶", 32: "·"}
    return named.get(byte, chr(byte) if 32 < byte < 127 else "?")


def accelerator() -> dict[str, Any]:
    """Return what ``python -m experiments.compression_accelerator`` gave on one GPU."""
    path = path_of("compression").with_name("accelerator.json")
    return json.loads(path.read_text(encoding="utf-8"))


def on_gpu(found: dict[str, Any], n: int, kind: str) -> dict[int, float]:
    """Return the seconds of a product with an n × n matrix, by rows of activations.

    Examples
    --------
    >>> on_gpu({"rows": [{"n": 8, "kind": "a", "batch": 1, "time_s": 0.5}]}, 8, "a")
    {1: 0.5}
    """
    return {row["batch"]: row["time_s"] for row in found["rows"]
            if row["n"] == n and row["kind"] == kind}
