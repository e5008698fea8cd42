"""Plausible wrong answers to the exercises of the chapter on other fields."""

from math import comb

import numpy as np


def _worth(side="below", default="loss"):
    def worth(p, y, most, gain, loss):
        lent = p <= most if side == "at" else p < most
        cost = {"loss": -loss, "nothing": 0.0, "both": -loss - gain}[default]
        return float(np.where(y == 1, cost, gain)[lent].sum())

    return worth


def _refused_too(p, y, most, gain, loss):
    return float(np.where((p < most) == (y == 0), gain, -loss).sum())  # counts right decisions


def _tanimoto(counts=False, divide="either"):
    def tanimoto(a, b):
        if counts:
            return np.minimum(a, b).sum() / np.maximum(a, b).sum()
        both, either = np.sum((a > 0) & (b > 0)), np.sum((a > 0) | (b > 0))
        return both / (either if divide == "either" else np.sum(a > 0))

    return tanimoto


def _hits(drop_seen=True, at=False, mean="visits"):
    def hit_rate(scores, seen, user, film, top):
        hits = []
        for u, f in zip(user, film, strict=True):
            free = np.where(seen[u] == 1, -np.inf, scores[u]) if drop_seen else scores[u]
            n = np.sum(free > scores[u, f])
            hits.append(n <= top if at else n < top)
        return np.sum(hits) / (len(hits) if mean == "visits" else len(scores))

    return hit_rate


def _place(last=True, logs=True, best=True):
    def best_place(letters, motif):
        gains = np.log(motif / 0.25) if logs else motif
        n = len(letters) - len(motif) + (1 if last else 0)
        sums = [sum(gains[j, letters[i + j]] for j in range(len(motif))) for i in range(max(n, 1))]
        return int(np.argmax(sums)), float(max(sums) if best else np.mean(sums))

    return best_place


def _drawn(back=False, upto=0):
    def drawn_hit(n_before, n_others, n_drawn, top):
        if back:  # with putting back
            q = n_before / n_others
            return sum(comb(n_drawn, k) * q**k * (1 - q) ** (n_drawn - k)
                       for k in range(min(top, n_drawn + 1)))
        ways = [comb(n_before, k) * comb(n_others - n_before, n_drawn - k)
                for k in range(min(top + upto, n_drawn + 1))]
        return sum(ways) / comb(n_others, n_drawn)

    return drawn_hit


WRONG = {
    "worth": [_worth(side="at"), _worth(default="nothing"), _refused_too],
    "both-sides": [
        lambda groups, test: np.unique(groups[test]),
        lambda groups, test: groups[test][np.isin(groups[test], groups[~test])],  # repeats
    ],
    "tanimoto": [_tanimoto(counts=True), _tanimoto(divide="first")],
    "put-back": [
        lambda p, trained, true: p * true / trained,
        lambda p, trained, true: (p * trained / true) / (
            p * trained / true + (1 - p) * (1 - trained) / (1 - true)),
    ],
    "hit-rate": [_hits(drop_seen=False), _hits(at=True), _hits(mean="users")],
    "best-place": [_place(last=False), _place(logs=False), _place(best=False)],
    "drawn-hit": [_drawn(back=True), _drawn(upto=1)],
}
