"""Plausible wrong answers to the exercises of the chapter on backpropagation."""

import numpy as np


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _differences(f, w, h, both=True, divide=2.0, change=False):
    grad = np.zeros(w.shape)
    for index in np.ndindex(*w.shape):
        step = np.zeros(w.shape)
        step[index] = h
        grad[index] = (f(w + step) - f(w - step if both else w)) / (divide * h)
        if change:
            w += step
    return grad


def _two_layers(X, Y, W1, b1, W2, size=True, through=True, slope=True, bias=True):
    z = X @ W1 + b1
    h = np.maximum(z, 0)
    d2 = 2 * (h @ W2 - Y) / (Y.size if size else len(Y))
    d1 = d2 @ W2.T if through else np.repeat(d2[:, :1], z.shape[1], axis=1)
    d1 = d1 * (z > 0) if slope else d1
    return X.T @ d1, d1.sum(axis=0) if bias else d1, h.T @ d2


def _slopes(parents, result, order=None, add=True):
    slope = np.zeros(len(parents))
    slope[result] = 1
    for node in reversed(range(len(parents))) if order is None else order(parents, result):
        for parent, local in parents[node]:
            slope[parent] = slope[node] * local + (slope[parent] if add else 0)
    return slope


def _breadth_first(parents, result):
    order = [result]
    for node in order:
        order += [parent for parent, _ in parents[node] if parent not in order]
    return order


def _right_order(parents, result):
    order = []

    def visit(node):
        if node not in order:
            for parent, _ in parents[node]:
                visit(parent)
            order.append(node)

    visit(result)
    return order[::-1]


def _after_first_user(users, order):
    turn = {node: place for place, node in enumerate(order)}
    return all(min([turn[u] for u in users[node]], default=-1) < turn[node] for node in order)


WRONG = {
    "sigmoid": [
        lambda g, x: g * _sigmoid(x),
        lambda g, x: _sigmoid(x) * (1 - _sigmoid(x)),
        lambda g, x: g * x * (1 - x),
        lambda g, x: g * np.exp(x) / (1 + np.exp(x)) ** 2,  # overflows for large x
    ],
    "numerical-gradient": [
        lambda f, w, h: _differences(f, w, h, both=False, divide=1),
        lambda f, w, h: _differences(f, w, h, divide=1),
        lambda f, w, h: _differences(f, w, h, change=True),
        lambda f, w, h: (f(w + h) - f(w - h)) / (2 * h),
    ],
    "scale-shift-backward": [
        lambda g, x, scale: (g * scale, g * x, g),
        lambda g, x, scale: (g * scale, (g * x).sum(axis=1), g.sum(axis=0, keepdims=True)),
        lambda g, x, scale: (g * scale, (g * x).mean(axis=0), g.mean(axis=1, keepdims=True)),
        lambda g, x, scale: (g * scale, (g * x).sum(axis=0), g.sum(axis=1)),
        lambda g, x, scale: (g, (g * x).sum(axis=0), g.sum(axis=1, keepdims=True)),
    ],
    "two-layer-gradients": [
        lambda *args: _two_layers(*args, size=False),
        lambda *args: _two_layers(*args, through=False),
        lambda *args: _two_layers(*args, slope=False),
        lambda *args: _two_layers(*args, bias=False),
        lambda *args: tuple(-g for g in _two_layers(*args)),
    ],
    "is-backward-order": [
        lambda users, order: list(order) == sorted(order, reverse=True),
        _after_first_user,
        lambda users, order: all(
            order.index(node) < order.index(user) for node in order for user in users[node]
        ),
        lambda users, order: not users[order[0]],
    ],
    "slopes-of": [
        _slopes,  # takes the numbers for an order
        lambda parents, result: _slopes(parents, result, _right_order, add=False),
        lambda parents, result: _slopes(parents, result, _breadth_first),
        lambda parents, result: -_slopes(parents, result, _right_order),
    ],
}
