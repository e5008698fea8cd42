"""Exercises of the chapter on language, by difficulty."""

import numpy as np

from lessons.exercises.base import Exercise


def smoothed(counts, alpha):
    return np.log((counts + alpha) / (counts + alpha).sum(axis=1, keepdims=True))


def reciprocal_rank(scores, right):
    return float(1 / (1 + (scores > scores[right]).sum()))


def pmi(counts):
    total = counts.sum()
    by_chance = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / total
    out = np.zeros(counts.shape)
    seen = counts > 0
    out[seen] = np.log(counts[seen] / by_chance[seen])
    return np.maximum(out, 0)


def masked_attention(scores, values, lengths):
    there = np.arange(scores.shape[1]) < lengths[:, None]
    scores = np.where(there, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.einsum("bs,bsd->bd", weights, values)


def bm25_score(times, lengths, n_with, k1, b):
    rarity = np.log(1 + (len(times) - n_with + 0.5) / (n_with + 0.5))
    return rarity * times * (k1 + 1) / (times + k1 * (1 - b + b * lengths / lengths.mean()))


def group_split(groups, n_test, order):
    test, size = np.zeros(len(groups), dtype=bool), 0
    for row in order:
        if size >= n_test:
            break
        if not test[row]:
            same = groups == groups[row]
            test |= same
            size = int(test.sum())
    return test


def _cases_split(rng):
    yield np.array([0, 0, 1, 2, 2, 3]), 2, np.array([0, 2, 4, 1, 3, 5])
    yield np.array([5, 5, 5, 5]), 1, np.array([3, 2, 1, 0])
    yield np.arange(6), 3, np.array([5, 4, 3, 2, 1, 0])
    yield np.array([0, 1, 0, 1, 2]), 0, np.arange(5)
    yield rng.integers(0, 8, 30), 9, rng.permutation(30)


def _cases_attention(rng):
    yield np.zeros((2, 3)), np.arange(12.0).reshape(2, 3, 2), np.array([3, 1])
    yield np.array([[900.0, 899.0]]), np.array([[[1.0], [3.0]]]), np.array([2])
    yield np.array([[1.0, 500.0]]), np.array([[[2.0], [7.0]]]), np.array([1])
    yield rng.standard_normal((3, 4)), rng.standard_normal((3, 4, 5)), np.array([4, 2, 1])


EXERCISES = [
    Exercise(
        name="smoothed",
        title="A word that was never seen",
        difficulty=1,
        reference=smoothed,
        takeaway="Without alpha, one word that a class never had makes the whole text impossible.",
        hints=(
            "Add alpha to every count, also to those that are not 0.",
            "Then divide each row by its own sum, in which alpha stands once for each word.",
            "np.log((counts + alpha) / (counts + alpha).sum(axis=1, keepdims=True)).",
        ),
        cases=lambda rng: [
            (np.array([[3.0, 0.0], [1.0, 1.0]]), 1.0), (np.array([[0.0, 0.0, 0.0]]), 0.5),
            (np.array([[8.0, 1.0, 1.0], [0.0, 0.0, 2.0]]), 0.01),
            (rng.integers(0, 9, (4, 6)).astype(float), 0.3),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="reciprocal-rank",
        title="How far down is the right passage?",
        difficulty=1,
        reference=reciprocal_rank,
        takeaway="The mean of this over questions is the mean reciprocal rank; going from place 1 "
                 "to 2 costs as much as from 2 to the end of the list.",
        hints=(
            "The place of the right passage is 1 if none has a larger score.",
            "Count the scores that are larger than scores[right].",
            "1 / (1 + (scores > scores[right]).sum()).",
        ),
        cases=lambda rng: [
            (np.array([0.1, 0.9, 0.5]), 1), (np.array([0.1, 0.9, 0.5]), 0),
            (np.array([-3.0, -1.0]), 0), (np.array([2.0]), 0), (rng.standard_normal(40), 7),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="ppmi",
        title="More often than by chance",
        difficulty=2,
        reference=pmi,
        takeaway="Frequent words stand beside everything; dividing by what chance would give takes "
                 "that out.",
        hints=(
            "By chance, words i and j would meet row sum i times column sum j by the total.",
            "Take the logarithm of count / chance only where the count is above 0; elsewhere 0.",
            "What is negative becomes 0: np.maximum(out, 0).",
        ),
        cases=lambda rng: [
            (np.array([[0.0, 4.0], [4.0, 0.0]]),), (np.array([[2.0, 1.0], [1.0, 6.0]]),),
            (np.ones((3, 3)),), (rng.integers(0, 4, (5, 5)) + np.eye(5),),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="masked-attention",
        title="Sentences of different lengths",
        difficulty=2,
        reference=masked_attention,
        takeaway="Set the scores of what only fills up to minus infinity before the softmax, not "
                 "the weights to 0 after it.",
        hints=(
            "np.arange(S) < lengths[:, None] says which places hold a word.",
            "Put -np.inf where there is none, subtract the largest score of each row, take exp, "
            "divide by the sum of the row.",
            "The weighted sum of the values: (weights[:, :, None] * values).sum(axis=1).",
        ),
        cases=_cases_attention,
        tolerance=1e-9,
    ),
    Exercise(
        name="bm25",
        title="What one word adds",
        difficulty=2,
        reference=bm25_score,
        takeaway="Rarity decides which word counts, k1 how soon repeating it counts no more, b how "
                 "much long passages are held back.",
        hints=(
            "The rarity of the word is log(1 + (n - n_with + 0.5) / (n_with + 0.5)), with n "
            "passages.",
            "Each passage is held back by k1 * (1 - b + b * length / mean length).",
            "rarity * times * (k1 + 1) / (times + held_back); where times is 0 this is 0.",
        ),
        cases=lambda rng: [
            (np.array([1.0, 0.0]), np.array([2.0, 4.0]), 1, 1.2, 0.75),
            (np.array([0.0, 3.0, 1.0]), np.array([10.0, 10.0, 10.0]), 2, 2.0, 0.0),
            (np.array([5.0, 5.0]), np.array([5.0, 50.0]), 2, 0.6, 1.0),
            (rng.integers(0, 4, 8).astype(float), rng.integers(5, 60, 8).astype(float), 5, 1.2,
             0.4),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="group-split",
        title="Keep together what belongs together",
        difficulty=3,
        reference=group_split,
        takeaway="Draw groups, not texts: a copy on the other side of the split is an answer that "
                 "was seen.",
        hints=(
            "Go through the rows in the given order, and stop when n_test or more are chosen.",
            "A row that is chosen brings all rows with its number: groups == groups[row].",
            "Keep an array of booleans: test |= groups == groups[row].",
        ),
        cases=_cases_split,
    ),
]
