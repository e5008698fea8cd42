"""The four cases, once each for a seed: made data, two ways of testing, models tuned alike."""

from itertools import product
from typing import Any

import numpy as np

from lessons.data.loans import loans
from lessons.data.molecules import molecules
from lessons.data.sequences import sequences
from lessons.data.visits import Visits, visits
from lessons.studies.elsewhere import fingerprints, lending, motifs, recommenders
from lessons.studies.elsewhere.splits import by_group, by_row, tosses
from lessons.studies.record import load

Row = dict[str, Any]

N_LOANS, N_LOANS_TEST = 6000, 20000
LOSSES = [2, 5, 10, 20, 40]  # what a default costs, in gains from a loan that is paid back
STRENGTHS = [0.01, 0.1, 1.0, 10.0]  # inverse penalty of the logistic model
TREES = list(product([0.03, 0.1], [30, 100], [4, 16]))  # rate, number and leaves of the trees
CUT, N_WEEKS = 40, 4  # the first week that tests, and how many do
FACTORS = list(product([2, 4, 8, 16], [1.0, 5.0, 20.0], [3.0, 30.0]))  # width, weight, penalty
WINDOWS = [1, 2, 4, 8]  # weeks of popularity
SPANS = [6, 12, 48]  # weeks of visits for a factorisation that forgets
DRAWN = [15, 20, 30, 50, 100, 150]  # films drawn, for a sampled hit rate
WORDS = list(product([3, 4], [0.001, 0.01, 0.1]))  # letters of a word, inverse penalty
FILTERS = list(product([150, 400], [0.01, 0.3]))  # steps, weight decay
PENALTIES = [0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0]


def credit(seed: int) -> Row:
    """Return what two models of default are worth, plain and with copied defaults.

    Examples
    --------
    >>> round(credit(0)["rate"], 2)
    0.03
    """
    rng = np.random.default_rng(seed)
    train, test = loans(rng, N_LOANS), loans(rng, N_LOANS_TEST)
    row: Row = {"rate": round(float(train.y.mean()), 4)}
    risks = {"base rate": np.full(N_LOANS_TEST, train.y.mean()), "the true risk": test.risk}
    for name, settings in (("logistic", STRENGTHS), ("trees", TREES)):
        chosen = min(settings, key=lambda s: _cross_loss(name, s, train.X, train.y, seed))
        risks[name] = _lender(name, chosen, train.X, train.y).predict_proba(test.X)[:, 1]
        rows = lending.copies(rng, train.y)
        copied = _lender(name, chosen, train.X[rows], train.y[rows]).predict_proba(test.X)[:, 1]
        risks[f"{name}, copies"] = copied
        risks[f"{name}, copies, put back"] = lending.back_to(copied, 0.5, train.y.mean())
        row[f"{name} settings"] = chosen
    row["models"] = {name: _judged(p, test.y) for name, p in risks.items()}
    return row


def _lender(name: str, setting: Any, X: np.ndarray, y: np.ndarray) -> Any:
    if name == "logistic":
        from sklearn.linear_model import LogisticRegression  # slow to import

        return LogisticRegression(C=setting, max_iter=1000).fit(X, y)
    from sklearn.ensemble import HistGradientBoostingClassifier  # slow to import

    rate, n_trees, n_leaves = setting
    return HistGradientBoostingClassifier(
        learning_rate=rate, max_iter=n_trees, max_leaf_nodes=n_leaves, early_stopping=False,
        random_state=0).fit(X, y)


def _cross_loss(name: str, setting: Any, X: np.ndarray, y: np.ndarray, seed: int) -> float:
    """Return the cross-entropy on three parts of the training loans, each left out once."""
    part = np.random.default_rng(seed + 1000).permutation(len(y)) % 3
    losses = []
    for k in range(3):
        model = _lender(name, setting, X[part != k], y[part != k])
        p = model.predict_proba(X[part == k])[:, 1]
        losses.append(-np.log(np.where(y[part == k] == 1, p, 1 - p)).mean())
    return round(float(np.mean(losses)), 6)


def _judged(p: np.ndarray, y: np.ndarray) -> Row:
    from sklearn.metrics import average_precision_score, roc_auc_score  # slow to import

    refused = p >= 0.5
    gains = {f"{loss}": {"half": lending.profit(p, y, 0.5, 1, loss),
                         "costs": lending.profit(p, y, lending.break_even(1, loss), 1, loss)}
             for loss in LOSSES}
    return {"accuracy": round(float((refused == y).mean()), 5),
            "found": round(float(refused[y == 1].mean()), 4),
            "auc": round(float(roc_auc_score(y, p)), 4),
            "ap": round(float(average_precision_score(y, p)), 4),
            "loss": round(float(-np.log(np.where(y == 1, p, 1 - p)).mean()), 5),
            "mean": round(float(p.mean()), 4), "seen": round(float(y.mean()), 4),
            "profit": {loss: {rule: round(value, 1) for rule, value in one.items()}
                       for loss, one in gains.items()}}


def shop(seed: int, fades: bool = True) -> Row:
    """Return hit rates of five ways to recommend, by two ways of testing, and the control."""
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


METHODS = ["popular ever", "popular lately", "factors", "factors of late", "both"]


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


def biology(seed: int, changed: float = 0.15, tossed: bool = False) -> Row:
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
        return motifs.read(motifs.train(X, y, seed, n_steps, decay), X_new) > 0
    known = motifs.scan(X)
    borders = np.unique(known)
    right = [((known >= border) == y).mean().round(9) for border in borders]
    return motifs.scan(X_new) >= borders[int(np.argmax(right))]


def chemistry(seed: int, own: float = 30.0, tossed: bool = False) -> Row:
    """Return mean absolute errors in kelvin of three models, split by row and by scaffold."""
    made = molecules(np.random.default_rng(seed), own=own)
    scaffold = np.array([m.scaffold for m in made])
    y = np.array([m.melting for m in made])
    if tossed:
        y = 40.0 * tosses(np.random.default_rng(seed + 700), scaffold) - 20
    small = [fingerprints.small_parts(m) for m in made]
    whole = [fingerprints.circles(m.elements, m.bonds, 2) for m in made]
    tables = {"parts": fingerprints.columns(small), "parts and rings": fingerprints.columns(
        [a + fingerprints.rings(m) for a, m in zip(small, made, strict=True)])}
    alike = fingerprints.tanimoto(*[fingerprints.columns(whole)] * 2)
    out: Row = {}
    for kind in ("row", "scaffold"):
        rng = np.random.default_rng(seed + 300)
        groups = scaffold if kind == "scaffold" else np.arange(len(y))
        test = by_group(rng, groups)
        inner = by_group(rng, groups[~test])
        fit, choose = np.flatnonzero(~test)[~inner], np.flatnonzero(~test)[inner]
        row = {"mean": _error(np.full(test.sum(), y[~test].mean()), y[test]),
               "nearest": _error(y[~test][alike[test][:, ~test].argmax(1)], y[test])}
        for name, X in tables.items():
            chosen = min(PENALTIES, key=lambda s, X=X: _error(
                fingerprints.ridge(X[fit], y[fit], X[choose], s), y[choose]))
            row[name] = _error(fingerprints.ridge(X[~test], y[~test], X[test], chosen), y[test])
        row["shared"] = round(float(alike[test][:, ~test].max(1).mean()), 4)
        out[kind] = row
    return out


def _error(said: np.ndarray, y: np.ndarray) -> float:
    return round(float(np.abs(said - y).mean()), 2)


def record() -> Row:
    """Return the recorded runs: what ``python -m experiments.elsewhere`` wrote."""
    return load("elsewhere")
