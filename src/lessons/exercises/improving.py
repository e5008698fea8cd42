"""Exercises of the chapter on making a network better, by difficulty."""

import math

import numpy as np

from lessons.exercises.base import Exercise


def conv_layer(size, n_in, n_out, kernel, stride, padding):
    out = (size + 2 * padding - kernel) // stride + 1
    return out, n_out * (n_in * kernel**2 + 1)


def paired_interval(before, after, t_value):
    d = np.asarray(after) - np.asarray(before)
    return d.mean(), t_value * d.std(ddof=1) / math.sqrt(len(d))


def dropout(h, u, rate, training):
    return np.where(u >= rate, h / (1 - rate), 0.0) if training else h


def early_stopping(losses, patience):
    best, waited = 0, 0
    for i, loss in enumerate(losses):
        best, waited = (i, 0) if loss < losses[best] or i == 0 else (best, waited + 1)
        if waited == patience:
            return best, i + 1
    return best, len(losses)


def l1_step(w, grad, lr, strength):
    moved = w - lr * grad
    return np.sign(moved) * np.maximum(np.abs(moved) - lr * strength, 0)


def shift_image(image, down, right):
    rows, columns = image.shape
    moved = np.zeros_like(image)
    for r in range(rows):
        for c in range(columns):
            if 0 <= r - down < rows and 0 <= c - right < columns:
                moved[r, c] = image[r - down, c - right]
    return moved


def _cases_interval(rng):
    yield np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]), 4.303
    hard = rng.normal(0.9, 0.03, 10)  # some folds are harder than others, for both
    yield hard, hard + rng.normal(0.004, 0.005, 10), 2.262


def _cases_dropout(rng):
    yield np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.9, 0.3, 0.7]), 0.5, True
    yield np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.1, 0.9, 0.3, 0.7]), 0.5, False
    yield rng.standard_normal((3, 8)), rng.random((3, 8)), 0.2, True
    yield rng.standard_normal(6), rng.random(6), 0.0, True


def _cases_stopping(rng):
    yield [3.0, 2.0, 2.5, 2.6, 1.0], 2
    yield [3.0, 2.0, 2.5, 1.5, 1.6, 1.7, 1.8, 1.0], 3
    yield [3.0, 2.0, 1.0], 5
    yield [1.0, 1.0, 1.0, 1.0], 2
    yield list(np.round(1 / np.arange(1, 40) + 0.1 * rng.random(39), 3)), 6


EXERCISES = [
    Exercise(
        name="conv-layer",
        title="Size and parameters of a convolution",
        difficulty=1,
        reference=conv_layer,
        takeaway="The parameters do not depend on the size of the image.",
        hints=(
            "With the margins the image is size + 2 · padding pixels wide. The window can start "
            "at 0, stride, 2 · stride, …, as long as it fits.",
            "Each of the n_out filters has kernel × kernel weights for every input channel, and "
            "one bias.",
            "(size + 2 * padding - kernel) // stride + 1, and n_out * (n_in * kernel**2 + 1).",
        ),
        cases=lambda rng: [
            (8, 1, 14, 3, 2, 1), (8, 3, 5, 3, 1, 0), (32, 16, 32, 5, 1, 2), (7, 2, 2, 3, 2, 0),
            (224, 3, 64, 7, 2, 3),
        ],
    ),
    Exercise(
        name="paired-interval",
        title="The interval of a paired difference",
        difficulty=1,
        reference=paired_interval,
        takeaway="What makes a fold hard for both drops out of the difference.",
        hints=(
            "Work with one array: the differences.",
            "The error of their mean is their standard deviation (divided by n - 1) over √n.",
            "Return d.mean() and t_value * d.std(ddof=1) / sqrt(len(d)).",
        ),
        cases=_cases_interval,
        tolerance=1e-9,
    ),
    Exercise(
        name="dropout",
        title="Dropout with the right scale",
        difficulty=2,
        reference=dropout,
        takeaway="On average the output is the input, so evaluation needs no change.",
        hints=(
            "u is uniform from 0 to 1, so u >= rate is true for a share of 1 - rate.",
            "What is kept must make up for what is lost: divide by the share that is kept.",
            "When not training, return h as it is.",
        ),
        cases=_cases_dropout,
        tolerance=1e-9,
    ),
    Exercise(
        name="early-stopping",
        title="Stop with patience",
        difficulty=2,
        reference=early_stopping,
        takeaway="Patience is paid for in looks after the best one.",
        hints=(
            "Go through the losses and remember where the lowest was.",
            "Count the looks since then; a new best sets the count back to 0. An equal loss is no "
            "new best.",
            "When the count reaches patience, return the best index and how many losses you have "
            "seen. At the end of the list, the same.",
        ),
        cases=_cases_stopping,
    ),
    Exercise(
        name="l1-step",
        title="One step with an L1 penalty",
        difficulty=2,
        reference=l1_step,
        takeaway="Small weights become exactly 0, which an L2 penalty never does.",
        hints=(
            "First the ordinary step against the gradient of the loss.",
            "Then move every weight towards 0 by lr times strength, but not past it.",
            "np.sign(w) * np.maximum(np.abs(w) - lr * strength, 0)",
        ),
        cases=lambda rng: [
            (np.array([1.0, -1.0, 0.05]), np.zeros(3), 0.1, 1.0),
            (np.array([0.3, -0.3, 0.0]), np.array([1.0, 1.0, 0.5]), 0.2, 0.4),
            (0.2 * rng.standard_normal(20), rng.standard_normal(20), 0.1, 0.7),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="shift-image",
        title="Move an image",
        difficulty=3,
        reference=shift_image,
        takeaway="What leaves on one side is lost; np.roll would bring it back on the other.",
        hints=(
            "Start with zeros and copy the part that stays inside.",
            "Row r of the result is row r - down of the image, if there is such a row.",
            "Pad the image with zeros on all sides with np.pad, then cut out a window that starts "
            "`down` rows higher and `right` columns further left.",
        ),
        cases=lambda rng: [
            (np.arange(1.0, 10.0).reshape(3, 3), 1, 0), (np.arange(1.0, 10.0).reshape(3, 3), 0, -1),
            (rng.random((8, 8)), 2, -3), (rng.random((8, 8)), -1, 0), (rng.random((4, 6)), 0, 0),
        ],
    ),
]
