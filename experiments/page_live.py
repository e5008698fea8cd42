"""Record what chapter 10's page shows before its Python runs: a text read, two short trainings.

    python -m experiments.page_live           record them (five minutes of one core)
    python -m experiments.page_live --check   do it again, and compare with the record

It asks the functions that the page asks, with the settings with which the page opens.
"""

import copy
import sys
import time

import numpy as np

from experiments.keep import command
from lessons.data import texts
from lessons.live import prompt, tiny
from lessons.studies import record as records
from lessons.train.tiny import TinyRun

TEXT = "If the object does not define the method, an exception is"
SEED, LR, N_STEPS, MEAN_OF = 0, 0.01, 1000, 10
N_TRIES, LEAST_LR = 5, 0.00032  # the lowest rate of the slider
SHOWN = (0, 50, 200, 500, 1000)  # steps whose samples are kept
AGREES = 0.05  # bits per character, of the last values: rounding differs between processors


def read():
    """Return the text as the page reads it."""
    return {"text": TEXT, "seed": SEED} | prompt.read({"text": TEXT, "seed": SEED})


def trained(source):
    """Return one training: what was known before, its losses, held-out values and samples."""
    said = tiny.begin({"source": source, "lr": LR, "seed": SEED})
    losses, held, samples = [], [], []
    while not samples or samples[-1][0] < N_STEPS:
        more = tiny.advance({"lr": LR, "ms": 0})
        losses += more["losses"]
        held += [more["held"]] if "held" in more else []
        samples += [more["sample"]] if more.get("sample", [-1])[0] in SHOWN else []
    means = np.reshape(losses, (-1, MEAN_OF)).mean(1).round(3).tolist()
    return said | {"source": source, "seed": SEED, "losses": means, "held": held,
                   "samples": samples}


def triples(run, strength=10):
    """Return the bits per character of a rival that counts which character follows which two.

    It is asked what `TinyRun.bigram` is asked. Where two characters came seldom, the counts of
    pairs say most: they count as `strength` more occurrences.
    """
    n = len(run.chars)
    pairs, counts = np.full((n, n), 0.1), np.zeros((n, n, n))
    np.add.at(pairs, (run.train[:-1], run.train[1:]), 1)
    np.add.at(counts, (run.train[:-2], run.train[1:-1], run.train[2:]), 1)
    pairs /= pairs.sum(1, keepdims=True)
    p = (counts + strength * pairs) / (counts.sum(2, keepdims=True) + strength)
    rows = run.held_rows()
    first = pairs[rows[:, 0], rows[:, 1]]
    rest = p[rows[:, :-2], rows[:, 1:-1], rows[:, 2:]]
    return round(float(-np.log2(np.append(first, rest)).mean()), 3)


def go(run, n_steps, lr):
    """Train some steps more at a rate; return bits per character, held out."""
    run.lr = lr
    for _ in range(n_steps):
        run.step()
    return round(run.held_out() * run.held_bytes / len(run.held), 3)


def tried(seed):
    """Return what became of each thing that the chapter asks readers to try, on the names."""
    names = texts.function_names()
    run = TinyRun(names, **tiny.SIZE, seed=seed)
    said = {"at_300": go(run, 300, LR)}
    jolted = copy.deepcopy(run)
    said["jolted"] = go(jolted, 50, 10 * LR)
    back = [go(jolted, 50, LR) for _ in range(14)]
    said["steps_back"] = next((50 * (i + 1) for i, bits in enumerate(back)
                               if bits <= said["at_300"]), None)
    said["at_800"] = go(run, 500, LR)
    calm = copy.deepcopy(run)
    said |= {"steady_at_1000": go(run, 200, LR), "tenth_at_1000": go(calm, 200, LR / 10)}
    said["timid_at_1000"] = go(TinyRun(names, **tiny.SIZE, seed=seed), 1000, LEAST_LR)
    short = TinyRun(names[:3000], **tiny.SIZE, seed=seed)
    said["short"] = [go(short, 100, LR) for _ in range(6)]
    said["short_training"] = round(np.mean([short.step() for _ in range(20)]) / np.log(2), 3)
    return said


def everything():
    """Return all, and the processor seconds."""
    start = time.process_time()
    result = {"prompt": read(), "tiny": [trained(source) for source in tiny.TEXTS],
              "mean_of": MEAN_OF, "tries": [tried(seed) for seed in range(N_TRIES)],
              "triples": {source: triples(TinyRun(tiny.TEXTS[source](), **tiny.SIZE))
                          for source in tiny.TEXTS}}
    return result, time.process_time() - start


def check():
    """Return a line for each number that differs."""
    record = records.load("page_live")
    again = {"prompt": read(), "tiny": [trained(source) for source in tiny.TEXTS]}
    wrong = [] if record["prompt"]["tokens"] == again["prompt"]["tokens"] else ["other tokens"]
    wrong += [] if record["prompt"]["top"] == again["prompt"]["top"] else ["other next tokens"]
    for old, new in zip(record["tiny"], again["tiny"], strict=True):
        apart = abs(old["held"][-1][1] - new["held"][-1][1])
        if apart > AGREES:
            wrong.append(f"{old['source']}: {apart:.3f} bits per character apart at the end")
    return wrong


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:], "page_live", everything, check, f"{AGREES} bits per character"))
