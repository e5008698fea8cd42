"""Linear model, MLP, CNN, vision transformer at equal compute; boxes and masks on canvases.

    python -m experiments.images           run everything (about ten minutes), keep the result
    python -m experiments.images --check   train a part of it again, compare with what is kept

At each budget of operations each family chooses its size and its learning rate by the accuracy on
images that no fold tests. A run that is cut off goes on where it stopped.
"""

import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import sklearn
import torch

from experiments.keep import commit_of, kept
from lessons.studies.images import runs
from lessons.studies.images.networks import FAMILIES, build, flops
from lessons.studies.images.splits import N_FOLDS, N_TRAIN, split
from lessons.studies.record import path_of

RESULT = path_of("images")
PARTS = Path("_build/images")  # what is done, for a run that is cut off
STUDY = RESULT.parent
CODE = [STUDY / name for name in ("networks.py", "runs.py", "splits.py")]
RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
FIRST_RATES = RATES[2:5]  # where the search begins
TUNING_FOLDS = range(2)
BUDGETS = [3.125e7, 1.25e8, 5e8, 2e9, 8e9]
ARRANGEMENTS = ["as they are", "patches shuffled", "pixels shuffled"]
MIDDLE = 2e9  # where images are changed, and where there are few of them
FEW = 160
#: Networks to which another order of the pixels is nothing new: same rate, as a placebo.
SAME = [(kind, family) for kind in ARRANGEMENTS[1:] for family in ("linear", "MLP")]
SAME += [("patches shuffled", "ViT")]
DESIGN = ("217 images are set aside for choosing, the others cut into five folds; at each budget "
          "the networks of two folds choose size and rate on the 217, from 0.003, 0.01 and 0.03, "
          "and the rates go on while the best is at an end")
_trained: dict = {}  # runs of this process


def tuned(sizes, try_out):
    """Return the size and the learning rate that are best for the validation images.

    If the best rate is the smallest or the largest tried, the search goes on in that direction.

    Parameters
    ----------
    try_out : callable
        Takes a size and a rate, gives a score: the larger, the better.
    """
    scores = {(size, lr): try_out(size, lr) for size in sizes for lr in FIRST_RATES}
    while True:
        best_size, best = max(scores, key=scores.get)
        around = RATES[max(RATES.index(best) - 1, 0):][:3]
        missing = [(best_size, lr) for lr in around if (best_size, lr) not in scores]
        if not missing:
            return best_size, best
        scores |= {pair: try_out(*pair) for pair in missing}


def score(done):
    """Return what is compared: the sum of validation accuracies, then the lower sum of losses."""
    loss = sum(run.loss["valid"] for run in done)
    return (round(sum(run.accuracy["valid"] for run in done), 9),
            -loss if math.isfinite(loss) else -math.inf)


def row_of(family, budget, arrangement="as they are", change="", n_images=None, sizes=None,
           rate=None, most_steps=runs.MOST_STEPS):
    """Return what five folds give with the chosen size and rate, one number a fold."""
    torch.set_num_threads(1)
    splits = [split(k, arrangement, n_images or N_TRAIN) for k in range(N_FOLDS)]
    sizes = sizes or list(FAMILIES[family])

    def trained(size, lr, k):
        n_steps = runs.steps_for(budget, sum(flops(build(family, size, 0))), most_steps)
        key = family, size, lr, k, n_steps, arrangement, change, n_images
        if key not in _trained:  # two budgets may both pay for the largest number of steps
            _trained[key] = runs.train(family, size, splits[k], lr, budget, seed=k,
                                       change=change, most_steps=most_steps)
        return _trained[key]

    size, lr = (sizes[0], rate) if rate else tuned(
        sizes, lambda size, lr: score([trained(size, lr, k) for k in TUNING_FOLDS]))
    folds = [trained(size, lr, k) for k in range(N_FOLDS)]
    row = {"size": size, "lr": lr, "n_steps": folds[0].n_steps,
           "flops": list(flops(build(family, size, 0)))}
    row |= {part: [round(run.accuracy[part], 4) for run in folds]
            for part in ("train", "valid", "test", "moved", "mirrored")}
    row["loss"] = [round(run.loss["test"], 4) for run in folds]
    return row, [run.net for run in folds], splits


def a_row(*arguments):
    """Return a row alone: see `row_of`."""
    return row_of(*arguments)[0]


def a_row_with_answers(family, budget):
    """Return a row, and for each test image of each fold what was read and how surely."""
    row, nets, splits = row_of(family, budget)
    with torch.inference_mode():
        p = torch.cat([net(parts["test"][0]).softmax(1)
                       for net, parts in zip(nets, splits, strict=True)])
    sure, read = p.max(1)
    return row | {"read": "".join(map(str, read.tolist())),
                  "sure": [round(100 * s) for s in sure.tolist()]}


def everything():
    """Run the whole experiment; return it, and its processor seconds."""
    seconds = []

    def do(function, *arguments):
        result, took = kept(PARTS, CODE, (RATES, DESIGN), function, *arguments)
        seconds.append(took)
        return result

    plain = {family: {f"{budget:.4g}": do(a_row_with_answers, family, budget)
                      for budget in BUDGETS} for family in FAMILIES}
    results = {"as they are": plain}
    for kind in ARRANGEMENTS[1:]:
        results[kind] = {family: {
            budget: do(a_row, family, float(budget), kind, "", None, [row["size"]],
                       row["lr"] if (kind, family) in SAME else None)
            for budget, row in rows.items()} for family, rows in plain.items()}
    middle = {family: rows[f"{MIDDLE:.4g}"] for family, rows in plain.items()}
    changed = {change: {family: do(a_row, family, MIDDLE, "as they are", change, None,
                                   [row["size"]]) for family, row in middle.items()}
               for change in ("shifts", "mirror")}
    few = {family: do(a_row, family, MIDDLE, "as they are", "", FEW) for family in middle}
    longer = {family: do(a_row, family, 4 * MIDDLE, "as they are", "", None,
                         [middle[family]["size"]], middle[family]["lr"], 3 * runs.MOST_STEPS)
              for family in ("linear",)}
    return {"results": results, "changed": changed, "few": few, "longer": longer}, sum(seconds)


def main(arguments):
    """Run or check; return the exit code."""
    torch.set_num_threads(1)
    result, processor_s = everything()
    made = {"command": "python -m experiments.images", "date": time.strftime("%Y-%m-%d"),
            "commit": commit_of(Path(__file__), STUDY), "design": DESIGN,
            "processor_s": round(processor_s), "torch": torch.__version__,
            "numpy": np.__version__, "scikit-learn": sklearn.__version__}
    RESULT.write_text(json.dumps({"made": made, **result}) + "\n", encoding="utf-8")
    print(f"{RESULT.stat().st_size:,} bytes after {made['processor_s']} s of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
