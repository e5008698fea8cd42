"""What the recorded runs say, with its intervals: computed once and kept in the record."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from lessons.planning.fitting import bootstrap, fit_law, profile
from lessons.planning.scaling import Law
from lessons.studies.scaling import grid as tables
from lessons.studies.scaling.grid import Grid, grid

COUNTED = ("all", "body")
N_NOISE, N_PART = 30, 30  # fits to runs that are moved, or drawn again
SHARES = (1 / 64, 1 / 16, 1 / 4, 1)  # of the largest compute in the grid
DIGITS = 5


def numbers(law: Law) -> list[float]:
    """Return the five coefficients, rounded, in the order of `Law`."""
    return [float(f"{x:.{DIGITS}g}") for x in (law.E, law.A, law.alpha, law.B, law.beta)]


def rounded(values: Any) -> list[float]:
    """Return numbers with five digits."""
    return [float(f"{x:.{DIGITS}g}") for x in values]


def noise(table: Grid) -> float:
    """Return the standard deviation of the logarithm of a loss from seed to seed, over all runs."""
    some = np.isfinite(table.spread)
    return float(np.sqrt(np.mean((table.spread[some] / table.loss[some]) ** 2)))


def moved(table: Grid, law: Law, counted: str, sd: float) -> dict[str, list[float]]:
    """Return the three exponents of runs that are moved as another seed would move them."""
    rng = np.random.default_rng(0)
    out: dict[str, list[float]] = {}
    for _ in range(N_NOISE):
        loss = table.loss * np.exp(rng.normal(0, sd, len(table.loss)))
        again = Grid(table.width, table.steps, loss, table.spread, table.scale)
        fitted = fit_law(table.n(counted), table.d, loss, first=law).law
        for way, value in tables.exponents(again, fitted, counted).items():
            if value is not None:
                out.setdefault(way, []).append(value)
    return {way: rounded(values) for way, values in out.items()}


def of_kind(table: Grid, sd: float) -> dict[str, Any]:
    """Return law and exponents of one table of runs, by both counts."""
    out = {}
    for counted in COUNTED:
        law = fit_law(table.n(counted), table.d, table.loss).law
        out[counted] = {"law": numbers(law), "exponents": tables.exponents(table, law, counted),
                        "moved": moved(table, law, counted, sd)}
    return out


def of_parts(table: Grid) -> list[dict[str, Any]]:
    """Return fits to the runs that cost no more than a share of the largest."""
    out, n, d, c = [], table.n(), table.d, table.flops()
    for share in SHARES:
        rows = c <= share * c.max() * (1 + 1e-9)
        laws = bootstrap(n[rows], d[rows], table.loss[rows], N_PART)
        out.append({"flops": float(share * c.max()), "runs": int(rows.sum()),
                    "law": numbers(fit_law(n[rows], d[rows], table.loss[rows]).law),
                    "laws": [numbers(law) for law in laws]})
    return out


def everything(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return all fits that take longer than a chapter may."""
    own = grid(runs)
    known, sd = tables.known(own), noise(own)
    made = {"known law": of_kind(known, tables.NOISE)}
    made |= {kind: of_kind(grid(runs, kind), sd) for kind in tables.KINDS}
    n, d = known.n(), known.d
    values = np.linspace(0, 0.97 * known.loss.min(), 25)
    along = profile(n, d, known.loss, values)
    return {"kinds": made, "noise": sd,
            "parts": {"known law": of_parts(known), "own schedule": of_parts(own)},
            "profile": {"E": rounded(values), "distance": rounded(f.distance for f in along),
                        "laws": [numbers(f.law) for f in along]}}
