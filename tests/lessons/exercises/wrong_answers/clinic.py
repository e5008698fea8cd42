"""Plausible wrong answers to the exercises of the loss-curve clinic."""

import numpy as np


def _trouble(middle=np.median, finite=True, start=None, at_least=False):
    def first_trouble(loss, width, factor):
        for i in range(width if start is None else start, len(loss)):
            limit = factor * middle(loss[max(i - width, 0) : i])
            if finite and not np.isfinite(loss[i]):
                return i
            if loss[i] > limit or (at_least and loss[i] == limit):
                return i
        return -1

    return first_trouble


WRONG = {
    "best-guess": [
        lambda counts: np.log(len(counts)),
        lambda counts: -np.log(np.max(counts) / np.sum(counts)),
        lambda counts: -np.mean(np.log(counts / np.sum(counts))),
    ],
    "dead-share": [
        lambda h: np.mean(h == 0),
        lambda h: np.mean((h == 0).any(axis=0)),
        lambda h: np.mean((h == 0).all(axis=1)),
    ],
    "n-leaks": [
        lambda hidden: int(np.triu(~hidden).sum()),
        lambda hidden: int(np.tril(~hidden, -1).sum()),
        lambda hidden: int(np.triu(hidden, 1).sum()),
        lambda hidden: int((~np.diag(hidden, 1)).sum()),
    ],
    "squashed-floor": [
        lambda n_classes, scale: np.log(np.e + n_classes - 1) - 1,
        lambda n_classes, scale: np.log(n_classes) - scale,
        lambda n_classes, scale: 0.0,
    ],
    "first-trouble": [
        _trouble(np.mean), _trouble(finite=False), _trouble(np.min), _trouble(at_least=True),
        _trouble(lambda v: v[-1]),
    ],
}
