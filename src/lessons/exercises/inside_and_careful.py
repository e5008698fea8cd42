"""Exercises of the chapter on looking inside and on being careful, by difficulty."""

import math

import numpy as np

from lessons.exercises.base import Exercise


def integrate(gradient, x, baseline, n_steps):
    x, b = np.asarray(x, float), np.asarray(baseline, float)
    total = sum(np.asarray(gradient(b + (k + 0.5) / n_steps * (x - b))) for k in range(n_steps))
    return (x - b) * total / n_steps


def control(types, coins):
    seen = {}
    for kind in types:
        seen.setdefault(kind, coins[len(seen)])
    return [seen[kind] for kind in types]


def private_sum(gradients, longest, noise):
    g = np.asarray(gradients, float)
    norms = np.linalg.norm(g, axis=1, keepdims=True)
    short = g * np.minimum(1, longest / np.maximum(norms, 1e-12))
    return short.sum(axis=0) + longest * np.asarray(noise)


def epsilon(orders, costs, delta):
    bounds = [cost + math.log(1 / delta) / (order - 1)
              for order, cost in zip(orders, costs, strict=True)]
    return float(min(bounds))


def attack(members, others):
    a, b = np.asarray(members, float)[:, None], np.asarray(others, float)[None]
    return float((a > b).mean() + (a == b).mean() / 2)


def accused(base, right, found):
    return base / (1 - base) * (1 - right) / right * found


def _square(x):
    return 2 * np.asarray(x, float)


def _mixed(x):
    return np.array([x[1] ** 2, 2 * x[0] * x[1]])


def _cases_integrate(rng):
    yield _square, np.array([3.0, 1.0]), np.array([0.0, 0.0]), 10
    yield _square, np.array([3.0, 1.0]), np.array([1.0, 1.0]), 4
    yield _mixed, np.array([2.0, 3.0]), np.array([0.0, 1.0]), 5
    yield _mixed, rng.normal(size=2), rng.normal(size=2), 7


def _cases_control(rng):
    yield ["the", "cat", "the", "dog"], [1, 0, 1, 0]
    yield ["b", "a", "b", "a", "c"], [0, 1, 1, 0, 0]
    words = [str(w) for w in rng.integers(0, 6, 20)]
    yield words, rng.integers(0, 2, 20).tolist()


def _cases_private(rng):
    yield np.array([[3.0, 4.0], [0.3, 0.4]]), 1.0, np.zeros(2)
    yield np.array([[3.0, 4.0], [0.0, 0.0]]), 2.0, np.array([0.5, -1.0])
    yield rng.normal(size=(6, 3)) * 2, float(rng.uniform(0.5, 2)), rng.normal(size=3)


def _cases_epsilon(rng):
    yield [2.0, 4.0, 8.0], [0.1, 0.3, 1.0], 1e-5
    yield [2.0, 4.0, 32.0], [0.01, 0.02, 0.2], 1e-3
    orders = np.sort(rng.uniform(1.5, 40, 6))
    yield orders.tolist(), (orders * rng.uniform(0.05, 0.5)).tolist(), 1e-4


EXERCISES = [
    Exercise(
        name="accused",
        title="What must give way",
        difficulty=1,
        reference=accused,
        takeaway="With unlike base rates, equal precision and equal true positive rates force "
                 "unlike false positive rates.",
        hints=(
            "Take 1 person: base are positive, base * found of them are chosen rightly.",
            "Those are the share right of all chosen; the chosen wrongly are (1 - right) / right "
            "times as many.",
            "Divide those by the negatives, 1 - base.",
        ),
        cases=lambda rng: [(0.5, 0.8, 0.6), (0.1, 0.8, 0.6), (0.3, 1.0, 0.5),
                           tuple(rng.uniform(0.1, 0.9, 3).tolist())],
    ),
    Exercise(
        name="control",
        title="Labels without a meaning",
        difficulty=1,
        reference=control,
        takeaway="There is nothing to find in such labels: who gets them right has learned types "
                 "by heart.",
        hints=(
            "Keep a dictionary from each type to its label.",
            "A type that is new takes the next coin: coins[len(seen)].",
            "seen.setdefault(kind, coins[len(seen)]) does both.",
        ),
        cases=_cases_control,
    ),
    Exercise(
        name="integrate",
        title="Gradients on the way",
        difficulty=2,
        reference=integrate,
        takeaway="Their sum is what the score rises from baseline to input: nothing is lost on "
                 "the way, and the answer depends on where the way began.",
        hints=(
            "The way has n_steps pieces; the middle of piece k is at (k + 0.5) / n_steps.",
            "A point on it is baseline + share * (x - baseline).",
            "Mean gradient over the pieces, times x - baseline.",
        ),
        cases=_cases_integrate,
    ),
    Exercise(
        name="private-sum",
        title="A sum that tells on nobody",
        difficulty=2,
        reference=private_sum,
        takeaway="Each example is cut by itself, before the sum: only then does the noise bear a "
                 "known proportion to what any one of them can do.",
        hints=(
            "The length of each row: np.linalg.norm(gradients, axis=1, keepdims=True).",
            "Longer ones are multiplied by longest / length, shorter ones by 1.",
            "Sum over examples, and add longest * noise once.",
        ),
        cases=_cases_private,
    ),
    Exercise(
        name="epsilon",
        title="From costs to epsilon",
        difficulty=2,
        reference=epsilon,
        takeaway="Every order gives a true bound, so the smallest holds. Which order that is "
                 "depends on noise and steps.",
        hints=(
            "Each order gives cost + log(1 / delta) / (order - 1).",
            "math.log is the natural logarithm.",
            "Return the smallest of them.",
        ),
        cases=_cases_epsilon,
    ),
    Exercise(
        name="attack",
        title="How good is the attacker?",
        difficulty=2,
        reference=attack,
        takeaway="One half is a coin. Whoever reports such a number owes you the one of an "
                 "attacker who never saw the model.",
        hints=(
            "Compare every member with every other: scores[:, None] > others[None].",
            "The mean of that table is the chance that the member is above.",
            "Ties count one half.",
        ),
        cases=lambda rng: [(np.array([3.0, 2.0]), np.array([1.0, 2.0])),
                           (np.array([1.0]), np.array([2.0, 3.0])),
                           (rng.integers(0, 5, 8).astype(float),
                            rng.integers(0, 5, 6).astype(float))],
    ),
]
