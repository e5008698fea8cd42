"""Exercises of the chapter on credit, recommendation, biology and chemistry, by difficulty."""

from math import comb

import numpy as np

from lessons.exercises.base import Exercise


def worth(p, y, most, gain, loss):
    lent = p < most
    return float(np.where(y == 1, -loss, gain)[lent].sum())


def on_both_sides(groups, test):
    return np.intersect1d(groups[test], groups[~test])


def tanimoto(a, b):
    both = np.sum((a > 0) & (b > 0))
    return both / np.sum((a > 0) | (b > 0))


def put_back(p, trained, true):
    ones, zeros = p * true / trained, (1 - p) * (1 - true) / (1 - trained)
    return ones / (ones + zeros)


def hit_rate(scores, seen, user, film, top):
    hits = []
    for u, f in zip(user, film, strict=True):
        free = np.where(seen[u] == 1, -np.inf, scores[u])
        hits.append(np.sum(free > scores[u, f]) < top)
    return np.mean(hits)


def best_place(letters, motif):
    gains = np.log(motif / 0.25)
    width = len(motif)
    sums = [sum(gains[j, letters[i + j]] for j in range(width))
            for i in range(len(letters) - width + 1)]
    return int(np.argmax(sums)), float(max(sums))


def drawn_hit(n_before, n_others, n_drawn, top):
    ways = [comb(n_before, k) * comb(n_others - n_before, n_drawn - k) for k in range(top)
            if k <= n_drawn]
    return sum(ways) / comb(n_others, n_drawn)


def _motif(rng, width):
    motif = rng.random((width, 4)) + 0.05
    return motif / motif.sum(axis=1, keepdims=True)


def _cases_place(rng):
    sharp = np.full((3, 4), 0.1)
    sharp[[0, 1, 2], [0, 1, 2]] = 0.7  # ACG
    yield np.array([3, 0, 1, 2, 3]), sharp
    yield np.array([0, 1, 2]), sharp  # one place alone
    yield np.array([3, 3, 3, 0, 1, 2]), sharp  # the last place
    yield rng.integers(4, size=40), _motif(rng, 6)


def _cases_hits(rng):
    scores = np.array([[0.9, 0.8, 0.1], [0.2, 0.3, 0.4]])
    yield scores, np.array([[1, 0, 0], [0, 0, 0]]), np.array([0, 1]), np.array([1, 0]), 1
    yield scores, np.zeros((2, 3)), np.array([0, 0, 1]), np.array([0, 2, 1]), 2
    seen = (rng.random((6, 9)) < 0.3) * 1
    user, film = np.nonzero(1 - seen)
    yield rng.standard_normal((6, 9)), seen, user, film, 3


EXERCISES = [
    Exercise(
        name="worth",
        title="What a threshold is worth",
        difficulty=1,
        reference=worth,
        takeaway="The prices decide the threshold, not the number of right decisions.",
        hints=(
            "Only applicants with p < most get a loan; the others bring nothing.",
            "A loan that is paid back (y = 0) brings gain, a default (y = 1) costs loss.",
            "np.where(y == 1, -loss, gain)[p < most].sum()",
        ),
        cases=lambda rng: [
            (np.array([0.1, 0.2, 0.9]), np.array([0, 1, 1]), 0.5, 1.0, 10.0),
            (np.array([0.5, 0.2]), np.array([0, 0]), 0.5, 2.0, 10.0),  # at the threshold: refused
            (np.array([0.3, 0.4]), np.array([0, 1]), 0.0, 1.0, 5.0),  # nobody gets one
            (rng.random(50), (rng.random(50) < 0.2) * 1, 0.3, 1.0, 7.0),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="both-sides",
        title="Who stands on both sides of a split",
        difficulty=1,
        reference=on_both_sides,
        takeaway="An honest split by group gives an empty list. Ask for it before you train.",
        hints=(
            "groups[test] are the groups of the rows that test, groups[~test] those that train.",
            "A group leaks if it is in both.",
            "np.intersect1d gives what two arrays have in common, each once and sorted.",
        ),
        cases=lambda rng: [
            (np.array([3, 3, 1, 1, 2]), np.array([True, False, True, True, False])),
            (np.array([1, 1, 2, 2]), np.array([True, True, False, False])),  # nobody
            (np.array([5, 5, 5]), np.array([False, False, False])),  # nothing tests
            (rng.integers(0, 12, 40), rng.random(40) < 0.3),
        ],
    ),
    Exercise(
        name="tanimoto",
        title="How alike are two molecules?",
        difficulty=1,
        reference=tanimoto,
        takeaway="What both have, by what one or the other has: IoU for molecules.",
        hints=(
            "a > 0 says which parts a molecule has, whatever their number.",
            "Count the parts that both have, and the parts that at least one of them has.",
            "np.sum((a > 0) & (b > 0)) / np.sum((a > 0) | (b > 0))",
        ),
        cases=lambda rng: [
            (np.array([1, 1, 0]), np.array([1, 0, 1])), (np.array([2, 0]), np.array([5, 0])),
            (np.array([1, 0]), np.array([0, 4])),
            (rng.integers(0, 3, 30), rng.integers(0, 3, 30)),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="put-back",
        title="Undo the copies",
        difficulty=2,
        reference=put_back,
        takeaway="Copies multiply all odds by one number; the order of the applicants stays.",
        hints=(
            "In the training rows a default counted true -> trained times as much as it should: "
            "scale p by true / trained.",
            "The other side was scaled too: 1 - p by (1 - true) / (1 - trained).",
            "Divide the first by the sum of both.",
        ),
        cases=lambda rng: [
            (np.array([0.5]), 0.5, 0.03), (np.array([0.0, 1.0]), 0.5, 0.1),
            (np.array([0.2, 0.4]), 0.3, 0.3),  # nothing to undo
            (rng.random(20), 0.4, 0.05),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="hit-rate",
        title="Hits among the first places",
        difficulty=2,
        reference=hit_rate,
        takeaway="All films compete, but none that the user has seen already.",
        hints=(
            "Go through the visits one by one. For a visit, take the row of scores of its user.",
            "Put -inf where seen is 1: nobody is shown a film again.",
            "It is a hit if fewer than top films have a higher score than the visited one.",
        ),
        cases=_cases_hits,
        tolerance=1e-9,
    ),
    Exercise(
        name="best-place",
        title="Find a motif",
        difficulty=2,
        reference=best_place,
        takeaway="A motif is a linear model of one window; the best place makes it a reader of "
                 "sequences.",
        hints=(
            "A place i is judged by the sum of log(motif[j, letters[i + j]] / 0.25) over j.",
            "There are len(letters) - len(motif) + 1 places.",
            "Return where the largest sum is, and the sum.",
        ),
        cases=_cases_place,
        tolerance=1e-9,
    ),
    Exercise(
        name="drawn-hit",
        title="A hit against a few",
        difficulty=3,
        reference=drawn_hit,
        takeaway="A film in place 60 of 200 is nearly always among the first ten of twenty: a "
                 "sampled hit rate is another measure, not a cheaper one.",
        hints=(
            "It is a hit if fewer than top of the drawn films stand before the visited one.",
            "k of the n_drawn come from the n_before better ones in comb(n_before, k) * "
            "comb(n_others - n_before, n_drawn - k) ways.",
            "Add these for k from 0 to top - 1, at most n_drawn, and divide by "
            "comb(n_others, n_drawn).",
        ),
        cases=lambda rng: [
            (0, 99, 20, 10), (60, 199, 20, 10), (9, 99, 99, 10), (10, 99, 99, 10),
            (50, 100, 5, 10), (int(rng.integers(5, 90)), 120, 30, 5),
        ],
        tolerance=1e-9,
    ),
]
