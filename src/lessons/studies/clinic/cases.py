"""The loss-curve clinic: recorded runs with one fault each, and what a curve shares with them.

The runs are made by ``python -m experiments.clinic`` out of `lessons.studies.clinic.programs` and
stored in ``record.json``, three digits a number. No number in it is a stand-in: where a loss was
infinite or not a number, the record has null, and the functions here give NaN.
"""

import functools
import json
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lessons.studies.record import load, path_of

#: What `features` measures, in its order: short name, and what it says.
FEATURES = {
    "start": "first loss, in powers of ten above the loss of guessing, ln C",
    "end": "loss at the end, likewise",
    "peak": "largest loss, in powers of ten above the first",
    "alive": "share of the run before a loss is no number",
    "flat": "share of the run within 3% of ln C",
    "early": "fall in the first tenth, in powers of ten",
    "late": "fall in the last half, likewise",
    "rough": "typical jump from one point to the next, in powers of ten",
    "rhythm": "how well the wobble repeats itself: 0 not at all, 1 exactly",
    "gap": "validation loss over training loss at the end, in powers of ten",
    "rise": "validation loss at the end over its lowest, in powers of ten",
}
#: No value counts as more than this, so that one wild number cannot decide alone.
LIMITS = {"start": 3, "end": 4, "peak": 3, "early": 2, "late": 2, "rough": 1, "gap": 2, "rise": 2}


@functools.cache
def record() -> dict[str, dict[str, Any]]:
    """Return the recorded cases by name.

    Each case has ``cause``, ``program``, ``n_classes``, ``setup`` (changes of the program in both
    runs), ``good`` and ``bad`` (the mended and the broken text), ``runs`` (one log a seed) and
    ``mended`` (the log of the mended run with seed 0). A log has ``train``, ``valid``,
    ``accuracy`` and ``grad``, arrays over the run.

    Examples
    --------
    >>> record()["learning rate too low"]["bad"]
    'lr=0.001'
    """
    return _arrays(load("clinic")["cases"])


@functools.cache
def doses() -> dict[str, dict[str, Any]]:
    """Return runs with more and more of a fault: by fault, then by dose, a log."""
    return _arrays(load("clinic")["doses"])


@functools.cache
def long_runs() -> dict[str, dict[str, Any]]:
    """Return the faults of long runs by name, from ``long_run.json``.

    Each has ``cause``, ``setup``, ``good``, ``bad``, ``runs`` (a log for each of three seeds) and
    ``mended`` (the same without the fault). A log also has ``score``: the largest attention score,
    before the softmax, of every 12 steps.

    Examples
    --------
    >>> long_runs()["schedule restarted"]["good"]
    '= rate(step, n_steps)'
    """
    kept = json.loads(path_of("clinic").with_name("long_run.json").read_text(encoding="utf-8"))
    return _arrays(kept)


def _arrays(value: Any) -> Any:
    """Turn the lists of logs into arrays; null becomes NaN."""
    if isinstance(value, dict):
        logs = ("train", "valid", "accuracy", "grad", "score")
        return {k: np.array(v, dtype=float) if k in logs else _arrays(v) for k, v in value.items()}
    return [_arrays(v) for v in value] if isinstance(value, list) else value


def steps(values: np.ndarray, n_steps: int = 240) -> np.ndarray:
    """Return the steps at which the points of a recorded curve lie.

    Examples
    --------
    >>> steps(np.zeros(4))
    array([  0.,  60., 120., 180.])
    """
    return np.arange(len(values)) * n_steps / len(values)


def features(train: ArrayLike, n_classes: int, valid: ArrayLike | None = None) -> np.ndarray:
    """Return the numbers of `FEATURES` for a curve.

    Parameters
    ----------
    train : sequence of float
        Training loss over the whole run, from the first step, 10 points or more; NaN where it
        was no number.
    n_classes : int
        Number of classes or tokens: a guess costs ``ln n_classes``.
    valid : sequence of float, optional
        Validation loss over the same run. Without it, "gap" and "rise" are NaN.

    Returns
    -------
    numpy.ndarray
        Shape (11,). What cannot be measured is NaN.

    Raises
    ------
    ValueError
        For fewer than 10 points or fewer than 2 classes.

    Examples
    --------
    >>> falling = math.log(10) * 0.98 ** np.arange(240)
    >>> float(dict(zip(FEATURES, features(falling, 10).round(2)))["end"])
    -2.0
    """
    loss = np.asarray(train, dtype=float).ravel()
    if len(loss) < 10 or n_classes < 2:
        raise ValueError("give 10 points or more and 2 classes or more, not "
                         f"{len(loss)} points and {n_classes} classes")
    whole, bad = len(loss), np.flatnonzero(~np.isfinite(loss))
    alive = bad[0] / whole if len(bad) else 1.0
    y = _log(loss[: bad[0]] if len(bad) else loss, n_classes)
    found = dict.fromkeys(FEATURES, math.nan) | {"alive": alive}
    if len(y):
        found |= {"start": y[0], "end": _part(y, 0.9, 1), "peak": y.max() - y[0],
                  "flat": np.sum(np.abs(y) < math.log10(1.03)) / whole}
    if len(y) >= 10:
        found |= {"early": y[0] - _part(y, 0.08, 0.12),
                  "late": _part(y, 0.45, 0.55) - _part(y, 0.9, 1),
                  "rough": np.median(np.abs(np.diff(y))), "rhythm": _rhythm(y)}
    if valid is not None and len(y):
        v = np.asarray(valid, dtype=float).ravel()
        v = _log(v[np.isfinite(v)], n_classes)
        if len(v):
            found |= {"gap": v[-1] - found["end"], "rise": v[-1] - v.min()}
    return np.array([np.clip(found[k], -LIMITS.get(k, 1), LIMITS.get(k, 1)) for k in FEATURES])


def _part(y: np.ndarray, start: float, end: float) -> float:
    """Return the median of a part of a curve; `start` and `end` are shares of its length."""
    return np.median(y[int(start * len(y)) : max(int(end * len(y)), int(start * len(y)) + 1)])


def _log(loss: np.ndarray, n_classes: int) -> np.ndarray:
    """Return losses as powers of ten above that of guessing, never below -4."""
    return np.log10(np.maximum(loss / math.log(n_classes), 1e-4))


def _rhythm(y: np.ndarray) -> float:
    """Return the largest autocorrelation of what a running mean leaves, beyond its first dip."""
    width = max(5, len(y) // 8)
    smooth = np.convolve(np.pad(y, width // 2, mode="edge"), np.ones(width) / width, "valid")
    wobble = (y - smooth[: len(y)])[len(y) // 8 :]
    power = np.correlate(wobble, wobble, "full")[len(wobble) - 1 :]
    if power[0] < 1e-9 * len(wobble):
        return 0.0
    power = power[: len(wobble) // 3] / power[0]
    dips = np.flatnonzero(power < 0)
    return float(max(power[dips[0] :].max(), 0.0)) if len(dips) else 0.0


@functools.cache
def reference(share: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return case names, seeds and features of all recorded runs, cut after `share` of the run."""
    rows = []
    for name, case in record().items():
        for seed, log in enumerate(case["runs"]):
            cut = [v[: max(1, round(share * len(v)))] for v in (log["train"], log["valid"])]
            rows.append((name, seed, features(cut[0], case["n_classes"], cut[1])))
    names, seeds, values = zip(*rows, strict=True)
    return np.array(names), np.array(seeds), np.array(values)


def distances(one: np.ndarray, many: np.ndarray) -> np.ndarray:
    """Return how far the features `one` are from each row of `many`, in typical spreads.

    Features that only one of the two has count as one spread apart; those that neither has, or
    that `one` was not given ("gap" and "rise" without validation), do not count.
    """
    spread = np.nanstd(many, axis=0) + 0.05
    apart = np.minimum(np.abs(one - many) / spread, 3.0)  # one wild feature must not decide alone
    apart = np.where(np.isnan(one) & np.isnan(many), 0.0, np.where(np.isnan(apart), 1.0, apart))
    gone = np.isnan(one[list(FEATURES).index("gap")])
    counts = [not (gone and key in ("gap", "rise")) for key in FEATURES]
    return np.sqrt(np.mean(apart[:, counts] ** 2, axis=1))


def nearest(
    train: ArrayLike, n_classes: int, valid: ArrayLike | None = None, n: int = 5
) -> list[tuple[str, float]]:
    """Return the `n` cases whose recorded runs are most like this curve, and how far they are.

    Parameters
    ----------
    train, n_classes, valid
        As in `features`.
    n : int
        How many cases.

    Returns
    -------
    list of (str, float)
        Name and distance, the nearest first. Distances say an order and nothing else.

    Examples
    --------
    >>> flat = np.full(100, math.log(10))
    >>> nearest(flat, 10, n=1)[0][0]
    'initial weights zero'
    """
    names, _, values = reference()
    apart = distances(features(train, n_classes, valid), values)
    best = {name: float(apart[names == name].min()) for name in record()}
    return sorted(best.items(), key=lambda pair: pair[1])[:n]


def leave_one_seed_out(share: float = 1.0) -> list[tuple[str, int, str]]:
    """Name every recorded run by the nearest run of another seed.

    Returns
    -------
    list of (str, int, str)
        Case, seed and the name that it got, for every run.
    """
    names, seeds, values = reference(share)
    said = []
    for name, seed, one in zip(names, seeds, values, strict=True):
        others = seeds != seed
        said.append((str(name), int(seed),
                     str(names[others][distances(one, values[others]).argmin()])))
    return said


def rerun(
    case: str, seed: int = 0, mended: bool = False, n_steps: int = 240
) -> dict[str, list[float]]:
    """Run a case again, now; return its log with every step of the training loss."""
    from lessons.studies.clinic.programs import run  # imports torch, which the rest does not need

    case = record()[case]
    fault = [(case["good"], case["bad"])] if case["good"] and not mended else []
    return run(case["program"], [tuple(pair) for pair in case["setup"]] + fault, seed, n_steps)
