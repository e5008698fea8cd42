"""Plausible wrong answers to the exercises of the chapter on algorithm trends."""

import numpy as np


def _cache(pair=2, size=2):
    return lambda n_layers, n_kv_heads, head_width, n_tokens: (
        pair * size * n_layers * n_kv_heads * head_width * n_tokens
    )


def _late(step, n_steps, n_warmup, n_down):
    if step < n_warmup:
        return (step + 1) / n_warmup
    return min(1.0, (n_steps - step - 1) / n_down)


def _linear(step, n_steps, n_warmup, n_down):
    if step < n_warmup:
        return (step + 1) / n_warmup
    return (n_steps - step) / (n_steps - n_warmup)


def _rotate(sign=1, speed=2, neighbours=False):
    def rotate(x, position, base):
        half = len(x) // 2
        angle = position * base ** (-np.arange(half) * speed / len(x))
        a, b = (x[::2], x[1::2]) if neighbours else (x[:half], x[half:])
        first = a * np.cos(angle) - sign * b * np.sin(angle)
        second = sign * a * np.sin(angle) + b * np.cos(angle)
        return (
            np.stack([first, second], 1).ravel() if neighbours else np.concatenate([first, second])
        )

    return rotate


def _attraction(sign=1, by_size=False):
    def attraction(bias, chosen, rate):
        load = np.bincount(chosen, minlength=len(bias))
        gap = load.mean() - load
        return bias + sign * rate * (gap / max(load.mean(), 1e-9) if by_size else np.sign(gap))

    return attraction


def _orthogonalise(norm="frobenius", every=False):
    def orthogonalise(G, n_steps):
        X = G / (np.sqrt((G**2).sum()) if norm == "frobenius" else np.abs(G).max())
        for _ in range(n_steps):
            if every:
                X = X / np.sqrt((X**2).sum())
            A = X @ X.T
            X = 3.4445 * X + (-4.7750 * A + 2.0315 * A @ A) @ X
        return X

    return orthogonalise


def _worth_straight(budgets, losses, reached):
    order = np.argsort(losses)
    return float(np.interp(reached, losses[order], budgets[order]))


def _worth_unsorted(budgets, losses, reached):
    return float(np.exp(np.interp(reached, losses, np.log(budgets))))


def _record(enough=3, of=max, time=np.mean):
    return lambda bits, seconds, score, fastest: bool(
        len(bits) >= enough and not of(bits) > score and time(seconds) < fastest
    )


WRONG = {
    "cache-bytes": [_cache(pair=1), _cache(size=16)],
    "flat-then-down": [_late, _linear],
    "rotate": [_rotate(sign=-1), _rotate(speed=1), _rotate(neighbours=True)],
    "attraction": [_attraction(sign=-1), _attraction(by_size=True)],
    "orthogonalise": [_orthogonalise(norm="largest"), _orthogonalise(every=True)],
    "worth": [_worth_straight, _worth_unsorted],
    "is-record": [
        _record(of=np.mean), _record(enough=1), _record(of=np.max), _record(time=min)
    ],
}
