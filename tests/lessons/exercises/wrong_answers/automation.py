"""Plausible wrong answers to the exercises of the chapter on automation."""

import math

import numpy as np


def _cost(again=False, keep=True, last=False):
    def cost(n, rungs):
        total, before = 0, 0
        for rung in rungs:
            total += n * (rung if again else rung - before)
            n, before = (n // 3 if keep else n), rung
        return (n * 3) * rungs[-1] if last else total

    return cost


def _incumbent(by_truth=False, last=False, no_memory=False):
    def incumbent(scores, truths):
        best, out = 0, []
        for k in range(len(scores)):
            one, other = (truths[k], truths[best]) if by_truth else (scores[k], scores[best])
            if one < other or (last and one == other):
                best = k
            out.append(truths[k] if no_memory else truths[best])
        return np.array(out)

    return incumbent


def _improvement(sign=1, chance_only=False, safe=True):
    def improvement(mean, deviation, best):
        with np.errstate(divide="ignore", invalid="ignore"):
            z = sign * (best - mean) / deviation
            below = np.array([0.5 * (1 + math.erf(x / math.sqrt(2))) for x in z])
            out = deviation * (z * below + np.exp(-z * z / 2) / math.sqrt(2 * math.pi))
        if chance_only:
            return below
        return np.where(deviation > 0, out, np.maximum(best - mean, 0)) if safe else out

    return improvement


def _ladder(any_better=False, anchored=True, told=True):
    def ladder(scores, step):
        best, before, out = 0.0, 0.0, []
        for score in scores:
            if score > (best if anchored else before) + (0 if any_better else step):
                best = score
            before = score
            out.append(best if told else score)
        return np.array(out)

    return ladder


def _belief(noisy=True, variance=False, squared=False):
    def belief(K, k, y, noise):
        w = np.linalg.solve(K + (noise if noisy else 0) * np.eye(len(y)), k)
        left = 1 - (w @ w if squared else w @ k)
        return np.array([w @ y, left if variance else math.sqrt(max(left, 0))])

    return belief


WRONG = {
    "log-draw": [
        lambda low, high, u: low + (high - low) * u,
        lambda low, high, u: low * high**u,
        lambda low, high, u: np.log(low) + u * (np.log(high) - np.log(low)),
    ],
    "trials-for": [
        lambda share, chance: math.ceil(chance / share),
        lambda share, chance: math.floor(math.log(1 - chance) / math.log(1 - share)),
        lambda share, chance: math.ceil(math.log(chance) / math.log(1 - share)),
        lambda share, chance: math.ceil(math.log(1 - chance) / math.log(1 - share)),
    ],
    "halving-cost": [_cost(again=True), _cost(keep=False), _cost(last=True)],
    "incumbent": [_incumbent(by_truth=True), _incumbent(last=True), _incumbent(no_memory=True)],
    "improvement": [_improvement(sign=-1), _improvement(chance_only=True),
                    _improvement(safe=False)],
    "ladder": [_ladder(any_better=True), _ladder(anchored=False), _ladder(told=False)],
    "belief": [_belief(noisy=False), _belief(variance=True), _belief(squared=True)],
}
