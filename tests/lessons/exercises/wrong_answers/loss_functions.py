"""Plausible wrong answers to the exercises of the chapter on loss functions."""

import math

import numpy as np


def _softmax(z, axis=1, shift=True):
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max(axis=axis, keepdims=True)) if shift else np.exp(z)
        return e / e.sum(axis=axis, keepdims=True)


def _right(p, labels):
    return p[np.arange(len(p)), labels]


def _naive_cross_entropy(z, labels):
    with np.errstate(all="ignore"):
        return -np.log(_right(_softmax(z, shift=False), labels)).mean()


def _clipped_cross_entropy(z, labels):
    return -np.log(np.clip(_right(_softmax(z), labels), 1e-12, 1)).mean()


def _summed_cross_entropy(z, labels):
    m = z.max(axis=1)
    return (m + np.log(np.exp(z - m[:, None]).sum(axis=1)) - _right(z, labels)).sum()


def _grad(z, labels, sign=1, n=None):
    return sign * (_softmax(z) - np.eye(z.shape[1])[labels]) / (n or len(z))


def _shares(labels):
    return np.unique(labels, return_counts=True)[1] / len(labels)


def _temperature(z, labels, flip=False):
    grid = np.geomspace(0.1, 10, 801)
    best = grid[np.argmin([_clipped_cross_entropy(z / T, labels) for T in grid])]
    return 1 / best if flip else best


def _token_losses(logits, labels, mask=True):
    m = logits.max(axis=-1, keepdims=True)
    log_sum = (m + np.log(np.exp(logits - m).sum(axis=-1, keepdims=True)))[..., 0]
    kept = np.where(labels == -100, 0 if mask else logits.shape[-1] - 1, labels)
    each = log_sum - np.take_along_axis(logits, kept[..., None], axis=-1)[..., 0]
    return np.where(labels == -100, 0, each) if mask else each


WRONG = {
    "huber": [
        lambda y_hat, y, delta: np.where(abs(y_hat - y) <= delta, (y_hat - y) ** 2 / 2,
                                         delta * abs(y_hat - y)).mean(),  # jumps at delta
        lambda y_hat, y, delta: np.where(abs(y_hat - y) <= delta, (y_hat - y) ** 2 / 2,
                                         abs(y_hat - y) - 0.5).mean(),  # only for delta 1
        lambda y_hat, y, delta: np.minimum((y_hat - y) ** 2 / 2, delta**2 / 2).mean(),
        lambda y_hat, y, delta: np.where(abs(y_hat - y) <= delta, (y_hat - y) ** 2 / 2,
                                         delta * (abs(y_hat - y) - delta / 2)).sum(),
    ],
    "stable-softmax": [
        lambda z: _softmax(z, shift=False),
        lambda z: _softmax(z, axis=0),
        lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum(),
        lambda z: z / z.sum(axis=1, keepdims=True),
    ],
    "bits-per-byte": [
        lambda loss, n_tokens, text: loss / math.log(2) * n_tokens / len(text),
        lambda loss, n_tokens, text: loss * n_tokens / len(text.encode()),
        lambda loss, n_tokens, text: loss / math.log(2) / len(text.encode()),
        lambda loss, n_tokens, text: math.exp(loss) * n_tokens / len(text.encode()),
    ],
    "cross-entropy": [
        _naive_cross_entropy, _clipped_cross_entropy, _summed_cross_entropy,
        lambda z, labels: -_right(z, labels).mean(),
    ],
    "cross-entropy-grad": [
        lambda z, labels: _grad(z, labels, n=1),
        lambda z, labels: _grad(z, labels, sign=-1),
        lambda z, labels: _softmax(z) / len(z),
        lambda z, labels: _grad(z, labels, n=z.size),
    ],
    "best-constant-loss": [
        lambda labels: math.log(labels.max() + 1),
        lambda labels: -np.sum(_shares(labels) * np.log2(_shares(labels))),
        lambda labels: 1 - _shares(labels).max(),
        lambda labels: -math.log(_shares(labels).max()),
    ],
    "masked-mean": [
        lambda logits, labels: _token_losses(logits, labels).sum() / labels.size,  # padding counts
        lambda logits, labels: np.mean(
            _token_losses(logits, labels).sum(axis=1) / (labels != -100).sum(axis=1)),
        lambda logits, labels: _token_losses(logits, labels).sum(),
        lambda logits, labels: _token_losses(logits, labels, mask=False).mean(),  # the last class
    ],
    "fit-temperature": [
        lambda z, labels: 1.0,
        lambda z, labels: _temperature(z, labels, flip=True),
        lambda z, labels: z.std(),
    ],
}
