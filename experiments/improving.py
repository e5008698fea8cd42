"""Which change to a small network helps on the digits? The runs behind the chapter.

    python -m experiments.improving           run everything (about eight minutes), keep the result
    python -m experiments.improving --check   train a tenth of it again, compare with what is kept

Every recipe gets the same number of steps, the same images in the same order, and its own best
learning rate out of five or more. Strengths (of dropout, L1, L2) and learning rates are chosen by
the accuracy on the validation images of three folds; the test images of all ten folds are looked
at once, at the end.
"""

import dataclasses
import json
import math
import sys
import time

import numpy as np
import sklearn
import torch

from lessons.studies.improving import runs as ablation
from lessons.studies.improving.folds import N_FOLDS, N_LARGEST, fold
from lessons.studies.improving.networks import Recipe, build, n_parameters
from lessons.studies.record import path_of

RESULT = path_of("improving")
RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
FIRST_RATES = RATES[2:-2]  # where the search begins
SIZES = [400, N_LARGEST]
TUNING_FOLDS = range(3)
N_SEEDS = 10  # how often the baseline is run again with nothing changed but the seed
STRENGTHS = {
    "dropout": [0.1, 0.2, 0.3, 0.5, 0.7],
    "l2": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
    "l1": [3e-5, 1e-4, 3e-4, 1e-3, 3e-3],
}
RECIPES = {
    "no hidden layer": Recipe(hidden=()),
    "8 times as wide": Recipe(hidden=(512,)),
    "3 hidden layers": Recipe(hidden=(64,) * 3),
    "8 hidden layers": Recipe(hidden=(64,) * 8),
    "8 layers, residual": Recipe(hidden=(64,) * 8, residual=True),
    "convolution": Recipe(hidden=(), n_channels=14),
    "sigmoid": Recipe(activation="sigmoid"),
    "tanh": Recipe(activation="tanh"),
    "GELU": Recipe(activation="gelu"),
    "standardised pixels": Recipe(standardise=True),
    "batch norm": Recipe(norm="batch"),
    "layer norm": Recipe(norm="layer"),
    "early stopping": Recipe(patience=10),
    "random shifts": Recipe(shift=1),
    "wide and dropout": Recipe(hidden=(512,), dropout=0.5),
    "convolution and shifts": Recipe(hidden=(), n_channels=14, shift=1),
}
LONGER = {"4 times the steps": Recipe(), "shifts, 4 times the steps": Recipe(shift=1)}


def n_steps(name):
    """Return the budget of a recipe in steps; the two that get more say so in their names."""
    return ablation.N_STEPS * (4 if name in LONGER else 1)


def tuned(name, recipe, splits):
    """Return the learning rate with the best mean validation accuracy, then the lower loss.

    If the best one is the smallest or the largest tried, the search goes on in that direction.
    """
    def score(lr):
        runs = [ablation.train(recipe, splits[k], lr, seed=k, n_steps=n_steps(name))
                for k in TUNING_FOLDS]
        accuracy, loss = ([getattr(run, what)["valid"] for run in runs]
                          for what in ("accuracy", "loss"))
        total = sum(loss)
        return round(sum(accuracy), 9), -total if math.isfinite(total) else -math.inf

    scores = {lr: score(lr) for lr in FIRST_RATES}
    while True:
        best = max(scores, key=scores.get)
        around = RATES[max(RATES.index(best) - 1, 0):][:3]
        missing = [lr for lr in around if lr not in scores]
        if not missing:
            return best
        scores |= {lr: score(lr) for lr in missing}


def test_all(name, recipe, lr, splits):
    """Return what the ten folds give, one number a fold."""
    runs = [ablation.train(recipe, split, lr, seed=k, n_steps=n_steps(name))
            for k, split in enumerate(splits)]
    row = {"lr": lr, "n_parameters": n_parameters(build(recipe, 0)),
           "recipe": {field: value for field, value in dataclasses.asdict(recipe).items()
                      if value != getattr(Recipe(), field)}}
    row |= {part: [round(run.accuracy[part], 4) for run in runs]
            for part in ("train", "valid", "test", "moved")}
    row["loss"] = [round(run.loss["test"], 4) for run in runs]
    row["n_steps"] = [run.n_steps for run in runs]
    return row


def sweep(lr, splits, folds):
    """Return test and validation accuracy for every strength, at the baseline's learning rate."""
    table = {}
    for what, strengths in STRENGTHS.items():
        for strength in strengths:
            recipe = Recipe(**{what: strength})
            runs = [ablation.train(recipe, splits[k], lr, seed=k) for k in folds]
            table.setdefault(what, []).append({"strength": strength} | {
                part: [round(run.accuracy[part], 4) for run in runs]
                for part in ("train", "valid", "test")})
    return table


def best_strengths(table):
    """Return for each method the strength with the best validation accuracy on the tuning folds."""
    def score(row):
        return sum(row["valid"][k] for k in TUNING_FOLDS)

    return {what: max(rows, key=score)["strength"] for what, rows in table.items()}


def everything():
    """Run the whole experiment."""
    results, sweeps, seeds = {}, {}, []
    for size in SIZES:
        splits = [fold(k, size) for k in range(N_FOLDS)]
        lr = tuned("baseline", Recipe(), splits)
        folds = range(N_FOLDS) if size == min(SIZES) else TUNING_FOLDS
        sweeps[str(size)] = sweep(lr, splits, folds)
        chosen = {"L" + what[1:] if what[0] == "l" else what: Recipe(**{what: strength})
                  for what, strength in best_strengths(sweeps[str(size)]).items()}
        named = {"baseline": Recipe(), **RECIPES, **chosen, **LONGER}
        results[str(size)] = {}
        for name, recipe in named.items():
            rate = lr if name == "baseline" else tuned(name, recipe, splits)
            row = results[str(size)][name] = test_all(name, recipe, rate, splits)
            print(f"{size:5d} {name:26s} lr {rate:<5g} test {np.mean(row['test']):.4f} "
                  f"moved {np.mean(row['moved']):.4f}", flush=True)
        if size == min(SIZES):
            for other in range(1, N_SEEDS + 1):
                runs = [ablation.train(Recipe(), split, lr, seed=100 * other + k)
                        for k, split in enumerate(splits)]
                seeds.append([round(run.accuracy["test"], 4) for run in runs])
    return {"results": results, "strengths": sweeps, "baseline_seeds": seeds}


def check():
    """Train fold 7 of every recipe with the budget of the baseline again; return what differs."""
    kept, wrong = ablation.record(), []
    for size, rows in kept["results"].items():
        split = fold(7, int(size))
        for name, row in rows.items():
            fields = {k: tuple(v) if isinstance(v, list) else v for k, v in row["recipe"].items()}
            run = ablation.train(Recipe(**fields), split, row["lr"], seed=7, n_steps=n_steps(name))
            for part in ("test", "moved"):
                n_images = abs(run.accuracy[part] - row[part][7]) * len(split[part][1])
                if n_images > 2.01:  # stored with four digits; deep stacks amplify the last bit
                    wrong.append(f"{size} {name}: {part} accuracy {run.accuracy[part]:.4f}, "
                                 f"recorded {row[part][7]:.4f}")
    return wrong


def main(arguments):
    """Run or check; return the exit code."""
    torch.set_num_threads(1)
    start = time.process_time()
    if arguments == ["--check"]:
        wrong = check()
        print("\n".join(wrong) or "every run agrees with the record, to two images or better")
        print(f"{time.process_time() - start:.0f} s of processor time")
        return bool(wrong)
    if arguments:
        print(f"unknown argument {arguments[0]}: give nothing, or --check", file=sys.stderr)
        return 2
    result = everything()
    made = {"command": "python -m experiments.improving", "date": time.strftime("%Y-%m-%d"),
            "processor_s": round(time.process_time() - start), "torch": torch.__version__,
            "numpy": np.__version__, "scikit-learn": sklearn.__version__}
    RESULT.write_text(json.dumps({"made": made, **result}) + "\n", encoding="utf-8")
    print(f"{RESULT.stat().st_size:,} bytes after {made['processor_s']} s of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
