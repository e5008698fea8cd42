"""Exercises of the chapter on automation, by difficulty."""

import math

import numpy as np

from lessons.exercises.base import Exercise


def log_draw(low, high, u):
    return low * (high / low) ** np.asarray(u)


def trials_for(share, chance):
    n = math.log(1 - chance) / math.log(1 - share)
    return math.ceil(n - 1e-6)  # an exact power is not rounded up


def halving_cost(n, rungs):
    total, before = 0, 0
    for rung in rungs:
        total += n * (rung - before)
        n, before = n // 3, rung
    return total


def incumbent(scores, truths):
    best, out = 0, []
    for k in range(len(scores)):
        if scores[k] < scores[best]:
            best = k
        out.append(truths[best])
    return np.array(out)


def improvement(mean, deviation, best):
    mean, deviation = np.asarray(mean, float), np.asarray(deviation, float)
    out = np.maximum(best - mean, 0.0)
    for i in np.flatnonzero(deviation > 0):
        z = (best - mean[i]) / deviation[i]
        below = 0.5 * (1 + math.erf(z / math.sqrt(2)))
        out[i] = deviation[i] * (z * below + math.exp(-z * z / 2) / math.sqrt(2 * math.pi))
    return out


def ladder(scores, step):
    best, told = 0.0, []
    for score in scores:
        if score > best + step:
            best = score
        told.append(best)
    return np.array(told)


def belief(K, k, y, noise):
    weights = np.linalg.solve(np.asarray(K) + noise * np.eye(len(y)), np.asarray(k))
    return np.array([weights @ y, math.sqrt(1 - weights @ np.asarray(k))])


def _cases_incumbent(rng):
    yield np.array([0.3, 0.2, 0.4]), np.array([0.30, 0.35, 0.10])
    yield np.array([0.2, 0.2, 0.1]), np.array([0.5, 0.4, 0.3])  # of equals the first stays
    yield rng.permutation(12) / 12, rng.normal(size=12)


def _cases_improvement(rng):
    yield np.array([1.0, 2.0]), np.array([0.5, 0.5]), 1.0
    yield np.array([0.4, 1.4]), np.array([0.0, 0.0]), 1.0  # a sure gain, and a sure loss
    yield rng.normal(size=6), rng.uniform(0.1, 2, 6), 0.2


def _cases_ladder(rng):
    yield np.array([0.5, 0.52, 0.7, 0.6]), 0.1
    yield np.array([0.5, 0.58, 0.65, 0.71]), 0.1  # small steps add up from the last one told
    yield rng.uniform(0.4, 0.9, 15), 0.05


def _cases_belief(rng):
    yield np.array([[1.0]]), np.array([0.5]), np.array([2.0]), 0.0
    yield np.array([[1.0, 0.2], [0.2, 1.0]]), np.array([0.6, 0.1]), np.array([1.0, -1.0]), 0.3
    x = rng.uniform(0, 4, 5)
    yield (np.exp(-(x[:, None] - x[None]) ** 2 / 2), np.exp(-(x - 2) ** 2 / 2),
           rng.normal(size=5), 0.1)


EXERCISES = [
    Exercise(
        name="log-draw",
        title="Factors count",
        difficulty=1,
        reference=log_draw,
        takeaway="Between 0.001 and 1 a plain draw is above 0.1 nine times in ten; this one, once "
                 "in three.",
        hints=(
            "The logarithm shall be uniform: log(low) + u * (log(high) - log(low)).",
            "exp of that is low * (high / low) ** u.",
            "return low * (high / low) ** u",
        ),
        cases=lambda rng: [(1e-3, 1.0, np.array([0.0, 0.5, 1.0])), (1e-5, 1e-1, rng.random(4))],
    ),
    Exercise(
        name="trials-for",
        title="How many draws are enough?",
        difficulty=1,
        reference=trials_for,
        takeaway="59 draws hit the best twentieth with a chance of 95 %, in any number of axes.",
        hints=(
            "All n draws miss the best share with chance (1 - share) ** n.",
            "Find the smallest n for which that is at most 1 - chance: take logarithms, and take "
            "off 1e-6 before you round up, or an exact 2 can become 3.",
            "return math.ceil(math.log(1 - chance) / math.log(1 - share) - 1e-6)",
        ),
        cases=lambda rng: [(0.05, 0.95), (0.01, 0.5), (0.2, 0.36),  # 1 - 0.8**2, an exact power
                           (float(rng.uniform(0.02, 0.03)), 0.9)],
    ),
    Exercise(
        name="halving-cost",
        title="What halving pays",
        difficulty=2,
        reference=halving_cost,
        takeaway="Each rung costs about the same: three times fewer settings, three times longer.",
        hints=(
            "A setting that reaches a rung pays only the epochs since the rung before it.",
            "Go through the rungs with the number of settings left and the last rung.",
            "Add n * (rung - before), then n = n // 3 and before = rung.",
        ),
        cases=lambda rng: [(9, [1, 3, 9]), (27, [1, 3, 9, 27]),
                           (int(rng.integers(50, 99)), [2, 4, 16])],
    ),
    Exercise(
        name="incumbent",
        title="What the search would hand over",
        difficulty=2,
        reference=incumbent,
        takeaway="The curve of what was chosen can rise: the score fell, and the truth did not.",
        hints=(
            "Keep the index of the lowest score so far.",
            "Replace it only if the new score is strictly lower.",
            "Append truths[best] after each trial; truths choose nothing.",
        ),
        cases=_cases_incumbent,
    ),
    Exercise(
        name="improvement",
        title="Expected improvement",
        difficulty=2,
        reference=improvement,
        takeaway="Not knowing is worth something: with equal means the larger deviation wins.",
        hints=(
            "With z = (best - mean) / deviation it is deviation * (z * Phi(z) + phi(z)).",
            "Phi(z) = (1 + erf(z / sqrt 2)) / 2 and phi(z) = exp(-z**2 / 2) / sqrt(2 pi); "
            "scipy.special.ndtr is Phi.",
            "Where the deviation is 0 nothing is left to chance: max(best - mean, 0).",
        ),
        cases=_cases_improvement,
    ),
    Exercise(
        name="ladder",
        title="A leaderboard that keeps quiet",
        difficulty=2,
        reference=ladder,
        takeaway="Chance makes small steps; who must climb a large one hears little of it.",
        hints=(
            "Begin with a best of 0.",
            "A score counts if it is above best + step; then it is the new best.",
            "Append the best after each score, new or not.",
        ),
        cases=_cases_ladder,
    ),
    Exercise(
        name="belief",
        title="What a process believes",
        difficulty=3,
        reference=belief,
        takeaway="The scores move the mean; the deviation knows only where one has looked.",
        hints=(
            "Solve (K + noise * I) w = k for w.",
            "The mean is w @ y.",
            "The variance is 1 - w @ k; return np.array([mean, square root of it]).",
        ),
        cases=_cases_belief,
    ),
]
