"""Run the study of what DP-SGD costs and prevents, or run a part of it again.

    python -m experiments.privacy --jobs N   run everything, N processes at a time, keep it
    python -m experiments.privacy --check    run a random part again, compare with what is kept

Every noise and number of steps has its rate chosen by a seed that is not reported, on digits that
test nothing.
"""

import random
import sys
from pathlib import Path

import numpy as np
import torch

from experiments import keep
from experiments.keep import command
from lessons.privacy import attacks, noise
from lessons.studies.privacy import learn, trials
from lessons.studies.privacy.learn import Plan
from lessons.studies.record import load

PARTS = Path("_build/privacy")
CODE = [Path(module.__file__) for module in (learn, trials, noise, attacks)]
SEEDS, CHOOSING = [0, 1, 2], 9
DELTA = 1e-4  # well below one over the 800 digits
Q = 0.2
SIGMAS = [0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0]
STEPS = [50, 100, 200]
RATES = [0.25, 0.5, 1.0, 2.0, 4.0]
CLIP = 1.0
OPEN_STEPS, OPEN_RATES, OPEN_DECAYS = [100, 300, 1000], [0.1, 0.3, 1.0], [0.0, 0.003, 0.01, 0.03]
LONG = {"lr": 0.5, "n_steps": 3000, "q": 0.1}  # until nearly every digit is learned by heart
BUDGETS = [1.0, 3.0, 8.0]
AGREES = 0.02


def quiet():
    """Keep one run on one core."""
    torch.set_num_threads(1)


def one(plan, seed, part="out"):
    """Train with a plan, given as pairs of name and value."""
    quiet()
    return trials.accuracy(Plan(**dict(plan)), seed, part)


def attack(plan, seed):
    """Train with a plan, and attack."""
    quiet()
    return trials.attacked(Plan(**dict(plan)), seed)


def blind(seed):
    """Attack without sight."""
    quiet()
    return trials.blind(seed)


def plan_of(**fields):
    """Return a plan that can name a run."""
    return tuple(sorted(fields.items()))


class Runs(keep.Runs):
    """All runs that are done."""

    def do(self, function, rows):
        """Do these runs, if they are not done; return what they gave by their arguments."""
        return super().do(function, rows, CODE)

    def best(self, plans):
        """Return the plan that reads most of the digits that choose, and how many."""
        found = self.do(one, [(plan, CHOOSING, "tune") for plan in plans])
        plan = max(plans, key=lambda p: found[p, CHOOSING, "tune"]["right"])
        return plan, found[plan, CHOOSING, "tune"]["right"]

    def reported(self, plan):
        """Return what a plan gives on the seeds that are reported."""
        return list(self.do(one, [(plan, seed) for seed in SEEDS]).values())


def grid(runs):
    """Return a row for each noise and number of steps, with its own best rate."""
    rows = []
    for n_steps in STEPS:
        for sigma in SIGMAS:
            plan, tuned = runs.best([plan_of(lr=lr, n_steps=n_steps, q=Q, sigma=sigma, clip=CLIP)
                                     for lr in RATES])
            rows.append({"plan": dict(plan), "tune": tuned, "runs": runs.reported(plan),
                         "epsilon": noise.spent(Q, sigma, n_steps, DELTA)})
    return rows


def everything(jobs):
    """Do all runs; return them, and their processor seconds."""
    runs = Runs(PARTS, jobs)
    rows = grid(runs)
    opened, tuned = runs.best([plan_of(lr=lr, n_steps=n, q=Q, decay=d) for lr in OPEN_RATES
                               for n in OPEN_STEPS for d in OPEN_DECAYS])
    named = {"no privacy, to the end": plan_of(**LONG), "no privacy, tuned": opened}
    for budget in BUDGETS:
        row = max((r for r in rows if r["epsilon"] <= budget), key=lambda r: r["tune"])
        named[f"epsilon {budget:g}"] = plan_of(**row["plan"])
    sigma = noise.sigma_for(3.0, LONG["q"], LONG["n_steps"], DELTA)
    untuned = plan_of(**LONG, sigma=sigma, clip=CLIP)
    tried = runs.do(attack, [(plan, seed) for plan in named.values() for seed in SEEDS])
    return {"seeds": SEEDS, "delta": DELTA, "q": Q, "sigmas": SIGMAS, "steps": STEPS,
            "slips": trials.SLIPS, "n_train": learn.N_TRAIN, "grid": rows,
            "named": {name: {"plan": dict(plan), "runs": [tried[plan, s] for s in SEEDS]}
                      for name, plan in named.items()},
            "untuned": {"plan": dict(untuned), "runs": runs.reported(untuned)},
            "tuned at": tuned,
            "blind": list(runs.do(blind, [(seed,) for seed in SEEDS]).values())}, runs.seconds


def check():
    """Run some rows again; return a line for each that differs."""
    record, wrong = load("privacy"), []
    for row in random.sample(record["grid"], 3):
        k = random.randrange(len(SEEDS))
        again = one(plan_of(**row["plan"]), SEEDS[k])["right"]
        if abs(again - row["runs"][k]["right"]) > AGREES:
            wrong.append(f"{row['plan']}: {again:.3f}, recorded {row['runs'][k]['right']:.3f}")
    again = blind(SEEDS[0])
    wrong += [f"{name}: {again[name]:.3f}, recorded {value:.3f}"
              for name, value in record["blind"][0].items() if not np.isclose(
                  again[name], value, atol=AGREES)]
    return wrong


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:], "privacy", everything, check, f"{AGREES} of the digits",
                     parallel=True, parts=PARTS))
