"""Run the study of the chapter on data, or run a part of it again.

    python -m experiments.corpora --jobs 2   run everything, in two processes; keep the result
    python -m experiments.corpora --check    run a random part again, compare with what is kept

One small GPT, some hundred runs of equal compute (about half an hour of one core); only the text
differs. A run that is cut off goes on where it stopped.
"""

import random
import sys
from pathlib import Path

from experiments.keep import command, kept_all
from lessons.studies.corpora import record, runs, texts

PARTS = Path("_build/corpora")  # what is done, for a run that is cut off
SEEDS = range(3)
EPOCHS = [1, 2, 4, 8, 16, 40]
SHORTER = [50, 100, 200, 300]  # steps
LEAKS = [("test", 1), ("test", 4), ("test", 16), ("other", 16), ("disguised", 16)]
PER_CENT = [0, 25, 50, 75]  # of the manual; 100 is one epoch of it
N_GENERATIONS = 3
CODE = [Path(runs.__file__), Path(texts.__file__)]
SETTINGS = (runs.RECIPE.batch_size, runs.N_STEPS, texts.BLOCK)
N_CHECKED = 4


def rows():
    """Return the name and the arguments of every run, the longest first."""
    out = [("own", half, N_GENERATIONS, seed) for seed in SEEDS for half in (False, True)]
    for seed in SEEDS:
        out += [("epochs", n, seed) for n in EPOCHS]
        out += [("whole", how, seed)
                for how in ("as it is", "without near copies", "random part left out")]
        out += [("copied", how, seed) for how in ("with copies", "without copies", "random part")]
        out += [("leak", what, n, seed) for what, n in LEAKS]
        out += [("filtered", "garbled", how, seed) for how in ("all", "filter", "random", "clean")]
        out += [("filtered", "words shuffled", how, seed) for how in ("all", "filter")]
        out += [("mixed", share, seed) for share in PER_CENT]
        out += [("shorter", n, seed) for n in SHORTER]
    return out


def name_of(row):
    """Return the name of a run in the record."""
    return " ".join(map(str, row))


def everything(jobs=1):
    """Run all; return it, and its processor seconds."""
    done = kept_all(PARTS, CODE, SETTINGS, runs.one, rows(), jobs)
    return ({"runs": {name_of(row): result for row, (result, _) in done.items()}},
            sum(seconds for _, seconds in done.values()))


def differences(found, recorded, where):
    """Yield a line for each score that differs by more than the last bits explain."""
    if isinstance(recorded, list):
        for i, (a, b) in enumerate(zip(found, recorded, strict=True)):
            yield from differences(a, b, f"{where}, generation {i}")
    else:
        for key in ("topics", "docstrings", "test", "other", "rest"):
            if key in recorded and abs(found[key] - recorded[key]) > 0.05:
                yield f"{where}, {key}: {found[key]}, recorded {recorded[key]}"


def check(chosen=None):
    """Run some again, by default drawn anew each time; return what differs."""
    kept, wrong = record.record()["runs"], []
    for row in chosen or random.sample([row for row in rows() if row[0] != "own"], N_CHECKED):
        print(name_of(row), flush=True)
        wrong += differences(runs.one(*row), kept[name_of(row)], name_of(row))
    return wrong


def main(arguments):
    """Run or check; return the exit code."""
    return command(arguments, "corpora", everything, check, "five hundredths of a bit",
                   parallel=True, parts=PARTS, n_steps=runs.N_STEPS, block=texts.BLOCK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
