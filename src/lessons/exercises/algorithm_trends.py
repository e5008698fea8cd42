"""Exercises of the chapter on algorithm trends, by difficulty."""

import numpy as np

from lessons.exercises.base import Exercise


def cache_bytes(n_layers, n_kv_heads, head_width, n_tokens):
    return 2 * n_layers * n_kv_heads * head_width * n_tokens * 2


def flat_then_down(step, n_steps, n_warmup, n_down):
    if step < n_warmup:
        return (step + 1) / n_warmup
    return min(1.0, (n_steps - step) / n_down)


def rotate(x, position, base):
    half = len(x) // 2
    angle = position * base ** (-np.arange(half) * 2 / len(x))
    a, b = x[:half], x[half:]
    cos, sin = np.cos(angle), np.sin(angle)
    return np.concatenate([a * cos - b * sin, a * sin + b * cos])


def attraction(bias, chosen, rate):
    load = np.bincount(chosen, minlength=len(bias))
    return bias + rate * np.sign(load.mean() - load)


def orthogonalise(G, n_steps):
    X = G / np.sqrt((G**2).sum())
    for _ in range(n_steps):
        A = X @ X.T
        X = 3.4445 * X + (-4.7750 * A + 2.0315 * A @ A) @ X
    return X


def worth(budgets, losses, reached):
    order = np.argsort(losses)
    return float(np.exp(np.interp(reached, losses[order], np.log(budgets[order]))))


def is_record(bits, seconds, score, fastest):
    if len(bits) < 3 or not np.all(np.asarray(bits) <= score):
        return False
    return bool(np.mean(seconds) < fastest)


EXERCISES = [
    Exercise(
        name="cache-bytes",
        title="What a conversation takes up",
        difficulty=1,
        reference=cache_bytes,
        takeaway="Heads of queries are not in the formula: sharing keys and values saves memory.",
        hints=(
            "Each layer keeps keys and values: two vectors for a token and head.",
            "A number of 16 bits is two bytes.",
            "2 * n_layers * n_kv_heads * head_width * n_tokens * 2.",
        ),
        cases=lambda rng: [
            (1, 1, 1, 1),
            (32, 8, 128, 1),
            (126, 8, 128, 1),
            (61, 1, 576, 3),
            tuple(int(n) for n in rng.integers(1, 90, 4)),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="flat-then-down",
        title="A schedule that can wait",
        difficulty=1,
        reference=flat_then_down,
        takeaway="Until the last stretch the length of the run need not be known.",
        hints=(
            "There are three pieces: going up, 1, going down.",
            "At the first step of the way down n_down steps are left, and the share is still 1.",
            "min(1, (n_steps - step) / n_down) after the warm-up.",
        ),
        cases=lambda rng: [
            (0, 100, 10, 20),
            (9, 100, 10, 20),
            (50, 100, 10, 20),
            (80, 100, 10, 20),
            (90, 100, 10, 20),
            (99, 100, 10, 20),
            (3, 40, 0, 40),
            (int(rng.integers(60, 99)), 99, 5, 40),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="is-record",
        title="Is it a record?",
        difficulty=1,
        reference=is_record,
        takeaway="A mean score that is good enough hides a seed that missed it; a comparison with "
        "NaN is false, so ask what must hold and not what must not.",
        hints=(
            "Three things must hold: enough seeds, the score on each, less time on average.",
            "len(bits) is the number of seeds. The score is reached where bits <= score.",
            "all(b <= score for b in bits) is False if one is NaN; max(bits) > score is not.",
        ),
        cases=lambda rng: [
            (np.array([1.80, 1.81, 1.82]), np.array([30.0, 31.0, 29.0]), 1.833, 31.0),
            (np.array([1.80, 1.81]), np.array([20.0, 21.0]), 1.833, 31.0),
            (np.array([1.75, 1.75, 1.84]), np.array([20.0, 21.0, 20.0]), 1.833, 31.0),
            (np.array([1.80, np.nan, 1.81]), np.array([20.0, 21.0, 20.0]), 1.833, 31.0),
            (np.array([1.833, 1.82, 1.81, 1.8]), np.array([40.0, 20.0, 20.0, 24.0]), 1.833, 31.0),
            (np.array([1.80, 1.80, 1.80]), np.array([20.0, 33.0, 50.0]), 1.833, 31.0),
            (rng.uniform(1.7, 1.83, 4), rng.uniform(20, 30, 4), 1.833, 31.0),
        ],
        tolerance=0.0,
    ),
    Exercise(
        name="rotate",
        title="Turn a query to its place",
        difficulty=2,
        reference=rotate,
        takeaway="The scalar product of two turned vectors depends on the difference of their "
        "places alone.",
        hints=(
            "Number i of the first half and number i of the second half are one pair (a, b).",
            "Pair i turns by position * base ** (-2 i / d) radians.",
            "a cos - b sin goes into the first half, a sin + b cos into the second.",
        ),
        cases=lambda rng: [
            (np.array([1.0, 0.0]), 1, 10_000.0),
            (np.array([0.0, 1.0]), 2, 10_000.0),
            (np.array([1.0, 2.0, 3.0, 4.0]), 0, 100.0),
            (np.array([1.0, 2.0, 3.0, 4.0]), 5, 100.0),
            (rng.standard_normal(8), 17, 10_000.0),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="attraction",
        title="Make a lonely expert attractive",
        difficulty=2,
        reference=attraction,
        takeaway="Only the sign counts: a crowded expert and a very crowded one are pushed alike.",
        hints=(
            "Count the tokens of each expert; one that got none counts too.",
            "Those below the mean gain rate, those above it lose rate.",
            "load = np.bincount(chosen, minlength=len(bias)); bias + rate * sign(mean - load).",
        ),
        cases=lambda rng: [
            (np.zeros(2), np.array([0, 0, 0, 1]), 0.1),
            (np.array([0.5, -0.5]), np.array([0, 1]), 0.1),
            (np.zeros(4), np.array([1, 1, 2]), 0.01),
            (np.array([0.3, 0.0, 0.1]), np.zeros(6, int), 1.0),
            (rng.standard_normal(8), rng.integers(0, 8, 50), 0.05),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="orthogonalise",
        title="All directions alike",
        difficulty=2,
        reference=orthogonalise,
        takeaway="Products of matrices are all it takes, and short numbers will do.",
        hints=(
            "Divide by the Frobenius norm first, or large singular values explode.",
            "With A = X Xᵀ a step is 3.4445 X - 4.7750 A X + 2.0315 A A X.",
            "Repeat n_steps times; the norm is divided away once, before the first.",
        ),
        cases=lambda rng: [
            (np.eye(2), 1),
            (np.diag([3.0, 1.0]), 5),
            (np.array([[2.0, 0.0, 0.0]]), 2),
            (rng.standard_normal((4, 9)), 5),
        ],
        tolerance=1e-6,
    ),
    Exercise(
        name="worth",
        title="How much compute is a change worth?",
        difficulty=3,
        reference=worth,
        takeaway="A gain in nats says little between two models of other size; a factor of compute "
        "can be compared.",
        hints=(
            "The baseline was run at several budgets; more compute gave a smaller loss.",
            "Find between which two losses `reached` lies; go the same share of the way between "
            "the logarithms of their budgets.",
            "np.interp wants a growing x: sort by the losses, interpolate np.log(budgets), exp.",
        ),
        cases=lambda rng: [
            (np.array([1.0, 4.0]), np.array([3.0, 2.0]), 2.5),
            (np.array([1.0, 2.0, 8.0]), np.array([3.0, 2.5, 2.0]), 2.25),
            (np.array([1.0, 2.0]), np.array([3.0, 2.5]), 2.5),
            (
                np.array([0.5, 1.0, 2.0, 4.0]),
                np.array([2.9, 2.4, 2.3, 2.0]),
                2.05 + 0.8 * rng.random(),
            ),
        ],
        tolerance=1e-6,
    ),
]
