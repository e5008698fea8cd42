"""Run the study of the chapter on scaling laws, or run a part of it again.

    python -m experiments.scaling --jobs N   run everything, N processes at a time, keep the result
    python -m experiments.scaling --check    run a part of it again, compare with what is kept
    python -m experiments.scaling --controls run the controls again, keep all else

First each width reads up to a million bytes at four learning rates; then at the best rate with two
more seeds, and two million bytes; then come a rate that never falls, and short runs with such a
rate: what they differ in from a long one on its way is how long they warm up. The controls are
short runs with another warm-up, with other first weights, and with both.
"""

import json
import random
import sys
import time
from pathlib import Path

import torch

from experiments.keep import command, kept_all
from lessons.studies.record import load, path_of
from lessons.studies.scaling import fits, shapes, small, text

PARTS = Path("_build/scaling")  # what is done, for a run that is cut off
CODE = [Path(m.__file__) for m in (shapes, small, text)]
WIDTHS = [12, 16, 24, 32, 48, 64, 96]
STEPS = [shapes.FIRST * 2**k for k in range(5)]  # 131 thousand to 2.1 million bytes
TUNED, LONGEST = STEPS[:4], STEPS[4]
SCALES = [1 / 4, 1 / 2, 1]  # learning rate times width; one more where the best is the last
MORE_SEEDS = [1, 2]
CONTROLLED, CONTROL = [12, 48, 96], 1 / 4  # widths and rate: a short warm-up, and no fall
FLAT = ["constant", "warmed, constant"]  # a warm-up of a twentieth of the run, or as in a long one
LARGER = small.WEIGHTS[1]
CONTROLS = [(w, shapes.FIRST, CONTROL, 0, how, LARGER) for w in CONTROLLED[:2] for how in FLAT]
AGREES = 0.1  # nats: processors round differently, and training amplifies it


def a_run(width, n_steps, scale, seed, schedule="cosine", weights=small.WEIGHTS[0]):
    """Train one model on one core; its highest learning rate is `scale` over its width."""
    torch.set_num_threads(1)
    return small.run(width, n_steps, scale / width, seed, schedule, weights)


class Grid:
    """All runs that are done, and what they say about learning rates."""

    def __init__(self, jobs):
        self.jobs, self.done = jobs, {}

    def do(self, rows):
        """Do these runs, the longest first."""
        rows = sorted(set(rows), key=lambda row: row[0] ** 2 * row[1], reverse=True)
        settings = shapes.CONTEXT, shapes.BATCH
        self.done |= kept_all(PARTS, CODE, settings, a_run, rows, self.jobs)

    def best(self, width, n_steps, schedule="cosine"):
        """Return the scale of the rate that is best for seed 0, on the text for choosing."""
        rows = [row for row in self.done if row[:2] == (width, n_steps) and row[3] == 0
                and (row[4] if len(row) > 4 else "cosine") == schedule]
        return min(rows, key=lambda row: self.done[row][0]["tune"])[2]

    def at_the_edge(self, steps):
        """Return rows for the next rate, where the best of a width is the last that was tried."""
        out = []
        for width in WIDTHS:
            for n_steps in steps:
                tried = sorted(row[2] for row in self.done
                               if row[:2] == (width, n_steps) and row[3] == 0 and len(row) == 4)
                best = self.best(width, n_steps)
                if best == tried[0]:
                    out.append((width, n_steps, best / 2, 0))
                elif best == tried[-1]:
                    out.append((width, n_steps, best * 2, 0))
        return out


def rows_of(done):
    """Return what was run, and what came of it, as rows that JSON can hold."""
    return [{"width": row[0], "steps": row[1], "scale": row[2], "seed": row[3],
             "schedule": row[4] if len(row) > 4 else "cosine",
             **({"weights": row[5]} if len(row) > 5 else {}), **result}
            for row, (result, _) in sorted(done.items(), key=repr)]


def controls(jobs):
    """Do the runs of the controls; return them with date and processor seconds."""
    some = Grid(jobs)
    some.do(CONTROLS)
    return {"runs": rows_of(some.done), "date": time.strftime("%Y-%m-%d"),
            "processor_s": round(sum(seconds for _, seconds in some.done.values()))}


def controls_again():
    """Put the controls into the record that is there."""
    record = load("scaling")
    record["controls"] = controls(1)
    path_of("scaling").write_text(json.dumps(record) + "\n", encoding="utf-8")


def everything(jobs):
    """Do all runs; return them as rows, and their processor seconds."""
    grid = Grid(jobs)
    grid.do([(w, n, scale, 0) for w in WIDTHS for n in TUNED for scale in SCALES])
    grid.do([(w, LONGEST, grid.best(w, TUNED[-1]) / part, 0) for w in WIDTHS for part in (1, 2)]
            + grid.at_the_edge(TUNED))
    grid.do([(w, n, grid.best(w, n), seed) for w in WIDTHS for n in TUNED for seed in MORE_SEEDS]
            + [(w, LONGEST, grid.best(w, LONGEST) / part, 0, "constant") for w in WIDTHS
               for part in (1, 2)]
            + grid.at_the_edge([LONGEST]))
    grid.do((w, shapes.FIRST, CONTROL, 0, "constant") for w in CONTROLLED)
    rows = rows_of(grid.done)
    parts = text.parts()
    about = {"train": len(parts.train), "tune": len(parts.tune), "test": len(parts.test),
             "left out": parts.n_repeated, "documents": len(text.documents())}
    seconds = sum(seconds for _, seconds in grid.done.values())
    return {"text": about, "runs": rows, "controls": controls(jobs),
            "fits": fits.everything(rows)}, seconds


def check():
    """Train some runs again, drawn at random; return a line for each that differs."""
    record = load("scaling")
    runs = [run for run in record["runs"] + record["controls"]["runs"] if run["flops"] < 1e11]
    wrong = []
    for run in random.sample(runs, 3):
        again = small.run(run["width"], run["steps"], run["scale"] / run["width"], run["seed"],
                          run["schedule"], run.get("weights", small.WEIGHTS[0]))
        if abs(again["test"][-1][1] - run["test"][-1][1]) > AGREES:
            wrong.append(f"width {run['width']}, {run['steps']} steps, rate {run['scale']:g} over "
                         f"the width, seed {run['seed']}, {run['schedule']}: "
                         f"{again['test'][-1][1]} nats, recorded {run['test'][-1][1]}")
    return wrong


if __name__ == "__main__":
    if sys.argv[1:] == ["--controls"]:
        sys.exit(controls_again())
    sys.exit(command(sys.argv[1:], "scaling", everything, check, f"{AGREES} nats", parallel=True,
                     parts=PARTS))
