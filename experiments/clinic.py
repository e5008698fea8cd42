"""Record the runs of the loss-curve clinic: ``python -m experiments.clinic`` (a few minutes).

Writes ``src/lessons/studies/clinic/record.json``. With ``--check`` it runs everything again,
compares the start of every curve with the record, and asks whether the whole of it is still nearest
to its case. With ``--long`` it records the faults of long runs instead, in ``long_run.json``.
"""

import json
import math
import sys

import numpy as np

from lessons.studies.clinic import cases as clinic
from lessons.studies.clinic.letters import letters
from lessons.studies.clinic.programs import N_STEPS, run
from lessons.studies.clinic.training import EVERY
from lessons.studies.record import path_of

FILE = path_of("clinic")
SEEDS = range(5)
LONG_SEEDS = range(3)
BRIEF = ((), (("train", "valid"),))  # what is kept of seed 0, and of the others

ADAM = [("SGD(net.parameters(), lr=0.1)", "Adam(net.parameters(), lr=0.005)")]
CLIPPED = [("(net.parameters(), math.inf)", "(net.parameters(), 1.0)")]
HALF = [("nn.Dropout(0.1)", "nn.Dropout(0.5)")]
FOURS = [("len(order) - 63, 64)", "len(order) - 3, 4)"),
         ("start : start + 64", "start : start + 4")]
ODD_OR_EVEN = [
    ("(64, 10)]", "(64, 1)]"),
    ("torch.tensor(y)\n", "torch.tensor(y % 2.0, dtype=torch.float32)[:, None]\n"),
    ("(logits.argmax(dim=1) == y)", "((logits > 0) == y)"),
    ("F.cross_entropy(", "F.binary_cross_entropy_with_logits("),
]
STD, SOFTMAX = "std=math.sqrt(2 / n_in)", "F.cross_entropy(logits, y)"

#: Name: (program, changes in both runs, mended text, broken text, cause).
CASES = {
    "healthy digits": ("digits", [], "", "", "nothing is wrong"),
    "healthy text": ("text", ADAM, "", "", "nothing is wrong"),
    "healthy, much dropout": ("digits", HALF, "", "", "nothing is wrong: dropout acts in training "
                              "only"),
    "learning rate too high": ("digits", [], "lr=0.1", "lr=3.0", "the learning rate is too high"),
    "learning rate at the edge": ("digits", [], "lr=0.1", "lr=1.0",
                                  "the learning rate is about as large as it can be"),
    "learning rate too low": ("digits", [], "lr=0.1", "lr=0.001", "the learning rate is too low"),
    "no zero_grad": ("digits", [], "        optimiser.zero_grad()\n", "",
                     "gradients of all earlier steps pile up"),
    "leaked label": ("digits", [], "table[:, :64]", "table[:, 10:]",
                     "the inputs hold the answer, in ten columns of the table"),
    "mask off by one": ("text", ADAM, ".triu(1)", ".triu(2)",
                        "every position sees the letter that it has to predict"),
    "target is the input": ("text", ADAM, "rows[:, 1:33]", "rows[:, 0:32]",
                            "the targets are not shifted: the model copies"),
    "shifted twice": ("text", ADAM, "rows[:, 1:33]", "rows[:, [*range(2, 33), 32]]",
                      "the targets are shifted twice: the model predicts the letter after next"),
    "no eval mode": ("digits", HALF, "    net.eval()\n", "",
                     "dropout also acts in validation"),
    "sorted by class": ("digits", [], "rng.permutation(len(X))", "np.argsort(y, kind=\"stable\")",
                        "the data are not shuffled: one class after the other"),
    "misaligned labels": ("digits", [], "tensors(X[rows], y[rows])",
                          "tensors(X[rows], y[np.sort(rows)])",
                          "pictures and labels are in a different order"),
    "initial weights too large": ("digits", [], STD, "std=0.6",
                                  "the initial weights are too large"),
    "initial weights zero": ("digits", [], STD, "std=0.0",
                             "all initial weights are zero"),
    "initial weights too small": ("digits", [], STD, "std=0.06",
                                  "the initial weights are too small for four layers"),
    "no clipping": ("recurrent", CLIPPED, *CLIPPED[0][::-1],
                    "now and then the gradient of the recurrent network explodes"),
    "softmax twice": ("digits", [], SOFTMAX,
                      "F.cross_entropy(logits.softmax(dim=1), y)",
                      "the loss applies softmax to what is already a softmax"),
    "softmax of one logit": ("digits", ODD_OR_EVEN, "F.binary_cross_entropy_with_logits(",
                             "F.cross_entropy(", "a softmax over a single logit is always 1"),
    "too little data": ("digits", [], "rng.permutation(len(X))", "rng.permutation(64)",
                        "the same 64 pictures again and again"),
    "inputs not scaled": ("digits", [], "(X - mean) / std", "X * 16",
                          "the inputs go up to 16, and the first steps are far too long"),
    "divided by zero": ("digits", [], "np.maximum(X.std(axis=0), 0.1)", "X.std(axis=0)",
                        "some pixels never change, and their spread is 0"),
    "float16 overflow": ("digits", [], SOFTMAX,
                         "F.nll_loss(logits - logits.half().exp().sum(1, True).log(), y)",
                         "e to the 11.1 is beyond the largest float16"),
    "sigmoid layers": ("digits", [], "nn.ReLU()", "nn.Sigmoid()",
                       "three sigmoid layers saturate and let little gradient through"),
    "last layer only": ("digits", [], "SGD(net.parameters()", "SGD(net[-1].parameters()",
                        "the optimiser knows the last layer only"),
    "tiny batches": ("digits", FOURS, "", "", "nothing is wrong: batches of four are noisy"),
}

#: Fault: (what the dose is, doses, the changes that a dose makes).
DOSES = {
    "leaked label": ("of the rows", (0, 1, 3, 10, 30, 100), lambda share: [
        ("np.eye(10)[label]",
         f"np.eye(10)[label] * (np.arange(len(label)) % 100 < {share})[:, None]"),
        ("table[:, :64]", "table[:, 10:]")]),
    "wrong labels": ("of the rows", (0, 1, 3, 10, 30, 100), lambda share: [
        ("tensors(X[rows], y[rows])",
         f"tensors(X[rows], np.where(rows % 100 < {share}, y[np.sort(rows)], y[rows]))")]),
    "initial weights": ("of the right size", (25, 33, 50, 100, 200, 300), lambda share: [
        (STD, f"std={share / 100} * math.sqrt(2 / n_in)")]),
}

FAST = [("return 0.01 *", "return 0.1 *")]

#: Name: (changes in both runs, mended text, broken text, cause); all of the program "long run".
LONG = {
    "optimiser forgotten": (
        [], '            optimiser.load_state_dict(saved["optimiser"])\n', "",
        "half-way the weights were loaded, the running means of the optimiser were not"),
    "schedule restarted": (
        [], "= rate(step, n_steps)", "= rate(step % (n_steps // 2), n_steps)",
        "half-way the schedule of the learning rate began again"),
    "data from the start": (
        [], 'n_read = saved["read"]', "n_read = 0",
        "half-way the data began again: four shards are read twice, four never"),
    "mean of means": (
        [], "/ n_letters\n", "/ (y >= 0).sum() / N_MICRO\n",
        "each micro-batch is divided by its own number of letters, so letters of short texts count "
        "more"),
    "no norm on queries and keys": (
        FAST, "            q, k = (F.rms_norm(part, part.shape[-1:]) for part in (q, k))\n", "",
        "at a high learning rate nothing bounds the attention scores"),
    "weights in bfloat16": (
        [], "        optimiser.step()\n",
        "        optimiser.step()\n"
        "        [p.data.copy_(p.data.bfloat16()) for p in net.parameters()]\n",
        "weights are stored in bfloat16, and a step much smaller than a weight is rounded away"),
}


def short(log, keys=("train", "valid", "accuracy", "grad"), digits=3):
    """Return a log for the record: every second step, the largest gradient between two looks."""
    logs = {"train": log["train"][::2], "valid": log["valid"], "accuracy": log["accuracy"]}
    for key in ("grad", "score"):  # NaN if one of them is
        if key in log:
            logs[key] = np.array(log[key]).reshape(-1, EVERY).max(axis=1).tolist()
    return {key: [float(f"{v:.{digits}g}") if math.isfinite(v) else None for v in logs[key]]
            for key in keys}


def long_runs():
    """Run the faults of long runs, and each without its fault; return what the file holds."""
    cases, healthy = {}, {}

    def runs(changes):
        return [short(run("long run", changes, seed), ("train", "valid", "grad", "score"), 4)
                for seed in LONG_SEEDS]

    for name, (setup, good, bad, cause) in LONG.items():
        key = json.dumps(setup)
        if key not in healthy:
            healthy[key] = runs(setup)
        cases[name] = {"cause": cause, "setup": setup, "good": good, "bad": bad,
                       "mended": healthy[key], "runs": runs([*setup, (good, bad)])}
        print(name, [log["valid"][-1] for log in cases[name]["runs"]],
              [log["valid"][-1] for log in healthy[key]], flush=True)
    return cases


def make():
    """Run everything; return what the file holds."""
    cases, healthy = {}, {}
    for name, (program, setup, good, bad, cause) in CASES.items():
        fault = [(good, bad)] if good else []
        key = json.dumps([program, setup])
        if key not in healthy:
            healthy[key] = short(run(program, setup))
        classes = len(letters()) if program != "digits" else 2 if setup is ODD_OR_EVEN else 10
        cases[name] = {"cause": cause, "program": program, "n_classes": classes, "setup": setup,
                       "good": good, "bad": bad, "mended": healthy[key],
                       "runs": [short(run(program, setup + fault, seed), *BRIEF[seed > 0])
                                for seed in SEEDS]}
        print(name, cases[name]["runs"][0]["train"][::20], flush=True)
    doses = {fault: {f"{dose}% {what}": short(run("digits", changes(dose))) for dose in doses}
             for fault, (what, doses, changes) in DOSES.items()}
    return {"n_steps": N_STEPS, "every": EVERY, "cases": cases, "doses": doses}


def differences(old, new):
    """Yield what has changed by more than the processor explains."""
    if old.keys() != new.keys():
        yield f"other cases: {sorted(old.keys() ^ new.keys())}"
        return
    for name in old:
        for seed, (a, b) in enumerate(zip(old[name]["runs"], new[name]["runs"], strict=True)):
            a, b = (np.array(log["train"][:3], dtype=float) for log in (a, b))
            if not np.allclose(a, b, rtol=0.02, atol=1e-3, equal_nan=True):
                yield f"{name}, seed {seed}: starts with {b}, the record with {a}"
        log = {k: np.array(v, dtype=float) for k, v in new[name]["runs"][0].items()}
        said = clinic.nearest(log["train"], new[name]["n_classes"], log["valid"], n=1)[0]
        if said[0] != name:
            yield f"{name}: the new run is nearest to {said[0]} ({said[1]:.2f})"


def main(arguments):
    """Record, or with ``--check`` compare; return the exit status."""
    if "--long" in arguments:
        FILE.with_name("long_run.json").write_text(
            json.dumps(long_runs(), separators=(",", ":")) + "\n", encoding="utf-8")
        return 0
    new = make()
    if "--check" in arguments:
        old = json.loads(FILE.read_text(encoding="utf-8"))
        said = list(differences(old["cases"], new["cases"]))
        print("\n".join(said) or "as recorded")
        return 1 if said else 0
    FILE.write_text(json.dumps(new, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"wrote {FILE.name}, {FILE.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
