"""Run the study of the chapter on automation, or run a part of it again.

    python -m experiments.searches --jobs N   run everything, N processes at a time, keep it
    python -m experiments.searches --check    run a random part again, compare with what is kept

The table holds what every setting gives on ten splits. Optuna's searches then run on the table, as
the chapter's own do, at the same budget in epochs.
"""

import json
import random
import sys
import zlib
from pathlib import Path

import numpy as np
import optuna
import torch

from experiments.keep import command, kept_all
from lessons.search import gaussian, simple, space
from lessons.studies.record import load, path_of
from lessons.studies.searches import networks, runs, table

PARTS = Path("_build/searches")  # what is done, for a run that is cut off
CODE = [Path(networks.__file__)]
SEARCHES = [Path(module.__file__) for module in (gaussian, simple, space, runs)]
SPLITS = list(range(10))
N_DRAWN, GOOD = 243, {"rate": 3e-3, "decay": 0.1, "width": 72, "batch": 24, "dropout": 0.25}
DIVERGED = 65.535  # nats: the largest loss that is kept, also for what is no number
AGREES = 2.0  # standard errors of a share: processors round differently, training amplifies it


def one_setting(i):
    """Train a setting on all splits; return loss, errors and unseen errors as whole numbers."""
    data = networks.splits(SPLITS)
    rows = []
    for params in networks.trained(table.SPACE.setting(i), data, seed=i):
        loss, good = networks.measured(params, *data.valid)
        loss = np.nan_to_num(loss, nan=DIVERGED, posinf=DIVERGED)
        rows.append(([round(1000 * min(x, DIVERGED)) for x in loss.tolist()],
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


def bayesian(split, repeat):
    """Run our Bayesian search on the table; return its settings."""
    return {"settings": [t.setting for t in runs.search("bayesian", split, repeat)]}


def samplers(name, seed):
    """Return one of optuna's searches with its own defaults."""
    made = {"optuna random": optuna.samplers.RandomSampler,
            "optuna TPE": optuna.samplers.TPESampler, "optuna GP": optuna.samplers.GPSampler}
    return made[name](seed=seed)


def by_optuna(name, split, repeat):
    """Run one of optuna's searches on the table; return its settings, and their epochs if pruned.

    Of pruned trials only those that were trained in full are returned, and how many there were.
    """
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    score, spent, seen = table.table().score(split), [0], []
    pruned = name.endswith(", halving")
    pruner = (optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
              if pruned else optuna.pruners.NopPruner())
    sampler = samplers(name.removesuffix(", halving"), 10 * split + repeat)
    study = optuna.create_study(sampler=sampler, pruner=pruner)

    def objective(trial):
        levels = [trial.suggest_int(axis, 0, len(values) - 1)
                  for axis, values in table.SPACE.axes.items()]
        i = int(np.ravel_multi_index(levels, [len(v) for v in table.SPACE.axes.values()]))
        before = 0
        for rung in networks.RUNGS if pruned else networks.RUNGS[-1:]:
            if spent[0] + rung - before > table.BUDGET:
                study.stop()
                raise optuna.TrialPruned
            spent[0] += rung - before
            before, value = rung, float(np.log(score(i, rung)))
            trial.report(value, rung)
            if pruned and rung < table.EPOCHS and trial.should_prune():
                raise optuna.TrialPruned
        seen.append(i)
        return value

    study.optimize(objective, n_trials=None if pruned else table.BUDGET // table.EPOCHS)
    return {"settings": seen, **({"n": len(study.trials), "paid": spent[0]} if pruned else {})}


#: Recorded searches: their function, arguments, and how many on each split.
KEPT = {
    "bayesian": (bayesian, (), runs.N_REPEATS),
    "optuna TPE": (by_optuna, ("optuna TPE",), runs.N_REPEATS),
    "optuna random, halving": (by_optuna, ("optuna random, halving",), runs.N_REPEATS),
    "optuna TPE, halving": (by_optuna, ("optuna TPE, halving",), runs.N_REPEATS),
    "optuna GP": (by_optuna, ("optuna GP",), runs.N_REPEATS),
}


class Runs:
    """All runs that are done."""

    def __init__(self, jobs):
        self.jobs, self.seconds = jobs, 0.0

    def do(self, function, rows, on=None):
        """Do these runs, if they are not done; return what they gave, in their order."""
        settings = (table.SPACE, N_DRAWN, GOOD) if on is None else (table.SPACE, on)
        code = CODE if on is None else [*SEARCHES, Path(__file__)]
        found = kept_all(PARTS, code, settings, function, rows, self.jobs)
        self.seconds += sum(seconds for _, seconds in found.values())
        return [found[tuple(row)][0] for row in rows]


def tabulated(all_runs):
    """Return the table, packed."""
    parts = all_runs.do(settings, [(i,) for i in range(0, len(table.SPACE), 27)])
    rows = [row for part in parts for row in part]
    types = {"loss": np.uint16, "error": np.uint8, "truth": np.uint16}
    arrays = {name: np.array([row[name] for row in rows], kind) for name, kind in types.items()}
    return {name: table.packed(x.transpose(0, 2, 1) if x.ndim == 3 else x)
            for name, x in arrays.items()}


def searched(all_runs, on):
    """Return what the recorded searches tried, by method, split and repeat."""
    found = {}
    for name, (function, given, n) in KEPT.items():
        rows = [(*given, split, repeat) for split in SPLITS for repeat in range(n)]
        done = all_runs.do(function, rows, on)
        found[name] = [done[n * split: n * (split + 1)] for split in SPLITS]
    return found


def everything(jobs):
    """Do all runs; return them and their processor seconds."""
    all_runs = Runs(jobs)
    kept = {"table": tabulated(all_runs), "right": {}}
    for kind in ("settings", "seeds"):
        rows = all_runs.do(answers, [(kind, part) for part in range(N_DRAWN // 27)])
        bits = np.array([list(bytes.fromhex(x)) for row in rows for x in row], np.uint8)
        kept["right"][kind] = table.packed(bits)
    kept["sizes"] = {"train": networks.N_TRAIN, "valid": networks.N_VALID,
                     "rest": networks.splits([0]).rest[1].shape[1], "splits": len(SPLITS)}
    kept |= {"drawn": drawn().tolist(), "good": GOOD}
    text = json.dumps({**kept, "searches": {}})
    path_of("searches").write_text(text, encoding="utf-8")  # the searches read the table there
    return {**kept, "searches": searched(all_runs, zlib.crc32(text.encode())),
            "optuna": optuna.__version__}, all_runs.seconds


def check():
    """Train some settings again, drawn at random; return a line for each that differs."""
    record, wrong = load("searches"), []
    kept = {name: table.unpacked(entry) for name, entry in record["table"].items()}
    name = random.choice(sorted(KEPT))
    function, given, n = KEPT[name]
    split, repeat = random.choice(SPLITS), random.randrange(n)
    if function(*given, split, repeat) != record["searches"][name][split][repeat]:
        wrong.append(f"{name}, split {split}, repeat {repeat}: other settings than recorded")
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
