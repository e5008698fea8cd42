"""Plausible wrong answers to the exercises of the chapter on language."""

import numpy as np


def _smoothed(axis=1, alpha_in_sum=True):
    def smoothed(counts, alpha):
        below = (counts + (alpha if alpha_in_sum else 0)).sum(axis=axis, keepdims=True)
        return np.log((counts + alpha) / np.maximum(below, 1e-9))

    return smoothed


def _only_zeros(counts, alpha):
    filled = np.where(counts == 0, alpha, counts)
    return np.log(filled / filled.sum(axis=1, keepdims=True))


def _ppmi(by_chance=True, positive=True):
    def ppmi(counts):
        total = counts.sum()
        chance = np.outer(counts.sum(1), counts.sum(0)) / total if by_chance else np.ones(
            counts.shape)
        out = np.log(np.where(counts > 0, counts, 1) / np.where(counts > 0, chance, 1))
        return np.maximum(out, 0) if positive else out

    return ppmi


def _attention(before=True, stable=True):
    def masked_attention(scores, values, lengths):
        there = np.arange(scores.shape[1]) < lengths[:, None]
        if before:
            scores = np.where(there, scores, -np.inf)
        if stable:
            scores = scores - scores.max(axis=1, keepdims=True)
        weights = np.exp(np.minimum(scores, 709.0))
        weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
        if not before:
            weights = weights * there
        return np.einsum("bs,bsd->bd", weights, values)

    return masked_attention


def _zeros(scores, values, lengths):
    there = np.arange(scores.shape[1]) < lengths[:, None]
    scores = np.where(there, scores, 0.0)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.einsum("bs,bsd->bd", weights / weights.sum(axis=1, keepdims=True), values)


def _bm25(saturate=True, relative=True, rarity=True):
    def bm25(times, lengths, n_with, k1, b):
        rare = np.log(1 + (len(times) - n_with + 0.5) / (n_with + 0.5)) if rarity else np.log(
            len(times) / n_with)
        held = k1 * (1 - b + b * (lengths / lengths.mean() if relative else lengths))
        return rare * (times * (k1 + 1) / (times + held) if saturate else times)

    return bm25


def _split(together=True, over=False):
    def group_split(groups, n_test, order):
        test = np.zeros(len(groups), dtype=bool)
        for row in order:
            same = groups == groups[row]
            if over and test.sum() + same.sum() > n_test:
                continue  # never more than asked for, where a group was to stay whole
            if test.sum() >= n_test:
                break
            if together:
                test |= same
            else:
                test[row] = True
        return test

    return group_split


WRONG = {
    "smoothed": [_smoothed(axis=0), _smoothed(alpha_in_sum=False), _only_zeros],
    "reciprocal-rank": [
        lambda scores, right: float(1 / (scores >= scores[right]).sum().clip(1) / 2),
        lambda scores, right: float(1 / (1 + (scores < scores[right]).sum())),
    ],
    "ppmi": [_ppmi(by_chance=False), _ppmi(positive=False)],
    "masked-attention": [_attention(before=False), _zeros, _attention(stable=False)],
    "bm25": [_bm25(saturate=False), _bm25(relative=False), _bm25(rarity=False)],
    "group-split": [_split(together=False), _split(over=True)],
}
