"""Plausible wrong answers to the exercises of the chapter on planning a run."""

import math

import numpy as np


def _expected(per=1000, chance="exp"):
    def expected(n_chips, days, rate):
        mean = n_chips * days * rate / per
        return mean, {"exp": math.exp(-mean), "plain": max(0.0, 1 - mean),
                      "some": 1 - math.exp(-mean)}[chance]

    return expected


def _save(units="minutes", two=2):
    def save_every(size, speed, mtbf):
        cost_s = size / speed
        if units == "mixed":
            return math.sqrt(two * cost_s / 60 * mtbf)  # minutes and hours
        return math.sqrt(two * cost_s / 60 * 60 * mtbf) / (60 if units == "hours" else 1)

    return save_every


def _share(whole=True, safe=True, with_cost=False):
    def share(gaps, interval, cost, restart):
        left = np.asarray(gaps) - restart
        left = np.maximum(left, 0) if safe else left
        n = left / (interval + cost)
        n = np.floor(n) if whole else n
        return float(n.sum() * (interval + cost * with_cost) / np.sum(gaps))

    return share


def _fewest(memory=True, time=True, up=True):
    def fewest(state, room, flops, rate, days, group):
        needed = max(state / room * memory, flops / (rate * days * 86_400) * time)
        return (math.ceil if up else math.floor)(needed / group) * group

    return fewest


def _slowest(restart_too=True, half=2, safe=True):
    def slowest_save(share, mtbf, restart):
        left = 1 - share - (restart / mtbf if restart_too else 0)
        return mtbf * left**2 / half if left > 0 or not safe else 0.0

    return slowest_save


WRONG = {
    "expected": [_expected(per=1), _expected(chance="plain"), _expected(chance="some")],
    "save-every": [_save(units="mixed"), _save(units="hours"), _save(two=1)],
    "share": [_share(whole=False), _share(safe=False), _share(with_cost=True)],
    "together": [
        lambda factors: float(np.prod(factors)),
        lambda factors: float(np.max(factors)),
        lambda factors: float(np.sqrt(np.sum(np.square(factors)))),
    ],
    "fewest": [_fewest(memory=False), _fewest(time=False), _fewest(up=False)],
    "slowest-save": [_slowest(restart_too=False), _slowest(half=1), _slowest(safe=False)],
}
