"""Exercises of the chapter on networks and the forward pass, by difficulty."""

import math

import numpy as np

from lessons.exercises.base import Exercise


def two_layers(X, W1, b1, W2, b2):
    return np.maximum(X @ W1 + b1, 0) @ W2 + b2


def count_parameters(sizes):
    return sum(n_in * n_out + n_out for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True))


def collapse(W1, b1, W2, b2):
    return W1 @ W2, b1 @ W2 + b2


def keep_size_std(n_in, slope):
    return math.sqrt(2 / ((1 + slope**2) * n_in))


def broken_line(x, y):
    slopes = np.diff(y) / np.diff(x)
    return -x[:-1], np.concatenate([slopes[:1], np.diff(slopes)]), y[0]


def _layers(rng, *sizes):
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        yield from (rng.standard_normal((n_in, n_out)), rng.standard_normal(n_out))


EXERCISES = [
    Exercise(
        name="forward-pass",
        title="Compute the outputs of a network with one hidden layer",
        difficulty=1,
        reference=two_layers,
        takeaway="Two matrix products and one bend: this is a whole network.",
        hints=(
            "The hidden layer is relu(X @ W1 + b1), one row for each example.",
            "np.maximum(z, 0) applies ReLU to every element.",
            "The output layer has no activation: hidden @ W2 + b2.",
        ),
        cases=lambda rng: [
            (np.array([[1.0, 2.0]]), np.array([[1.0, -1.0], [0.0, 1.0]]), np.array([0.0, -3.0]),
             np.array([[2.0], [5.0]]), np.array([1.0])),
            (rng.standard_normal((4, 3)), *_layers(rng, 3, 5, 2)),
            (rng.standard_normal((9, 3)), *_layers(rng, 3, 6, 4)),
        ],
    ),
    Exercise(
        name="count-parameters",
        title="Count the parameters of an MLP",
        difficulty=1,
        reference=count_parameters,
        takeaway="nn.n_parameters(nn.MLP(sizes, rng)) gives the same number, after building it.",
        hints=(
            "A layer has one weight for every pair of an input and an output, and one bias for "
            "every output.",
            "zip(sizes[:-1], sizes[1:]) gives the inputs and outputs of each layer; add up "
            "(n_in + 1) * n_out.",
        ),
        cases=lambda rng: [([3, 2],), ([64, 32, 10],), ([2, 3, 4, 5],), ([768, 3072, 768],)],
    ),
    Exercise(
        name="collapse",
        title="Write two linear layers as one",
        difficulty=2,
        reference=collapse,
        takeaway="Any number of linear layers is one linear layer: repeat this step.",
        hints=(
            "Multiply out (X @ W1 + b1) @ W2 + b2.",
            "X is multiplied by W1 @ W2. What does not contain X is the bias: b1 goes through W2 "
            "too.",
        ),
        cases=lambda rng: [
            (np.array([[2.0]]), np.array([1.0]), np.array([[3.0]]), np.array([5.0])),
            tuple(_layers(rng, 3, 4, 2)),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="keep-size",
        title="Choose the scale for a leaky ReLU",
        difficulty=2,
        reference=keep_size_std,
        takeaway="Slope 0 gives He's √(2/n), slope 1 (no activation) 1/√n.",
        hints=(
            "Before the activation the mean square is n_in · std² times that of the inputs.",
            "Half of a symmetric z is positive and keeps its square; the other half is multiplied "
            "by slope². The mean square is multiplied by (1 + slope²) / 2.",
            "Solve n_in · std² · (1 + slope²) / 2 = 1 for std.",
        ),
        cases=lambda rng: [(200, 0.0), (200, 1.0), (50, 0.2), (int(rng.integers(10, 500)), 0.3)],
        tolerance=1e-9,
    ),
    Exercise(
        name="broken-line",
        title="Build a broken line from ReLU units",
        difficulty=3,
        reference=broken_line,
        takeaway="So one hidden layer passes through any points you like.",
        hints=(
            "Unit i starts to count at x = -b[i]: let the units start at x[0], …, x[-2].",
            "Before the first corner all units are 0, so c is the height there.",
            "v[0] is the slope of the first piece. Each further v is the slope of its piece minus "
            "the slope before: the earlier units go on.",
        ),
        cases=lambda rng: [
            (np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 0.0])),
            (np.array([-1.0, 1.0, 2.0, 4.0]), np.array([3.0, -1.0, 2.0, 2.5])),
            (np.cumsum(rng.uniform(0.2, 1.0, 7)) - 2.0, rng.standard_normal(7)),
        ],
        tolerance=1e-9,
    ),
]
