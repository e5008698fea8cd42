"""Biology: is the motif in it? Readers that look at relatives, and readers that look at letters."""

from itertools import product
from typing import Any

import numpy as np

from lessons.data.sequences import sequences
from lessons.studies.elsewhere import filters, motifs
from lessons.studies.elsewhere.splits import by_group, tosses

Row = dict[str, Any]

WORDS = list(product([3, 4], [0.003, 0.03]))  # letters of a word, inverse penalty
FILTERS = [(100, 0.01), (300, 0.01)]  # steps, weight decay


def case(seed: int, changed: float = 0.15, tossed: bool = False) -> Row:
    """Return how many new sequences four readers judge rightly, split by row and by family.

    Parameters
    ----------
    changed : float
        Share of letters drawn anew in each relative.
    tossed : bool
        Whether a coin tossed for each family takes the place of the labels.
    """
    made = sequences(np.random.default_rng(seed), changed=changed)
    y = tosses(np.random.default_rng(seed + 700), made.family) if tossed else made.y
    out: Row = {}
    for kind in ("row", "family"):
        rng = np.random.default_rng(seed + 300)
        groups = made.family if kind == "family" else np.arange(len(y))
        test = by_group(rng, groups)
        inner = by_group(rng, groups[~test])  # for choosing, split in the same way
        fit, choose = np.flatnonzero(~test)[~inner], np.flatnonzero(~test)[inner]
        row: Row = {}
        for method, options in (("nearest relative", [None]), ("words", WORDS),
                                ("filters", [] if tossed else FILTERS), ("true motif", [None])):
            if not options:
                continue

            def right(setting: Any, rows: np.ndarray, those: np.ndarray,
                      method: str = method) -> float:
                said = _says(method, setting, made.X[rows], y[rows], made.X[those], seed)
                return round(float((said == y[those]).mean()), 4)

            chosen = options[0] if len(options) == 1 else max(
                options, key=lambda s: right(s, fit, choose))
            row[method] = right(chosen, np.flatnonzero(~test), np.flatnonzero(test))
        row["shared"] = round(float(motifs.nearest(made.X[test], made.X[~test])[1].mean()), 4)
        out[kind] = row
    return out


def _says(method: str, setting: Any, X: np.ndarray, y: np.ndarray, X_new: np.ndarray,
          seed: int) -> np.ndarray:
    """Return what a reader that knows `X` and `y` says of new sequences, ones and zeros."""
    if method == "nearest relative":
        return y[motifs.nearest(X_new, X)[0]]
    if method == "words":
        from sklearn.linear_model import LogisticRegression  # slow to import

        k, strength = setting
        model = LogisticRegression(C=strength, max_iter=1000).fit(motifs.words(X, k), y)
        return model.predict(motifs.words(X_new, k))
    if method == "filters":
        n_steps, decay = setting
        return filters.read(filters.train(X, y, seed, n_steps, decay), X_new) > 0
    known = motifs.scan(X)
    borders = np.unique(known)
    right = [((known >= border) == y).mean().round(9) for border in borders]
    return motifs.scan(X_new) >= borders[int(np.argmax(right))]
