"""Linear model, MLP, CNN, vision transformer at equal compute; boxes and masks on canvases.

    python -m experiments.images           run everything (about fourteen minutes), keep the result
    python -m experiments.images --check   train a part of it again, compare with what is kept

At each budget of operations each family chooses its size and its learning rate by the accuracy on
images that no fold tests. A run that is cut off goes on where it stopped.
"""

import math
import sys
from functools import partial
from pathlib import Path

import numpy as np
import sklearn
import torch

from experiments.keep import command, kept
from lessons.data import images
from lessons.studies.images import budgets, finders, record, runs, scenes
from lessons.studies.images.boxes import average_precision, mask_iou, match
from lessons.studies.images.networks import FAMILIES, build, flops
from lessons.studies.images.splits import N_FOLDS, N_TRAIN, split
from lessons.studies.record import path_of

RESULT = path_of("images")
PARTS = Path("_build/images")  # what is done, for a run that is cut off
STUDY = RESULT.parent
CODE = [STUDY / name for name in ("budgets.py", "changes.py", "networks.py", "runs.py",
                                 "splits.py")]
CODE_OF_SCENES = [STUDY / name for name in ("boxes.py", "finders.py", "scenes.py", "splits.py")]
CODE_OF_SCENES += [Path(str(images.__file__))]
RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
FIRST_RATES = RATES[2:5]  # where the search begins
TUNING_FOLDS = range(2)
BUDGETS = [3.125e7, 1.25e8, 5e8, 2e9, 8e9]
ARRANGEMENTS = ["as they are", "patches shuffled", "pixels shuffled"]
MIDDLE = 2e9  # where training images are changed, and the most that shuffled ones get
#: Networks to which another order of the pixels is nothing new: same rate, as a placebo.
SAME = [(kind, family) for kind in ARRANGEMENTS[1:] for family in ("linear", "MLP")]
SAME += [("patches shuffled", "ViT")]
DESIGN = ("217 images are set aside for choosing, the others cut into five folds; at each budget "
          "the networks of two folds choose size and rate on the 217, from 0.003, 0.01 and 0.03, "
          "and the rates go on while the best is at an end")
N_CANVASES = 100  # of each kind, for choosing and for testing
BOX_RATES, BOX_STEPS, BOX_FOLDS = [0.003, 0.01, 0.03], 400, 3
INK_RATES, INK_STEPS, INK_WEIGHTS = [0.01, 0.03, 0.1], 200, [1.0, 5.0, 25.0]
THRESHOLDS = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55]
BLURS = (0.0, 0.5, 0.7, 1.0)  # pixels: what a rival may do before its threshold
ASKED_FOLDS = 2  # in which the plain network is asked otherwise
AGAIN_SEEDS = (1, 2, 3)  # of runs that tell how much is the luck of a start
CHECKED = [("as they are", "linear", "1.25e+08"), ("as they are", "MLP", "5e+08"),
           ("as they are", "CNN", "2e+09"), ("as they are", "ViT", "2e+09"),
           ("pixels shuffled", "CNN", "5e+08")]
CHECKED_CHANGES = [("shifts", "MLP"), ("mirror", "CNN")]
CHECKED_FOLD = 3
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
           rate=None, most_steps=budgets.MOST_STEPS):
    """Return what five folds give with the chosen size and rate, one number a fold."""
    torch.set_num_threads(1)
    splits = [split(k, arrangement, n_images or N_TRAIN) for k in range(N_FOLDS)]
    sizes = sizes or list(FAMILIES[family])

    def trained(size, lr, k):
        n_steps = budgets.steps_for(budget, sum(flops(build(family, size, 0))), most_steps)
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
        p = torch.cat([net(torch.tensor(parts["test"][0])).softmax(1)
                       for net, parts in zip(nets, splits, strict=True)])
    sure, read = p.max(1)
    return row | {"read": "".join(map(str, read.tolist())),
                  "sure": [round(100 * s) for s in sure.tolist()]}


def again(family, size, lr, lr_shuffled):
    """Return test accuracies of other seeds, in order and shuffled: a row of folds for a seed."""
    torch.set_num_threads(1)
    return {kind: [[round(runs.train(family, size, split(k, kind), rate, MIDDLE,
                                     seed=100 * seed + k).accuracy["test"], 4)
                    for k in range(N_FOLDS)] for seed in AGAIN_SEEDS]
            for kind, rate in [("as they are", lr), ("pixels shuffled", lr_shuffled)]}


def canvases(k, part):
    """Return the canvases of a fold by kind: for choosing (valid) or for testing."""
    seed = {"valid": 1, "test": 2}[part]
    return {kind: scenes.scenes(split(k), part, kind, N_CANVASES, 10 * k + seed)
            for kind in scenes.KINDS}


def ap(found, those):
    """Return the average precision at an IoU of one half."""
    right, scores = [], []
    for (boxes, sure), one in zip(found, those, strict=True):
        right += match(boxes, sure, one.boxes).tolist()
        scores += sure.tolist()
    return average_precision(right, scores, sum(len(one.labels) for one in those))


def detector(k, lr):
    """Train one detector; return how it does, and for fold 0 what it finds on test canvases."""
    torch.set_num_threads(1)
    net = finders.train("boxes", split(k), lr, seed=k, n_steps=BOX_STEPS)
    tests = canvases(k, "test")
    found = {kind: finders.detect(net, those) for kind, those in tests.items()}
    row = {"valid": {kind: round(ap(finders.detect(net, those), those), 4)
                     for kind, those in canvases(k, "valid").items()},
           "test": {kind: round(ap(found[kind], those), 4) for kind, those in tests.items()}}
    if k == 0:
        row["found"] = {kind: [[[*(round(v, 1) for v in box), round(score, 2)]
                                for box, score in zip(*map(np.ndarray.tolist, one), strict=True)]
                               for one in each] for kind, each in found.items()}
    return row


def without_training(k, blurs=(0.0,)):
    """Return what groups of bright pixels give, blur and threshold chosen for each kind."""
    valid, test, row = canvases(k, "valid"), canvases(k, "test"), {}

    def given(those, blur, least):
        return ap(scenes.components(scenes.blurred(those, blur), split(k), least), those)

    for kind in scenes.KINDS:
        tried = {(blur, least): round(given(valid[kind], blur, least), 9)
                 for blur in blurs for least in THRESHOLDS}
        blur, least = max(tried, key=tried.get)
        row[kind] = {"least": least, "test": round(given(test[kind], blur, least), 4)}
        row[kind] |= {"blur": blur} if len(blurs) > 1 else {}
    return row


def ink_scores(p, those, least=0.5):
    """Return pixel accuracy, and IoU, precision and recall of the pixels with ink."""
    truth = np.stack([one.mask > 0 for one in those])
    said = p >= least
    return {"accuracy": round(float((said == truth).mean()), 4),
            "iou": round(float(mask_iou(said.astype(int), truth.astype(int), 2)[1]), 4),
            "precision": round(float(truth[said].mean()) if said.any() else 1.0, 4),
            "recall": round(float(said[truth].mean()), 4)}


def segmenter(k, lr, weight):
    """Train one segmenter; return how it does on the canvases of its fold."""
    torch.set_num_threads(1)
    net = finders.train("masks", split(k), lr, seed=k, n_steps=INK_STEPS, ink_weight=weight)
    return {part: {kind: ink_scores(finders.ink_probability(net, those), those)
                   for kind, those in canvases(k, part).items()} for part in ("valid", "test")}


def asked_otherwise(k, lr):
    """Return how one segmenter does if it marks ink from another probability on, by weight.

    Where ink counts w times, the best answer is "ink" from the probability 1 / (1 + w) on.
    """
    torch.set_num_threads(1)
    net = finders.train("masks", split(k), lr, seed=k, n_steps=INK_STEPS)
    those = canvases(k, "test")["crowded"]
    p = finders.ink_probability(net, those)
    return {f"{weight:g}": ink_scores(p, those, 1 / (1 + weight)) for weight in INK_WEIGHTS}


def threshold_of_ink(k, blurs=(0.0,)):
    """Return what a threshold on brightness gives, it and a blur chosen for each kind by IoU."""
    valid, test, row = canvases(k, "valid"), canvases(k, "test"), {}

    def given(those, blur, least):
        images = np.stack([one.image for one in scenes.blurred(those, blur)])
        return ink_scores(images, those, least)

    for kind in scenes.KINDS:
        tried = {(blur, least): given(valid[kind], blur, least)["iou"]
                 for blur in blurs for least in [0.25, *THRESHOLDS]}
        blur, least = max(tried, key=tried.get)
        row[kind] = {"least": least, "test": given(test[kind], blur, least)}
        row[kind] |= {"blur": blur} if len(blurs) > 1 else {}
    return row


def scene_results(do):
    """Return all about boxes and masks: rates are chosen on fold 0 by validation canvases."""
    tried = {lr: do(detector, 0, lr) for lr in BOX_RATES}
    lr = max(tried, key=lambda lr: sum(tried[lr]["valid"].values()))
    boxes = [tried[lr], *(do(detector, k, lr) for k in range(1, BOX_FOLDS))]
    found = boxes[0].pop("found")
    masks = {}
    for weight in INK_WEIGHTS:
        tried = {r: do(segmenter, 0, r, weight) for r in INK_RATES}
        rate = max(tried, key=lambda r: sum(row["iou"] for row in tried[r]["valid"].values()))
        masks[f"{weight:g}"] = {"lr": rate, "folds": [do(segmenter, k, rate, weight)["test"]
                                                      for k in range(N_FOLDS)]}
    rate = masks["1"]["lr"]
    return {"boxes": {"lr": lr, "folds": boxes, "found": found, "n_steps": BOX_STEPS,
                      "without": [do(without_training, k) for k in range(BOX_FOLDS)],
                      "blurred": [do(without_training, k, BLURS) for k in range(BOX_FOLDS)]},
            "masks": masks,
            "asked": [do(asked_otherwise, k, rate) for k in range(ASKED_FOLDS)],
            "threshold": [do(threshold_of_ink, k) for k in range(N_FOLDS)],
            "blurred": [do(threshold_of_ink, k, BLURS) for k in range(N_FOLDS)]}


def everything():
    """Run the whole experiment; return it, and its processor seconds."""
    seconds = []

    def do(function, *arguments, code=CODE, settings=(RATES, DESIGN)):
        result, took = kept(PARTS, code, settings, function, *arguments)
        seconds.append(took)
        return result

    plain = {family: {f"{budget:.4g}": do(a_row_with_answers, family, budget)
                      for budget in BUDGETS} for family in FAMILIES}
    results = {"as they are": plain}
    for kind in ARRANGEMENTS[1:]:
        results[kind] = {family: {
            budget: do(a_row, family, float(budget), kind, "", None, [row["size"]],
                       row["lr"] if (kind, family) in SAME else None)
            for budget, row in rows.items() if float(budget) <= MIDDLE}
            for family, rows in plain.items()}
    middle = {family: rows[f"{MIDDLE:.4g}"] for family, rows in plain.items()}
    changed = {change: {family: do(a_row, family, MIDDLE, "as they are", change, None,
                                   [row["size"]]) for family, row in middle.items()}
               for change in ("shifts", "mirror")}
    longer = {family: do(a_row, family, 4 * MIDDLE, "as they are", "", None,
                         [middle[family]["size"]], middle[family]["lr"], 3 * budgets.MOST_STEPS)
              for family in ("linear",)}
    repeated = {family: do(again, family, middle[family]["size"], middle[family]["lr"],
                           results["pixels shuffled"][family][f"{MIDDLE:.4g}"]["lr"])
                for family in ("MLP", "CNN", "ViT")}
    settings = (N_CANVASES, BOX_STEPS, INK_STEPS, THRESHOLDS)
    found = scene_results(partial(do, code=CODE_OF_SCENES, settings=settings))
    return {"results": results, "changed": changed, "longer": longer, "again": repeated,
            **found}, sum(seconds)


def check(scenes_too=True):
    """Train one fold of some rows, and one segmenter, again; return what differs."""
    kept_record, wrong, k = record.record(), [], CHECKED_FOLD
    rows = [(kept_record["results"][kind][family][budget], kind, family, budget, "")
            for kind, family, budget in CHECKED]
    rows += [(kept_record["changed"][change][family], "as they are", family, MIDDLE, change)
             for change, family in CHECKED_CHANGES]
    for row, kind, family, budget, change in rows:
        parts = split(k, kind)
        run = runs.train(family, row["size"], parts, row["lr"], float(budget), k, change)
        for part in ("test", "moved"):
            n_images = abs(run.accuracy[part] - row[part][k]) * len(parts[part][1])
            if n_images > 2.1:  # stored with four digits; training amplifies the last bit
                wrong.append(f"{change or kind} {family} {budget}: {part} accuracy "
                             f"{run.accuracy[part]:.4f}, recorded {row[part][k]:.4f}")
    if scenes_too:
        old = kept_record["boxes"]
        for kind, new in detector(1, old["lr"])["test"].items():
            if abs(new - old["folds"][1]["test"][kind]) > 0.01:
                wrong.append(f"boxes {kind}: {new}, recorded {old['folds'][1]['test'][kind]}")
        wrong += [f"{name} {kind}: {new}, recorded {old}" for name, redone, old in [
            ("threshold", threshold_of_ink(k, BLURS), kept_record["blurred"][k]),
            ("groups", without_training(0), kept_record["boxes"]["without"][0])]
            for kind, new in redone.items() if new != old[kind]]
        for weight, row in kept_record["masks"].items():
            found = segmenter(k, row["lr"], float(weight))["test"]
            for kind, scores in found.items():
                wrong += [f"masks {weight} {kind}: {name} {value}, recorded "
                          f"{row['folds'][k][kind][name]}" for name, value in scores.items()
                          if abs(value - row["folds"][k][kind][name]) > 0.005]
    return wrong


def main(arguments):
    """Run or check; return the exit code."""
    return command(arguments, "images", everything, check,
                   "two images (masks to 0.005, boxes to 0.01)", design=DESIGN,
                   **{"scikit-learn": sklearn.__version__})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
