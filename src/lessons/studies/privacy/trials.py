"""What an experiment asks of the digit reader: accuracy, and attackers with and without sight."""

from typing import Any

import numpy as np

from lessons.privacy import attacks
from lessons.studies.privacy import learn
from lessons.studies.privacy.learn import Plan

SLIPS = 0.1  # of the labels are wrong
N_REFERENCES = 16  # models that the stronger attacker trains
THIRD = 600


def accuracy(plan: Plan, seed: int, part: str) -> dict[str, float]:
    """Train once; return what is read rightly of a part, and what the simple attacker gets."""
    rows, labels = learn.split(seed), learn.mislabelled(seed, SLIPS)
    w = learn.train(plan, rows["train"], seed, labels)
    scores = learn.surety(w, labels)
    return {"right": learn.right(w, rows[part]),
            "auc": attacks.auc(scores[rows["train"]], scores[rows["out"]])}


def attacked(plan: Plan, seed: int) -> dict[str, Any]:
    """Train once and attack: by the loss alone, and with reference models.

    The references learn, by the same plan, from as many digits drawn from those that stand trial.
    """
    rows, labels = learn.split(seed), learn.mislabelled(seed, SLIPS)
    trial = np.concatenate([rows["train"], rows["out"]])
    member = np.arange(len(trial)) < learn.N_TRAIN
    w = learn.train(plan, rows["train"], seed, labels)
    score = learn.surety(w, labels)[trial]
    rng = np.random.default_rng([seed, 4])
    seen = np.array([rng.permutation(len(trial)) < learn.N_TRAIN for _ in range(N_REFERENCES)])
    refs = np.array([learn.surety(learn.train(plan, trial[s], 1000 + 100 * seed + k, labels),
                                  labels)[trial] for k, s in enumerate(seen)])
    ratio = attacks.likelihood_ratio(score, np.where(seen, refs, np.nan),
                                     np.where(seen, np.nan, refs))
    slip = labels[trial] != learn.digits()[1][trial]
    found = {}
    for name, s in (("loss", score), ("references", ratio), ("a coin", rng.random(len(trial)))):
        false, true = attacks.roc(s[member], s[~member])
        grid = np.linspace(0, 1, 41)
        found[name] = {"auc": attacks.auc(s[member], s[~member]),
                       "at 1%": attacks.caught_at(s[member], s[~member], 0.01),
                       "slips": attacks.auc(s[member & slip], s[~member & slip]),
                       "curve": [float(true[false <= f].max()) for f in grid]}
    return {"attacks": found, "right": learn.right(w, rows["out"])}


def blind(seed: int) -> dict[str, float]:
    """Attack with members and others from two ends of the file, and from the same shuffled digits.

    Returns
    -------
    dict
        The area under the curve of: the attacker who sees the losses of a model trained on the
        members; the same on a model that saw neither; one who sees pixels only, no model.
    """
    from sklearn.linear_model import LogisticRegression  # slow to import

    X, y = learn.digits()
    rng = np.random.default_rng([seed, 5])
    found = {}
    for way, order in (("file", np.arange(len(y))), ("shuffled", rng.permutation(len(y)))):
        members, middle, others = order[:THIRD], order[THIRD:2 * THIRD - 3], order[-THIRD:]
        for name, rows in (("sees the model", members), ("a model of neither", middle)):
            s = learn.surety(learn.train(Plan(lr=0.5, n_steps=1000), rows, seed))
            found[f"{way}, {name}"] = attacks.auc(s[members], s[others])
        half = rng.permutation(THIRD)
        learns, judged = half[: THIRD // 2], half[THIRD // 2:]
        A = np.concatenate([X[members[learns]], X[others[learns]]])
        side = np.repeat([1, 0], len(learns))
        guess = LogisticRegression(C=0.1, max_iter=2000).fit(A, side)
        found[f"{way}, blind"] = attacks.auc(guess.decision_function(X[members[judged]]),
                                             guess.decision_function(X[others[judged]]))
    return found
