"""Plausible wrong answers to the exercises of the chapter on debugging."""

import numpy as np


def _one(a, axis=1):
    return np.insert(a, 0, 1, axis=axis)


def _check(f, grad, w, step=1e-5, forward=False):
    slopes = np.zeros(w.shape)
    for i in np.ndindex(w.shape):
        nudge = np.zeros_like(w)  # of the type of w: an integer w is not moved
        nudge[i] = step
        low = 0 if forward else 1
        slopes[i] = (f(w + nudge) - f(w - low * nudge)) / ((1 + low) * step)
    return np.abs(grad(w) - slopes).max()


def _forward_difference(f, grad, w):
    return _check(f, grad, w.astype(float), forward=True)


def _cosine_only(claimed, true):
    a, b = claimed.ravel(), true.ravel()
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return "wrong sign" if cosine < 0 else "correct" if cosine > 0.999 else "missing term"


def _lengths_only(claimed, true):
    ratio = np.linalg.norm(claimed) / np.linalg.norm(true)
    return "correct" if abs(ratio - 1) < 1e-6 else "wrong factor"


def _generous(claimed, true):
    a, b = claimed.ravel(), true.ravel()
    cosine, ratio = a @ b / np.linalg.norm(a) / np.linalg.norm(b), a @ b / (b @ b)
    if abs(cosine) < 0.99:
        return "missing term"
    return "wrong sign" if cosine < 0 else "correct" if abs(ratio - 1) < 1e-6 else "wrong factor"


def _gradients(mean=True, chain=True, slope=True, sign=1):
    def two_layer_gradients(x, y, W, V):
        hidden = np.tanh(_one(x) @ W)
        delta = sign * (2 / len(x) if mean else 1) * (_one(hidden) @ V - y)
        back = delta @ V[1:].T if chain else delta * np.ones_like(hidden)
        back = back * (1 - hidden**2) if slope else back
        return _one(x).T @ back, _one(hidden).T @ delta

    return two_layer_gradients


WRONG = {
    "forward": [
        lambda x, W, V: np.tanh(_one(np.tanh(_one(x) @ W)) @ V),
        lambda x, W, V: _one(np.tanh(_one(x) @ W), axis=None) @ V,
        lambda x, W, V: np.tanh(x @ W[1:]) @ V[1:],
        lambda x, W, V: np.c_[np.tanh(np.c_[x, np.ones(len(x))] @ W), np.ones(len(x))] @ V,
    ],
    "smallest-mse": [
        lambda targets, low, high: np.mean((targets - high) ** 2),
        lambda targets, low, high: np.mean((targets - np.mean(targets)) ** 2),
        lambda targets, low, high: np.sum((targets - np.clip(targets, low, high)) ** 2),
        lambda targets, low, high: np.mean((targets - np.clip(np.mean(targets), low, high)) ** 2),
    ],
    "gradient-check": [
        _check,  # an integer w is not moved
        _forward_difference,
        lambda f, grad, w: _check(f, grad, w.astype(float), step=0.1),
    ],
    "diagnose": [_cosine_only, _lengths_only, _generous],
    "stable-sigmoid": [
        lambda z: (1 / (1 + np.exp(-z)), np.log(1 / (1 + np.exp(-z)))),
        lambda z: (np.exp(z) / (1 + np.exp(z)), z - np.log1p(np.exp(z))),
        lambda z: (1 / (1 + np.exp(-np.clip(z, -20, 20))), -np.log1p(np.exp(-np.clip(z, -20, 20)))),
    ],
    "two-layer-gradients": [
        _gradients(mean=False), _gradients(chain=False), _gradients(slope=False),
        _gradients(sign=-1),
    ],
}
