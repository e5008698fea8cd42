"""Exercises of the chapter on smaller and faster models, by difficulty."""

import numpy as np

from lessons.exercises.base import Exercise


def int8(row):
    row = np.asarray(row, float)
    scale = np.abs(row).max() / 127
    return np.round(row / scale) * scale if scale > 0 else row


def pack(codes):
    codes = np.asarray(codes) & 15
    return codes[0::2] + 16 * codes[1::2]


def two_of_four(row):
    fours = np.asarray(row, float).reshape(-1, 4)
    out = np.zeros_like(fours)
    keep = np.argsort(-np.abs(fours), axis=1)[:, :2]
    np.put_along_axis(out, keep, np.take_along_axis(fours, keep, 1), 1)
    return out.ravel()


def largest_rank(n_out, n_in):
    return (n_out * n_in - 1) // (n_out + n_in)


def after_refusal(p, q):
    left = np.maximum(np.asarray(p) - np.asarray(q), 0)
    return left / left.sum() if left.sum() > 0 else np.asarray(p, float)


def best_guesses(alpha, cost, most):
    def speed(g):
        return sum(alpha**k for k in range(g + 1)) / (g * cost + 1)
    return max(range(most + 1), key=speed)


def _probabilities(rng, n):
    p = rng.random(n)
    return p / p.sum()


def _cases_refusal(rng):
    yield np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.5, 0.3])
    yield np.array([0.6, 0.4, 0.0]), np.array([0.1, 0.1, 0.8])
    yield np.array([0.5, 0.5]), np.array([0.5, 0.5])  # nothing is ever refused
    yield _probabilities(rng, 6), _probabilities(rng, 6)


EXERCISES = [
    Exercise(
        name="int8",
        title="Eight bits and back",
        difficulty=1,
        reference=int8,
        takeaway="The largest number decides the step of all others.",
        hints=(
            "The scale is the largest absolute value, divided by 127.",
            "Divide by the scale, np.round, multiply by the scale.",
            "A row of zeros has the scale 0: return it as it is.",
        ),
        cases=lambda rng: [(np.array([1.0, -0.5, 0.26]),), (np.array([0.2, -2.0, 0.013]),),
                           (np.zeros(3),), (rng.normal(size=12),)],
    ),
    Exercise(
        name="pack",
        title="Two numbers in a byte",
        difficulty=1,
        reference=pack,
        takeaway="There is no 4-bit number in memory: two share a byte, and somebody unpacks them.",
        hints=(
            "codes & 15 gives the last four bits, of negative numbers too: -1 & 15 is 15.",
            "The even places are the lower half: codes[0::2].",
            "return (codes[0::2] & 15) + 16 * (codes[1::2] & 15)",
        ),
        cases=lambda rng: [(np.array([1, 2]),), (np.array([-1, 7, -8, 0]),),
                           (rng.integers(-8, 8, size=10),)],
    ),
    Exercise(
        name="two-of-four",
        title="Two of every four",
        difficulty=2,
        reference=two_of_four,
        takeaway="A pattern that hardware knows costs choice: three large neighbours lose one.",
        hints=(
            "row.reshape(-1, 4) has a group in each row.",
            "np.argsort(-abs(fours), axis=1)[:, :2] says which two to keep.",
            "Start from zeros; np.put_along_axis writes the two kept ones.",
        ),
        cases=lambda rng: [(np.array([1.0, -3.0, 2.0, 0.5]),),
                           (np.array([5.0, 6.0, 7.0, 8.0, 0.1, -0.2, 0.3, 0.0]),),
                           (rng.normal(size=16),)],
    ),
    Exercise(
        name="largest-rank",
        title="When an adapter is no longer small",
        difficulty=2,
        reference=largest_rank,
        takeaway="For a square matrix an adapter is smaller only below half of the full rank.",
        hints=(
            "An adapter of rank r has r · (n_out + n_in) numbers.",
            "It must have fewer than n_out · n_in; equal is not fewer.",
            "(n_out * n_in - 1) // (n_out + n_in)",
        ),
        cases=lambda rng: [(4096, 4096), (6, 3), (192, 48),
                           (int(rng.integers(10, 90)), int(rng.integers(10, 90)))],
    ),
    Exercise(
        name="after-refusal",
        title="What to draw after a refusal",
        difficulty=2,
        reference=after_refusal,
        takeaway="What the draft offers too seldom is made up for here, and only here.",
        hints=(
            "Where q is above p, the token has had its chance: nothing is left.",
            "np.maximum(p - q, 0), divided by its sum.",
            "If p equals q the sum is 0: then return p.",
        ),
        cases=_cases_refusal,
    ),
    Exercise(
        name="best-guesses",
        title="How many guesses?",
        difficulty=3,
        reference=best_guesses,
        takeaway="More guesses give more tokens a pass, but each costs, and the later ones are "
                 "seldom reached.",
        hints=(
            "With g guesses a pass gives 1 + alpha + … + alpha**g tokens on average.",
            "It takes the time 1 + g · cost.",
            "Try every g from 0 to `most`; 0 is allowed to win.",
        ),
        cases=lambda rng: [(0.8, 0.1, 10), (0.3, 0.5, 8), (0.95, 0.02, 12), (0.6, 0.05, 9),
                           (float(rng.uniform(0.4, 0.9)), 0.15, 10)],
    ),
]
