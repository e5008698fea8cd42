"""Exercises of the chapter on backpropagation, by difficulty."""

import numpy as np

from lessons.exercises.base import Exercise


def sigmoid_backward(g, x):
    s = 0.5 * (1 + np.tanh(0.5 * x))
    return g * s * (1 - s)


def numerical_gradient(f, w, h):
    grad = np.zeros(w.shape)
    for index in np.ndindex(*w.shape):
        step = np.zeros(w.shape)
        step[index] = h
        grad[index] = (f(w + step) - f(w - step)) / (2 * h)
    return grad


def scale_shift_backward(g, x, scale):
    return g * scale, (g * x).sum(axis=0), g.sum(axis=1, keepdims=True)


def two_layer_gradients(X, Y, W1, b1, W2):
    z = X @ W1 + b1
    d2 = 2 * (np.maximum(z, 0) @ W2 - Y) / Y.size
    d1 = (d2 @ W2.T) * (z > 0)
    return X.T @ d1, d1.sum(axis=0), np.maximum(z, 0).T @ d2


def is_backward_order(users, order):
    done = set()
    for node in order:
        if not done.issuperset(users[node]):
            return False
        done.add(node)
    return True


def slopes_of(parents, result):
    slope, n_waiting = np.zeros(len(parents)), np.zeros(len(parents), dtype=int)
    below, stack = {result}, [result]
    while stack:
        for parent, _ in parents[stack.pop()]:
            n_waiting[parent] += 1  # one more user must come before the parent
            if parent not in below:
                below.add(parent)
                stack.append(parent)
    slope[result], ready = 1, [result]
    while ready:
        node = ready.pop()
        for parent, local in parents[node]:
            slope[parent] += slope[node] * local
            n_waiting[parent] -= 1
            if not n_waiting[parent]:
                ready.append(parent)
    return slope


def _square_sum(w):
    return float((w**2).sum())


def _bent(w):
    return float((np.sin(w) * np.arange(1, w.size + 1).reshape(w.shape)).sum() * w.mean())


def _cases_two_layers(rng):
    for B, n, m, k in [(1, 2, 3, 1), (5, 3, 4, 2)]:
        shapes = (B, n), (B, k), (n, m), (m,), (m, k)
        yield tuple(rng.standard_normal(shape) for shape in shapes)


def _shuffled(parents, result, rng):
    """Give the nodes of a graph other numbers."""
    new = rng.permutation(len(parents)).tolist()
    moved = [[] for _ in parents]
    for node, pairs in enumerate(parents):
        moved[new[node]] = [(new[parent], slope) for parent, slope in pairs]
    return moved, new[result]


def _random_graph(rng, n_nodes):
    parents = [[] for _ in range(n_nodes)]
    for node in range(2, n_nodes):
        for parent in rng.choice(node, size=2, replace=False).tolist():
            parents[node].append((parent, round(float(rng.normal()), 2)))
    return _shuffled(parents, n_nodes - 2, rng)


EXERCISES = [
    Exercise(
        name="sigmoid",
        title="Write the backward rule of the sigmoid",
        difficulty=1,
        reference=sigmoid_backward,
        takeaway="A new operation for the engine is its formula and this one line.",
        hints=(
            "The slope of the sigmoid can be written with the sigmoid itself: s(1 − s).",
            "Multiply the slope by the gradient that arrives.",
            "np.exp(1000) overflows. s = (1 + tanh(x/2)) / 2 is the same function and does not.",
        ),
        cases=lambda rng: [
            (1.0, 0.0), (np.array([2.0, -1.0]), np.array([1.0, -3.0])),
            (rng.standard_normal((3, 2)), 3 * rng.standard_normal((3, 2))),
            (np.ones(3), np.array([-1000.0, 0.5, 1000.0])),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="numerical-gradient",
        title="Compute a gradient by central differences",
        difficulty=1,
        reference=numerical_gradient,
        takeaway="Two runs of f for each element: good to check with, too slow to train with.",
        hints=(
            "Change one element at a time, up by h and down by h, and leave the others alone.",
            "np.ndindex(*w.shape) runs over the places of an array of any shape.",
            "Divide the difference of the two values by 2h, and put back what you changed.",
        ),
        cases=lambda rng: [
            (_square_sum, np.array([1.0, -2.0]), 1e-3),
            (_bent, rng.standard_normal(3), 0.1),
            (_bent, rng.standard_normal((2, 3)), 1e-2),
        ],
    ),
    Exercise(
        name="scale-shift-backward",
        title="Go back through broadcasting",
        difficulty=2,
        reference=scale_shift_backward,
        takeaway="What was copied on the way forward is summed on the way back.",
        hints=(
            "A gradient has the shape of its array: (B, D), (D,) and (B, 1).",
            "scale was copied to every row, shift to every column. Sum over the copies.",
            "Use sum(axis=1, keepdims=True) to keep the shape (B, 1).",
        ),
        cases=lambda rng: [
            (np.ones((2, 3)), np.arange(6.0).reshape(2, 3), np.array([1.0, 0.0, 2.0])),
            (rng.standard_normal((4, 3)), rng.standard_normal((4, 3)), rng.standard_normal(3)),
            (rng.standard_normal((3, 3)), rng.standard_normal((3, 3)), rng.standard_normal(3)),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="two-layer-gradients",
        title="Backpropagate through two layers by hand",
        difficulty=2,
        reference=two_layer_gradients,
        takeaway="Written with matrices, a backward pass is about as long as the forward pass.",
        hints=(
            "Start at the loss: the gradient of the output is d2 = 2 (output − Y) / Y.size.",
            "Go through W2 with d2 @ W2.T, then through the ReLU: 0 where its input was negative.",
            "W gets (its input).T @ (the gradient of its output); b1 was copied to every row.",
        ),
        cases=_cases_two_layers,
        tolerance=1e-9,
    ),
    Exercise(
        name="is-backward-order",
        title="Tell whether a backward pass may use an order",
        difficulty=2,
        reference=is_backward_order,
        takeaway="Reversed order of computation always works, and often others do too.",
        hints=(
            "A node may be visited when all its users have been visited.",
            "Keep a set of the visited nodes, or note the place of each node in the order.",
        ),
        cases=lambda rng: [
            ([[1], [2], []], [2, 1, 0]),
            ([[1], [2], []], [0, 1, 2]),
            ([[2], [2], [3, 4], [5], [5], []], [5, 4, 3, 2, 0, 1]),
            ([[1, 2], [2], []], [2, 0, 1]),
            ([[3], [3], [0, 1], []], [3, 1, 0, 2]),
            ([[3], [3], [0, 1], []], [3, 1, 2, 0]),
            ([[1], [], [3], []], [1, 3, 0, 2]),
            ([[3], [2, 3], [3], [4], []], [4, 3, 1, 2, 0]),
        ],
    ),
    Exercise(
        name="slopes-of",
        title="Write reverse mode for a graph of numbers",
        difficulty=3,
        reference=slopes_of,
        takeaway="Order, multiply, add up: lessons.engine.tensor does the same with arrays.",
        hints=(
            "First an order: list every node after its parents, starting the search at result.",
            "Give result the slope 1, and walk through the list backwards.",
            "Each node adds slope[node] * local to the slope of each of its parents.",
        ),
        cases=lambda rng: [
            ([[], [(0, 3.0)], [(1, 2.0)]], 2),
            ([[], [(0, 2.0)], [(0, 5.0), (1, 4.0)]], 2),
            ([[(1, 2.0)], [(2, 3.0), (3, 1.0)], [(3, 4.0)], [], [(0, 9.0)]], 0),
            ([[(1, 3.0), (1, 1.0)], []], 0),
            _random_graph(rng, 8),
            _shuffled([[], *([(i, 1.0), (i, 1.0)] for i in range(40))], 40, rng),
        ],
    ),
]
