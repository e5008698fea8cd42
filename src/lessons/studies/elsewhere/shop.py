"""Recommendation: ways to choose ten films, judged by a split at random and by one in time."""

from itertools import product
from typing import Any

import numpy as np

from lessons.data.visits import Visits, visits
from lessons.studies.elsewhere import recommenders
from lessons.studies.elsewhere.splits import by_row

Row = dict[str, Any]

CUT, N_WEEKS = 40, 4  # the first week that tests, and how many do
FACTORS = list(product([2, 4, 8, 16], [1.0, 5.0, 20.0], [3.0, 30.0]))  # width, weight, penalty
WINDOWS = [1, 2, 4, 8]  # weeks of popularity
PENALTIES = [3.0, 30.0, 300.0, 3000.0]  # of the linear model
SPANS = [6, 12, 48]  # weeks of visits for a factorisation that forgets
DRAWN = [15, 20, 30, 50, 100, 150]  # films drawn, for a sampled hit rate


def case(seed: int, fades: bool = True) -> Row:
    """Return hit rates of six ways to recommend, by two ways of testing, and the control."""
    made = visits(np.random.default_rng(seed), fades=fades)
    rng = np.random.default_rng(seed + 500)
    n = len(made.user)
    past = made.week < CUT
    soon = (made.week >= CUT) & (made.week < CUT + N_WEEKS) & np.isin(made.user, made.user[past])
    tested = soon & (rng.random(n) < 0.5)  # half of what comes next; the control may know the rest
    at_random = by_row(rng, n, 1 - past.sum() / n)  # as many train as before the cut
    with_future = np.zeros(n, dtype=bool)
    with_future[rng.choice(np.flatnonzero(~tested), past.sum(), replace=False)] = True
    inner = by_row(rng, (~at_random).sum(), 0.2)
    valid = past & (made.week >= CUT - N_WEEKS)
    settings = {"random": _tune(made, np.flatnonzero(~at_random)[~inner],
                                np.flatnonzero(~at_random)[inner]),
                "date": _tune(made, np.flatnonzero(past & ~valid), np.flatnonzero(valid))}
    return {"n_train": int(past.sum()), "n_test": [int(at_random.sum()), int(tested.sum())],
            "settings": settings,
            "unseen": round(float((~np.isin(made.film[tested], made.film[past])).mean()), 4),
            "random": _hits(made, ~at_random, at_random, settings["random"]),
            "date": _hits(made, past, tested, settings["date"]),
            "future known": _hits(made, with_future, tested, settings["random"])}


def _scores(made: Visits, rows: np.ndarray, method: str, setting: Any) -> np.ndarray:
    """Return scores (n_users, n_films) from the visits of these rows."""
    user, film, week = made.user[rows], made.film[rows], made.week[rows]
    age = week.max() - week
    if method == "popular ever":
        setting = made.n_weeks
    if method.startswith("popular"):
        counts = np.bincount(film[age < setting], minlength=made.n_films)
        return np.tile(counts, (made.n_users, 1)).astype(float)
    if method == "both":
        window, share, factors = setting
        lately = _scores(made, rows, "popular lately", window)
        return _scores(made, rows, "factors", factors) + share * lately / lately.max()
    if method == "linear":
        return recommenders.weigh(
            recommenders.table(user, film, made.n_users, made.n_films), setting)
    span, (k, weight, penalty) = setting if method == "factors of late" else (
        made.n_weeks, setting)
    seen = recommenders.table(user[age < span], film[age < span], made.n_users, made.n_films)
    return recommenders.factorise(seen, k, weight, penalty)


def _places(made: Visits, rows: np.ndarray, test: np.ndarray, scores: np.ndarray) -> np.ndarray:
    seen = recommenders.table(made.user[rows], made.film[rows], made.n_users, made.n_films)
    return recommenders.ranks(scores, seen, made.user[test], made.film[test])


def _tune(made: Visits, rows: np.ndarray, valid: np.ndarray) -> Row:
    """Return the settings of each method that hit most of the visits set aside for choosing."""
    valid = valid[np.isin(made.user[valid], made.user[rows])]

    def best(method: str, options: list) -> Any:
        return max(options, key=lambda option: np.mean(_places(
            made, rows, valid, _scores(made, rows, method, option)) < 10).round(9))

    factors, window = best("factors", FACTORS), best("popular lately", WINDOWS)
    return {"popular ever": None, "popular lately": window, "factors": factors,
            "linear": best("linear", PENALTIES),
            "factors of late": best("factors of late", [(span, factors) for span in SPANS]),
            "both": best("both", [(window, share, factors) for share in (0.1, 0.3, 1.0)])}


def _hits(made: Visits, train: np.ndarray, test: np.ndarray, settings: Row) -> Row:
    rows = np.flatnonzero(train)
    test = np.flatnonzero(test & np.isin(made.user, made.user[rows]))
    seen = np.bincount(made.user[rows], minlength=made.n_users)
    others = made.n_films - 1 - seen[made.user[test]]
    out = {}
    for method, setting in settings.items():
        place = _places(made, rows, test, _scores(made, rows, method, setting))
        drawn = [recommenders.sampled_hits(place, others, m) for m in DRAWN]
        out[method] = {"hits": round(float((place < 10).mean()), 4),
                       "drawn": [round(share, 4) for share in drawn]}
    return out
