"""What a training run will take: operations, memory, time, energy, money, failures, checkpoints.

Each outcome has the range that its assumptions leave, and the assumption that matters most. The
command ``python -m lessons.planning.plan`` prints all of it.
"""

import math
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import numpy as np

from lessons.planning import cost, failures
from lessons.planning.assumptions import ASSUMPTIONS, Range
from lessons.planning.planfile import PlanError, Settings, check_layout

#: The outcomes that depend on assumptions: words and unit.
OUTCOMES = {
    "chip_hours": ("chip-hours", ""),
    "days": ("days", ""),
    "mwh": ("energy", "MWh"),
    "money": ("money", "dollars"),
    "failures": ("failures that stop the run", ""),
    "mtbf_hours": ("time between them", "hours"),
    "checkpoint_s": ("writing a checkpoint", "seconds"),
    "interval_minutes": ("work between checkpoints", "minutes"),
    "lost_share": ("lost to checkpoints and failures", "of the time"),
}

#: Standard deviations from the middle to the ends of an interval that holds nine in ten.
_NINE_IN_TEN = 1.645


def memory(s: Settings) -> dict[str, float]:
    """Return the bytes that one chip must hold: state, activations, reserve.

    Layers are shared evenly: over `tensor` chips each, and over `pipeline` groups of layers, the
    largest counting. The first group has as many micro-batches under way as there are groups, and
    the matrices of tokens at the two ends are shared like layers.

    Examples
    --------
    >>> from lessons.planning.planfile import example
    >>> {part: round(n / 1e9, 1) for part, n in memory(example()).items()}
    {'state': 13.8, 'activations': 9.1, 'reserve': 6.0}
    """
    largest = math.ceil(s["layers"] / s["pipeline"])
    share = largest / s["layers"] / s["tensor"]
    state = cost.state_bytes(s["parameters"] * share, s["state"], s.copies, s["zero"],
                             s["optimiser"])
    under_way = min(s["pipeline"], s.micro_batches)
    activations = under_way / s["tensor"] * cost.activation_bytes(
        largest, s["width"], s["heads"], s["context"], s["micro_batch"], s["keep"])
    reserve = 1e9 * s.assumptions["reserve_gb"].likely
    return {"state": sum(state.values()), "activations": activations, "reserve": reserve}


def check_memory(s: Settings) -> None:
    """Refuse a plan whose model does not fit.

    Raises
    ------
    PlanError
        With what is needed, and a change that would do.
    """
    parts, has = memory(s), s.machine.mem_bytes or 0.0
    needed = sum(parts.values())
    if needed > has:
        said = ", ".join(f"{part} {n / 1e9:.1f}" for part, n in parts.items())
        raise PlanError(f"the model does not fit: each chip needs {needed / 1e9:.1f} GB ({said}) "
                        f"and has {has / 1e9:g}. {_cure(s, has)}")


def _cure(s: Settings, has: float) -> str:
    """Return a layout that fits, the least change first."""
    tries: list[dict[str, Any]] = [{"zero": 2}, {"zero": 3}, {"keep": "layer inputs"}]
    tries += [{"tensor": t, "pipeline": p} for t, p in [(2, 1), (4, 1), (8, 1)]]
    tries += [{"tensor": 8, "pipeline": p, "keep": keep} for keep in (s["keep"], "layer inputs")
              for p in (2, 4, 8, 16, 32)]
    for change in tries:
        other = Settings(s.name, {**s.values, **change}, s.assumptions, s.given, s.machine)
        with suppress(PlanError):
            check_layout(other.values)
            if sum(memory(other).values()) <= has:
                return "This would do: " + ", ".join(f"{k} = {v!r}" for k, v in change.items())
    return "No usual layout of so many of these chips would do: take more chips, or larger ones"


def outcome(s: Settings, values: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return all numbers of a plan for one value of each assumption.

    Parameters
    ----------
    values : mapping, optional
        Values of assumptions; those that are missing take their likely value.

    Examples
    --------
    >>> from lessons.planning.planfile import example
    >>> plan = outcome(example(), {"mfu": 0.4, "extra": 1})
    >>> f"{plan['flops']:.3g}", round(plan["days"], 1), round(plan["failures"], 1)
    ('4.69e+22', 5.4, 1.1)
    """
    a = {key: r.likely for key, r in s.assumptions.items()} | dict(values or {})
    n_params, n_chips = s["active"] or s["parameters"], s["chips"]
    flops = cost.training_flops(n_params, s["tokens"], s["layers"], s["width"], s["context"])
    state = cost.state_bytes(s["parameters"], s["state"], optimiser=s["optimiser"])
    checkpoint = sum(state.values()) - state["gradients"]
    mtbf = failures.mtbf_hours(n_chips, a["failures"])
    write, restart = checkpoint / (1e9 * a["checkpoint_gb_s"]) / 3600, a["restart_minutes"] / 60
    interval = failures.best_interval(write, mtbf)
    useful = float(failures.useful_share(interval, write, mtbf, restart))
    working = cost.chip_hours(flops, s.machine.flops_per_s, a["mfu"])
    hours = working * a["extra"] / useful
    watts = (s.machine.power_w or 0.0) * a["power_share"] * (1 + a["other_power"])
    return {
        "flops": flops, "steps": s["tokens"] / s["batch_tokens"],
        "checkpoint_gb": checkpoint / 1e9, "working_hours": working,
        "chip_hours": hours, "days": hours / n_chips / 24,
        "mwh": cost.energy_kwh(hours, watts, a["pue"]) / 1e3, "money": hours * a["price"],
        "failures": hours / n_chips / mtbf, "mtbf_hours": mtbf,
        "checkpoint_s": 3600 * write, "interval_minutes": 60 * interval,
        "lost_share": 1 - useful,
    }


@lru_cache(maxsize=8)
def _normals(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, len(ASSUMPTIONS)))


def draws(s: Settings, n: int = 1000, seed: int = 0) -> list[dict[str, float]]:
    """Return the outcomes for `n` draws of all assumptions, each by itself.

    A range is drawn so that one in twenty lies below its low end and one above its high end,
    by a bell curve in logarithms on each side of the likely value; or in the number itself where
    the low end is 0.
    """
    drawn = []
    for row in _normals(n, seed):
        values = {}
        for z, (key, r) in zip(row, s.assumptions.items(), strict=True):
            rule, end = ASSUMPTIONS[key], r.high if z > 0 else r.low
            far = abs(z) / _NINE_IN_TEN
            x = (r.likely * (end / r.likely) ** far if r.low > 0
                 else r.likely + (end - r.likely) * far)
            values[key] = min(max(x, rule.least), rule.most)
        drawn.append(outcome(s, values))
    return drawn


def ranges(s: Settings, n: int = 1000, seed: int = 0) -> dict[str, Range]:
    """Return each outcome with likely values, and the interval that holds nine draws in ten.

    Examples
    --------
    >>> from lessons.planning.planfile import example
    >>> days = ranges(example(), n=200)["days"]
    >>> days.low < days.likely < days.high
    True
    """
    likely, drawn = outcome(s), draws(s, n, seed)
    ends = {key: np.quantile([d[key] for d in drawn], [0.05, 0.95]) for key in OUTCOMES}
    return {key: Range(float(low), likely[key], float(high)) for key, (low, high) in ends.items()}


def swings(s: Settings, key: str) -> dict[str, tuple[float, float]]:
    """Return an outcome at both ends of each assumption, the others being likely: widest first.

    Examples
    --------
    >>> from lessons.planning.planfile import example
    >>> list(swings(example(), "money"))[:2]
    ['mfu', 'price']
    """
    found = {name: (outcome(s, {name: r.low})[key], outcome(s, {name: r.high})[key])
             for name, r in s.assumptions.items() if r.low < r.high}
    order = sorted(found, key=lambda name: -abs(found[name][1] - found[name][0]))
    return {name: found[name] for name in order if found[name][0] != found[name][1]}

