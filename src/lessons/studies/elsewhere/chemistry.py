"""Chemistry: a melting point from counts of small parts, and of whole ring systems."""

from typing import Any

import numpy as np

from lessons.data.molecules import molecules
from lessons.studies.elsewhere import fingerprints
from lessons.studies.elsewhere.splits import by_group, tosses

Row = dict[str, Any]

PENALTIES = [0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0]


def case(seed: int, own: float = 30.0, tossed: bool = False) -> Row:
    """Return mean absolute errors in kelvin of three models, split by row and by scaffold."""
    made = molecules(np.random.default_rng(seed), own=own)
    scaffold = np.array([m.scaffold for m in made])
    y = np.array([m.melting for m in made])
    if tossed:
        y = 40.0 * tosses(np.random.default_rng(seed + 700), scaffold) - 20
    small = [fingerprints.small_parts(m) for m in made]
    whole = [fingerprints.circles(m.elements, m.bonds, 2) for m in made]
    tables = {"parts": fingerprints.columns(small), "parts and rings": fingerprints.columns(
        [a + fingerprints.rings(m) for a, m in zip(small, made, strict=True)])}
    alike = fingerprints.tanimoto(*[fingerprints.columns(whole)] * 2)
    out: Row = {}
    for kind in ("row", "scaffold"):
        rng = np.random.default_rng(seed + 300)
        groups = scaffold if kind == "scaffold" else np.arange(len(y))
        test = by_group(rng, groups)
        inner = by_group(rng, groups[~test])
        fit, choose = np.flatnonzero(~test)[~inner], np.flatnonzero(~test)[inner]
        row = {"mean": _error(np.full(test.sum(), y[~test].mean()), y[test]),
               "nearest": _error(y[~test][alike[test][:, ~test].argmax(1)], y[test])}
        for name, X in tables.items():
            chosen = min(PENALTIES, key=lambda s, X=X: _error(
                fingerprints.ridge(X[fit], y[fit], X[choose], s), y[choose]))
            row[name] = _error(fingerprints.ridge(X[~test], y[~test], X[test], chosen), y[test])
        row["shared"] = round(float(alike[test][:, ~test].max(1).mean()), 4)
        out[kind] = row
    return out


def _error(said: np.ndarray, y: np.ndarray) -> float:
    return round(float(np.abs(said - y).mean()), 2)
