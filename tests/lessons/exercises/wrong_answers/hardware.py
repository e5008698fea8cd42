"""Plausible wrong answers to the exercises of the chapter on hardware."""

import math

import numpy as np


def _gpt(layer, n_layers, d, vocabulary, n_positions, last=2, embeddings=1):
    return n_layers * layer(d) + (embeddings * vocabulary + n_positions) * d + last * d


def _days(n_params, n_tokens, n_chips, peak, mfu, factor=6, seconds=86400.0):
    return factor * n_params * n_tokens / (n_chips * peak * mfu) / seconds


def _full(d):
    return 12 * d**2 + 13 * d


WRONG = {
    "intensity": [
        lambda m, k, n, b: m * k * n / (b * (m * k + k * n + m * n)),  # additions forgotten
        lambda m, k, n, b: 2 * m * k * n / (b * (m * k + k * n)),  # the result is written too
        lambda m, k, n, b: 2 * m * k * n / (m * k + k * n + m * n),  # numbers are not bytes
        lambda m, k, n, b: n / 3,  # right for squares in 16 bit only
    ],
    "limited-by": [
        lambda f, m, p, b: "memory" if f / p > m / b else "arithmetic",
        lambda f, m, p, b: "memory" if m > f else "arithmetic",
        lambda f, m, p, b: "memory",
        lambda f, m, p, b: "memory" if f / m > p / b else "arithmetic",
    ],
    "gpt-parameters": [
        lambda L, d, v, t: _gpt(lambda d: 12 * d**2 + 2 * d, L, d, v, t),  # no biases
        lambda L, d, v, t: _gpt(_full, L, d, v, t, embeddings=2),  # output matrix of its own
        lambda L, d, v, t: _gpt(_full, L, d, v, t, last=0),
        lambda L, d, v, t: _gpt(_full, L, d, v, 0),
        lambda L, d, v, t: 12 * L * d**2,
    ],
    "zero3-bytes": [
        lambda n, chips, b, a: (n * b + a) / chips,
        lambda n, chips, b, a: 4 * n + (b - 4) * n / chips + a,  # stage 1
        lambda n, chips, b, a: n * b / chips,
    ],
    "days-to-train": [
        lambda *args: _days(*args, factor=2),
        lambda *args: _days(*args, seconds=3600.0),
        lambda n, t, c, p, m: _days(n, t, c, p, 1.0),
        lambda n, t, c, p, m: _days(n, t, 1, p, m),
    ],
    "accumulate": [
        lambda g, s: np.mean(g, axis=0),
        lambda g, s: np.sum(g, axis=0),
        lambda g, s: np.tensordot(s, g, axes=1),
        lambda g, s: np.tensordot(s / len(s), g, axes=1),
    ],
    "least-batch": [
        lambda d, r: math.ceil(r),
        lambda d, r: 0 if 2 * r >= d else r / (1 - 2 * r / d),  # not a whole number
        lambda d, r: math.ceil(r / (1 - 2 * r / d)) if 2 * r != d else 0,  # negative batches
        lambda d, r: 0 if r >= d else math.ceil(r / (1 - r / d)),
    ],
    "tokens-to-hide": [
        lambda n, flops, both: (n - 1) / n * flops / both,  # both directions
        lambda n, flops, both: flops / (both / 2),  # as if there were no end of workers
        lambda n, flops, both: 2 * (n - 1) / n * flops / (both / 2),  # weights' gradient alone
    ],
}
