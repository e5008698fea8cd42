"""Plausible wrong answers to the exercises of the chapter on scaling laws."""

import numpy as np


def _spend(six=True, own=False, inverse=False):
    def spend(A, alpha, B, beta, C):
        products = C / 6 if six else C
        ratio = beta * B / (alpha * A) if inverse else alpha * A / (beta * B)
        power = alpha if own else beta
        n = ratio ** (1 / (alpha + beta)) * products ** (power / (alpha + beta))
        return n, products / n

    return spend


def _valley(log=True, back=True):
    def lowest(n, loss):
        bend, slope, _ = np.polyfit(np.log(n) if log else n, loss, 2)
        x = -slope / (2 * bend)
        return float(np.exp(x) if log and back else x)

    return lowest


def _huber(log=True, mean=False, square=False, joined=True):
    def huber(predicted, measured, delta):
        r = np.abs(np.log(predicted) - np.log(measured)) if log else np.abs(predicted - measured)
        far = delta * (r - 0.5 * delta) if joined else delta * r
        rows = 0.5 * r**2 if square else np.where(r <= delta, 0.5 * r**2, far)
        return float(rows.mean() if mean else rows.sum())

    return huber


def _tokens(forever=np.inf, power=True):
    def tokens_for(n, loss, E, A, alpha, B, beta):
        left = loss - E - A / n**alpha
        enough = np.abs(B / left) ** (1 / beta if power else beta)
        return np.where(left > 0, enough, forever)

    return tokens_for


def _without(log=True, other=False):
    def without_each(x, y):
        rows = []
        for i in range(len(x)):
            keep = np.arange(len(x)) == i if other else np.arange(len(x)) != i
            a, b = (x[keep], y[keep]) if not other else (np.append(x, x[i]), np.append(y, y[i]))
            rows.append(np.polyfit(np.log(a) if log else a, np.log(b), 1)[0])
        return np.array(rows)

    return without_each


WRONG = {
    "spend": [_spend(six=False), _spend(own=True), _spend(inverse=True)],
    "exponent": [
        lambda x, y: float(np.polyfit(x, y, 1)[0]),
        lambda x, y: float(np.polyfit(np.log(y), np.log(x), 1)[0]),
        lambda x, y: float(np.polyfit(np.log(x), np.log(y), 1)[1]),
    ],
    "valley": [_valley(log=False), _valley(back=False)],
    "huber": [_huber(log=False), _huber(mean=True), _huber(square=True), _huber(joined=False)],
    "tokens-for": [_tokens(forever=0.0), _tokens(power=False)],
    "without-each": [_without(log=False), _without(other=True)],
}
