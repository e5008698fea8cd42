"""Recommendation, credit, biology and chemistry: what a flattering test says, and an honest one.

    python -m experiments.elsewhere           run everything (about five minutes), keep the result
    python -m experiments.elsewhere --check   run a random part again, compare with what is kept

Every number is of made data, drawn anew for each of ten seeds. A run that is cut off goes on where
it stopped.
"""

import random
import sys
from pathlib import Path

import sklearn

from experiments.keep import command, kept
from lessons.data import loans, molecules, sequences, visits
from lessons.studies.elsewhere import (
    biology,
    chemistry,
    credit,
    filters,
    fingerprints,
    lending,
    motifs,
    recommenders,
    runs,
    shop,
    splits,
)

PARTS = Path("_build/elsewhere")  # what is done, for a run that is cut off
SEEDS = range(10)
CHANGED = [0.15, 0.4, 1.0]  # letters drawn anew in each relative
OWN = [0, 15, 30]  # kelvin that a scaffold has for itself
CODE = {"credit": [credit, loans, lending], "shop": [shop, visits, recommenders, splits],
        "biology": [biology, sequences, filters, motifs, splits],
        "chemistry": [chemistry, molecules, fingerprints, splits]}
DESIGN = ("ten seeds, each with data of its own; settings are chosen on a part of the training "
          "rows, split off in the same way as the rows that test; both ways of testing train on "
          "as many rows, to within one group")
N_CHECKED = 2  # runs of each case that --check repeats


def tasks():
    """Return the name, the function and the arguments of every run."""
    for seed in SEEDS:
        yield f" {seed}", "credit", (seed,)
        for name, fades in (("fades", True), ("stays", False)):
            yield f"{name} {seed}", "shop", (seed, fades)
        for changed in CHANGED:
            yield f"{changed} {seed}", "biology", (seed, changed)
        yield f"tossed {seed}", "biology", (seed, 0.15, True)
        for own in OWN:
            yield f"{own} {seed}", "chemistry", (seed, float(own))
        yield f"tossed {seed}", "chemistry", (seed, 30.0, True)


def everything():
    """Run all; return it, and its processor seconds."""
    result, seconds = {case: {} for case in CODE}, 0
    for name, case, arguments in tasks():
        code = [Path(module.__file__) for module in CODE[case]]
        result[case][name], took = kept(PARTS, code, (case, DESIGN), CODE[case][0].case, *arguments)
        seconds += took
    return result, seconds


def differences(found, recorded, where=""):
    """Yield a line for each number that differs by more than rounding and the last bits explain."""
    if isinstance(recorded, dict):
        for key in recorded:
            yield from differences(found[key], recorded[key], f"{where} {key}")
    elif isinstance(recorded, list):
        for i, (a, b) in enumerate(zip(found, recorded, strict=True)):
            yield from differences(a, b, f"{where} {i}")
    elif isinstance(recorded, float) and abs(found - recorded) > 0.02 * max(1, abs(recorded)):
        yield f"{where.strip()}: {found}, recorded {recorded}"


def check(chosen=None):
    """Run some of the cases again, by default drawn anew each time; return what differs."""
    wrong, record = [], runs.record()
    everyone = list(tasks())
    if chosen is None:
        chosen = [task for case in CODE for task in random.sample(
            [t for t in everyone if t[1] == case], N_CHECKED)]
    for name, case, arguments in chosen:
        print(f"{case} {name}", flush=True)
        wrong += differences(CODE[case][0].case(*arguments), record[case][name],
                             f"{case} {name}")
    return wrong


def main(arguments):
    """Run or check; return the exit code."""
    return command(arguments, "elsewhere", everything, check, "two parts in a hundred",
                   design=DESIGN, **{"scikit-learn": sklearn.__version__})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
