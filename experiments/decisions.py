"""Bandits, Q-learning on the frozen lake, policy gradients on the pole: all that is recorded.

    python -m experiments.decisions           run everything (some seven minutes), keep the result
    python -m experiments.decisions --check   run a random part again, compare with what is kept

Settings and rates are chosen on problems and seeds that no test has. A run that is cut off goes on
where it stopped.
"""

import sys
from pathlib import Path

import gymnasium
import numpy as np

from experiments.keep import command, kept
from lessons.data import worlds
from lessons.studies.compare import interval
from lessons.studies.decisions import bandits, runs
from lessons.studies.record import path_of

PARTS = Path("_build/decisions")  # what is done, for a run that is cut off
STUDY = path_of("decisions").parent
WORLDS = Path(str(worlds.__file__))
CODE = {"bandits": [STUDY / "bandits.py", STUDY / "runs.py"],
        "lake": [STUDY / "learn.py", STUDY / "tables.py", STUDY / "runs.py", WORLDS],
        "pole": [STUDY / "policies.py", STUDY / "runs.py", WORLDS]}
N_TUNING, N_TESTED, N_LONG = 300, 600, 200
CLOSE = [0.5, 0.6]  # two arms, for the long run
TEXTBOOK = [("UCB", 1.4), ("Thompson", 1.0)]  # settings with a proof, beside the chosen ones
DESIGN = ("bandits: each rule chooses one of seven settings on 300 problems of 10 arms, 1000 pulls "
          "each, and is tested on 600 others; lake: rate and share of random actions by three "
          "seeds, tested on ten others; pole: rate by three seeds, tested on ten others, 250 "
          "episodes each")
VERSIONS = {"gymnasium": gymnasium.__version__}


def bandit_row(rule, setting, kind):
    """Return the mean regret of a setting: for choosing, and on test problems with its interval."""
    tuning = runs.bandit_curves(rule, setting, kind, N_TUNING, seed=10)
    test = runs.bandit_curves(rule, setting, kind, N_TESTED, seed=20)
    _, half = interval(test[:, -1])
    return {"tuning": round(float(tuning[:, -1].mean()), 2), "half": round(half, 2),
            "curve": [round(float(x), 2) for x in test.mean(axis=0)],
            "each": [round(float(x), 1) for x in test[:, -1]]}


def long_run(rule, setting):
    """Return the regret with two close arms over a long time, and how many runs are stuck.

    A run is stuck if it pulls the worse arm nine times in ten after 10,000 pulls.
    """
    lost = bandits.regret(bandits.RULES[rule][0], setting, [CLOSE] * N_LONG, runs.N_LONG, seed=30)
    at = lost[:, np.array(runs.PULLS_LONG) - 1]
    late = at[:, -1] - at[:, runs.PULLS_LONG.index(10_000)]
    most = max(CLOSE) - min(CLOSE)
    return {"rule": rule, "setting": setting,
            "curve": [round(float(x), 2) for x in at.mean(axis=0)],
            "slope": [round(float(x), 2) for x in interval(late / np.log(3))],
            "stuck": int((late > 0.9 * most * 20_000).sum()), "of": N_LONG}


def lake_row(alpha, exploring):
    """Return how good Q-learning is at each mark: for choosing, and on test seeds."""
    def scores(seeds):
        return [[round(x, 4) for x in runs.lake_scores(alpha, exploring, seed)] for seed in seeds]

    return {"tuning": scores(runs.TUNING_SEEDS), "test": scores(runs.SEEDS)}


def counting_row():
    """Return how good plans from counts are at each mark, on the test seeds."""
    return [[round(x, 4) for x in runs.counting_scores(seed)] for seed in runs.SEEDS]


def pole_row(lr, baseline):
    """Return all runs of a rate."""
    return {"tuning": [runs.pole(lr, baseline, seed) for seed in runs.TUNING_SEEDS],
            "test": [runs.pole(lr, baseline, seed) for seed in runs.SEEDS]}


def guesses_row():
    """Return what guessing weights gives, on the test seeds."""
    return [runs.guessed(seed) for seed in runs.SEEDS]


def everything():
    """Run the whole experiment; return it, and its processor seconds."""
    seconds = []

    def do(part, function, *arguments):
        settings = DESIGN, gymnasium.__version__
        result, took = kept(PARTS, CODE[part], settings, function, *arguments)
        seconds.append(took)
        return result

    races = {kind: {rule: {f"{s:g}": do("bandits", bandit_row, rule, s, kind) for s in settings}
                    for rule, (_, settings) in bandits.RULES.items()} for kind in bandits.KINDS}
    # Each problem's loss is kept for the settings that are chosen, to compare rules in pairs.
    for rows in races.values():
        for rule, row in rows.items():
            chosen = {min(races[kind][rule], key=lambda s, k=kind: races[k][rule][s]["tuning"])
                      for kind in races}
            for setting, one in row.items():
                if setting not in chosen:
                    one.pop("each")
    first = races["any chance"]
    chosen = [(rule, float(min(rows, key=lambda s, rows=rows: rows[s]["tuning"])))
              for rule, rows in first.items()]
    long = [do("bandits", long_run, *pair) for pair in [*chosen, *TEXTBOOK]]
    lake = {"q": {exploring: {f"{a:g}": do("lake", lake_row, a, exploring) for a in runs.ALPHAS}
                  for exploring in runs.EXPLORING}, "counting": do("lake", counting_row)}
    pole = {b: {f"{lr:g}": do("pole", pole_row, lr, b) for lr in runs.RATES}
            for b in runs.BASELINES}
    return {"bandits": races, "long": long, "lake": lake,
            "pole": pole | {"guesses": do("pole", guesses_row)}}, sum(seconds)


def check(rng=None):
    """Run a random part again; return what differs."""
    rng, found, wrong = rng or np.random.default_rng(), runs.record(), []

    def compare(what, again, recorded, room):
        if np.abs(np.subtract(again, recorded)).max() > room:
            wrong.append(f"{what}: {again}, recorded {recorded}")

    kind, rule = rng.choice(list(bandits.KINDS)), rng.choice(list(bandits.RULES))
    setting = rng.choice(bandits.RULES[rule][1])
    row, old = bandit_row(rule, setting, kind), found["bandits"][kind][rule][f"{setting:g}"]
    compare(f"{kind}, {rule} {setting:g}", row["curve"], old["curve"], 0.02)
    exploring, alpha, k = (rng.choice(list(x)) for x in (runs.EXPLORING, runs.ALPHAS, runs.SEEDS))
    compare(f"lake, {exploring}, {alpha:g}, seed {k}", runs.lake_scores(alpha, exploring, int(k)),
            found["lake"]["q"][exploring][f"{alpha:g}"]["test"][k], 1e-3)
    k = rng.choice(runs.SEEDS)
    compare(f"lake, counting, seed {k}", runs.counting_scores(int(k)),
            found["lake"]["counting"][k], 1e-3)
    baseline, lr, k = (rng.choice(list(x)) for x in (runs.BASELINES, runs.RATES, runs.SEEDS))
    compare(f"pole, {baseline}, {lr:g}, seed {k}",
            runs.pole(float(lr), str(baseline), int(k))["lengths"],
            found["pole"][baseline][f"{lr:g}"]["test"][k]["lengths"], 0.1)
    return wrong


def main(arguments):
    """Run or check; return the exit code."""
    return command(arguments, "decisions", everything, check, "the last digit kept", design=DESIGN,
                   **VERSIONS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
