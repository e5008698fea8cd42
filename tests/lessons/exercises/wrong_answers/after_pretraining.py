"""Plausible wrong answers to the exercises of the chapter on what comes after pre-training."""

import math

import numpy as np


def _mask(shift=1, with_end=True, from_start=False):
    def mask(is_end, n_prompt):
        marks = np.zeros(len(is_end) - 1, bool)
        for t in range(0 if from_start else n_prompt, len(is_end)):
            if is_end[t] and not with_end:
                break
            if 0 <= t - shift < len(marks):
                marks[t - shift] = True
            if is_end[t]:
                break
        return marks

    return mask


def _advantage(axis=1, divide=True, safe=True):
    def advantage(rewards):
        r = np.asarray(rewards, float)
        less = r - r.mean(axis=axis, keepdims=True)
        if not divide:
            return less
        spread = r.std(axis=axis, keepdims=True)
        with np.errstate(invalid="ignore"):
            return less / (np.where(spread > 0, spread, 1) if safe else spread)

    return advantage


def _dpo(sign=1, both=True, beta_out=False):
    def dpo(chosen, rejected, beta):
        margin = sign * (np.asarray(chosen) - (np.asarray(rejected) if both else 0))
        loss = np.logaddexp(0, -margin * (1 if beta_out else beta)).mean()
        return float(beta * loss if beta_out else loss)

    return dpo


def _stray(plain=False, swapped=False, masked=True):
    def stray(policy, reference, mask):
        d = np.asarray(reference) - np.asarray(policy)
        d = -d if swapped else d
        each = -d if plain else np.exp(d) - 1 - d
        return float(np.where(mask if masked else True, each, 0).sum(axis=1).mean())

    return stray


def _best(places=0, down=False, again=False):
    def best_of(scores, values, n):
        order = np.argsort(scores)[:: -1 if down else 1]
        N = len(order)
        if again:  # as if each try could be drawn twice
            chances = [((i + 1) / N) ** n - (i / N) ** n for i in range(N)]
        else:
            chances = [math.comb(i + places, n - 1) / math.comb(N, n) for i in range(N)]
        return float(np.dot(chances, np.asarray(values, float)[order]))

    return best_of


WRONG = {
    "pass-at-k": [
        lambda n, c, k: 1 - (1 - c / n) ** k,
        lambda n, c, k: math.comb(n - c, k) / math.comb(n, k),
        lambda n, c, k: min(1.0, k * c / n),
    ],
    "advantage": [_advantage(axis=0), _advantage(divide=False), _advantage(safe=False)],
    "mask": [_mask(shift=0), _mask(with_end=False), _mask(from_start=True)],
    "dpo": [_dpo(sign=-1), _dpo(both=False), _dpo(beta_out=True)],
    "stray": [_stray(plain=True), _stray(swapped=True), _stray(masked=False)],
    "best-of": [_best(places=1), _best(down=True), _best(again=True)],
}
