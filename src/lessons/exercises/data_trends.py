"""Exercises of the chapter on data, by difficulty."""

import numpy as np

from lessons.engine import duplicates
from lessons.exercises.base import Exercise


def similarity(a, b, size):
    one, other = ({tuple(words[i : i + size]) for i in range(len(words) - size + 1)}
                  for words in (a, b))
    return len(one & other) / len(one | other)


def compared(J, n_rows, n_bands):
    return 1 - (1 - J**n_rows) ** n_bands


def epochs_for(unique, wanted, half_life):
    more = max(wanted / unique - 1, 0.0)  # what repetitions must add
    if more >= half_life:
        return np.inf
    return 1 - half_life * np.log(1 - more / half_life)


def overlap(test, train, size):
    known = {tuple(train[i : i + size]) for i in range(len(train) - size + 1)}
    seen = np.zeros(len(test), dtype=bool)
    for i in range(len(test) - size + 1):
        if tuple(test[i : i + size]) in known:
            seen[i : i + size] = True
    return float(seen.mean())


def kept_texts(n_texts, pairs):
    dropped = duplicates.copies(n_texts, pairs)
    return [i for i in range(n_texts) if i not in dropped]


def best_mixture(losses, demand):
    wanted = losses @ demand
    equal = int(losses.mean(axis=1).argmin())
    return int(wanted.argmin()), float(wanted[equal] - wanted.min())


def _cases_mixture(rng):
    losses = np.array([[3.0, 1.0], [2.0, 1.8], [1.5, 3.0]])
    yield losses, np.array([0.9, 0.1])
    yield losses, np.array([0.1, 0.9])
    yield losses, np.array([0.5, 0.5])
    yield rng.uniform(2, 4, (6, 3)), np.array([0.7, 0.2, 0.1])


def _cases_kept(rng):
    yield 5, [(0, 3), (3, 4)]
    yield 4, []
    yield 6, [(4, 5), (2, 4), (0, 2)]
    yield 5, [(1, 2), (3, 4), (2, 3)]
    yield 4, [(1, 3), (0, 3)]
    yield 12, [tuple(int(x) for x in np.sort(rng.choice(12, 2, replace=False))) for _ in range(7)]


EXERCISES = [
    Exercise(
        name="similarity",
        title="What is shared",
        difficulty=1,
        reference=similarity,
        takeaway="A set forgets how often: a sentence said a hundred times counts once.",
        hints=(
            "Make the set of tuple(words[i : i + size]) of both lists.",
            "The last run begins at len(words) - size.",
            "len(A & B) / len(A | B).",
        ),
        cases=lambda rng: [
            (list("abcd"), list("bcde"), 1), (list("abcd"), list("abdc"), 2),
            (list("aaaa"), list("aab"), 2), (list("xyz"), list("xyz"), 3),
            (["on", "e", "way"], ["o", "ne", "way"], 2),
            (list(rng.choice(list("abc"), 12)), list(rng.choice(list("abc"), 9)), 2),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="compared",
        title="In the same drawer",
        difficulty=1,
        reference=compared,
        takeaway="More numbers in a band make it stricter, more bands make it more lenient; "
                 "together they make a soft threshold.",
        hints=(
            "One band agrees with the probability J ** n_rows.",
            "The probability that a band fails is one minus that; all fail with its power.",
            "1 - (1 - J**n_rows) ** n_bands.",
        ),
        cases=lambda rng: [(0.8, 8, 16), (0.5, 1, 1), (1.0, 5, 3), (0.0, 2, 9), (0.3, 4, 32)],
        tolerance=1e-9,
    ),
    Exercise(
        name="epochs-for",
        title="How often must I read?",
        difficulty=2,
        reference=epochs_for,
        takeaway="Repeating has an end: 1 + R* texts is the most that one can be worth.",
        hints=(
            "Repetitions must add wanted / unique - 1 texts; if that is 0 or less, read once.",
            "Solve more = R * (1 - exp(-(e - 1) / R)) for e; there is no solution for more >= R.",
            "1 - half_life * np.log(1 - more / half_life).",
        ),
        cases=lambda rng: [
            (25e9, 93.15e9, 15.387756), (1.0, 1.0, 10.0), (4.0, 1.0, 10.0), (1.0, 11.0, 10.0),
            (1.0, 20.0, 10.0), (2.0, 9.0, 5.0), (1.0, 10.5, 10.0),
        ],
        tolerance=1e-6,
    ),
    Exercise(
        name="overlap",
        title="How much of the test was seen?",
        difficulty=2,
        reference=overlap,
        takeaway="One changed word hides all runs that hold it: long runs miss disguises, short "
                 "ones find chance.",
        hints=(
            "Make the set of runs of `train`, as tuples.",
            "Mark all `size` words of each run of `test` that is in the set; runs may overlap.",
            "The share is the number of marked words by len(test).",
        ),
        cases=lambda rng: [
            (list("abcde"), list("xabcy"), 3), (list("abcd"), list("abcd"), 2),
            (list("abc"), list("cba"), 2), (list("abcdef"), list("bcdab"), 2),
            (list("ab"), list("abc"), 3),
            (["an", "old", "cat"], ["man", "old", "catalogue"], 2),
            (list(rng.choice(list("abcd"), 20)), list(rng.choice(list("abcd"), 20)), 3),
        ],
        tolerance=1e-9,
    ),
    Exercise(
        name="kept",
        title="One of each group",
        difficulty=2,
        reference=kept_texts,
        takeaway="Near copies hang together in chains, whose ends may have little in common: one "
                 "low threshold can join a whole corpus.",
        hints=(
            "Give every text a group, at first its own number.",
            "A pair makes one group of two: everybody in the one takes the number of the other.",
            "Take the smaller number of the two; at the end, sorted(set(group)).",
        ),
        cases=_cases_kept,
    ),
    Exercise(
        name="mixture",
        title="The best mixture",
        difficulty=3,
        reference=best_mixture,
        takeaway="The best mixture is a matter of what will be asked, not of the texts alone.",
        hints=(
            "losses @ demand is the mean loss of each mixture on what is asked.",
            "The best for equal demand is losses.mean(axis=1).argmin(); look up its loss in the "
            "first row of numbers.",
            "Return int(wanted.argmin()) and wanted[equal] - wanted.min().",
        ),
        cases=_cases_mixture,
        tolerance=1e-9,
    ),
]
