"""What the record says: gains with intervals, spreads, and who gets the credit.

All losses here are bits per byte of the held-out text.
"""

import itertools
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lessons.studies.algorithms.plan import FACTORS
from lessons.studies.compare import interval
from lessons.studies.record import load, path_of

Record = dict[str, Any]


def record() -> Record:
    """Return the record: ``python -m experiments.algorithms`` made it.

    Examples
    --------
    >>> sorted(record())[:3]
    ['batches', 'budget', 'budgets']
    """
    return load("algorithms")


def loss_of(run: dict[str, Any]) -> float:
    """Return the loss at the end of a run, infinite if it diverged."""
    return float(run["valid"][-1][1]) / math.log(2)


def losses(entry: dict[str, Any]) -> np.ndarray:
    """Return the losses at the end of an entry's runs, one number a seed."""
    return np.array([loss_of(run) for run in entry["runs"]])


def second_machine() -> Record:
    """Return what the same runs gave on a second machine: ``python -m experiments.second_machine``.

    ``losses`` has for each change a pair of losses in nats a seed: the record's, and the other's.

    Examples
    --------
    >>> here, there = second_machine()["losses"]["baseline"][0]
    >>> here == there
    True
    """
    path = path_of("algorithms").with_name("second_machine.json")
    found: Record = json.loads(path.read_text(encoding="utf-8"))
    return found


def gain(record: Record, name: str, n_comparisons: int = 1) -> tuple[float, float]:
    """Return by how many bits per byte a change is better than the baseline, and half its interval.

    Both runs of a pair saw the same text in the same order.

    Raises
    ------
    KeyError
        If there is no such change.
    """
    if name not in record["changes"]:
        raise KeyError(f"no change {name!r}: choose from {', '.join(record['changes'])}")
    changes = record["changes"]
    differences = losses(changes["baseline"]) - losses(changes[name])
    if not np.isfinite(differences).all():
        return -math.inf, math.inf
    return interval(differences, n_comparisons=n_comparisons)


def verdict(record: Record, name: str, n_comparisons: int = 1) -> str:
    """Say whether a change is better or worse than the baseline, if its interval leaves out zero.

    Parameters
    ----------
    n_comparisons : int
        For how many rows of the table the interval holds together.

    Examples
    --------
    >>> verdict(record(), "placebo")
    'not distinguishable here'
    """
    mean, half = gain(record, name, n_comparisons)
    if mean == -math.inf:
        return "diverges"
    return "better" if mean > half else "worse" if mean < -half else "not distinguishable here"


def share_of_seconds(record: Record, name: str) -> float:
    """Return the processor seconds of a change's run in units of the baseline's.

    Its steps, times the pace of one: steps of all changes were timed in turns.
    """
    runs = [record["changes"][each]["runs"][0]["n_steps"] for each in (name, "baseline")]
    return float(record["pace"][name] * runs[0] / runs[1])


def baseline_at(record: Record, share: float) -> np.ndarray:
    """Return the baseline's loss with a share of the budget, one number a seed.

    Between two budgets that were run it goes straight in their logarithm.

    Raises
    ------
    ValueError
        If the share lies outside the budgets that were run.
    """
    budgets = {1.0: record["changes"]["baseline"]}
    budgets |= {float(key): entry for key, entry in record["budgets"].items()}
    shares = sorted(budgets)
    if not shares[0] <= share <= shares[-1]:
        raise ValueError(f"budgets from {shares[0]:g} to {shares[-1]:g} were run, got {share:.3g}")
    table = np.array([losses(budgets[each]) for each in shares])  # (budgets, seeds)
    return np.array([np.interp(math.log(share), np.log(shares), row) for row in table.T])


def gain_at_equal_seconds(record: Record, name: str) -> tuple[float, float]:
    """Return the gain against the baseline that had as many seconds, and half its interval."""
    base = baseline_at(record, share_of_seconds(record, name))
    return interval(base - losses(record["changes"][name]))


def worth(record: Record, name: str) -> float:
    """Return with how many times the budget the baseline is as good, from mean losses.

    Outside the budgets that were run it is 0 or infinite.
    """
    shares = np.array(sorted([1.0, *map(float, record["budgets"])]))
    means = np.array([baseline_at(record, share).mean() for share in shares])
    reached = losses(record["changes"][name]).mean()
    if not means[-1] <= reached <= means[0]:
        return 0.0 if reached > means[0] else math.inf
    return float(np.exp(np.interp(-reached, -means, np.log(shares))))


def crossed(record: Record) -> dict[str, np.ndarray]:
    """Return the losses of all sixteen combinations of `FACTORS`, one number a seed."""
    return {on: losses(entry) for on, entry in record["crossed"].items()}


def waterfall(table: dict[str, np.ndarray], order: Sequence[int]) -> np.ndarray:
    """Return what each change gains if they come one after the other, shape (4, seeds).

    Parameters
    ----------
    table
        From `crossed`.
    order
        The numbers 0 to 3 of `FACTORS`.

    Raises
    ------
    ValueError
        If it is no order of the four.

    Examples
    --------
    >>> table = {f"{i:04b}": np.array([4.0 - bin(i).count("1")]) for i in range(16)}
    >>> waterfall(table, [2, 0, 1, 3]).ravel().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    if sorted(order) != list(range(len(FACTORS))):
        raise ValueError(f"an order of 0, 1, 2, 3, please, got {list(order)}")
    on, gains = ["0"] * len(FACTORS), []
    for factor in order:
        before = table["".join(on)]
        on[factor] = "1"
        gains.append(before - table["".join(on)])
    return np.array(gains)


def credit(table: dict[str, np.ndarray]) -> np.ndarray:
    """Return the gain of each change, averaged over all orders (Shapley's value), (4, seeds)."""
    total = np.zeros((len(FACTORS), len(table["0000"])))
    orders = list(itertools.permutations(range(len(FACTORS))))
    for order in orders:
        total[list(order)] += waterfall(table, order)
    return total / len(orders)


def effects(table: dict[str, np.ndarray], factor: int, other: int) -> dict[str, np.ndarray]:
    """Return what a change gains in every pair, apart for runs without and with another change.

    Parameters
    ----------
    factor, other : int
        Numbers of `FACTORS`.

    Returns
    -------
    dict
        ``"0"`` for the pairs without the other change and ``"1"`` for those with it, each shape
        (4, seeds).

    Examples
    --------
    >>> table = {f"{i:04b}": np.array([4.0 - (i & 8 and 1)]) for i in range(16)}
    >>> effects(table, 0, 2)["1"].ravel().tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    out: dict[str, list[np.ndarray]] = {"0": [], "1": []}
    for on, before in table.items():
        if on[factor] == "0":
            out[on[other]].append(before - table[f"{on[:factor]}1{on[factor + 1 :]}"])
    return {key: np.array(rows) for key, rows in out.items()}


def by_rate(table: dict[str, Any]) -> dict[float, float]:
    """Return the mean loss for each learning rate; infinite where a seed diverged."""
    found: dict[float, list[float]] = {}
    for key, run in table.items():
        found.setdefault(float(key.split()[0]), []).append(loss_of(run))
    return {lr: float(np.mean(some)) for lr, some in sorted(found.items())}


def steps_to(run: dict[str, Any], target: float) -> float:
    """Return after how many steps a run reached a loss, infinite if it did not.

    Between two looks it goes straight.

    Examples
    --------
    >>> round(steps_to({"valid": [[10, 3.0], [20, 2.0]]}, 2.5 / math.log(2)), 6)
    15.0
    """
    looks = [(step, nats / math.log(2)) for step, nats in run["valid"]]
    for (before, high), (after, low) in itertools.pairwise(looks):
        if low <= target < high:
            return before + (after - before) * (high - target) / (high - low)
    return float(looks[0][0]) if looks[0][1] <= target else math.inf


def steps_by_batch(record: Record, target: float) -> dict[int, np.ndarray]:
    """Return for each batch size the steps to a loss at its best learning rate, one a seed."""
    out = {}
    for size, table in record["batches"].items():
        rates: dict[str, list[float]] = {}
        for key, run in table.items():
            rates.setdefault(key.split()[0], []).append(steps_to(run, target))
        out[int(size)] = np.array(min(rates.values(), key=np.mean))
    return out


def critical_batch(sizes: Sequence[float], steps: Sequence[float]) -> tuple[float, float]:
    """Fit ``(S / S_min - 1) (E / E_min - 1) = 1`` to steps S and sequences E = S · size.

    That is the straight line ``S = S_min + E_min / size``, fitted with relative errors.

    Returns
    -------
    S_min, B_crit : float
        The fewest steps, and ``E_min / S_min``: with that batch both are twice their least.

    Examples
    --------
    >>> s_min, b = critical_batch([4, 8, 16], [600, 350, 225])
    >>> round(s_min), round(b)
    (100, 20)
    """
    S, inverse = np.asarray(steps, float), 1 / np.asarray(sizes, float)
    design = np.stack([np.ones_like(S), inverse], axis=1) / S[:, None]
    (s_min, e_min), *_ = np.linalg.lstsq(design, np.ones_like(S), rcond=None)
    return float(s_min), float(e_min / s_min)
