"""A tiny GPT that trains in a page: begun by one call, then carried on a few steps with each."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from lessons.data import corpus, texts
from lessons.train.tiny import TinyRun

SIZE = {"n_layers": 2, "n_heads": 4, "d_model": 32, "batch_size": 8, "length": 32}
EVERY = 50  # steps between two looks at the held-out text; twice as many between two samples
N_WRITTEN = 120
MOST_CHARACTERS = 200_000  # of a reader's own text
TOO_SHORT = ("Of this text too little would be left to learn from, or for the test: paste more, "
             "some thousand characters, in several lines.")
TEXTS: dict[str, Callable[[], str]] = {"names": texts.function_names, "manual": corpus.topics}

now: dict[str, Any] = {}  # the run, and what it does next


def begin(argument: dict[str, Any]) -> dict[str, Any]:
    """Make a new run, and forget the one before.

    Parameters
    ----------
    argument : dict
        ``source``, a name of `TEXTS` or ``own``; then ``text``; ``lr`` and ``seed``.

    Returns
    -------
    dict
        What is known before the first step, among it the bits per character of two rivals:
        one that knows the alphabet, and one that counts pairs of neighbours.

    Raises
    ------
    ValueError
        If the text is too short to hold some of it out.

    Examples
    --------
    >>> said = begin({"source": "own", "text": "to be or not to be\\n" * 60, "lr": 0.01, "seed": 0})
    >>> said["n_chars"], said["alphabet"], said["train"], said["held_out"]
    (8, 3.0, 1026, 114)
    """
    source = argument["source"]
    text = TEXTS[source]() if source in TEXTS else argument["text"][:MOST_CHARACTERS]
    text = text.encode("utf-8", "replace").decode()
    try:
        run = TinyRun(text, **SIZE, lr=argument["lr"], seed=int(argument["seed"]))
    except ValueError as error:
        raise ValueError(TOO_SHORT) from error
    now.update(run=run, work=work(run))
    n_weights = sum(p.data.size for p in run.model.parameters())
    return {"n_chars": len(run.chars), "n_weights": n_weights,
            "train": len(run.train), "held_out": len(run.held), "bigram": round(run.bigram(), 4),
            "alphabet": round(math.log2(len(run.chars)), 4), "lr": run.lr}


def advance(argument: dict[str, Any]) -> dict[str, Any]:
    """Go on with the run for some milliseconds, one piece of work at least.

    Parameters
    ----------
    argument : dict
        ``lr``, from the next step on, and ``ms``.

    Returns
    -------
    dict
        ``step``, how many are done; ``losses`` of the new ones, in bits per character; where there
        is news, ``held`` and ``sample``, each with its step. A run whose loss is no number any
        more is ``broken``, and stays so.

    Examples
    --------
    >>> _ = begin({"source": "names", "lr": 0.01, "seed": 0})
    >>> first = advance({"lr": 0.01, "ms": 0})
    >>> first["step"], first["losses"], first["broken"], first["held"][0]
    (0, [], False, 0)
    """
    run, end = now["run"], time.monotonic() + argument["ms"] / 1000
    run.lr = argument["lr"]
    said: dict[str, Any] = {"losses": [], "broken": False}
    while True:
        for name, value in next(now["work"]).items():
            if name == "loss":
                said["losses"].append(value)
            else:
                said[name] = value
        if said["broken"] or time.monotonic() >= end:
            return {"step": run.n_steps, **said}


def work(run: TinyRun) -> Iterator[dict[str, Any]]:
    """Yield after each piece of work what came of it, without an end."""
    while True:
        if run.n_steps % EVERY == 0:
            held = run.held_out() * run.held_bytes / len(run.held)
            if not math.isfinite(held):
                break
            yield {"held": [run.n_steps, round(held, 4)]}
        if run.n_steps % (2 * EVERY) == 0 or run.n_steps == EVERY:
            sample = ""
            for sign in run.write("\n" if "\n" in run.ids else run.chars[0], N_WRITTEN,
                                  temperature=0.8):
                sample += sign
                yield {"sample": [run.n_steps, sample]} if len(sample) == N_WRITTEN else {}
        loss = run.step() / math.log(2)
        if not math.isfinite(loss):
            break
        yield {"loss": round(loss, 4)}
    while True:
        yield {"broken": True}
