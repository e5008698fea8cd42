"""Plausible wrong answers to the exercises of the chapter on networks."""

import numpy as np


def relu(z):
    return np.maximum(z, 0)


def pairs(sizes):
    return zip(sizes[:-1], sizes[1:], strict=True)


def slopes(x, y):
    return np.diff(y) / np.diff(x)


WRONG = {
    "forward-pass": [
        lambda X, W1, b1, W2, b2: relu(relu(X @ W1 + b1) @ W2 + b2),  # activation at the end
        lambda X, W1, b1, W2, b2: (X @ W1 + b1) @ W2 + b2,
        lambda X, W1, b1, W2, b2: (relu(X @ W1) + b1) @ W2 + b2,
        lambda X, W1, b1, W2, b2: relu(X @ W1.T + b1) @ W2 + b2,
        lambda X, W1, b1, W2, b2: relu(X @ W1 + b1) @ W2,
    ],
    "count-parameters": [
        lambda sizes: sum(a * b for a, b in pairs(sizes)),
        lambda sizes: sum(a * b + a for a, b in pairs(sizes)),
        lambda sizes: sum(a * b for a, b in pairs(sizes)) + sum(sizes),
        lambda sizes: sum(a * b + 1 for a, b in pairs(sizes)),
    ],
    "collapse": [
        lambda W1, b1, W2, b2: (W1 @ W2, b1 + b2 if b1.shape == b2.shape else b2),
        lambda W1, b1, W2, b2: (W1 @ W2, b2),
        lambda W1, b1, W2, b2: (W2 @ W1, b1 @ W2 + b2),
        lambda W1, b1, W2, b2: W1 @ W2,
    ],
    "keep-size": [
        lambda n_in, slope: np.sqrt(2 / n_in),
        lambda n_in, slope: 2 / ((1 + slope**2) * n_in),  # the variance
        lambda n_in, slope: np.sqrt(2 / ((1 + slope) * n_in)),
        lambda n_in, slope: np.sqrt(1 / ((1 + slope**2) * n_in)),
    ],
    "broken-line": [
        lambda x, y: (-x[:-1], slopes(x, y), y[0]),  # slopes, not their changes
        lambda x, y: (x[:-1], np.diff(slopes(x, y), prepend=0.0), y[0]),
        lambda x, y: (-x[1:], np.diff(slopes(x, y), prepend=0.0), y[0]),
        lambda x, y: (-x[:-1], np.diff(slopes(x, y), prepend=0.0), 0.0),
        lambda x, y: (-x[:-1], np.diff(y, prepend=0.0)[1:], y[0]),
    ],
}
