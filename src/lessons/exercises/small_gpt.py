"""Exercises of the chapter on a small GPT, by difficulty."""

from collections import Counter
from itertools import pairwise

import numpy as np

from lessons.exercises.base import Exercise
from lessons.gpt.tokenizer import merge


def merge_most_frequent(ids, new):
    counts = Counter(pairwise(ids))
    best = min(counts, key=lambda pair: (-counts[pair], pair))
    return merge(ids, best, new)


def bits_per_byte(p, tokens):
    return -np.log2(p).sum() / sum(len(token) for token in tokens)


def cache_bytes(n_layers, d_model, n_tokens, bytes_per_number):
    return 2 * n_layers * d_model * n_tokens * bytes_per_number


def count_parameters(V, T, L, D):
    attention, mlp, norm = 4 * D * D, 2 * D * 4 * D, 2 * D
    return 2 * V * D + T * D + L * (attention + mlp + 2 * norm) + norm


def causal_attention(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[1])
    scores = np.where(np.tri(len(q), dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v


def top_p_filter(p, top_p):
    order = np.argsort(-p, kind="stable")
    before = np.cumsum(p[order]) - p[order]
    kept = np.zeros_like(p)
    chosen = order[before < top_p]
    kept[chosen] = p[chosen]
    return kept / kept.sum()


def best_rate(loss_after, rate):
    losses, i = {}, 0
    while True:
        for j in (i, i - 1, i + 1):
            if j not in losses:
                loss = loss_after(rate * 3.0**j)
                losses[j] = loss if np.isfinite(loss) else np.inf
        best = min(losses, key=losses.get)
        if best == i:
            return rate * 3.0**i
        i = best


class _Training:
    """Stands for a training run: a loss by rate, lowest at `best`, NaN from `diverges` on."""

    def __init__(self, best, diverges=np.inf, slope=1.0):
        self.best, self.diverges, self.slope, self.done = best, diverges, slope, set()

    def __repr__(self):
        return f"<a training whose best rate is near {self.best:.2g}>"

    def __call__(self, rate):
        key = round(float(np.log(rate)), 6)
        if key in self.done:
            raise ValueError(f"the rate {rate:.3g} was trained already")
        self.done.add(key)
        away = np.log(rate / self.best)
        return np.nan if rate >= self.diverges else 2 + self.slope * np.log1p(away**2)


def _probabilities(rng, n):
    p = rng.exponential(size=n) ** 2
    return p / p.sum()


EXERCISES = [
    Exercise(
        name="cache-bytes",
        title="Memory of a key-value cache",
        difficulty=1,
        reference=cache_bytes,
        takeaway="The cache grows with every token, and the number of heads is not in it.",
        hints=(
            "Each block keeps something for each token that it has seen.",
            "That is a key and a value, and all heads together have d_model numbers of each.",
        ),
        cases=lambda rng: [
            (12, 768, 1024, 2), (4, 128, 100, 4),
            tuple(int(n) for n in rng.integers(1, 90, size=4)),
        ],
    ),
    Exercise(
        name="bits-per-byte",
        title="Bits per byte from probabilities",
        difficulty=1,
        reference=bits_per_byte,
        takeaway="Long tokens may cost more: what counts is the text that they stand for.",
        hints=(
            "A token that had the probability p costs -log2(p) bits.",
            "Add the bits of all tokens, then divide by the bytes of all tokens.",
        ),
        cases=lambda rng: [
            (np.array([0.5, 0.25]), [b"a", b"bcd"]),
            (rng.uniform(0.01, 1, size=5), [b" the", b"x", b"\n    ", b"re", b"turn"]),
        ],
    ),
    Exercise(
        name="merge-most-frequent",
        title="One round of byte-pair training",
        difficulty=2,
        reference=merge_most_frequent,
        takeaway="A vocabulary is this round, some hundred or fifty thousand times in a row.",
        hints=(
            "Count the pairs of neighbours: zip(ids, ids[1:]).",
            "Among the pairs with the largest count take min(...): pairs compare like words.",
            "Go through the list with an index: two steps after a match, else one.",
        ),
        cases=lambda rng: [
            ([5, 1, 2, 3, 1, 2], 256), ([3, 4, 9, 1, 2], 300), ([7, 7, 7, 7, 7], 256),
            (rng.integers(0, 4, size=60).tolist(), 99),
        ],
    ),
    Exercise(
        name="count-parameters",
        title="Count the parameters of a changed GPT",
        difficulty=2,
        reference=count_parameters,
        takeaway="12 L D² and the vocabulary; normalisation and positions are a small rest.",
        hints=(
            "A linear layer from n to m has n·m weights; a norm has 2 D numbers.",
            "A block: D → 3 D and D → D in attention, D → 4 D and 4 D → D in the MLP, 2 norms.",
            "Outside: V·D to read, V·D to write, T·D for positions and one more norm.",
        ),
        cases=lambda rng: [
            (50257, 1024, 12, 768), (1024, 128, 4, 128),
            tuple(int(n) for n in rng.integers(2, 300, size=4)),
        ],
    ),
    Exercise(
        name="causal-attention",
        title="One head of causal attention",
        difficulty=2,
        reference=causal_attention,
        takeaway="A mask, a softmax and two matrix products: no token learns of a later one.",
        hints=(
            "The scores q kᵀ / √d have the shape (T, T): rows ask, columns answer.",
            "Set the scores of later tokens to -np.inf before the softmax: np.tri says which.",
            "Subtract each row's largest score before np.exp, or it overflows.",
        ),
        cases=lambda rng: [
            (np.array([[1.0], [2.0]]), np.array([[1.0], [0.0]]), np.array([[1.0], [3.0]])),
            tuple(rng.standard_normal((5, 4)) for _ in range(3)),
            (60 * rng.standard_normal((4, 9)), 60 * rng.standard_normal((4, 9)),
             rng.standard_normal((4, 9))),
        ],
    ),
    Exercise(
        name="top-p",
        title="Keep the likeliest tokens",
        difficulty=3,
        reference=top_p_filter,
        takeaway="Where the model is sure, few tokens stay; where it is not, many do.",
        hints=(
            "np.argsort(-p) gives the tokens from likely to unlikely.",
            "A token stays if those before it have less than top_p together.",
            "Divide what is left by its sum; its places are those of p.",
        ),
        cases=lambda rng: [
            (np.array([0.1, 0.6, 0.3]), 0.8), (np.array([0.1, 0.6, 0.3]), 0.5),
            (_probabilities(rng, 12), 0.7), (_probabilities(rng, 12), 1.0),
        ],
    ),
    Exercise(
        name="best-rate",
        title="Find a learning rate by training",
        difficulty=3,
        reference=best_rate,
        takeaway="A best value at the edge of what was tried is no best value: go on from there.",
        hints=(
            "Keep the losses in a dict, by the power of 3: then no rate is trained twice.",
            "A loss that is not finite counts as infinity: min() cannot compare NaN.",
            "If the best power so far has both neighbours, return its rate; else train them.",
        ),
        cases=lambda rng: [
            (_Training(best=0.011), 0.01), (_Training(best=0.05), 0.001),
            (_Training(best=0.0002, diverges=0.02), 0.01),
            (_Training(best=0.0095, diverges=0.02), 0.01),
            (_Training(best=float(10 ** rng.uniform(-4, -1)), slope=0.3), 0.003),
        ],
    ),
]
