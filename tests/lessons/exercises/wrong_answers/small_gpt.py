"""Plausible wrong answers to the exercises of the chapter on a small GPT."""

from collections import Counter

import numpy as np


def _merge(ids, new, last=False, overlap=False):
    counts = Counter(zip(ids, ids[1:], strict=False))
    most = max(counts.values())
    tied = [pair for pair in counts if counts[pair] == most]
    best = max(tied) if last else min(tied)
    merged, i = [], 0
    while i < len(ids):
        match = tuple(ids[i : i + 2]) == best
        merged.append(new if match else ids[i])
        i += 2 if match and not overlap else 1
    return merged


def _softmax(x, axis=-1, safe=True):
    with np.errstate(all="ignore"):
        e = np.exp(x - x.max(axis=axis, keepdims=True) if safe else x)
        return e / e.sum(axis=axis, keepdims=True)


def _attend(q, k, v, scale=True, mask="before", axis=-1, safe=True, shift=0):
    scores = q @ k.T / (np.sqrt(q.shape[1]) if scale else 1)
    seen = np.tri(len(q), k=shift, dtype=bool)
    if mask == "before":
        scores = np.where(seen, scores, -np.inf)
    weights = _softmax(scores, axis, safe)
    return (weights * seen if mask == "after" else weights) @ v


def _top_p(p, top_p, rule="before", divide=True):
    order = np.argsort(-p)
    total = np.cumsum(p[order])
    chosen = order[total <= top_p] if rule == "after" else order[total - p[order] < top_p]
    if rule == "threshold":
        chosen = np.flatnonzero(p >= 1 - top_p)
    kept = np.zeros_like(p)
    kept[chosen] = p[chosen]
    return kept / max(kept.sum(), 1e-9) if divide else kept


def _count(V, T, L, D, biases=False, tied=False, last=True):
    b = int(biases)
    block = 12 * D * D + b * (3 * D + D + 4 * D + D) + 4 * D
    return V * D * (1 if tied else 2) + T * D + L * block + (2 * D if last else 0)


def _search(loss_after, rate, finite=True, rounds=99, again=False, factor=3.0, down=True):
    losses, i = {}, 0
    for _ in range(rounds):
        for j in (i, i - 1, i + 1) if down else (i, i + 1):
            if again or j not in losses:
                loss = loss_after(rate * factor**j)
                losses[j] = loss if np.isfinite(loss) or not finite else np.inf
        best = min(losses, key=losses.get) if finite else int(sorted(losses)[np.argmin(
            [losses[j] for j in sorted(losses)])])
        if best == i:
            break
        i = best
    return rate * factor**i


WRONG = {
    "cache-bytes": [
        lambda n_layers, d_model, n_tokens, b: n_layers * d_model * n_tokens * b,
        lambda n_layers, d_model, n_tokens, b: 3 * n_layers * d_model * n_tokens * b,
        lambda n_layers, d_model, n_tokens, b: 2 * n_layers * n_tokens**2 * b,
        lambda n_layers, d_model, n_tokens, b: 2 * d_model * n_tokens * b,
    ],
    "bits-per-byte": [
        lambda p, tokens: -np.log2(p).mean(),
        lambda p, tokens: -np.log(p).sum() / sum(len(t) for t in tokens),
        lambda p, tokens: np.mean([-np.log2(q) / len(t) for q, t in zip(p, tokens, strict=True)]),
    ],
    "merge-most-frequent": [
        lambda ids, new: _merge(ids, new, last=True),
        lambda ids, new: _merge(ids, new, overlap=True),
        lambda ids, new: ids,
    ],
    "count-parameters": [
        lambda V, T, L, D: _count(V, T, L, D, biases=True),
        lambda V, T, L, D: _count(V, T, L, D, tied=True),
        lambda V, T, L, D: _count(V, T, L, D, last=False),
        lambda V, T, L, D: 12 * L * D * D + V * D,
    ],
    "causal-attention": [
        lambda q, k, v: _attend(q, k, v, scale=False),
        lambda q, k, v: _attend(q, k, v, mask="no"),
        lambda q, k, v: _attend(q, k, v, mask="after"),
        lambda q, k, v: _attend(q, k, v, axis=0),
        lambda q, k, v: _attend(q, k, v, safe=False),
        lambda q, k, v: _attend(q, k, v, shift=1),
    ],
    "top-p": [
        lambda p, top_p: _top_p(p, top_p, rule="after"),
        lambda p, top_p: _top_p(p, top_p, rule="threshold"),
        lambda p, top_p: _top_p(p, top_p, divide=False),
    ],
    "best-rate": [
        lambda loss_after, rate: _search(loss_after, rate, rounds=1),
        lambda loss_after, rate: _search(loss_after, rate, finite=False),
        lambda loss_after, rate: _search(loss_after, rate, again=True),
        lambda loss_after, rate: _search(loss_after, rate, factor=10.0),
        lambda loss_after, rate: _search(loss_after, rate, down=False),
    ],
}
