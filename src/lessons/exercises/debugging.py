"""Exercises of the chapter on debugging, by difficulty."""

import numpy as np

from lessons.exercises.base import Exercise


def forward(x, W, V):
    ones = np.ones((len(x), 1))
    hidden = np.tanh(np.hstack([ones, x]) @ W)
    return np.hstack([ones, hidden]) @ V


def smallest_mse(targets, low, high):
    targets = np.asarray(targets, dtype=float)
    return np.mean((targets - np.clip(targets, low, high)) ** 2)


def sigmoid_and_log(z):
    small = np.exp(-np.abs(z))  # between 0 and 1, whatever z is
    return np.where(z >= 0, 1, small) / (1 + small), np.minimum(z, 0) - np.log1p(small)


def gradient_check(f, grad, w):
    w, step = np.asarray(w, dtype=float), 1e-5
    slopes = np.empty_like(w)
    for i in np.ndindex(w.shape):
        nudge = np.zeros_like(w)
        nudge[i] = step
        slopes[i] = (f(w + nudge) - f(w - nudge)) / (2 * step)
    return np.abs(grad(w) - slopes).max()


def diagnose(claimed, true):
    claimed, true = np.ravel(claimed), np.ravel(true)
    cosine = claimed @ true / (np.linalg.norm(claimed) * np.linalg.norm(true))
    if abs(cosine) < 1 - 1e-6:
        return "missing term"
    if cosine < 0:
        return "wrong sign"
    return "correct" if abs(claimed @ true / (true @ true) - 1) < 1e-6 else "wrong factor"


def looks_ahead(f, x):
    x, rng = np.asarray(x, dtype=float), np.random.default_rng(1)
    kept = f(x)
    return any(
        not np.array_equal(f(np.vstack([x[:t], rng.standard_normal(x[t:].shape)]))[:t], kept[:t])
        for t in range(1, len(x))
    )


def _network(rng, n, n_in, n_units):
    return (rng.standard_normal((n, n_in)), rng.standard_normal((n_in + 1, n_units)),
            rng.standard_normal((n_units + 1, 1)))


class _Formula:
    """A function that shows itself as its formula in the message of a check."""

    def __init__(self, text, function):
        self.text, self.function = text, function

    def __call__(self, w):
        return self.function(w)

    def __repr__(self):
        return self.text


def _cases_gradient_check(rng):
    A = rng.standard_normal((3, 3))
    square = _Formula("sum of w²", lambda w: (w**2).sum())
    yield square, _Formula("2w", lambda w: 2 * w), np.array([1.0, -2.0])
    yield square, _Formula("w", lambda w: w), np.array([1.0, -2.0])
    yield (_Formula("sum of w³", lambda w: (w**3).sum()), _Formula("-3w²", lambda w: -3 * w**2),
           np.array([[1, 2], [3, 0]]))
    yield (_Formula("sum of exp(4w)", lambda w: np.exp(4 * w).sum()),
           _Formula("4 exp(4w)", lambda w: 4 * np.exp(4 * w)), np.array([1.0, 0.5]))
    yield (_Formula("w·Aw / 2", lambda w: 0.5 * w @ A @ w), _Formula("Aw", lambda w: A @ w),
           rng.standard_normal(3))
    yield (square, _Formula("2w, but NaN where w < 0", lambda w: np.where(w < 0, np.nan, 2 * w)),
           np.array([-2.0, 1.0]))


def _cases_diagnose(rng):
    g = rng.standard_normal(6)
    mask = np.array([1.0, 1, 0, 1, 1, 1])
    M = rng.standard_normal((3, 2))
    yield np.array([-1.0, -2.0]), np.array([1.0, 2.0])
    yield np.array([1.5, 3.0]), np.array([1.0, 2.0])
    yield np.array([1.0, 2.0]), np.array([1.0, 2.0])
    yield np.array([2.0, 1.0]), np.array([1.0, 2.0])
    yield -0.5 * M, M
    yield g * mask, g
    yield -g * mask, g
    yield g * (1 + 1e-9), g
    yield 0.9 * g, g
    yield g + 0.02 * np.array([g[1], -g[0], 0, 0, 0, 0]), g


def _attention(x, mask_first):
    """Make each row a mean of rows. The weights of later ones are set to 0 before or after."""
    scores, later = x @ x.T, np.triu(np.ones((len(x), len(x))), 1) == 1
    if mask_first:
        scores = np.where(later, -np.inf, scores)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.where(later, 0, weights) @ x


def _first_two_swapped(x):
    return np.vstack([x[1], x[0], x[2:]])


def _sum_of_centred(x):
    centred = np.round(x - x.mean(axis=1, keepdims=True), 9)  # exactly blind to an offset
    return centred + centred.sum(axis=0)


def _cases_looks_ahead(rng):
    x = rng.standard_normal((5, 3))
    whole = np.array([[1, 2], [3, 5], [4, 4], [6, 1]])
    programs = [
        ("2x", lambda x: 2 * x),
        ("sum of the rows so far", lambda x: np.cumsum(x, axis=0)),
        ("x less the mean of all rows", lambda x: x - x.mean(axis=0)),
        ("np.roll(x, 1, axis=0)", lambda x: np.roll(x, 1, axis=0)),
        ("x one row down, zeros on top", lambda x: np.vstack([0 * x[:1], x[:-1]])),
        ("x / T", lambda x: x / len(x)),
        ("the first two rows swapped", _first_two_swapped),
        ("mask, then softmax", lambda x: _attention(x, mask_first=True)),
        ("softmax, then mask", lambda x: _attention(x, mask_first=False)),
    ]
    for text, program in programs:
        yield _Formula(text, program), x.copy()
    rest = _Formula("sum of the rows from here on", lambda x: np.cumsum(x[::-1], axis=0)[::-1])
    yield rest, whole
    yield _Formula("each row less its mean, then plus all rows", _sum_of_centred), 1.0 * whole


EXERCISES = [
    Exercise(
        name="forward",
        title="Write a forward pass",
        difficulty=1,
        reference=forward,
        takeaway="Each layer gets a column of ones, so its first row of weights is the bias.",
        hints=(
            "Write the shapes down: x is (n, n_in), W is (n_in + 1, units), V is (units + 1, 1).",
            "np.insert(a, 0, 1, axis=1) puts a column of ones in front of a. Without axis it "
            "returns one long row.",
            "Both the input and the hidden layer need the column; the output has no activation.",
        ),
        cases=lambda rng: [
            (np.array([[1.0], [2.0], [3.0]]), np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])),
            _network(rng, 1, 1, 1), _network(rng, 5, 2, 3),
        ],
    ),
    Exercise(
        name="smallest-mse",
        title="Find the floor under a loss",
        difficulty=1,
        reference=smallest_mse,
        takeaway="No training gets below this: it is a property of the output, not of the run.",
        hints=(
            "The best output for one target is the nearest number that can be reached.",
            "np.clip(targets, low, high) gives those numbers.",
        ),
        cases=lambda rng: [
            (np.array([2.0, 4.0, 6.0]), 0.0, 1.0), (np.array([-3.0, 0.5, 0.9]), 0.0, 1.0),
            (np.array([0.2, -0.4]), -1.0, 1.0), (3 * rng.standard_normal((5, 1)), -1.0, 1.0),
        ],
    ),
    Exercise(
        name="gradient-check",
        title="Write a gradient check",
        difficulty=2,
        reference=gradient_check,
        takeaway="It knows nothing about the network, so it cannot share its mistakes.",
        hints=(
            "For each component of w, evaluate f a little above and a little below.",
            "np.ndindex(w.shape) gives the index of every component, for arrays of any shape.",
            "Make w an array of floats first: adding 1e-5 to an integer array may change nothing. "
            "And take np.max of all distances: max(worst, nan) is worst.",
        ),
        cases=_cases_gradient_check,
        tolerance=1e-5,
    ),
    Exercise(
        name="diagnose",
        title="Read a gradient check",
        difficulty=2,
        reference=diagnose,
        takeaway="The cosine says whether the direction is right, the ratio whether the length is.",
        hints=(
            "Make both one long vector with np.ravel, then compute the cosine.",
            "If the cosine is neither 1 nor -1, a term is missing; if it is -1, the sign is wrong.",
            "If it is 1, divide claimed · true by true · true: a correct gradient gives 1.",
        ),
        cases=_cases_diagnose,
    ),
    Exercise(
        name="stable-sigmoid",
        title="Write a sigmoid, and its logarithm, that never overflow",
        difficulty=2,
        reference=sigmoid_and_log,
        takeaway="Only ever take exp of a number that is not positive.",
        hints=(
            "e = np.exp(-np.abs(z)) lies between 0 and 1 for every z.",
            "For z ≥ 0 the sigmoid is 1 / (1 + e), otherwise e / (1 + e). np.where chooses.",
            "Its logarithm is min(z, 0) - log(1 + e); np.log1p(e) is log(1 + e) for small e too.",
        ),
        cases=lambda rng: [
            (np.array([0.0, 1.0, -1.0]),), (np.array([-1000.0, 1000.0]),),
            (np.array([-40.0, 30.0, -745.0]),), (10 * rng.standard_normal((3, 2)),),
        ],
        tolerance=1e-12,
    ),
    Exercise(
        name="looks-ahead",
        title="Find out whether a program looks ahead",
        difficulty=3,
        reference=looks_ahead,
        takeaway="It changes inputs and compares outputs, so it works on any program.",
        hints=(
            "Keep f(x). Change every row from t on and call f again: the rows before t must be "
            "what they were.",
            "Try every t from 1 to the last. Work on a copy made of floats, so that x stays as it "
            "is and no change is cut off.",
            "Change each number by another random amount. A program that first takes the mean of "
            "each row away does not notice the same amount added to all of them.",
        ),
        cases=_cases_looks_ahead,
    ),
]
