"""Run the study of what is inside a small GPT, or run a part of it again.

python -m experiments.inside --jobs N   run everything, N processes at a time, keep it
python -m experiments.inside --check    run a random part again, compare with what is kept
"""

import random
import sys
from pathlib import Path

import torch

from experiments.keep import Runs, command
from lessons.inside import attention, attributions, probes, sparse
from lessons.studies.inside import counts, features, states, weights
from lessons.studies.record import load

PARTS = Path("_build/inside")
CODE = [Path(module.__file__) for module in (attention, attributions, probes, sparse, features,
                                             states, weights)]
COUNT_CODE = [Path(module.__file__) for module in (counts, states)]
SEEDS, CHOOSING = [0, 1, 2], 9
RATES = [0.0015, 0.003, 0.006]
HIDDEN = {"linear": 0, "one hidden layer": 128}
AGREES = 0.03


def trained(kind, lr, seed):
    """Train one GPT; return its nats per byte."""
    torch.set_num_threads(1)
    return states.trained(seed, kind, lr)[1]


def probed(kind, probe, seed):
    """Probe all layers of one GPT."""
    torch.set_num_threads(1)
    return states.probed(states.trained(seed, kind)[0], seed, HIDDEN[probe])


def counted(seed):
    """Return what the last bytes tell without a model."""
    return {n: states.by_counting(seed, n) for n in (1, 2, 3)}


def counted_all(seed):
    """Return what the last bytes tell whoever counts in all windows that teach."""
    return {n: counts.by_counting(seed, n) for n in (3, 8)}


def measured(kind, seed):
    """Fit one kind of sparse autoencoder."""
    torch.set_num_threads(1)
    return features.measured(kind, seed)


def looked(seed):
    """Put attention to the test."""
    torch.set_num_threads(1)
    found = {"compared": weights.compared(seed), "meddled": weights.meddled(seed),
             "coordinates": features.coordinates(seed)}
    return found | ({"examples": weights.example(seed)} if seed == SEEDS[0] else {})


def everything(jobs):
    """Do all runs; return them, and their processor seconds."""
    runs = Runs(PARTS, jobs)

    def do(function, rows, code=CODE):
        return runs.do(function, rows, code, states.N_STEPS)

    nats, best, tried = {}, {}, {}
    do(trained, [("learned", 0.003, seed) for seed in SEEDS])
    seen = do(looked, [(seed,) for seed in SEEDS])
    probed_all = do(probed, [(kind, probe, seed) for kind in ("learned", "fresh")
                                  for probe in HIDDEN for seed in SEEDS])
    found = do(measured, [(kind, seed) for kind in features.KINDS for seed in SEEDS])
    for kind in ("learned", "even"):
        some = do(trained, [(kind, lr, CHOOSING) for lr in RATES])
        tried[kind] = {f"{lr:g}": some[kind, lr, CHOOSING] for lr in RATES}
        best[kind] = min(RATES, key=lambda lr, kind=kind, some=some: some[kind, lr, CHOOSING])
        rows = do(trained, [(kind, best[kind], seed) for seed in SEEDS])
        nats[kind] = [rows[kind, best[kind], seed] for seed in SEEDS]
    shown = {kind: found[kind, SEEDS[0]].pop("shown") for kind in features.KINDS}
    for result in found.values():
        result.pop("shown", None)
    examples = seen[SEEDS[0],].pop("examples")
    return {"seeds": SEEDS, "n_steps": states.N_STEPS,
            "attention": [seen[seed,] for seed in SEEDS], "examples": examples,
            "nats": nats, "tried": tried, "rates": best,
            "probes": {f"{kind}, {probe}": [probed_all[kind, probe, seed] for seed in SEEDS]
                       for kind in ("learned", "fresh") for probe in HIDDEN},
            "counting": list(do(counted, [(seed,) for seed in SEEDS]).values()),
            "counting all": list(do(counted_all, [(seed,) for seed in SEEDS],
                                         COUNT_CODE).values()),
            "features": {kind: [found[kind, seed] for seed in SEEDS] for kind in features.KINDS},
            "shown": shown}, runs.seconds


def check():
    """Run some parts again, drawn at random; return a line for each that differs."""
    record, wrong = load("inside"), []
    seed = random.choice(SEEDS)
    probe = random.choice(sorted(HIDDEN))
    again = probed("learned", probe, seed)["task"]
    kept = record["probes"][f"learned, {probe}"][SEEDS.index(seed)]["task"]
    wrong += [f"{probe} probe, seed {seed}, layer {i}: {a:.3f}, recorded {b:.3f}"
              for i, (a, b) in enumerate(zip(again, kept, strict=True)) if abs(a - b) > AGREES]
    kind = random.choice(features.KINDS)
    again = measured(kind, seed)
    for name in ("explained", "byte"):
        kept = record["features"][kind][SEEDS.index(seed)][name]
        if abs(again[name] - kept) > AGREES:
            wrong.append(f"{kind}, seed {seed}, {name}: {again[name]:.3f}, recorded {kept:.3f}")
    return wrong


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:], "inside", everything, check, f"{AGREES} of a share",
                     parallel=True, parts=PARTS))
