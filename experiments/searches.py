"""Run the study of the chapter on automation, or run a part of it again.

    python -m experiments.searches --jobs N   run everything, N processes at a time, keep it
    python -m experiments.searches --check    run a random part again, compare with what is kept

The table holds what every setting gives on ten splits. Optuna's searches then run on the table, as
the chapter's own do, at the same budget in epochs.
"""

import random
import sys
from pathlib import Path

import numpy as np

from experiments.keep import command, kept_all
from lessons.studies.record import load
from lessons.studies.searches import networks, table

PARTS = Path("_build/searches")  # what is done, for a run that is cut off
CODE = [Path(networks.__file__)]
SPLITS = list(range(10))
N_DRAWN, GOOD = 243, {"rate": 3e-3, "decay": 0.1, "width": 72, "batch": 24, "dropout": 0.25}
AGREES = 2.0  # standard errors of a share: processors round differently, training amplifies it


def one_setting(i):
    """Train a setting on all splits; return loss, errors and unseen errors as whole numbers."""
    data = networks.splits(SPLITS)
    rows = []
    for params in networks.trained(table.SPACE.setting(i), data, seed=i):
        loss, good = networks.measured(params, *data.valid)
        rows.append(([min(round(1000 * x), 65535) for x in loss.tolist()],
                     (~good).sum(axis=1).tolist()))
    wrong = (~networks.measured(params, *data.rest)[1]).sum(axis=1).tolist()
    return {"loss": [r[0] for r in rows], "error": [r[1] for r in rows], "truth": wrong}


def settings(first):
    """Train 27 settings, from a number on."""
    return [one_setting(i) for i in range(first, first + 27)]


def drawn():
    """Return the numbers of the settings whose every answer is kept."""
    return np.random.default_rng(24).choice(len(table.SPACE), N_DRAWN, replace=False)


def answers(kind, part):
    """Train 27 networks on split 0; return which unseen digits each has right, as bits in hex."""
    if kind == "seeds":
        data = networks.splits([0] * 27)
        *_, params = networks.trained(GOOD, data, seed=10_000 + part)
        good = networks.measured(params, *data.rest)[1]
    else:
        data, good = networks.splits([0]), []
        for i in drawn()[27 * part: 27 * part + 27]:
            *_, params = networks.trained(table.SPACE.setting(int(i)), data, seed=20_000 + int(i))
            good.append(networks.measured(params, *data.rest)[1][0])
    return [np.packbits(row).tobytes().hex() for row in good]


class Runs:
    """All runs that are done."""

    def __init__(self, jobs):
        self.jobs, self.seconds = jobs, 0.0

    def do(self, function, rows):
        """Do these runs, if they are not done; return what they gave, in their order."""
        found = kept_all(PARTS, CODE, (table.SPACE, N_DRAWN, GOOD), function, rows, self.jobs)
        self.seconds += sum(seconds for _, seconds in found.values())
        return [found[tuple(row)][0] for row in rows]


def tabulated(runs):
    """Return the table, packed."""
    parts = runs.do(settings, [(i,) for i in range(0, len(table.SPACE), 27)])
    rows = [row for part in parts for row in part]
    types = {"loss": np.uint16, "error": np.uint8, "truth": np.uint16}
    arrays = {name: np.array([row[name] for row in rows], kind) for name, kind in types.items()}
    return {name: table.packed(x.transpose(0, 2, 1) if x.ndim == 3 else x)
            for name, x in arrays.items()}


def everything(jobs):
    """Do all runs; return them and their processor seconds."""
    runs = Runs(jobs)
    kept = {"table": tabulated(runs), "right": {}}
    for kind in ("settings", "seeds"):
        rows = runs.do(answers, [(kind, part) for part in range(N_DRAWN // 27)])
        bits = np.array([list(bytes.fromhex(x)) for row in rows for x in row], np.uint8)
        kept["right"][kind] = table.packed(bits)
    kept["sizes"] = {"train": networks.N_TRAIN, "valid": networks.N_VALID,
                     "rest": networks.splits([0]).rest[1].shape[1], "splits": len(SPLITS)}
    return {**kept, "drawn": drawn().tolist(), "good": GOOD}, runs.seconds


def check():
    """Train some settings again, drawn at random; return a line for each that differs."""
    record, wrong = load("searches"), []
    kept = {name: table.unpacked(entry) for name, entry in record["table"].items()}
    for i in random.sample(range(len(table.SPACE)), 5):
        again = np.array(one_setting(i)["truth"]) / record["sizes"]["rest"]
        was = kept["truth"][i] / record["sizes"]["rest"]
        spread = np.sqrt(was.mean() * (1 - was.mean()) / record["sizes"]["rest"] / len(was))
        if abs(again.mean() - was.mean()) > AGREES * spread + 1e-3:
            wrong.append(f"setting {i}: {again.mean():.2%} wrong, recorded {was.mean():.2%}")
    return wrong


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:], "searches", everything, check, "two standard errors",
                     parallel=True, parts=PARTS))
