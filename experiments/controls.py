"""Controls for claims of chapters 14 to 16: each takes a claimed cause away, or adds a rival.

    python -m experiments.controls           run everything (some two minutes), keep the result
    python -m experiments.controls --check   run a random part again, compare with what is kept

They stand beside the records of the studies and change nothing in them. A run that is cut off goes
on where it stopped.
"""

import random
import sys
from dataclasses import replace
from pathlib import Path

import gymnasium
import numpy as np
import sklearn

from experiments import elsewhere as cases, language
from experiments.keep import command, kept
from lessons.data import loans, visits, worlds
from lessons.data.texts import docstrings
from lessons.engine import retrieval, vectors
from lessons.studies.controls.runs import record
from lessons.studies.decisions import noise
from lessons.studies.elsewhere import credit, recommenders, runs as recorded, shop, splits
from lessons.studies.language import finding, kinds, questions

PARTS = Path("_build/controls")  # what is done, for a run that is cut off
SEEDS = range(10)
AFTER, NOISE_SEEDS, NOISE_RATE, N_BATCHES = [0, 10, 50], range(3), 0.03, 100
TREES = [(0.03, 100, 2), (0.03, 100, 3), (0.03, 200, 2)]
DESIGN = ("noise: both gradients from the same 100 batches of five episodes at each policy; "
          "order: rows and settings of the study of the shop, films of each user in random order; "
          "trees: as in their study, three smaller settings more; texts and questions: those of "
          "the chapter")
SETTINGS = DESIGN, NOISE_RATE, N_BATCHES, TREES


def noise_row(seed, n_updates, weights=None):
    """Return the noise of both estimates at the policy that a run has after some updates.

    Which policy that is depends on the last bit of a processor's sums: one push that is drawn
    otherwise, and all later episodes are others. So its weights are kept, and may be given.
    """
    w = noise.after(n_updates, NOISE_RATE, seed) if weights is None else weights
    w = np.array([float(f"{x:.6g}") for x in w])
    found = noise.noise(w, 1000 + seed, N_BATCHES)
    return {"seed": seed, "after": n_updates, "weights": w.tolist()} | found


def hits_of(made, train, test, setting, alone=False):
    """Return for each visit that tests whether the factors place its film among ten.

    Alone, no film competes that the user watches some day: other visits take no place.
    """
    rows = np.flatnonzero(train)
    tested = np.flatnonzero(test & np.isin(made.user, made.user[rows]))
    known = slice(None) if alone else rows
    seen = recommenders.table(made.user[known], made.film[known], made.n_users, made.n_films)
    scores = shop._scores(made, rows, "factors", setting)
    return tested, recommenders.ranks(scores, seen, made.user[tested], made.film[tested]) < 10


def order_row(seed):
    """Return hits where nothing fades, as made and with the films of each user in random order.

    Each user's films stay, and the weeks stay; which film was watched when is drawn anew.
    """
    made = visits.visits(np.random.default_rng(seed), fades=False)
    rng, film = np.random.default_rng(seed + 9000), made.film.copy()
    for user in range(made.n_users):
        mine = np.flatnonzero(made.user == user)
        film[mine] = film[rng.permutation(mine)]
    chosen, row = recorded.record()["shop"][f"stays {seed}"]["settings"], {}
    for name, world in (("as made", made), ("order mixed", replace(made, film=film))):
        draw, n = np.random.default_rng(seed + 500), len(world.user)  # the rows of the study
        past = world.week < shop.CUT
        soon = ((world.week >= shop.CUT) & (world.week < shop.CUT + shop.N_WEEKS)
                & np.isin(world.user, world.user[past]))
        by_date = past, soon & (draw.random(n) < 0.5)
        at_random = splits.by_row(draw, n, 1 - past.sum() / n)
        many, row[name] = np.bincount(world.user, minlength=world.n_users), {}
        for split, (train, test) in (("random", (~at_random, at_random)), ("date", by_date)):
            setting = chosen[split]["factors"]
            rows, hit = hits_of(world, train, test, setting)
            _, alone = hits_of(world, train, test, setting, alone=True)
            known = np.bincount(world.user[train], minlength=world.n_users)
            user = world.user[rows]
            place = np.array([np.sum(world.user[:i] == u) for i, u in zip(rows, user, strict=True)])
            late = place / np.maximum(many[user] - 1, 1)
            row[name][split] = {key: round(float(value), 4) for key, value in {
                "hits": hit.mean(), "alone": alone.mean(), "known": known[user].mean(),
                "unknown": (many - known)[user].mean(), "first third": hit[late < 1 / 3].mean(),
                "last third": hit[late > 2 / 3].mean()}.items()}
    return row


def trees_row(seed):
    """Return what trees are worth that may also be smaller or more than in the study."""
    rng = np.random.default_rng(seed)
    train, test = loans.loans(rng, credit.N_LOANS), loans.loans(rng, credit.N_LOANS_TEST)
    old = tuple(recorded.record()["credit"][f" {seed}"]["trees settings"])
    chosen = min([old, *TREES],
                 key=lambda s: credit._cross_loss("trees", s, train.X, train.y, seed))
    p = credit._lender("trees", chosen, train.X, train.y).predict_proba(test.X)[:, 1]
    judged = credit._judged(p, test.y)
    return {"setting": list(chosen)} | {key: judged[key] for key in ("auc", "ap")}


def whole_texts():
    """Return the judgement of vectors from who stands in the same docstring, at any distance."""
    texts = [kinds.words_of(one.text, "everything") for one in docstrings()]
    words = vectors.vocabulary(texts, language.N_VECTORS)
    index = {word: i for i, word in enumerate(words)}
    there = np.zeros((len(texts), len(words)))
    for row, text in enumerate(texts):
        there[row, [index[word] for word in set(text) if word in index]] = 1
    table = there.T @ there
    np.fill_diagonal(table, 0)
    E = vectors.embed(vectors.ppmi(table), language.D)
    return language.judged(E, words, language.library_of(texts, words))


def left_out():
    """Return ranks when words that question and passage do not share are left out: a placebo."""
    out = {}
    for name, setting in zip(("BM25", "vectors"), language.CHOSEN, strict=True):
        find, table = language.finder(setting), []
        for n in language.DOSES:
            table.append([])
            for q in questions.questions():
                words, rarity = finding.words_of(q.asked[0]), find.rarity
                passage = set(finding.index()[q.passage])
                other = sorted(set(words) - passage, key=lambda w, r=rarity: (-r.get(w, 99.0), w))
                left = [w for w in words if w not in other[:n]]
                rank = language.rank(find.scores(left).round(9), q.passage)
                table[-1].append(rank)
        out[name] = table
    return out


def code_of(*modules):
    """Return the files of modules."""
    return [Path(module.__file__) for module in modules]


def tasks():
    """Return the name, the files, the function and the arguments of every run."""
    pole = code_of(noise, noise.policies, worlds)
    shops = code_of(shop, visits, recommenders)
    book = code_of(finding, questions, vectors, retrieval)
    return [
        *((f"noise {seed} {n}", pole, noise_row, (seed, n)) for seed in NOISE_SEEDS for n in AFTER),
        *((f"order {seed}", shops, order_row, (seed,)) for seed in SEEDS),
        ("whole texts", code_of(kinds, vectors), whole_texts, ()),
        ("left out", book, left_out, ()),
        *((f"trees {seed}", code_of(credit, loans), trees_row, (seed,)) for seed in SEEDS),
    ]


def everything():
    """Run all; return it, and its processor seconds."""
    result, seconds = {}, 0.0
    for name, code, function, arguments in tasks():
        result[name], took = kept(PARTS, code, (name, SETTINGS), function, *arguments)
        seconds += took
    return {"runs": result}, seconds


def check(chosen=None):
    """Run some controls again, by default drawn anew each time; return what differs."""
    everyone, wrong = tasks(), []
    chosen = random.sample([t[0] for t in everyone], 3) if chosen is None else chosen
    for name, _, function, arguments in everyone:
        if name in chosen:
            print(name, flush=True)
            old = record()["runs"][name]
            given = {"weights": old["weights"]} if function is noise_row else {}
            wrong += cases.differences(function(*arguments, **given), old, name)
    return wrong


def main(arguments):
    """Run or check; return the exit code."""
    return command(arguments, "controls", everything, check, "two parts in a hundred",
                   design=DESIGN, gymnasium=gymnasium.__version__,
                   **{"scikit-learn": sklearn.__version__})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
