"""Record what chapter 10's page shows before its Python runs: a text read, two short trainings.

    python -m experiments.page_live           record them (half a minute of one core)
    python -m experiments.page_live --check   do it again, and compare with the record

It asks the functions that the page asks, with the settings with which the page opens.
"""

import sys
import time

import numpy as np

from experiments.keep import command
from lessons.live import prompt, tiny
from lessons.studies import record as records

TEXT = "If the object does not define the method, an exception is"
SEED, LR, N_STEPS, MEAN_OF = 0, 0.01, 1000, 10
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


def everything():
    """Return all, and the processor seconds."""
    start = time.process_time()
    result = {"prompt": read(), "tiny": [trained(source) for source in tiny.TEXTS],
              "mean_of": MEAN_OF}
    return result, time.process_time() - start


def check():
    """Return a line for each number that differs."""
    record, again = records.load("page_live"), everything()[0]
    wrong = [] if record["prompt"]["tokens"] == again["prompt"]["tokens"] else ["other tokens"]
    wrong += [] if record["prompt"]["top"] == again["prompt"]["top"] else ["other next tokens"]
    for old, new in zip(record["tiny"], again["tiny"], strict=True):
        apart = abs(old["held"][-1][1] - new["held"][-1][1])
        if apart > AGREES:
            wrong.append(f"{old['source']}: {apart:.3f} bits per character apart at the end")
    return wrong


if __name__ == "__main__":
    sys.exit(command(sys.argv[1:], "page_live", everything, check, f"{AGREES} bits per character"))
