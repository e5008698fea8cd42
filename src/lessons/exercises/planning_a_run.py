"""Exercises of the chapter on planning a run, by difficulty."""

import math

import numpy as np

from lessons.exercises.base import Exercise
from lessons.planning import failures


def expected(n_chips, days, rate):
    mean = n_chips * days * rate / 1000
    return mean, math.exp(-mean)


def save_every(size, speed, mtbf):
    return 60 * failures.young(size / speed / 3600, mtbf)


def share(gaps, interval, cost, restart):
    return failures.simulated_share(gaps, interval, cost, restart)


def together(factors):
    return float(np.exp(np.sqrt(np.sum(np.log(factors) ** 2))))


def fewest(state, room, flops, rate, days, group):
    needed = max(state / room, flops / (rate * days * 86_400))
    return math.ceil(needed / group) * group


def slowest_save(share, mtbf, restart):
    left = 1 - share - restart / mtbf
    return mtbf * left**2 / 2 if left > 0 else 0.0


def _cases_share(rng):
    yield np.array([10.0, 10.0]), 3.0, 1.0, 0.0
    yield np.array([0.5, 9.5, 6.0]), 2.0, 0.5, 1.0  # one fails during its restart
    yield rng.exponential(4.0, 50), 0.7, 0.1, 0.3


def _cases_fewest(rng):
    yield 100e9, 50e9, 1e18, 1e14, 1.0, 1  # memory decides
    yield 100e9, 80e9, 1e22, 4e14, 10.0, 8  # the time decides
    yield 2.6e12, 60e9, float(rng.uniform(1e23, 9e23)), 3e14, 60.0, 48


EXERCISES = [
    Exercise(
        name="expected",
        title="How many failures?",
        difficulty=1,
        reference=expected,
        takeaway="Chips and days count alike: a thousand chips for a day fail as often as one "
                 "chip in a thousand days. No failure at all has the chance e to minus that.",
        hints=(
            "Chip-days are n_chips * days; the rate is for 1,000 of them.",
            "The chance of none, where the mean is m and failures have no memory: exp(-m).",
            "mean = n_chips * days * rate / 1000; return mean, np.exp(-mean)",
        ),
        cases=lambda rng: [(1000, 1.0, 0.5), (16384, 0.1, 0.47),
                           (int(rng.integers(8, 512)), float(rng.uniform(1, 9)), 0.8)],
    ),
    Exercise(
        name="save-every",
        title="When to save",
        difficulty=1,
        reference=save_every,
        takeaway="Both times under the root must have the same unit. The interval goes with the "
                 "root, so a disk that is four times as fast halves it.",
        hints=(
            "The cost is size / speed, in seconds. Young: the root of 2 cost mtbf.",
            "Bring both to minutes: seconds / 60, hours * 60.",
            "return np.sqrt(2 * (size / speed / 60) * (60 * mtbf))",
        ),
        cases=lambda rng: [(60e9, 1e9, 30.0), (2.3e12, 57e9, 100.0),
                           (float(rng.uniform(1e12, 9e12)), 2e10, float(rng.uniform(2, 50)))],
    ),
    Exercise(
        name="share",
        title="What is left",
        difficulty=2,
        reference=share,
        takeaway="Three lines simulate years of a cluster, for failures of any kind.",
        hints=(
            "Hours left in a gap after its restart: np.maximum(gaps - restart, 0).",
            "Whole segments in it: divide by interval + cost, and np.floor.",
            "Kept hours are whole.sum() * interval; all hours are gaps.sum().",
        ),
        cases=_cases_share,
    ),
    Exercise(
        name="together",
        title="Ranges multiplied",
        difficulty=2,
        reference=together,
        takeaway="Widths add as squares, in logarithms. The widest guess decides; to halve a "
                 "narrow one is wasted work.",
        hints=(
            "A factor of two up or down is a width of log 2 in logarithms.",
            "Independent widths add as squares: the root of the sum of squares.",
            "return np.exp(np.sqrt(np.sum(np.log(factors) ** 2)))",
        ),
        cases=lambda rng: [(np.array([2.0]),), (np.array([2.0, 2.0]),),
                           (1 + rng.random(4),)],
    ),
    Exercise(
        name="fewest",
        title="How many chips?",
        difficulty=2,
        reference=fewest,
        takeaway="Two needs, and the larger decides: small runs want speed, short runs of large "
                 "models want memory. Machines come in groups, so round up last.",
        hints=(
            "For the memory: state / room. For the time: flops / (rate * seconds).",
            "A day has 86,400 seconds. Take the larger need.",
            "Round up to whole groups: int(np.ceil(needed / group)) * group.",
        ),
        cases=_cases_fewest,
    ),
    Exercise(
        name="slowest-save",
        title="A plan read backwards",
        difficulty=3,
        reference=slowest_save,
        takeaway="What restarts leave is all that saving may take, and the time to write goes with "
                 "its square: half the allowance needs disks four times as fast.",
        hints=(
            "At Young's interval the two changing parts of the loss are equal, together "
            "sqrt(2 * cost / mtbf).",
            "The loss is that plus restart / mtbf; it may be 1 - share.",
            "left = 1 - share - restart / mtbf; the cost is mtbf * left ** 2 / 2 if left > 0, "
            "else 0.",
        ),
        cases=lambda rng: [(0.9, 10.0, 0.0), (0.9, 3.1, 0.1), (0.95, 3.1, 0.25),
                           (float(rng.uniform(0.5, 0.8)), 5.0, 0.2)],
    ),
]
