"""Run torch's own layouts, and a run whose worker is killed, or run one of them again.

    python -m experiments.parallel           run everything, keep it
    python -m experiments.parallel --check   run one layout again and compare with what is kept

Every layout trains the model of `lessons.parallel.task` on four processes for twenty steps.
"""

import random
import resource
import sys
import tempfile
from pathlib import Path

from experiments.keep import command
from lessons.parallel import data, pipeline, sharded, task, team, tensor
from lessons.studies.parallel import elastic, torchs
from lessons.studies.record import load

N_RANKS, KILL_AFTER = 4, 25
NEARLY = 1e-6

#: Ours, by the names of torch's.
OURS = {"data": (data.train, ()), **{f"ZeRO-{s}": (sharded.train, (s,)) for s in (1, 2, 3)},
        "tensor": (tensor.train, ()), "GPipe": (pipeline.train, (8, "GPipe")),
        "1F1B": (pipeline.train, (8, "1F1B"))}


def by_layout(engines):
    """Return how far each layout is from one process, and its losses."""
    reference, found = task.alone(), {}
    with team.team(N_RANKS, patience_s=300) as ranks:
        for name, (function, arguments) in engines.items():
            results = [r[0] if isinstance(r, tuple) else r
                       for r in ranks.run(function, *arguments)]
            loss, weight = task.differences(results, reference)
            found[name] = {"loss": loss, "weight": weight, "sent": [r.sent for r in results]}
            print(name, found[name], flush=True)
    return found


def killed():
    """Return what a run with a killed worker and one without give."""
    with tempfile.TemporaryDirectory() as folder:
        whole = elastic.train(Path(folder, "whole"))
        broken = elastic.train(Path(folder, "broken"), KILL_AFTER)
    difference = max(abs(a - b) for a, b in zip(whole["losses"], broken["losses"], strict=True))
    print({"reached": broken["reached"], "difference": difference}, flush=True)
    return {"whole": whole, "broken": broken, "difference": difference}


def everything():
    """Return the record and its processor seconds."""
    alone = task.alone()
    record = {"n_steps": task.N_STEPS, "n_ranks": N_RANKS, "alone": alone.losses,
              "torch": by_layout(torchs.ENGINES), "ours": by_layout(OURS), "killed": killed()}
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return record, sum(u.ru_utime + u.ru_stime for u in used)


def check():
    """Run one of torch's layouts again; return a line for each number that differs."""
    name = random.choice(list(torchs.ENGINES))
    again, kept = by_layout({name: torchs.ENGINES[name]})[name], load("parallel")["torch"][name]
    wrong = [f"{name}: {key} {again[key]:.2g}, kept {kept[key]:.2g}" for key in ("loss", "weight")
             if max(again[key], kept[key]) > NEARLY]
    return wrong + [f"{name}: {key} differs" for key in ("sent",) if again[key] != kept[key]]


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:], "parallel", everything, check, f"{NEARLY:g} of one process"))
