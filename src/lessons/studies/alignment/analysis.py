"""What the record says: curves, gains with intervals, and what many tries are worth."""

from typing import Any

import numpy as np

from lessons.align.tries import best_of, pass_at_k
from lessons.studies.alignment.plan import N_TRIES
from lessons.studies.compare import interval
from lessons.studies.record import load

Record = dict[str, Any]
STARTS = ("base", "ready")  # the model that has read sheets, and the same after a few answers


def record() -> Record:
    """Return what ``python -m experiments.alignment`` found."""
    return load("alignment")


def curve(record: Record, method: str, key: str = "truth") -> tuple[np.ndarray, np.ndarray]:
    """Return the steps of a method's looks, and what they saw, shape (seeds, looks).

    Raises
    ------
    KeyError
        If the record has no such method.
    """
    if method not in record["methods"]:
        raise KeyError(f"no method {method!r}: choose from {', '.join(record['methods'])}")
    runs = record["methods"][method]["runs"]
    steps = np.array([look["step"] for look in runs[0]["looks"]])
    return steps, np.array([[look[key] for look in run["looks"]] for run in runs])


def ends(record: Record, name: str, key: str = "truth") -> np.ndarray:
    """Return what was seen in the end, one number a seed, of a method or of a start."""
    if name in STARTS:
        return np.array([start[name]["look"][key] for start in record["starts"]])
    if "look" in record["methods"].get(name, {"runs": [{}]})["runs"][0]:
        return np.array([run["look"][key] for run in record["methods"][name]["runs"]])
    return curve(record, name, key)[1][:, -1]


def gain(record: Record, name: str, other: str = "ready", key: str = "truth"
         ) -> tuple[float, float]:
    """Return by how much one ends above another, over pairs of seeds, and half its interval."""
    return interval(ends(record, name, key) - ends(record, other, key))


def rights(record: Record, name: str) -> np.ndarray:
    """Return how many of the tries at each question were right in the end, (seeds, questions)."""
    if name in STARTS:
        return np.array([start[name]["right"] for start in record["starts"]])
    return np.array([run["right"] for run in record["methods"][name]["runs"]])


def passes(record: Record, name: str, k: int) -> np.ndarray:
    """Return pass@k, one number a seed."""
    worth = np.array([pass_at_k(N_TRIES, c, k) for c in range(N_TRIES + 1)])
    return worth[rights(record, name)].mean(axis=1)


def greedy(record: Record, name: str) -> np.ndarray:
    """Return the share of questions whose likeliest answer is right, one number a seed."""
    if name in STARTS:
        return np.array([start[name]["greedy"] for start in record["starts"]])
    return np.array([run["greedy"] for run in record["methods"][name]["runs"]])


def chosen_by(record: Record, judge: str, n: int) -> np.ndarray:
    """Return how often the try that a reward model likes best among n is right, one a seed."""
    out = []
    for found in record["judged"][judge]:
        truth = [[float(x) for x in row] for row in found["truth"]]
        out.append(np.mean([best_of(s, t, n) for s, t in zip(found["scores"], truth, strict=True)]))
    return np.array(out)
