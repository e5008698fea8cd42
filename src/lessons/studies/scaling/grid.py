"""The recorded runs as tables that a law is fitted to, and what the fits say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lessons.planning.fitting import power_law, valley
from lessons.planning.scaling import Law
from lessons.studies.scaling import shapes

KINDS = ("own schedule", "cut short", "constant rate")
KNOWN = Law(E=0.8, A=26.0, alpha=0.33, B=53.0, beta=0.31)  # of runs that nobody trained
NOISE = 0.005  # of them, from seed to seed, in the logarithm of the loss


@dataclass(frozen=True)
class Grid:
    """Runs of some widths and lengths, sorted by width, then length.

    Attributes
    ----------
    width, steps : numpy.ndarray
        Whole numbers, shapes (runs,).
    loss : numpy.ndarray
        Nats per byte of the text for measuring, mean over seeds.
    spread : numpy.ndarray
        Standard deviation over seeds; not a number where there is one seed.
    scale : numpy.ndarray
        Learning rate times width.
    """

    width: np.ndarray
    steps: np.ndarray
    loss: np.ndarray
    spread: np.ndarray
    scale: np.ndarray

    def n(self, counted: str = "all") -> np.ndarray:
        """Return the parameters: all of them, or of the body alone, without embeddings."""
        return np.array([shapes.sizes(int(w))[counted] for w in self.width], dtype=float)

    @property
    def d(self) -> np.ndarray:
        """Tokens read."""
        return self.steps * float(shapes.TOKENS_PER_STEP)

    def flops(self, counted: str = "all") -> np.ndarray:
        """Return the operations of each run; see `shapes.flops`."""
        return np.array([shapes.flops(int(w), 1, counted) * t
                         for w, t in zip(self.width, self.d, strict=True)])

    def where(self, rows: np.ndarray) -> "Grid":
        """Return some of the runs: those at which an array of booleans is true."""
        return Grid(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def _of(runs: Iterable[dict[str, Any]], width: int, steps: int, schedule: str) -> list[dict]:
    return [run for run in runs if (run["width"], run["steps"], run["schedule"])
            == (width, steps, schedule)]


def _tuned(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all seeds of the rate that is best for seed 0 on the text for choosing."""
    best = min((run for run in runs if run["seed"] == 0), key=lambda run: run["tune"])["scale"]
    return [run for run in runs if run["scale"] == best]


def grid(runs: Sequence[dict[str, Any]], kind: str = "own schedule") -> Grid:
    """Return the runs up to 2.1 million bytes as a table.

    Parameters
    ----------
    kind : str
        One of `KINDS`: each run with a schedule that ends where it ends, and its best rate; the
        longest runs, looked at on their way; or these with a rate that never falls.

    Raises
    ------
    ValueError
        For another kind, or a record that lacks such runs.
    """
    if kind not in KINDS:
        raise ValueError(f"the kinds are {', '.join(KINDS)}, got {kind!r}")
    runs = [run for run in runs if np.isfinite(run["test"][-1][1])]
    if not runs:
        raise ValueError("there is no finished run in this record")
    widths = sorted({run["width"] for run in runs})
    lengths = sorted({run["steps"] for run in runs})
    rows = []
    for width in widths:
        if kind in ("cut short", "constant rate"):
            schedule = "constant" if kind == "constant rate" else "cosine"
            (one,) = [run for run in _tuned(_of(runs, width, lengths[-1], schedule))
                      if run["seed"] == 0]
            rows += [(width, steps, [loss], one["scale"]) for steps, loss in one["test"]]
            continue
        for steps in lengths:
            some = _tuned(_of(runs, width, steps, "cosine"))
            rows.append((width, steps, [run["test"][-1][1] for run in some], some[0]["scale"]))
    losses = [row[2] for row in rows]
    spread = [np.std(row, ddof=1) if len(row) > 1 else np.nan for row in losses]
    return Grid(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]),
                np.array([np.mean(row) for row in losses]), np.array(spread),
                np.array([row[3] for row in rows]))


def at_compute(table: Grid, flops: float, counted: str = "all") -> tuple[np.ndarray, np.ndarray]:
    """Return sizes and losses of all widths that could have spent these operations.

    Between two lengths of a width the loss is taken on a straight line in logarithms.
    """
    sizes, losses = [], []
    n, c = table.n(counted), table.flops(counted)
    for width in np.unique(table.width):
        rows = table.width == width
        spent, loss = np.log(c[rows]), np.log(table.loss[rows])
        if spent[0] - 1e-9 <= np.log(flops) <= spent[-1] + 1e-9:
            sizes.append(n[rows][0])
            losses.append(np.exp(np.interp(np.log(flops), spent, loss)))
    return np.array(sizes), np.array(losses)


def budgets(table: Grid, counted: str = "all", n_budgets: int = 9) -> np.ndarray:
    """Return budgets at which the best size is neither the smallest nor the largest width."""
    c = table.flops(counted)
    out = []
    for flops in np.geomspace(c.min(), c.max(), 60):
        n, loss = at_compute(table, flops, counted)
        if len(n) >= 4 and 0 < int(loss.argmin()) < len(n) - 1:
            out.append(flops)
    if len(out) < 3:
        raise ValueError("at too few budgets the best size lies inside the grid: add runs")
    return np.geomspace(out[0], out[-1], n_budgets)


def equal_compute(table: Grid, counted: str = "all") -> tuple[np.ndarray, np.ndarray]:
    """Return budgets and best sizes, each by a parabola through the widths near the least loss."""
    flops, best = [], []
    for budget in budgets(table, counted):
        n, loss = at_compute(table, budget, counted)
        lowest = int(loss.argmin())
        rows = slice(max(0, lowest - 2), lowest + 3)
        try:
            best.append(valley(n[rows], loss[rows])[0])
            flops.append(budget)
        except ValueError:  # no valley here
            continue
    return np.array(flops), np.array(best)


def least_of_curves(table: Grid, counted: str = "all") -> tuple[np.ndarray, np.ndarray]:
    """Return many budgets, and for each the width whose curve lies lowest."""
    span = budgets(table, counted)
    flops = np.geomspace(span[0], span[-1], 60)
    best = []
    for budget in flops:
        n, loss = at_compute(table, budget, counted)
        best.append(n[loss.argmin()])
    return flops, np.array(best)


def known(table: Grid, seed: int = 0) -> Grid:
    """Return runs of the same sizes and lengths whose law is `KNOWN`, with a little noise."""
    noise = np.random.default_rng(seed).normal(0, NOISE, len(table.width))
    loss = KNOWN.loss(table.n(), table.d) * np.exp(noise)
    return Grid(table.width, table.steps, loss, np.full(len(loss), np.nan), table.scale)


def exponents(table: Grid, law: Law, counted: str = "all") -> dict[str, float | None]:
    """Return how the best size grows with compute, in three ways; none where a way finds none."""
    out: dict[str, float | None] = {}
    for way, find in (("least of the curves", least_of_curves), ("equal compute", equal_compute)):
        try:
            out[way] = power_law(*find(table, counted))[1]
        except ValueError:
            out[way] = None
    return out | {"fitted surface": law.exponent}
