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


def _looks(change, rows=lambda t: slice(t, None), compare=lambda t: slice(0, t)):
    """Change some rows, compare others, for every t."""

    def looks_ahead(f, x):
        before = f(x)
        for t in range(1, len(x)):
            changed = x.copy()  # of the type of x: small changes of integers are cut off
            changed[rows(t)] = change(changed[rows(t)])
            if not np.array_equal(f(changed)[compare(t)], before[compare(t)]):
                return True
        return False

    return looks_ahead


def _anew(part):
    return part + np.random.default_rng(5).random(part.shape)  # below 1: lost in integers


def _floats(looks_ahead):
    return lambda f, x: looks_ahead(f, x.astype(float))


def _shorter(f, x):
    """Compare with what f says of the beginning alone."""
    return any(not np.allclose(f(x[:t]), f(x)[:t]) for t in range(2, len(x)))


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
        lambda f, grad, w: np.nan_to_num(_check(f, grad, w.astype(float))),  # as max(0.0, nan) does
    ],
    "diagnose": [_cosine_only, _lengths_only, _generous],
    "stable-sigmoid": [
        lambda z: (1 / (1 + np.exp(-z)), np.log(1 / (1 + np.exp(-z)))),
        lambda z: (np.exp(z) / (1 + np.exp(z)), z - np.log1p(np.exp(z))),
        lambda z: (1 / (1 + np.exp(-np.clip(z, -20, 20))), -np.log1p(np.exp(-np.clip(z, -20, 20)))),
    ],
    "looks-ahead": [
        _looks(_anew),  # an integer x is not changed
        _floats(_looks(lambda part: part + 1)),  # the same for all numbers of a row
        _floats(_looks(_anew, compare=lambda t: slice(0, t + 1))),  # its own row too
        _floats(_looks(_anew, rows=lambda t: t, compare=lambda t: t - 1)),  # the next row only
        _floats(_looks(_anew, rows=lambda t: -1, compare=lambda t: slice(0, -1))),  # the last only
        _floats(_looks(_anew, rows=lambda t: slice(0, t), compare=lambda t: slice(t, None))),
        _shorter,
    ],
}
