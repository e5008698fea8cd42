"""Train what chapter 18 measured once more, on a second machine.

    python -m experiments.second_machine --jobs N   write second_machine.json of the study

The same seeds and the same programs: what differs comes from the processor, or from the version of
torch. Where both are those of the record, all losses should be equal.
"""

import argparse
import json
import multiprocessing
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import torch

from experiments.algorithms import SEEDS, loss_of
from lessons.studies.algorithms import analysis, runs
from lessons.studies.record import path_of

OUT = path_of("algorithms").with_name("second_machine.json")


def again(name, lr, seed):
    """Return the final held-out loss of one measured change, trained here."""
    torch.set_num_threads(1)
    return loss_of(runs.one("change", name, lr, seed))


def main(arguments):
    """Train everything, N at a time, and write losses beside the record's; return 0."""
    parser = argparse.ArgumentParser(prog="python -m experiments.second_machine",
                                     allow_abbrev=False)
    parser.add_argument("--jobs", type=int, default=1, metavar="N")
    jobs = parser.parse_args(arguments).jobs
    changes = analysis.record()["changes"]
    rows = [(name, row["lr"], seed) for name, row in changes.items() for seed in SEEDS]
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        here = list(pool.map(again, *zip(*rows, strict=True)))
    there = [loss_of(run) for row in changes.values() for run in row["runs"]]
    losses = {}
    for (name, *_), pair in zip(rows, zip(there, here, strict=True), strict=True):
        losses.setdefault(name, []).append(pair)
    made = {"command": "python -m experiments.second_machine", "date": time.strftime("%Y-%m-%d"),
            "torch": torch.__version__, "python": platform.python_version(), "jobs": jobs,
            "seeds": list(SEEDS)}
    text = json.dumps({"made": made, "losses": losses})
    OUT.write_text(text + "\n", encoding="utf-8")
    same = sum(a == b for pairs in losses.values() for a, b in pairs)
    print(f"{same} of {len(rows)} runs end at the very loss of the record")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
