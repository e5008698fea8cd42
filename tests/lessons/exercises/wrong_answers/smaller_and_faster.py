"""Plausible wrong answers to the exercises of the chapter on smaller and faster models."""

import numpy as np


def _int8(levels=127, absolute=True, safe=True, back=True):
    def int8(row):
        row = np.asarray(row, float)
        scale = (np.abs(row) if absolute else row).max() / levels
        if safe and scale == 0:
            return row
        with np.errstate(invalid="ignore"):
            codes = np.round(row / scale)
        return codes * scale if back else codes

    return int8


def _pack(swapped=False, masked=True):
    def pack(codes):
        codes = np.asarray(codes) & 15 if masked else np.asarray(codes)
        low, high = codes[0::2], codes[1::2]
        return high + 16 * low if swapped else low + 16 * high

    return pack


def _two(absolute=True, smallest=False, everywhere=False):
    def two_of_four(row):
        fours = np.asarray(row, float).reshape(1 if everywhere else -1, -1 if everywhere else 4)
        scores = (np.abs(fours) if absolute else fours) * (1 if smallest else -1)
        keep = np.argsort(scores, axis=1)[:, : fours.shape[1] // 2]
        out = np.zeros_like(fours)
        np.put_along_axis(out, keep, np.take_along_axis(fours, keep, 1), 1)
        return out.ravel()

    return two_of_four


def _refusal(swapped=False, summed=True, plain=False, safe=True):
    def after_refusal(p, q):
        p, q = np.asarray(p, float), np.asarray(q, float)
        if plain:
            return p
        left = np.maximum(q - p if swapped else p - q, 0)
        if safe and left.sum() == 0:
            return p
        with np.errstate(invalid="ignore"):
            return left / left.sum() if summed else left

    return after_refusal


def _guesses(free=False, bonus=True, least=0):
    def best_guesses(alpha, cost, most):
        def speed(g):
            tokens = sum(alpha**k for k in range(0 if bonus else 1, g + 1))
            return tokens / (1 if free else g * cost + 1)
        return max(range(least, most + 1), key=speed)

    return best_guesses


WRONG = {
    "int8": [_int8(levels=128), _int8(absolute=False), _int8(safe=False), _int8(back=False)],
    "pack": [_pack(swapped=True), _pack(masked=False)],
    "two-of-four": [_two(absolute=False), _two(smallest=True), _two(everywhere=True)],
    "largest-rank": [
        lambda n_out, n_in: min(n_out, n_in),
        lambda n_out, n_in: n_out * n_in // (n_out + n_in),
        lambda n_out, n_in: min(n_out, n_in) // 2,
    ],
    "after-refusal": [_refusal(swapped=True), _refusal(summed=False), _refusal(plain=True),
                      _refusal(safe=False)],
    "best-guesses": [_guesses(free=True), _guesses(bonus=False), _guesses(least=1)],
}
