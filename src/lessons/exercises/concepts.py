"""Exercises of the chapter on concepts, by difficulty."""

import functools

import numpy as np

from lessons import data
from lessons.exercises.base import Exercise


def accuracy(scores, labels):
    return (scores.argmax(axis=1) == labels).mean()


def majority_accuracy(y_train, y_test):
    values, counts = np.unique(y_train, return_counts=True)
    return (y_test == values[counts.argmax()]).mean()


def tokens_per_parameter(flops, n_params):
    return flops / (6 * n_params) / n_params


def doubling_time(year_1, value_1, year_2, value_2):
    return 12 * (year_2 - year_1) / np.log2(value_2 / value_1)


@functools.cache
def _threes_and_eights():
    """Return the training images of the chapter that show a 3 or an 8: pixels as bytes, and label.

    A rule is tried again and again until it passes, so the test images stay out of it.
    """
    X, y, _, _ = data.digits(np.random.default_rng(0))
    chosen = np.isin(y, [3, 8])
    return {x.tobytes(): int(label) for x, label in zip(X[chosen], y[chosen], strict=True)}


def three_or_eight(image):
    return _threes_and_eights()[image.tobytes()]


def best_slope(x, y):
    return np.sum(x * y) / np.sum(x**2)


def stopped_early(train, valid, test):
    return test[np.argmax(valid)]


def _curves(rng, n):
    """Return three curves: training rises, the other two rise, fall, and have noise."""
    t = np.linspace(0, 1, n)
    hill = 0.2 + 0.6 * t * (2 - 1.6 * t)
    return 0.1 + 0.9 * t, hill + 0.1 * rng.random(n), hill + 0.1 * rng.random(n)


def fitted_doubling_time(years, values):
    known = ~np.isnan(values)
    return 12 / np.polyfit(years[known], np.log2(values[known]), 1)[0]


def _models(rng, n, blanks):
    years = np.sort(rng.uniform(2012, 2025, n))
    values = 1e18 * 4 ** (years - 2012) * np.exp(rng.standard_normal(n))
    values[list(blanks)] = np.nan
    return years, values


EXERCISES = [
    Exercise(
        name="accuracy",
        title="Turn scores into an accuracy",
        difficulty=1,
        reference=accuracy,
        takeaway="Only the largest score of each row counts; the loss looks at all of them.",
        hints=(
            "The model's answer for a row is the column with the largest score.",
            "np.mean of a comparison is the share of True.",
        ),
        cases=lambda rng: [
            (np.array([[2.0, 1.0], [0.0, 3.0], [-1.0, -2.0]]), np.array([0, 0, 0])),
            (rng.standard_normal((40, 10)), rng.integers(10, size=40)),
        ],
    ),
    Exercise(
        name="majority",
        title="Work out the baseline of a model that always says the same",
        difficulty=1,
        reference=majority_accuracy,
        takeaway="Quote this number beside every accuracy: 99% means little if 98% is free.",
        hints=(
            "Which label is the most frequent one in y_train?",
            "np.unique with return_counts=True counts labels. The test labels are for scoring "
            "only: do not choose the answer by them.",
        ),
        cases=lambda rng: [
            (np.array([8, 8, 3]), np.array([8, 3, 3, 3])),
            (rng.integers(10, size=200), rng.integers(10, size=100)),
        ],
    ),
    Exercise(
        name="tokens-per-parameter",
        title="Work out the tokens a budget leaves for each parameter",
        difficulty=1,
        reference=tokens_per_parameter,
        takeaway="At a fixed budget it falls with the square of the size: half the size, four "
                 "times the tokens for each parameter.",
        hints=("Solve C = 6ND for the tokens D.", "Then divide the tokens by the parameters."),
        cases=lambda rng: [
            (6e12, 1e5), (5.88e23, 70e9), (5e23, 280e9), (3.8e25, float(rng.uniform(1e11, 9e11))),
        ],
    ),
    Exercise(
        name="doubling-time",
        title="Find the doubling time from two points",
        difficulty=2,
        reference=doubling_time,
        takeaway="Two points always give a number. Whether it is a trend, they cannot say.",
        hints=(
            "How many doublings lie between the two values? The logarithm to base 2 counts them.",
            "Years divided by doublings, times 12 for months.",
        ),
        cases=lambda rng: [
            (2012.0, 1.0, 2014.0, 4.0), (2012.0, 1.0, 2013.0, 2.0),
            (2012.0, 4.7e17, 2020.0, 3.14e23), (2020.0, 3.0, 2025.0, float(rng.uniform(4, 9))),
        ],
    ),
    Exercise(
        name="own-rule",
        title="Write your own rule for 3 and 8",
        difficulty=2,
        reference=three_or_eight,
        takeaway="It beats the pixel that training chose, and nothing in it was learned: the "
                 "numbers in it are yours.",
        hints=(
            "Look at the two mean images: an 8 is closed on the left, a 3 is open there.",
            "One pixel is easily missed by a stroke. Add up a few that lie together.",
            "image[2:6, 1:4] is the left side of the middle. Try a few thresholds for its sum, "
            "between 2 and 5.",
        ),
        cases=lambda rng: [(np.frombuffer(p).reshape(8, 8),) for p in _threes_and_eights()],
        enough=0.9,
    ),
    Exercise(
        name="best-slope",
        title="Find the slope of lowest loss",
        difficulty=2,
        reference=best_slope,
        takeaway="For this loss a formula finds the bottom. For a network there is none, so one "
                 "walks downhill.",
        hints=(
            "The loss is the mean of (b x - y)². What is its derivative by b?",
            "The derivative is the mean of 2 x (b x - y). Where is it zero?",
            "There b times the mean of x² equals the mean of x y.",
        ),
        cases=lambda rng: [
            (np.array([1.0, 2.0]), np.array([2.0, 4.0])),
            (np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 5.0])),
            (rng.standard_normal(20), rng.standard_normal(20)),
        ],
    ),
    Exercise(
        name="stop-early",
        title="Report an accuracy after stopping early",
        difficulty=2,
        reference=stopped_early,
        takeaway="The validation set chooses, the test set is read once, at that place. It is "
                 "often not its own best.",
        hints=(
            "Which of the three curves may decide when to stop?",
            "Stop where `valid` is highest. And which curve had no say in that?",
        ),
        cases=lambda rng: [
            (np.array([0.2, 0.6, 1.0]), np.array([0.2, 0.5, 0.4]), np.array([0.1, 0.45, 0.55])),
            _curves(rng, 12),
            _curves(rng, 30),
        ],
    ),
    Exercise(
        name="fitted-doubling-time",
        title="Fit a doubling time to data with gaps",
        difficulty=3,
        reference=fitted_doubling_time,
        takeaway="A blank is left out, not filled in: a zero or a guess would bend the line.",
        hints=(
            "np.isnan finds the blanks; keep the years and values that are known.",
            "On a logarithmic axis steady doubling is a straight line: fit log2 of the values.",
            "np.polyfit(x, y, 1)[0] is a slope, here in doublings a year. Turn it into months.",
        ),
        cases=lambda rng: [
            (np.array([2020.0, 2021.0, 2022.0]), np.array([1.0, np.nan, 16.0])),
            _models(rng, 12, blanks=()),
            _models(rng, 30, blanks=(0, 7, 8, 29)),
        ],
    ),
]
