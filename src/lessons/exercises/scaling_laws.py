"""Exercises of the chapter on scaling laws, by difficulty."""

import numpy as np

from lessons.exercises.base import Exercise


def spend(A, alpha, B, beta, C):
    products = C / 6
    n = (alpha * A / (beta * B)) ** (1 / (alpha + beta)) * products ** (beta / (alpha + beta))
    return n, products / n


def exponent(x, y):
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def lowest(n, loss):
    bend, slope, _ = np.polyfit(np.log(n), loss, 2)
    return float(np.exp(-slope / (2 * bend)))


def huber(predicted, measured, delta):
    r = np.abs(np.log(predicted) - np.log(measured))
    return float(np.where(r <= delta, 0.5 * r**2, delta * (r - 0.5 * delta)).sum())


def tokens_for(n, loss, E, A, alpha, B, beta):
    left = loss - E - A / n**alpha
    out = np.full(len(n), np.inf)
    out[left > 0] = (B / left[left > 0]) ** (1 / beta)
    return out


def without_each(x, y):
    return np.array([exponent(np.delete(x, i), np.delete(y, i)) for i in range(len(x))])


def _cases_valley(rng):
    yield np.array([1e3, 1e4, 1e5]), np.array([3.0, 2.0, 3.0])
    yield np.array([1e3, 2e3, 4e3, 8e3]), np.array([2.5, 2.2, 2.1, 2.3])
    sizes = np.geomspace(1e4, 1e6, 7)
    yield sizes, 2 + 0.05 * np.log(sizes / 7e4) ** 2 + 0.01 * rng.standard_normal(7)


def _cases_power(rng):
    yield np.array([1.0, 10.0, 100.0]), np.array([5.0, 50.0, 500.0])
    yield np.array([2.0, 4.0, 8.0, 16.0]), np.array([8.0, 4.0, 2.1, 1.0])
    x = np.geomspace(1e9, 1e12, 9)
    yield x, 3 * x**0.46 * np.exp(0.1 * rng.standard_normal(9))


def _cases_huber(rng):
    yield np.array([2.0, 2.0]), np.array([2.0, 2.0]), 1e-3
    yield np.array([2.0, 2.5]), np.array([2.0005, 2.0]), 1e-3
    yield np.array([3.0]), np.array([1.0]), 0.5
    yield np.exp(rng.standard_normal(9)), np.exp(rng.standard_normal(9)), 0.1


EXERCISES = [
    Exercise(
        name="spend",
        title="Spend a budget",
        difficulty=1,
        reference=spend,
        takeaway="The best size grows as C to the power beta / (alpha + beta): whoever wins less "
                 "by growing gets less of the budget.",
        hints=(
            "Put D = C / (6 N) into the law, and set its derivative in N to 0.",
            "N ** (alpha + beta) = alpha * A / (beta * B) * (C / 6) ** beta.",
            "Take the root of the order alpha + beta; then D = C / 6 / N. Return N, D.",
        ),
        cases=lambda rng: [
            (1.0, 0.5, 1.0, 0.5, 600.0), (482.0, 0.348, 2085.0, 0.366, 5.76e23),
            (406.4, 0.34, 410.7, 0.28, 1e21),
            (float(rng.uniform(10, 50)), 0.3, float(rng.uniform(10, 50)), 0.4, 1e12),
        ],
        tolerance=1e-6,
    ),
    Exercise(
        name="exponent",
        title="A line in logarithms",
        difficulty=1,
        reference=exponent,
        takeaway="A power law is a straight line in logarithms, and its exponent is the slope.",
        hints=(
            "log y = log factor + exponent * log x.",
            "np.polyfit(log x, log y, 1) returns the slope first.",
            "np.polyfit(np.log(x), np.log(y), 1)[0].",
        ),
        cases=_cases_power,
        tolerance=1e-6,
    ),
    Exercise(
        name="valley",
        title="The bottom of a valley",
        difficulty=2,
        reference=lowest,
        takeaway="Sizes differ by factors, so the parabola lies in their logarithms; the losses "
                 "stay as they are.",
        hints=(
            "np.polyfit(np.log(n), loss, 2) returns bend, slope and height.",
            "bend * x**2 + slope * x + height is lowest at x = -slope / (2 * bend).",
            "x is a logarithm: return np.exp(x).",
        ),
        cases=_cases_valley,
        tolerance=1e-6,
    ),
    Exercise(
        name="huber",
        title="By its distance, not its square",
        difficulty=2,
        reference=huber,
        takeaway="With delta = 0.001 nearly every run counts by its distance: one bad run cannot "
                 "drag the law with its square.",
        hints=(
            "r is the absolute difference of the logarithms, not of the losses.",
            "np.where(r <= delta, r**2 / 2, delta * (r - delta / 2)).",
            "Return the sum, not the mean.",
        ),
        cases=_cases_huber,
        tolerance=1e-9,
    ),
    Exercise(
        name="tokens-for",
        title="How much text for this loss?",
        difficulty=2,
        reference=tokens_for,
        takeaway="A model that is too small never gets there, whatever it reads.",
        hints=(
            "What text must bring is left = loss - E - A / n**alpha.",
            "B / D**beta = left gives D = (B / left) ** (1 / beta).",
            "Start with np.full(len(n), np.inf), and fill in only where left > 0.",
        ),
        cases=lambda rng: [
            (np.array([1e9, 1e10, 1e11]), 2.2, 1.82, 482.0, 0.348, 2085.0, 0.366),
            (np.array([1e3, 1e12]), 2.0, 1.69, 406.4, 0.34, 410.7, 0.28),
            (rng.uniform(1e3, 1e5, 6), 2.0, 1.0, 25.0, 0.33, 50.0, 0.3),
        ],
        tolerance=1e-6,
    ),
    Exercise(
        name="without-each",
        title="What does one run decide?",
        difficulty=3,
        reference=without_each,
        takeaway="Runs at the ends of the range hold the lever; those in the middle hardly count.",
        hints=(
            "np.delete(x, i) is x without its entry i.",
            "Fit a line to the logarithms of what is left, for each i.",
            "np.array([np.polyfit(np.log(np.delete(x, i)), np.log(np.delete(y, i)), 1)[0] for i "
            "in range(len(x))]).",
        ),
        cases=_cases_power,
        tolerance=1e-6,
    ),
]
