"""Exercises of the loss-curve clinic, by difficulty."""

import math

import numpy as np

from lessons.exercises.base import Exercise


def best_guess(counts):
    total = sum(counts)
    return -sum(n / total * math.log(n / total) for n in counts)


def dead_share(h):
    return float(np.mean(np.max(np.abs(h), axis=0) == 0))


def n_leaks(hidden):
    return sum(not hidden[i, j] for i in range(len(hidden)) for j in range(i + 1, len(hidden)))


def squashed_floor(n_classes, scale):
    return math.log(math.exp(scale) + n_classes - 1) - scale


def first_trouble(loss, width, factor):
    for i in range(width, len(loss)):
        if not math.isfinite(loss[i]) or loss[i] > factor * np.median(loss[i - width : i]):
            return i
    return -1


def _layers(rng):
    yield (np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),)
    h = np.maximum(rng.standard_normal((5, 8)), 0)
    h[:, rng.permutation(8)[:3]] = 0.0
    yield (h,)
    yield (np.ones((3, 4)),)


def _masks(rng):
    for size, k in [(4, 1), (6, 2), (5, 3)]:
        yield (np.triu(np.ones((size, size), dtype=bool), k),)
    yield (np.tril(np.ones((5, 5), dtype=bool), -1),)  # the wrong triangle
    yield (rng.random((6, 6)) < 0.5,)


def _curves(rng):
    calm = np.exp(-np.linspace(0, 2, 40))
    spike, ended = calm.copy(), calm.copy()
    spike[20], ended[27] = 3.0, np.nan
    yield spike, 10, 2.0
    yield calm, 5, 1.5
    yield ended, 8, 4.0
    early = np.concatenate([[9.0, 0.1], rng.uniform(1.0, 1.2, 30)])
    early[25] = 2.0
    yield early, 6, 1.5
    yield np.concatenate([np.ones(12), [2.0], np.ones(5)]), 4, 2.0  # not more than twice
    rising = 1.2 ** np.arange(30)
    yield rising, 6, 1.6
    yield np.array([1.0, 1.0, 9.0, 1.0, 1.0, 3.0, 1.0]), 3, 2.0  # the mean would miss this one


EXERCISES = [
    Exercise(
        name="best-guess",
        title="Where a program that learns only the frequencies stands still",
        difficulty=1,
        reference=best_guess,
        takeaway="A flat loss below ln C may be this entropy: then the inputs are not used at all.",
        hints=(
            "The best constant prediction is the share p of each class.",
            "Its mean cost is the entropy: minus the sum of p times ln p.",
        ),
        cases=lambda rng: [(np.array([50, 50]),), (np.array([90, 10]),),
                           (rng.integers(1, 200, size=7),)],
    ),
    Exercise(
        name="dead-share",
        title="Count dead ReLU units",
        difficulty=1,
        reference=dead_share,
        takeaway="A unit that is zero for one example is normal; zero for all means no gradient.",
        hints=("Compare with zero, then ask for each column whether all rows agree.",
               "`(h == 0).all(axis=0)` has one value for each unit; take its mean."),
        cases=_layers,
    ),
    Exercise(
        name="n-leaks",
        title="Count what a mask lets through",
        difficulty=2,
        reference=n_leaks,
        takeaway="A mask is right if nothing above the diagonal is visible: one assert.",
        hints=("Place i may see places 0 to i. What is above the diagonal must be hidden.",
               "Visible is `~hidden`; `np.triu(..., k=1)` keeps what lies above the diagonal."),
        cases=_masks,
    ),
    Exercise(
        name="squashed-floor",
        title="Compute the floor of a loss",
        difficulty=2,
        reference=squashed_floor,
        takeaway="A loss that stops at a number you can compute is not an optimiser's problem.",
        hints=(
            "The best case: the right class gets the value `scale`, the others 0.",
            "Cross-entropy is then ln(e^scale + n_classes - 1) - scale.",
        ),
        cases=lambda rng: [(10, 1.0), (2, 1.0), (50, float(rng.uniform(2, 6)))],
    ),
    Exercise(
        name="first-trouble",
        title="Find the first spike or NaN",
        difficulty=3,
        reference=first_trouble,
        takeaway="An alarm that compares with the recent median needs no knowledge of the task.",
        hints=(
            "Go through i from `width` on, and look at `loss[i - width : i]`.",
            "NaN is never greater than anything: ask `np.isfinite` first.",
            "Return i at once; return -1 after the loop.",
        ),
        cases=_curves,
    ),
]
