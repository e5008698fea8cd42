"""Plausible wrong answers to the exercises of the chapter on looking inside."""

import math

import numpy as np


def _integrate(at=0.5, from_zero=False, times=True):
    def integrate(gradient, x, baseline, n_steps):
        x = np.asarray(x, float)
        b = np.zeros_like(x) if from_zero else np.asarray(baseline, float)
        total = sum(np.asarray(gradient(b + (k + at) / n_steps * (x - b))) for k in range(n_steps))
        return (x - b) * total / n_steps if times else total / n_steps

    return integrate


def _control_each(types, coins):
    return list(coins[: len(types)])


def _control_sorted(types, coins):
    seen = {kind: coins[i] for i, kind in enumerate(sorted(set(types)))}
    return [seen[kind] for kind in types]


def _private(each=True, scaled=True, stretch=False):
    def private_sum(gradients, longest, noise):
        g = np.asarray(gradients, float)
        g = g if each else g.sum(axis=0, keepdims=True)
        norms = np.maximum(np.linalg.norm(g, axis=1, keepdims=True), 1e-12)
        factor = longest / norms if stretch else np.minimum(1, longest / norms)
        return (g * factor).sum(axis=0) + (longest if scaled else 1) * np.asarray(noise)

    return private_sum


def _epsilon(pick=min, less=1, sign=1):
    def epsilon(orders, costs, delta):
        return float(pick(c + sign * math.log(1 / delta) / (a - less)
                          for a, c in zip(orders, costs, strict=True)))

    return epsilon


def _attack(ties=0.5, swapped=False):
    def attack(members, others):
        a, b = np.asarray(members, float)[:, None], np.asarray(others, float)[None]
        above = (b > a) if swapped else (a > b)
        return float(above.mean() + ties * (a == b).mean())

    return attack


WRONG = {
    "accused": [
        lambda base, right, found: (1 - base) / base * (1 - right) / right * found,
        lambda base, right, found: base / (1 - base) * (1 - right) * found,
        lambda base, right, found: 1 - right,
    ],
    "control": [_control_each, _control_sorted],
    "integrate": [_integrate(at=0.0), _integrate(from_zero=True), _integrate(times=False)],
    "private-sum": [_private(each=False), _private(scaled=False), _private(stretch=True)],
    "epsilon": [_epsilon(pick=max), _epsilon(less=0), _epsilon(sign=-1)],
    "attack": [_attack(ties=0), _attack(ties=1), _attack(swapped=True)],
}
