"""Run the study of the chapter on smaller and faster models, or run a part of it again.

    python -m experiments.compression --jobs N   run everything, N processes at a time, keep it
    python -m experiments.compression --check    run a random part again, compare with what is kept

Whatever trains has its rate chosen with a seed and a text of its own, among rates of which the best
is not the last; then it runs with the seeds that are reported.
"""

import random
import sys
from pathlib import Path

import torch

from experiments import keep
from experiments.keep import command
from lessons.studies.compression import plan, runs, small, speed
from lessons.studies.record import load

PARTS = Path("_build/compression")  # what is done, for a run that is cut off
CODE = [Path(module.__file__) for module in (small, plan, runs)]
SEEDS, CHOOSING = [0, 1, 2], 9  # reported; and the one that chooses rates
AGREES = 0.03  # bits per byte: processors round differently, and training amplifies it
BITS, PER = [8, 6, 4, 3, 2], ["tensor", "row", 16]
FACTORS = [1 / 512, 1 / 64, 1 / 8, 1, 8, 64, 512]
SPARSITIES = [0.5, 0.7, 0.8, 0.9, 0.95]
#: Families of runs that train: their rates, and their members.
RATES = {"ticket": [0.012, 0.024, 0.048], "adapted": [0.001, 0.004, 0.016],
         "student": [0.004, 0.008, 0.016], "recovered": [0.001, 0.003, 0.009]}
ARMS = {"adapted": ["4", "1", "16", "all", "norms and biases"],
        "student": ["alone", "taught", "taught by a beginner", "alone, longer"],
        "ticket": ["ticket", "other start", "other places"]}
#: What runs at the rate of another arm.
LIKE = {"taught by a beginner": "taught"}


def one(family, given, lr, seed, part="test"):
    """Do a run that trains, by the name of its function, on one core."""
    torch.set_num_threads(1)
    return getattr(runs, family)(*given, lr, seed, part)


def still(family, seed, *given):
    """Do something to a trained model that needs no training."""
    torch.set_num_threads(1)
    return getattr(runs, family)(seed, *given)


def based(seed):
    """Make the model of a seed that all its runs start from; say how it does."""
    torch.set_num_threads(1)
    return runs.bits(small.base(seed))


def unread(seed):
    """Say how the model of a seed does on the text that it is taught later."""
    torch.set_num_threads(1)
    return runs.bits(small.base(seed), "test", "docstrings")


def timed(n):
    """Measure products of an n × n matrix."""
    torch.set_num_threads(1)
    return speed.times(n)


def number(result):
    """Return the bits per byte of a run."""
    return result["bits"] if isinstance(result, dict) else result


class Runs(keep.Runs):
    """All runs that are done."""

    def do(self, function, rows):
        """Do these runs, if they are not done; return what they gave by their arguments."""
        code = [Path(speed.__file__)] if function is timed else CODE
        return super().do(function, rows, code, (small.WIDTH, small.N_STEPS))

    def chosen(self, family, given):
        """Return the rate that is best for the text that chooses, and what each rate gave."""
        rates = list(RATES[family])
        while True:
            rows = self.do(one, [(family, given, lr, CHOOSING, "tune") for lr in rates])
            found = {row[2]: number(result) for row, result in rows.items()}
            best = min(found, key=found.get)
            if len(rates) < 5 and best in (min(found), max(found)):
                step = rates[1] / rates[0]
                rates = [best / step, *rates] if best == min(found) else [*rates, best * step]
            else:
                return best, {f"{lr:.2g}": bits for lr, bits in sorted(found.items())}

    def trained(self, family, given, best=None):
        """Return a run's rate, what each rate gave, and the results of the reported seeds."""
        tried = {}
        if best is None:
            best, tried = self.chosen(family, given)
        rows = self.do(one, [(family, given, best, seed) for seed in SEEDS])
        return {"rate": best, "tried": tried, "runs": list(rows.values())}

    def arms(self, family):
        """Return all arms of a family, each with a rate of its own or another's."""
        found = {}
        for arm in ARMS[family]:
            best = found[LIKE[arm]]["rate"] if arm in LIKE else None
            found[arm] = self.trained(family, (arm,), best)
        return found

    def seeds(self, family, *given):
        """Return what was found without training, one entry a seed."""
        return list(self.do(still, [(family, seed, *given) for seed in SEEDS]).values())


def everything(jobs):
    """Do all runs; return them, and their processor seconds."""
    r = Runs(PARTS / "parts", jobs)
    bases = r.do(based, [(seed,) for seed in [*SEEDS, CHOOSING]])
    out = {"seeds": SEEDS, "base": [bases[(seed,)] for seed in SEEDS]}
    new = r.do(unread, [(seed,) for seed in SEEDS])
    out["before"] = [new[(seed,)] for seed in SEEDS]
    out["student"] = r.arms("student")
    rates = tuple((arm, out["student"][arm]["rate"]) for arm in ("alone", "taught"))
    out["speculated"] = {"costs": runs.costs(), "runs": r.seeds("speculated", rates)}
    out["rounded"] = {f"{bits} {per}": r.seeds("rounded", bits, per)
                      for bits in BITS for per in PER}
    out["outlier"] = {f"{bits} {per} {factor:g} {both}": r.seeds("outlier", factor, bits, per, both)
                      for bits in (8,) for per in PER for factor in FACTORS
                      for both in (False, True)}
    out["cut"] = {f"{pattern} {s:g}": r.seeds("cut", s, pattern)
                  for pattern in ("global", "random") for s in SPARSITIES}
    out["cut"]["2:4 0.5"] = r.seeds("cut", 0.5, "2:4")
    found = {f"{pattern} 0.9": r.trained("recovered", (0.9, pattern))
             for pattern in ("global", "random")}
    best = found["global 0.9"]["rate"]
    found |= {f"global {s:g}": r.trained("recovered", (s, "global"), best) for s in (0.5, 0.8)}
    found["2:4 0.5"] = r.trained("recovered", (0.5, "2:4"), best)
    out["recovered"] = found | {"none": r.trained("recovered", (0, "global"))}
    out["times"] = {str(n): r.do(timed, [(n,)])[(n,)] for n in (1024,)}
    out["adapted"] = r.arms("adapted")
    out["ticket"] = r.arms("ticket")
    return out, r.seconds


def check():
    """Run some parts again, drawn at random; return a line for each that differs."""
    record, wrong = load("compression"), []
    arms = [(family, arm) for family, members in ARMS.items() for arm in members]
    for family, arm in random.sample(arms, 2):
        entry, k = record[family][arm], random.randrange(len(SEEDS))
        again = number(one(family, (arm,), entry["rate"], SEEDS[k]))
        kept = number(entry["runs"][k])
        if abs(again - kept) > AGREES:
            wrong.append(f"{family}, {arm}, seed {SEEDS[k]}: {again:.3f} bits per byte, recorded "
                         f"{kept:.3f}")
    return wrong


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:], "compression", everything, check, f"{AGREES} bits per byte",
                     parallel=True, parts=PARTS / "parts"))
