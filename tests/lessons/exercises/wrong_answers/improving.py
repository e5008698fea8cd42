"""Plausible wrong answers to the exercises of the chapter on making a network better."""

import math

import numpy as np


def _conv(bias=True, per_place=False, both_sides=True):
    def conv_layer(size, n_in, n_out, kernel, stride, padding):
        out = (size + (2 if both_sides else 1) * padding - kernel) // stride + 1
        count = n_out * (n_in * kernel**2 + bias)
        return out, count * out**2 if per_place else count

    return conv_layer


def _stop(reset=True, equal=False, last=False, extra=0):
    def early_stopping(losses, patience):
        best, waited = 0, 0
        for i, loss in enumerate(losses):
            better = i == 0 or (loss <= losses[best] if equal else loss < losses[best])
            if better:
                best, waited = i, 0 if reset else waited
            else:
                waited += 1
            if waited == patience + extra:
                return (i if last else best), i + 1
        return (len(losses) - 1 if last else best), len(losses)

    return early_stopping


def _unpaired(before, after, t_value):
    n = len(before)
    spread = math.sqrt((before.var(ddof=1) + after.var(ddof=1)) / n)
    return after.mean() - before.mean(), t_value * spread


def _padded(image, down, right, mode):
    n = max(abs(down), abs(right), 1)
    big = np.pad(image, n, mode=mode)
    rows, columns = image.shape
    return big[n - down : n - down + rows, n - right : n - right + columns]


WRONG = {
    "conv-layer": [_conv(bias=False), _conv(per_place=True), _conv(both_sides=False)],
    "paired-interval": [
        _unpaired,
        lambda before, after, t: ((after - before).mean(), t * (after - before).std(ddof=1)),
        lambda before, after, t: (
            (after - before).mean(), t * (after - before).std() / math.sqrt(len(after))
        ),
        lambda before, after, t: (
            (before - after).mean(), t * (before - after).std(ddof=1) / math.sqrt(len(after))
        ),
    ],
    "dropout": [
        lambda h, u, rate, training: np.where(u >= rate, h, 0.0) if training else h,
        lambda h, u, rate, training: np.where(u >= rate, h, 0.0) if training else h * (1 - rate),
        lambda h, u, rate, training: np.where(u >= rate, h / (1 - rate), 0.0),
        lambda h, u, rate, training: np.where(u < rate, h / rate, 0.0) if training else h,
    ],
    "early-stopping": [_stop(reset=False), _stop(equal=True), _stop(last=True), _stop(extra=1)],
    "l1-step": [
        lambda w, grad, lr, strength: w - lr * (grad + strength * np.sign(w)),
        lambda w, grad, lr, strength: w - lr * (grad + strength * w),
        lambda w, grad, lr, strength: (
            np.sign(w - lr * grad) * np.maximum(np.abs(w - lr * grad) - strength, 0)
        ),
        lambda w, grad, lr, strength: (
            np.sign(w) * np.maximum(np.abs(w) - lr * strength, 0) - lr * grad
        ),
    ],
    "shift-image": [
        lambda image, down, right: np.roll(image, (down, right), axis=(0, 1)),
        lambda image, down, right: _padded(image, -down, -right, "constant"),
        lambda image, down, right: _padded(image, down, right, "edge"),
        lambda image, down, right: _padded(image, right, down, "constant"),
    ],
}
