"""Find the rows of the speedrun and time them, or run one of them again.

    python -m experiments.speedrun          run everything (fifty minutes of one core), keep it
    python -m experiments.speedrun --check  run one row again, compare with what is kept

Seed 0 tries numbers of steps. Those that reach the score with a margin are run with seeds
1 and 2, the fewest steps first, until both reach it too: that is the row. A row that no try reaches
is open; its longest try runs with all seeds. Some ideas came to no row, or not when they were tried
first: they are open as well, with the rates that were tried there.
"""

import hashlib
import math
import random
import sys
from pathlib import Path

from experiments.algorithms import without_words
from experiments.keep import command, kept_all
from lessons.gpt import model, tokenizer
from lessons.gpt.variants import assembled, attention
from lessons.studies import trial
from lessons.studies.small_gpt import runs as small_gpt
from lessons.studies.speedrun import entry, ladder, results, table, timed
from lessons.studies.speedrun.results import N_STEPS, Result, target
from lessons.train import muon, optimiser, tokens

PARTS = Path("_build/speedrun")  # what is done, for a run that is cut off
TUNING, SEEDS = 0, range(3)
MARGIN = 0.004  # bits per byte that a try must be better than the score
MODULES = (model, tokenizer, assembled, attention, trial, entry, ladder, results, timed, muon,
           optimiser, tokens)

#: Peak rates and numbers of steps that were tried for each row. Chapter 10's are what they are.
TRIES = {
    "rotary": [(0.006, 450)],
    "first weights": [(0.006, 350)],
    "Muon": [(0.012, 240)],
    "no dropout": [(0.012, 150), (0.012, 175), (0.012, 190), (0.012, 205)],
    "token shift": [(0.012, 125), (0.012, 150), (0.012, 170)],
}

#: What came to no row: peak rate, number of steps and seed of each run.
ASIDE = {
    "in a hurry": [(0.006, 700, 0)],
    "Muon, old weights": [(0.012, 240, 0), (0.012, 310, 0)],
    "no dropout, AdamW": [(0.006, 360, 0), (0.003, 560, 0),
                          *((0.006, 560, seed) for seed in SEEDS)],
    "no dropout, Muon": [(0.012, 190, 0), (0.024, 280, 0), (0.012, 300, 0), (0.006, 370, 0),
                         (0.012, 370, 0), *((0.012, 450, seed) for seed in SEEDS)],
}


def code():
    """Return a fingerprint of the programs that decide the results."""
    programs = [without_words(Path(m.__file__).read_text(encoding="utf-8")) for m in MODULES]
    return hashlib.sha256("\0".join(programs).encode()).hexdigest()


def once(name, lr, n_steps, seed):
    """Return what one run gave."""
    return timed.run(ladder.entry(name, lr, n_steps), seed).record()


def promising(tried):
    """Return rate and steps of the tries that surely reached the score, the fewest steps first.

    Parameters
    ----------
    tried : dict
        From (rate, number of steps) to what the run gave.
    """
    good = [key for key, row in tried.items() if row["bits"] <= target() - MARGIN]
    return sorted(good, key=lambda key: (key[1], tried[key]["bits"]))


def reached(runs):
    """Return whether every run has the score, to a thousandth of a bit."""
    return all(round(run["bits"], 3) <= round(target(), 3) for run in runs)


def chapter_10():
    """Return the first row from chapter 10's own record: its thousand steps are the unit of time.

    Its training loss is that of the last 25 steps, with dropout, in bits per byte.
    """
    run, text = small_gpt.record(), timed.tokens()
    n_bytes = text.n_bytes[text.train.long()].sum().item()
    train = run["curves"][-1][1] / math.log(2) * len(text.train) / n_bytes
    result = Result("chapter 10", 0, N_STEPS, target(), train,
                    run["processor_s"], run["processor_s"] / N_STEPS)
    return {"idea": ladder.IDEAS["chapter 10"][1], "lr": ladder.BASE.lr,
            "n_steps": N_STEPS, "flops_per_step": trial.flops_per_step(ladder.BASE),
            "runs": [result.record()], "tried": []}


def everything(jobs=1):
    """Run the whole study; return it, and its processor seconds."""
    seconds, rows, still_open = [], {"chapter 10": chapter_10()}, {}

    def do(tasks):
        done = kept_all(PARTS, [], code(), once, tasks, jobs)
        seconds.extend(took for _, took in done.values())
        return {task: row for task, (row, _) in done.items()}

    for name, tries in TRIES.items():
        done = do([(name, *t, TUNING) for t in tries])
        tried = {task[1:3]: row for task, row in done.items()}
        listed, found = [{"lr": key[0], **row} for key, row in tried.items()], None
        for lr, n_steps in promising(tried) or [tries[-1]]:
            runs = list(do([(name, lr, n_steps, seed) for seed in SEEDS]).values())
            if reached(runs):
                found = lr, n_steps
                break
            listed += [{"lr": lr, **run} for run in runs if run["seed"] != TUNING]
        if not found:
            still_open[name] = listed
            continue
        recipe, idea = ladder.IDEAS[name]
        rows[name] = {"idea": idea, "lr": found[0], "n_steps": found[1], "runs": runs,
                      "flops_per_step": trial.flops_per_step(recipe), "tried": listed}
    for name, runs in ASIDE.items():
        done = do([(name, *run) for run in runs])
        still_open[name] = [{"lr": task[1], **row} for task, row in done.items()]
    return {"target": target(), "rows": rows, "open": still_open}, sum(seconds)


def check():
    """Run a row again with one of its seeds; return what differs."""
    rows = table.record()["rows"]
    name = random.choice([name for name in rows if name != "chapter 10"])
    row = rows[name]
    old = random.choice(row["runs"])
    new = once(name, row["lr"], row["n_steps"], old["seed"])
    if abs(new["bits"] - old["bits"]) > 0.02:
        return [f"{name}, seed {old['seed']}: {new['bits']} bits, recorded {old['bits']}"]
    return []


def main(arguments):
    """Run or check; return the exit code."""
    return command(arguments, "speedrun", everything, check, "two hundredths of a bit",
                   parallel=True, parts=PARTS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
