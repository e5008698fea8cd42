"""Credit: two models of default, plain and with copied defaults, and what they are worth."""

from itertools import product
from typing import Any

import numpy as np

from lessons.data.loans import loans
from lessons.studies.elsewhere import lending

N_LOANS, N_LOANS_TEST = 6000, 20000
LOSSES = [2, 5, 10, 20, 40]  # what a default costs, in gains from a loan that is paid back
STRENGTHS = [0.01, 0.1, 1.0, 10.0]  # inverse penalty of the logistic model
TREES = list(product([0.03, 0.1], [30, 100], [4, 16]))  # rate, number and leaves of the trees


def case(seed: int) -> dict[str, Any]:
    """Return what two models of default are worth, plain and with copied defaults.

    Examples
    --------
    >>> round(case(0)["rate"], 2)
    0.03
    """
    rng = np.random.default_rng(seed)
    train, test = loans(rng, N_LOANS), loans(rng, N_LOANS_TEST)
    row: dict[str, Any] = {"rate": round(float(train.y.mean()), 4)}
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


def _judged(p: np.ndarray, y: np.ndarray) -> dict[str, Any]:
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
