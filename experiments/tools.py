"""Profile chapter 10's training step, change it, and train with TensorBoard's log.

    python -m experiments.tools            run everything, keep it
    python -m experiments.tools --check    train one run again for some steps, compare

Processor seconds are compared within one process, version after version in each round, and given
as ratios: another machine has other seconds. Times inside a step come from the profiler, which
notes the clock on the wall, so the step that was interrupted least is taken.
"""

import math
import statistics
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.profiler import ProfilerActivity, profile
from torch.utils.tensorboard import SummaryWriter

from experiments.keep import Runs, command
from lessons.machines import profiles
from lessons.studies.tools import analysis, changes, runs
from lessons.train import checkpoint
from lessons.train.log import Log, read_metrics
from lessons.train.optimiser import decay_groups
from lessons.train.run import loop

PARTS = Path("_build/tools")
CODE = [Path(module.__file__) for module in (analysis, changes, runs)]
N_STEPS, EVERY, N_VALID, SEED = 60, 10, 64, 0
TRAINED = ["chapter 10", "fused"]
N_ROUNDS, N_TRIES, N_WARM = 15, 12, 3
N_OVERHEAD = 7  # rounds; the first is left out
SHOWN = ["token_embedding.weight", "blocks.0.attention.qkv.weight"]
N_BINS = 41
SCALARS = ["loss", "valid_loss", "lr", "grad_norm"]


def quiet(line):
    """Say nothing."""


def trained(version, seed, n_steps=N_STEPS):
    """Train with TensorBoard's log, and return what is read back from its event file."""
    torch.set_num_threads(1)
    settings = {"n_steps": n_steps, "valid_every": EVERY, "save_every": EVERY, "keep": 100,
                "n_valid": N_VALID}
    with runs.trainer(version, seed, **settings) as made:
        folder = made.config.out
        made.save()
        log = Log(folder, 0, n_steps)
        loop(made, log, quiet, threading.Event())
        log.close()
        write_histograms(folder, range(0, n_steps + 1, EVERY))
        return read_back(folder)


def write_histograms(folder, steps):
    """Write histograms of some weights of the checkpoints to the run's log."""
    with SummaryWriter(str(Path(folder, "tensorboard"))) as writer:
        for step in steps:
            weights = checkpoint.load(checkpoint.path_of(folder, step))["model"]
            for name in SHOWN:
                writer.add_histogram(name, weights[name], step, bins=N_BINS)


def read_back(folder):
    """Return what a run's event files hold, and how much of it is as the training wrote it."""
    files = sorted(Path(folder, "tensorboard").iterdir())
    seen = EventAccumulator(str(files[0].parent), size_guidance={"scalars": 0, "histograms": 0})
    seen.Reload()
    rows = read_metrics(folder)
    curves, n_equal, n = {}, 0, 0
    for name in SCALARS:
        events = seen.Scalars(name)
        wanted = [(row["step"], row[name]) for row in rows if name in row]
        n_equal += sum(e.step == step and e.value == torch.tensor(value).item()
                       for e, (step, value) in zip(events, wanted, strict=True))
        n += len(wanted)
        curves[name] = [[e.step, float(f"{e.value:.5g}")] for e in events]
    found = {name: {str(e.step): bars(e.histogram_value) for e in seen.Histograms(name)}
             for name in SHOWN}
    return {"curves": curves, "histograms": found, "n_scalars": n, "n_equal": n_equal,
            "tags": {kind: tags for kind, tags in seen.Tags().items() if tags},
            "n_files": len(files), "bytes": sum(file.stat().st_size for file in files)}


def bars(histogram):
    """Return the least and the largest value of a histogram, and its counts."""
    limits = histogram.bucket_limit  # the first bucket ends where the first value is
    return {"low": round(limits[0], 5), "high": round(limits[-1], 5),
            "std": round(math.sqrt(histogram.sum_squares / histogram.num
                                   - (histogram.sum / histogram.num) ** 2), 5),
            "counts": [int(n) for n in histogram.bucket[1:]]}


def speed():
    """Return the processor seconds of steps of each version, in rounds; and of a fused AdamW."""
    torch.set_num_threads(1)
    with ExitStack() as stack:
        made = {version: stack.enter_context(runs.trainer(version))
                for version in changes.VERSIONS}
        made["fused AdamW"] = stack.enter_context(runs.trainer())
        one = made["fused AdamW"]
        one.optimiser = torch.optim.AdamW(
            decay_groups(one.model, one.config.weight_decay), lr=one.config.lr,
            betas=(one.config.beta1, one.config.beta2), fused=True)
        rounds = [{name: runs.seconds(one.update) for name, one in made.items()}
                  for _ in range(N_WARM + N_ROUNDS)]
    rounds = rounds[N_WARM:]
    ratios = {name: sorted(row["chapter 10"] / row[name] for row in rounds) for name in made}
    return {"seconds": {name: [round(row[name], 4) for row in rounds] for name in made},
            "faster": {name: round(statistics.median(row), 3) for name, row in ratios.items()},
            "quarters": {name: [round(row[len(row) // 4], 3), round(row[-1 - len(row) // 4], 3)]
                         for name, row in ratios.items()}}


def looked_at(version):
    """Profile steps of a version; return the one that was interrupted least, and the first."""
    torch.set_num_threads(1)
    with runs.trainer(version) as made:
        seen = [runs.profiled(made.update) for _ in range(N_TRIES)]
    best = min(range(N_WARM, N_TRIES), key=lambda i: lasts(seen[i][1]))
    table, events = seen[best]
    rows = {row.key: row for row in table.key_averages()}
    own, total = profiles.own_times(events), profiles.total_times(events)
    worst = max(abs(own[name] - row.self_cpu_time_total) for name, row in rows.items()
                if name in own)
    return {"shares": {kind: round(x, 2) for kind, x in analysis.shares(events).items()},
            "spread": {kind: [round(f(analysis.shares(e)[kind] for _, e in seen[N_WARM:]), 1)
                              for f in (min, max)] for kind in analysis.shares(events)},
            "ms": round(lasts(events) / 1000, 1), "n_events": len(events),
            "all_ms": [round(lasts(e) / 1000, 1) for _, e in seen],
            "rows": [[name, round(own.get(name, 0) / 1000, 2), round(total[name] / 1000, 2),
                      rows[name].count, rows[name].flops] for name in list(total)
                     if total[name] > 0.004 * lasts(events) and name in rows],
            "disagrees_us": round(worst, 3), "strips": analysis.strips(events),
            "phases": [round(x / 1000, 2) for x in phases(events)]}


def lasts(events):
    """Return how long the operations lasted on the clock on the wall, in microseconds."""
    return max(event.end for event in events) - events[0].start


def phases(events):
    """Return when backward, the rest and the optimiser begin, and the end, from the first event."""
    first = events[0].start
    back = [e for e in events if e.name.startswith("autograd::engine")]
    (update,) = (e for e in events if e.name.startswith("Optimizer.step"))
    return [back[0].start - first, max(e.end for e in back) - first, update.start - first,
            update.end - first, lasts(events)]


def overhead():
    """Return processor seconds of steps without and with a profiler, in rounds."""
    torch.set_num_threads(1)
    ways = {"none": None, "plain": {}, "shapes, memory": {"record_shapes": True,
                                                          "profile_memory": True},
            "shapes, memory, stacks": {"record_shapes": True, "profile_memory": True,
                                       "with_stack": True}}

    def step(one, options):
        if options is None:
            return runs.seconds(one.update)
        with profile(activities=[ProfilerActivity.CPU], **options):
            return runs.seconds(one.update)

    with runs.trainer() as small, runs.trainer(batch_size=1) as tiny:
        rounds = [{size: {name: step(one, options) for name, options in ways.items()}
                   for size, one in (("16", small), ("1", tiny))}
                  for _ in range(N_OVERHEAD)][1:]
    return {size: {name: round(statistics.median(
        row[size][name] / row[size]["none"] for row in rounds), 3) for name in ways}
        for size in ("16", "1")}


def everything():
    """Do all that is not done; return it and the processor seconds."""
    all_runs = Runs(PARTS, 1)
    logged = (N_STEPS, EVERY, N_VALID, SHOWN, N_BINS)
    parts = {name: all_runs.do(function, rows, CODE, logged if name == "trained" else "")
             for name, function, rows in [
        ("profiles", looked_at, [(version,) for version in changes.VERSIONS]),
        ("speed", speed, [()]), ("overhead", overhead, [()]),
        ("trained", trained, [(version, SEED) for version in TRAINED]),
    ]}
    logs = parts["trained"]
    shown = logs[TRAINED[0], SEED]
    return {"profiles": {version: row for (version,), row in parts["profiles"].items()},
            "speed": parts["speed"][()],
            "overhead": parts["overhead"][()],
            "tensorboard": {
                "n_steps": N_STEPS, "seed": SEED,
                "training": {version: logs[version, SEED]["curves"]["loss"]
                             for version in TRAINED},
                "valid": {version: logs[version, SEED]["curves"]["valid_loss"]
                          for version in TRAINED},
                "histograms": shown["histograms"], "tags": shown["tags"],
                "bytes": shown["bytes"], "n_files": shown["n_files"],
                "n_scalars": sum(row["n_scalars"] for row in logs.values()),
                "n_equal": sum(row["n_equal"] for row in logs.values())},
            }, all_runs.seconds


def check(n_steps=5, kept=None):
    """Train one run's first steps again; return a line for each loss that differs."""
    kept = kept or analysis.record()
    now = first_losses(n_steps)
    old = dict(map(tuple, kept["tensorboard"]["training"]["chapter 10"]))
    return [f"step {step}: loss {loss:.4f}, the record has {old[step]:.4f}"
            for step, loss in now.items() if abs(loss - old[step]) > 0.01]


def first_losses(n_steps):
    """Return the losses of the first steps of the run that the record shows."""
    with runs.trainer(n_steps=N_STEPS) as made:
        return {i + 1: made.update()[0].item() for i in range(n_steps)}


def main(arguments):
    """Run or check; return the exit code."""
    return command(arguments, "tools", everything, check, "0.01 nats", parts=PARTS,
                   processor="one core of a server, x86-64", threads=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
