"""Run the study of the chapter on what comes after pre-training, or run a part of it again.

    python -m experiments.alignment --jobs N   run everything, N processes at a time, keep it
    python -m experiments.alignment --check    run a random part again, compare with what is kept

Each method has its rate chosen with a seed and questions of its own, among rates of which the best
is not the last; then it runs with the seeds that are reported, and questions that chose nothing.
"""

import random
import sys
from pathlib import Path

import torch

from experiments import keep
from experiments.keep import command
from lessons.studies.alignment import further, learn, pairs, plan, runs, sums, tensors
from lessons.studies.record import load

PARTS = Path("_build/alignment")  # what is done, for a run that is cut off
CODE = [Path(module.__file__) for module in (learn, pairs, plan, runs, sums, tensors)]
SEEDS, CHOOSING = [0, 1, 2], 9  # reported; and the one that chooses rates
RATES = [0.0005, 0.0015, 0.0045]
ASKED = 60  # questions from which a reward model learns
AGREES = 0.1  # of tries: processors round differently, and training amplifies it

#: Each method: its function, and its arguments before rate and seed.
METHODS = {
    "answers": ("masked", "answers"),
    "everything": ("masked", "everything"),
    "one early": ("masked", "one early"),
    "right ones": ("imitated",),
    "group, divided": ("reinforced", "exact", "group, divided", 0.0),
    "group": ("reinforced", "exact", "group", 0.0),
    "taught": ("taught",),
    "distilled": ("distilled", "own answers"),
    "teacher's answers": ("distilled", "teacher's answers"),
    "pairs imitated": ("preferred", "imitate", 1.0),
    "DPO 0.1": ("preferred", "DPO", 0.1),
    "DPO 1": ("preferred", "DPO", 1.0),
    "no baseline, 1 or 2": ("reinforced", "exact", "none", 0.0, "shift"),
}
#: What runs at the rate of another method.
CONTROLS = {
    "lenient": ("group, divided", ("reinforced", "lenient", "group, divided", 0.0)),
    "coin": ("group, divided", ("reinforced", "coin", "group, divided", 0.0)),
    "shuffled": ("group, divided", ("reinforced", "shuffled", "group, divided", 0.0)),
    "hurried, nat 0": ("group, divided", ("by_judge", "hurried", ASKED, 0.0)),
    "strict, nat 0": ("group, divided", ("by_judge", "strict", ASKED, 0.0)),
    **{f"lenient, nat {beta:g}": ("group, divided",
                                  ("reinforced", "lenient", "group, divided", beta))
       for beta in (0.1, 0.4, 1.6)},
    **{f"exact, nat {beta:g}": ("group, divided", ("reinforced", "exact", "group, divided", beta))
       for beta in (0.1, 0.4)},
    "no teacher": ("distilled", ("distilled", "no teacher")),
    "hurried, nat 0.4": ("group, divided", ("by_judge", "hurried", ASKED, 0.4)),
    "strict, nat 0.4": ("group, divided", ("by_judge", "strict", ASKED, 0.4)),
}

#: What the first runs asked for: function, arguments, and whose rate, if it has none of its own.
FURTHER = {
    "right ones, 64 questions": ("shaped", ("right ones", 64), None),
    "group, 32 questions": ("shaped", ("group, divided", 32), None),
    "DPO 1 and imitation": ("braked", (1.0,), None),
    "one early, same rate": ("masked", (), "answers"),
}


def one(method, lr, seed, part="test"):
    """Run a method, by its name, on one core."""
    torch.set_num_threads(1)
    family, *given = METHODS[method] if method in METHODS else CONTROLS[method][1]
    shift = {"shift": 1.0} if given[-1:] == ["shift"] else {}
    given = given[:-1] if shift else given
    where = pairs if hasattr(pairs, family) else runs
    return getattr(where, family)(*given, lr, seed, part, **shift)


def later(name, lr, seed, part="test"):
    """Run one of those that the first ones asked for."""
    torch.set_num_threads(1)
    family, given, _ = FURTHER[name]
    return getattr(further, family)(*given, lr, seed, part)


def begun(seed):
    """Make the models of a seed that all its runs start from; say how they do."""
    torch.set_num_threads(1)
    return runs.begun(seed)


def taught_well(seed):
    """Make the teacher; say how it does."""
    torch.set_num_threads(1)
    return learn.finished(learn.teacher(runs.FOLDER), seed)


def unmoved(judge, seed):
    """Return a reward model's scores of many tries of the model that it was made for."""
    torch.set_num_threads(1)
    return pairs.scored(judge, ASKED, seed)


class Runs(keep.Runs):
    """All runs that are done."""

    def do(self, function, rows):
        """Do these runs, if they are not done; return what they gave by their arguments."""
        settings = (learn.WIDTH, learn.N_STEPS, runs.N_UPDATES, METHODS, CONTROLS)
        code = [*CODE, Path(further.__file__)] if function is later else CODE
        return super().do(function, rows, code, settings)

    def chosen(self, method, function=one):
        """Return the rate that is best by its own questions, and what each rate gave."""
        rates = list(RATES)
        while True:
            rows = self.do(function, [(method, lr, CHOOSING, "tune") for lr in rates])
            truth = {lr: end_of(row)["truth"] for (_, lr, *_), row in rows.items()}
            best = max(truth, key=truth.get)
            if best == min(truth) and len(rates) < 6:
                rates = [best / 3, *rates]
            elif best == max(truth) and len(rates) < 6:
                rates = [*rates, best * 3]
            else:
                return best, {f"{lr:.2g}": value for lr, value in sorted(truth.items())}


def end_of(run):
    """Return the last look of a run."""
    return run["looks"][-1] if "looks" in run else run["look"]


def everything(jobs):
    """Do all runs; return them by method, and their processor seconds."""
    all_runs = Runs(PARTS, jobs)
    starts = all_runs.do(begun, [(seed,) for seed in [*SEEDS, CHOOSING]])
    (teacher,) = all_runs.do(taught_well, [(SEEDS[0],)]).values()
    best, tried = {}, {}
    for method in METHODS:
        best[method], tried[method] = all_runs.chosen(method)
    best |= {name: best[like] for name, (like, _) in CONTROLS.items()}
    rows = all_runs.do(one, [(name, best[name], seed) for seed in SEEDS for name in best])
    many = all_runs.do(unmoved, [(judge, seed) for judge in plan.JUDGES for seed in SEEDS])
    found = {name: {"rate": best[name], "runs": [rows[name, best[name], seed] for seed in SEEDS]}
             for name in best}
    for name, (_, _, like) in FURTHER.items():
        best[name], value = (best[like], None) if like else all_runs.chosen(name, later)
        rows = all_runs.do(later, [(name, best[name], seed) for seed in SEEDS])
        found[name] = {"rate": best[name], "runs": list(rows.values())}
        tried |= {name: value} if value else {}
    for name, value in tried.items():
        found[name]["tried"] = value
    return {"seeds": SEEDS, "starts": [starts[(seed,)] for seed in SEEDS], "methods": found,
            "teacher": teacher,
            "judged": {judge: [many[judge, seed] for seed in SEEDS] for judge in plan.JUDGES},
            "sizes": {"questions": len(sums.pairs("train")), "test": len(sums.pairs("test")),
                      "updates": runs.N_UPDATES, "answers": learn.N_QUESTIONS * learn.GROUP},
            }, all_runs.seconds


def check():
    """Run some methods again, drawn at random; return a line for each that differs."""
    record, wrong = load("alignment"), []
    for name in random.sample(sorted(record["methods"]), 2):
        entry, k = record["methods"][name], random.randrange(len(record["seeds"]))
        run = later if name in FURTHER else one
        again = end_of(run(name, entry["rate"], record["seeds"][k]))["truth"]
        kept = end_of(entry["runs"][k])["truth"]
        if abs(again - kept) > AGREES:
            wrong.append(f"{name}, seed {record['seeds'][k]}: {again:.2f} are right, recorded "
                         f"{kept:.2f}")
    return wrong


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:], "alignment", everything, check, f"{AGREES} of the tries",
                     parallel=True, parts=PARTS))
