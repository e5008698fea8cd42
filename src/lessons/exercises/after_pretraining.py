"""Exercises of the chapter on what comes after pre-training, by difficulty."""

import math

import numpy as np

from lessons.exercises.base import Exercise


def pass_at_k(n, c, k):
    return 1 - math.comb(n - c, k) / math.comb(n, k)


def mask(is_end, n_prompt):
    marks = np.zeros(len(is_end) - 1, bool)
    for t in range(n_prompt, len(is_end)):
        marks[t - 1] = True
        if is_end[t]:
            break
    return marks


def advantage(rewards):
    r = np.asarray(rewards, float)
    spread = r.std(axis=1, keepdims=True)
    return (r - r.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)


def dpo(chosen, rejected, beta):
    return float(np.mean(np.logaddexp(0, -beta * (np.asarray(chosen) - np.asarray(rejected)))))


def stray(policy, reference, mask):
    d = np.asarray(reference) - np.asarray(policy)
    return float((np.where(mask, np.exp(d) - 1 - d, 0)).sum(axis=1).mean())


def best_of(scores, values, n):
    order = np.argsort(scores)
    chances = [math.comb(i, n - 1) / math.comb(len(order), n) for i in range(len(order))]
    return float(np.dot(chances, np.asarray(values, float)[order]))


def _cases_dpo(rng):
    yield np.array([0.0, 0.0]), np.array([0.0, 0.0]), 0.1
    yield np.array([1.0]), np.array([-1.0]), 0.5
    yield np.array([-900.0]), np.array([900.0]), 1.0  # the sigmoid alone would give log 0
    yield rng.normal(size=6), rng.normal(size=6), float(rng.uniform(0.1, 1))


def _cases_mask(rng):
    yield np.array([False, False, False, False, True, False]), 2
    yield np.array([False, True, False, False, True, True]), 3  # an end in the question
    yield np.array([False] * 5), 2  # the answer does not end
    yield rng.random(12) < 0.2, 4


def _cases_stray(rng):
    yield np.array([[-1.0, -2.0]]), np.array([[-1.0, -2.0]]), np.array([[True, True]])
    yield np.array([[-1.0, -2.0]]), np.array([[-2.0, -1.0]]), np.array([[True, False]])
    yield rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.random((3, 4)) < 0.6


def _cases_best(rng):
    yield np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0]), 2
    yield np.array([3.0, 1.0, 2.0, 0.0]), np.array([1.0, 0.0, 1.0, 1.0]), 1
    yield rng.permutation(9) / 9, (rng.random(9) < 0.5).astype(float), 4


EXERCISES = [
    Exercise(
        name="pass-at-k",
        title="At least one of k",
        difficulty=1,
        reference=pass_at_k,
        takeaway="Count the choices of k tries that hold no right one. With 1 - (1 - c/n)**k a "
                 "few tries promise too little.",
        hints=(
            "How many ways are there to draw k of the n tries? math.comb(n, k).",
            "In math.comb(n - c, k) of them all are wrong.",
            "return 1 - math.comb(n - c, k) / math.comb(n, k)",
        ),
        cases=lambda rng: [(5, 2, 1), (5, 2, 2), (10, 0, 3), (10, 9, 4),
                           (int(rng.integers(20, 40)), int(rng.integers(1, 9)), 7)],
    ),
    Exercise(
        name="advantage",
        title="Better than its group",
        difficulty=1,
        reference=advantage,
        takeaway="A group that agrees says nothing, right or wrong: all its advantages are 0.",
        hints=(
            "Subtract the mean of each row, with keepdims=True.",
            "Divide by the row's standard deviation, np.std.",
            "Where the deviation is 0 divide by 1: np.where(spread > 0, spread, 1).",
        ),
        cases=lambda rng: [
            (np.array([[1.0, 0.0, 0.0, 0.0]]),), (np.array([[1.0, 1.0], [0.0, 1.0]]),),
            (rng.normal(size=(3, 5)),)],
    ),
    Exercise(
        name="mask",
        title="Only the answer",
        difficulty=2,
        reference=mask,
        takeaway="The guess at place t is about token t + 1, and the end belongs to the answer: "
                 "a model that is never asked to stop does not stop.",
        hints=(
            "The result has one place less than there are tokens.",
            "Token t is guessed at place t - 1; the answer begins at token n_prompt.",
            "Mark t - 1 for t from n_prompt on, and break after the first end.",
        ),
        cases=_cases_mask,
    ),
    Exercise(
        name="dpo",
        title="A loss from a pair",
        difficulty=2,
        reference=dpo,
        takeaway="DPO is the loss of a reward model whose scores are log-probabilities.",
        hints=(
            "The margin is beta * (chosen - rejected); the loss -log(sigmoid(margin)).",
            "-log(1 / (1 + exp(-m))) = log(1 + exp(-m)).",
            "np.logaddexp(0, -margin) does not overflow. Take the mean.",
        ),
        cases=_cases_dpo,
    ),
    Exercise(
        name="stray",
        title="The price of straying",
        difficulty=2,
        reference=stray,
        takeaway="Each token adds something that is never negative, and on average it is KL.",
        hints=(
            "With d = reference - policy each token adds exp(d) - 1 - d.",
            "Tokens outside the mask add 0.",
            "Sum over each row, then take the mean over rows.",
        ),
        cases=_cases_stray,
    ),
    Exercise(
        name="best-of",
        title="The best of n, without drawing",
        difficulty=3,
        reference=best_of,
        takeaway="From N scored tries the mean for every n up to N follows by counting.",
        hints=(
            "Sort the tries by score. Which n tries have the one at place i as their best?",
            "It is in, and the n - 1 others come from the i before it: math.comb(i, n - 1).",
            "Divide by math.comb(N, n), multiply by the values in that order, sum.",
        ),
        cases=_cases_best,
    ),
]
