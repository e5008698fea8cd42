"""Plausible wrong answers to the exercises of the chapter on gradient descent."""

import math

import numpy as np

EPS = 1e-8


def _adam(correct=True, root=True, first=True):
    def adam_step(theta, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=EPS):
        m, v = beta1 * m + (1 - beta1) * grad, beta2 * v + (1 - beta2) * grad**2
        a = m / (1 - beta1**t) if correct and first else m
        b = v / (1 - beta2**t) if correct else v
        return theta - lr * a / (np.sqrt(b) + eps if root else np.sqrt(b + eps)), m, v

    return adam_step


def _halve(lr, curvature, bound=0.5):
    factor = abs(1 - lr * curvature)
    return math.inf if factor >= 1 else math.log(bound) / math.log(max(factor, 1e-300))


def _warm(step, n_warmup, n_steps, shift=0, decay="cosine"):
    if step < n_warmup:
        return (step + shift) / n_warmup
    x = (step - n_warmup) / (n_steps - n_warmup)
    return 1 - x if decay == "linear" else 0.5 * (1 + math.cos(math.pi * x))


WRONG = {
    "one-step": [
        lambda theta, grad, lr: theta + lr * grad,
        lambda theta, grad, lr: -lr * grad,
        lambda theta, grad, lr: theta - grad / lr,
    ],
    "largest-stable-lr": [
        lambda A: 1 / np.linalg.eigvalsh(A).max(),
        lambda A: 2 / np.linalg.eigvalsh(A).min(),
        lambda A: 2 / np.diag(A).max(),
        lambda A: 2 / np.trace(A),
    ],
    "momentum-step": [
        lambda theta, velocity, grad, lr, beta: (theta - lr * velocity, beta * velocity + grad),
        lambda theta, velocity, grad, lr, beta: (
            theta - lr * (beta * velocity + (1 - beta) * grad), beta * velocity + (1 - beta) * grad
        ),
        lambda theta, velocity, grad, lr, beta: theta - lr * (beta * velocity + grad),
    ],
    "steps-to-halve": [
        _halve,
        lambda lr, curvature: math.ceil(math.log(0.5) / math.log(abs(1 - lr * curvature) + 1e-12)),
        lambda lr, curvature: math.ceil(0.5 / (lr * curvature)),
    ],
    "adam-step": [
        _adam(correct=False), _adam(root=False), _adam(first=False),
    ],
    "warmup-cosine": [
        _warm,  # the first step would have a learning rate of zero
        lambda step, n_warmup, n_steps: _warm(step, n_warmup, n_steps, 1, "linear"),
        lambda step, n_warmup, n_steps: 0.5 * (1 + math.cos(math.pi * step / n_steps)),
    ],
    "noise-of-batch": [
        lambda grads, B: grads.var(axis=0, ddof=1).sum() / B,
        lambda grads, B: grads.var(axis=0).sum(),
        lambda grads, B: grads.var(axis=0).sum() / B**2,
        lambda grads, B: np.sqrt(grads.var(axis=0).sum() / B),
    ],
}
