"""Exercises of the chapter on loss functions, by difficulty."""

import math

import numpy as np

from lessons.engine import losses
from lessons.engine.tensor import Tensor
from lessons.exercises.base import Exercise


def huber_loss(y_hat, y, delta):
    return losses.huber(Tensor(y_hat), y, delta).item()


def stable_softmax(z):
    return losses.softmax(Tensor(z)).data


def bits_per_byte(loss, n_tokens, text):
    return losses.bits_per_byte(loss, n_tokens, len(text.encode()))


def cross_entropy(z, labels):
    return losses.cross_entropy(Tensor(z), labels).item()


def cross_entropy_grad(z, labels):
    logits = Tensor(z)
    losses.cross_entropy(logits, labels).backward()
    return logits.grad


def best_constant_loss(labels):
    share = np.unique(labels, return_counts=True)[1] / len(labels)
    return -np.sum(share * np.log(share))


def fit_temperature(z, labels):
    def slope(T):
        # The derivative of the loss by 1/T. It rises with 1/T: the loss is convex in 1/T.
        p = stable_softmax(z / T)
        return ((p - np.eye(z.shape[1])[labels]) * z).sum(axis=1).mean()

    low, high = 0.1, 10.0
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return low


def masked_mean(logits, labels):
    rows = np.asarray(labels).ravel() != -100
    if not rows.any():
        return math.nan
    flat = np.asarray(logits).reshape(rows.size, -1)
    return losses.cross_entropy(Tensor(flat[rows]), np.asarray(labels).ravel()[rows]).item()


def _cases_masked_mean(rng):
    yield np.log([[[0.5, 0.5], [0.2, 0.8]]]), np.array([[0, -100]])
    yield np.log([[[0.5, 0.5], [0.25, 0.75]], [[0.9, 0.1], [0.5, 0.5]]]), np.array(
        [[1, 0], [1, -100]])
    yield np.array([[[1000.0, 0.0], [0.0, 0.0]]]), np.array([[1, -100]])
    labels = rng.integers(4, size=(3, 6))
    labels[1, 2:], labels[2, 4:] = -100, -100
    yield 2 * rng.standard_normal((3, 6, 4)), labels


def _logits(rng, B, C, scale=2.0):
    return scale * rng.standard_normal((B, C)), rng.integers(C, size=B)


def _cases_cross_entropy(rng):
    yield np.array([[2.0, 0.0]]), np.array([0])
    yield np.array([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]]), np.array([2, 1])
    yield np.array([[1000.0, 0.0], [-1000.0, 1000.0], [5.0, 5.0]]), np.array([1, 1, 0])
    yield _logits(rng, 6, 4)


def _cases_temperature(rng):
    for factor in (3.0, 0.5):  # logits that are too sure, then too timid
        z = rng.standard_normal((400, 4)) * 1.5
        p = stable_softmax(z)
        labels = (p.cumsum(axis=1) < rng.random((400, 1))).sum(axis=1)
        yield factor * z, np.minimum(labels, 3)


EXERCISES = [
    Exercise(
        name="huber",
        title="Write the Huber loss",
        difficulty=1,
        reference=huber_loss,
        takeaway="torch.nn.functional.huber_loss gives the same number.",
        hints=(
            "Take size = |y_hat - y| and treat size <= delta and size > delta apart (np.where).",
            "The line has slope delta and must meet the square at size = delta.",
            "Beyond delta: delta * (size - delta / 2).",
        ),
        cases=lambda rng: [
            (np.array([0.5, 3.0]), np.array([0.0, 0.0]), 1.0),
            (np.array([0.5, -3.0]), np.array([0.0, 0.0]), 2.0),
            (5 * rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), 0.7),
        ],
    ),
    Exercise(
        name="stable-softmax",
        title="Write a softmax that never overflows",
        difficulty=1,
        reference=stable_softmax,
        takeaway="Taking the largest logit of each row away changes no probability.",
        hints=(
            "A constant added to a row of logits cancels. Which constant keeps every exponent at "
            "0 or below?",
            "z.max(axis=1, keepdims=True) has one number a row; the sum needs axis=1, too.",
        ),
        cases=lambda rng: [
            (np.array([[2.0, 0.0]]),),
            (np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]),),
            (np.array([[1000.0, 999.0], [-1000.0, -1000.0], [1e4, -1e4]]),),
            (_logits(rng, 5, 7)[0],),
        ],
    ),
    Exercise(
        name="bits-per-byte",
        title="Turn nats per token into bits per byte",
        difficulty=1,
        reference=bits_per_byte,
        takeaway="Only this number compares models whose tokens differ.",
        hints=(
            "All tokens together cost loss * n_tokens nats; one bit is ln 2 nats.",
            "A letter such as é is more than one byte: len(text.encode()).",
        ),
        cases=lambda rng: [
            (math.log(2), 10, "0123456789"),
            (2.5, 4, "the cat sat"),
            (3.1, 5, "déjà vu, naïve café"),
        ],
    ),
    Exercise(
        name="cross-entropy",
        title="Compute cross-entropy from logits",
        difficulty=2,
        reference=cross_entropy,
        takeaway="No probability was computed on the way, and nothing can overflow.",
        hints=(
            "The loss of one row is log-sum-exp of the row minus the right logit.",
            "log-sum-exp: m + np.log(np.exp(z - m).sum(...)) with m the largest logit of the row.",
            "z[np.arange(len(z)), labels] picks the right logit of every row.",
        ),
        cases=_cases_cross_entropy,
    ),
    Exercise(
        name="cross-entropy-grad",
        title="Write the gradient of cross-entropy",
        difficulty=2,
        reference=cross_entropy_grad,
        takeaway="p − y, divided by the number of rows: this is what loss.backward() starts from.",
        hints=(
            "For one row it is the softmax minus the one-hot label.",
            "The loss is a mean over the rows, so the gradient has the same 1/B.",
        ),
        cases=_cases_cross_entropy,
        tolerance=1e-9,
    ),
    Exercise(
        name="best-constant-loss",
        title="Find the loss to beat",
        difficulty=2,
        reference=best_constant_loss,
        takeaway="It is the entropy of the labels. A model above it would do better to ignore its "
                 "inputs.",
        hints=(
            "A proper loss is least for the truth: give each class its share of the labels.",
            "np.unique(labels, return_counts=True) counts the classes that come.",
            "With shares s the mean loss is -sum(s * log(s)).",
        ),
        cases=lambda rng: [
            (np.array([0, 1]),),
            (np.array([0, 0, 0, 1]),),
            (np.array([2, 2, 5, 2, 5, 2, 2, 9]),),
            (np.zeros(4, int),),
            (rng.integers(6, size=50),),
        ],
    ),
    Exercise(
        name="masked-mean",
        title="Average over the tokens that count",
        difficulty=2,
        reference=masked_mean,
        takeaway="This is torch's mean with ignore_index. Say so when you report a loss.",
        hints=(
            "First drop the positions with label -100: labels != -100 is a mask of shape (B, T).",
            "logits[mask] has one row for each token that is left, labels[mask] its label.",
            "What remains is exercise 4.",
        ),
        cases=_cases_masked_mean,
    ),
    Exercise(
        name="fit-temperature",
        title="Fit a temperature",
        difficulty=3,
        reference=fit_temperature,
        takeaway="One number, fitted on held-out data, and the accuracy stays what it was.",
        hints=(
            "It is one number between 0.1 and 10: try many, keep the best.",
            "np.geomspace(0.1, 10, 2001) is fine enough: neighbours differ by 0.23 %.",
            "For each T compute the cross-entropy of z / T as in exercise 4.",
        ),
        cases=_cases_temperature,
        tolerance=0.01,
    ),
]
