"""Plausible wrong answers to the exercises of the chapter on data."""

import numpy as np


def _runs(words, size, last=1):
    return [tuple(words[i : i + size]) for i in range(len(words) - size + last)]


def _similarity(last=1, sets=True, union=True):
    def similarity(a, b, size):
        one, other = _runs(a, size, last), _runs(b, size, last)
        shared = set(one) & set(other)
        below = (len(set(one) | set(other)) if sets else len(one) + len(other) - len(shared)
                 ) if union else min(len(set(one)), len(set(other)))
        return len(shared) / max(below, 1)

    return similarity


def _similarity_of_letters(a, b, size):
    one, other = ({"".join(run) for run in _runs(words, size)} for words in (a, b))
    return len(one & other) / len(one | other)


def _epochs(first=True, infinite=True, least=True, limit=0):
    def epochs_for(unique, wanted, half_life):
        more = wanted / unique - (1 if first else 0)
        if least:
            more = max(more, 0.0)
        if more >= half_life - limit:
            return np.inf if infinite else wanted / unique
        return (1 if first else 0) - half_life * np.log(1 - more / half_life)

    return epochs_for


def _overlap(words=True, where_it_begins=False):
    def overlap(test, train, size):
        known = set(_runs(train, size))
        hits = [run in known for run in _runs(test, size)]
        if not words:
            return sum(hits) / max(len(hits), 1)
        if where_it_begins:
            return sum(hits) / len(test)
        return min(1.0, sum(hits) * size / len(test))

    return overlap


def _overlap_of_letters(test, train, size):
    seen = np.zeros(len(test), dtype=bool)
    for i in range(len(test) - size + 1):
        seen[i : i + size] |= " ".join(test[i : i + size]) in " ".join(train)
    return float(seen.mean())


def _kept_without_chains(n_texts, pairs):
    return [i for i in range(n_texts) if i not in {max(pair) for pair in pairs}]


def _kept_neither(n_texts, pairs):
    gone = {i for pair in pairs for i in pair}
    return [i for i in range(n_texts) if i not in gone]


def _kept_one_pass(n_texts, pairs):
    group = list(range(n_texts))
    for i, j in pairs:
        group[max(i, j)] = group[min(i, j)]
    return sorted(set(group))


WRONG = {
    "similarity": [_similarity(last=0), _similarity(sets=False), _similarity(union=False),
                   _similarity_of_letters],
    "compared": [lambda J, n_rows, n_bands: 1 - (1 - J**n_bands) ** n_rows,
                 lambda J, n_rows, n_bands: J**n_rows,
                 lambda J, n_rows, n_bands: min(1.0, n_bands * J**n_rows)],
    "epochs-for": [_epochs(first=False), _epochs(infinite=False), _epochs(least=False),
                   _epochs(limit=1)],
    "overlap": [_overlap(words=False), _overlap(where_it_begins=True), _overlap(),
                _overlap_of_letters],
    "kept": [_kept_neither, _kept_one_pass, _kept_without_chains],
    "mixture": [
        lambda losses, demand: (int((losses @ demand).argmin()), 0.0),
        lambda losses, demand: (int(losses.mean(axis=1).argmin()),
                                float((losses @ demand).min() - losses.mean(axis=1).min())),
        lambda losses, demand: (int((losses @ demand).argmin()),
                                float(losses.mean(axis=1).min() - (losses @ demand).min())),
    ],
}
