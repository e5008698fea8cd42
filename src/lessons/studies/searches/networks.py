"""A network with one hidden layer on few digits, trained on ten splits of the data at once.

The splits are stacked along a first axis, so that one matrix product serves all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lessons.data.sets import all_digits

N_TRAIN, N_VALID = 300, 100  # of 1,797 digits; all others tell the truth about a setting
RUNGS = (1, 3, 9, 27)  # epochs after which a network is measured


@dataclass(frozen=True)
class Split:
    """Digits of S splits: pixels (S, n, 64) and classes (S, n), n from train, valid or rest."""

    train: tuple[np.ndarray, np.ndarray]
    valid: tuple[np.ndarray, np.ndarray]
    rest: tuple[np.ndarray, np.ndarray]


def splits(seeds: list[int]) -> Split:
    """Cut the digits anew for each seed: 300 to learn from, 100 to choose by, 1,397 for the truth.

    Examples
    --------
    >>> splits([0, 1]).rest[0].shape
    (2, 1397, 64)
    """
    X, y = all_digits()
    X = ((X - X.mean()) / X.std()).astype(np.float32)
    orders = np.stack([np.random.default_rng([seed, 0]).permutation(len(y)) for seed in seeds])
    cut = np.split(orders, [N_TRAIN, N_TRAIN + N_VALID], axis=1)
    return Split(*((X[o], y[o]) for o in cut))


def forward(params: list[np.ndarray], X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return hidden units (S, n, width) and logits (S, n, 10)."""
    W, b, V, c = params
    hidden = np.maximum(X @ W + b, 0)
    return hidden, hidden @ V + c


def gradients(params: list[np.ndarray], X: np.ndarray, y: np.ndarray, keep: np.ndarray
              ) -> list[np.ndarray]:
    """Return the gradients of the mean cross-entropy; `keep` is dropout's mask (S, n, width)."""
    W, b, V, c = params
    before = X @ W + b
    hidden = np.maximum(before, 0) * keep
    z = hidden @ V + c
    p = np.exp(z - z.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    np.put_along_axis(p, y[..., None], np.take_along_axis(p, y[..., None], 2) - 1, 2)
    p /= X.shape[1]
    d = (p @ V.transpose(0, 2, 1)) * keep * (before > 0)
    return [X.transpose(0, 2, 1) @ d, d.sum(1, keepdims=True),
            hidden.transpose(0, 2, 1) @ p, p.sum(1, keepdims=True)]


def measured(params: list[np.ndarray], X: np.ndarray, y: np.ndarray
             ) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean cross-entropy, shape (S,), and what is right, booleans (S, n)."""
    z = forward(params, X)[1].astype(float)
    top = z.max(axis=2)
    loss = np.log(np.exp(z - top[..., None]).sum(axis=2)) + top
    loss -= np.take_along_axis(z, y[..., None], 2)[..., 0]
    return loss.mean(axis=1), z.argmax(axis=2) == y


def trained(setting: dict[str, float], data: Split, seed: int, rungs: tuple[int, ...] = RUNGS
            ) -> Iterator[list[np.ndarray]]:
    """Train one network for each split with one setting; yield params at each rung.

    Parameters
    ----------
    setting : dict
        ``rate`` (of Adam), ``decay`` (times the rate, of the weights), ``width``, ``batch``,
        ``dropout``.
    """
    X, y = data.train
    S, n, rng = len(X), X.shape[1], np.random.default_rng([seed, 1])
    width, batch, drop = int(setting["width"]), int(setting["batch"]), setting["dropout"]
    params = [rng.normal(0, (2 / 64) ** 0.5, (S, 64, width)), np.zeros((S, 1, width)),
              rng.normal(0, (1 / width) ** 0.5, (S, width, 10)), np.zeros((S, 1, 10))]
    params = [p.astype(np.float32) for p in params]
    m, v = ([np.zeros_like(p) for p in params] for _ in range(2))
    step, rows = 0, np.arange(S)[:, None]
    for epoch in range(1, rungs[-1] + 1):
        order = rng.permuted(np.tile(np.arange(n), (S, 1)), axis=1)
        for start in range(0, n, batch):
            some = order[:, start:start + batch]
            keep = rng.random((S, some.shape[1], width), dtype=np.float32) >= drop
            g = gradients(params, X[rows, some], y[rows, some], keep.astype(np.float32)
                          / np.float32(1 - drop))
            step += 1
            adam(params, g, m, v, step, setting["rate"], setting["decay"])
        if epoch in rungs:
            yield params


def adam(params: list[np.ndarray], g: list[np.ndarray], m: list[np.ndarray], v: list[np.ndarray],
         step: int, rate: float, decay: float) -> None:
    """Take one step of AdamW in place: the decay leaves biases alone."""
    size = np.float32(rate * (1 - 0.999**step) ** 0.5 / (1 - 0.9**step))
    for i in range(len(params)):
        m[i] += np.float32(0.1) * (g[i] - m[i])
        v[i] += np.float32(0.001) * (g[i] * g[i] - v[i])
        if i % 2 == 0:
            params[i] *= np.float32(1 - rate * decay)
        params[i] -= size * m[i] / (np.sqrt(v[i]) + np.float32(1e-8))
