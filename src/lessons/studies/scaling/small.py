"""One run of the study: chapter 10's GPT with two blocks, narrow or wide, reads bytes."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from lessons.gpt.model import GPT, Config
from lessons.gpt.text import N_BYTES, Text, nats_per_byte
from lessons.studies.scaling.shapes import BATCH, CONTEXT, FIRST, N_HEADS, N_LAYERS
from lessons.studies.scaling.text import parts
from lessons.studies.schedules import cosine, flat
from lessons.studies.trial import Optimiser, Recipe, enlarged, train

WARM_UP = 16 * FIRST / 20  # steps: a twentieth of the longest run
WEIGHTS = ("as GPT-2", "for the width")  # what a model begins with


def model(width: int, weights: str = WEIGHTS[0]) -> torch.nn.Module:
    """Return an untrained model of a width that four heads divide.

    Parameters
    ----------
    weights : {"as GPT-2", "for the width"}
        First matrices of standard deviation 0.02; or these times the root of 768 over the width,
        as `lessons.studies.trial.enlarged` says.

    Raises
    ------
    ValueError
        For other weights.
    """
    if weights not in WEIGHTS:
        raise ValueError(f"first weights are one of {list(WEIGHTS)}, got {weights!r}")
    net = GPT(Config(N_BYTES, CONTEXT, N_LAYERS, N_HEADS, width))
    return net if weights == WEIGHTS[0] else enlarged(net, math.sqrt(768 / width))


def adam(net: torch.nn.Module, lr: float) -> Optimiser:
    """Return Adam, without decay of the weights: most runs read each byte once."""
    return torch.optim.Adam(net.parameters(), lr=lr, betas=(0.9, 0.99))


def warmed(n_steps: int, schedule: Callable[[float], float] = cosine) -> Callable[[float], float]:
    """Return a schedule that warms up for as many steps in every run, and then goes on as another.

    Examples
    --------
    >>> share = warmed(1024)
    >>> [round(share(done), 2) for done in (0.1, 0.2, 1)]
    [0.5, 1.0, 0.1]
    >>> round(warmed(4096)(0.6), 6) == round(cosine(0.6), 6)
    True
    """
    warm_up = WARM_UP / n_steps
    return lambda done: (done / warm_up if done < warm_up else
                         schedule(0.05 + 0.95 * (done - warm_up) / (1 - warm_up)))


SCHEDULES = {"cosine": lambda n_steps: cosine, "constant": lambda n_steps: flat,
             "warmed": warmed, "warmed, constant": lambda n_steps: warmed(n_steps, flat)}


def run(width: int, n_steps: int, lr: float, seed: int, schedule: str = "cosine",
        weights: str = WEIGHTS[0], device: str = "cpu") -> dict[str, Any]:
    """Train one model and measure it.

    Parameters
    ----------
    lr : float
        The highest learning rate.
    seed : int
        Decides first weights and the order of the text.
    weights : str
        See `model`.

    Returns
    -------
    dict
        ``test``: rows of steps and nats per byte after 256 steps, 512, ..., and at the end;
        ``tune``: nats per byte at the end, of the text by which a rate is chosen; ``flops``,
        ``n_params``, ``processor_s``, ``epochs`` and ``device``.

    Raises
    ------
    ValueError
        For a schedule or weights that are not known, or sizes that cannot be.
    """
    if schedule not in SCHEDULES:
        raise ValueError(f"a schedule is one of {list(SCHEDULES)}, got {schedule!r}")
    text = parts()
    recipe = Recipe(partial(model, width, weights), adam, SCHEDULES[schedule](n_steps), lr=lr,
                    batch_size=BATCH, n_positions=CONTEXT)
    looks = [FIRST * 2**k / n_steps for k in range(12) if FIRST * 2**k <= n_steps]
    done = train(recipe, Text(text.train, text.test), seed, n_steps=n_steps, valid_at=looks,
                 device=device)
    kept = done.record()
    return {"test": kept["valid"], "tune": round(nats_per_byte(done.model, text.tune, CONTEXT), 5),
            "flops": done.flops, "n_params": done.n_params,
            "epochs": round(done.n_bytes / len(text.train), 3),
            "processor_s": kept["processor_s"], "device": device}
