"""The model of the study, its texts, and how well it guesses.

The model is a GPT like chapter 10's, with bytes for tokens. Of the held-out text one part chooses
learning rates, and another is reported.
"""

import copy
import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lessons.data import texts
from lessons.gpt import model as gpt
from lessons.gpt.text import N_BYTES, Text, nats_per_byte, topics
from lessons.studies import trial

N_POSITIONS = 64
WIDTH, N_LAYERS = 48, 2
N_STEPS, LR, BATCH = 300, 0.006, 8  # of the model that is made smaller
N_HELD = 12000  # bytes of each text that choose rates, and as many others that are reported
FOLDER = Path("_build/compression/weights")  # what runs of a seed share
NEW_LIBRARY = "scipy"  # whose docstrings the model is taught after the help topics


def build(width: int = WIDTH, n_layers: int = N_LAYERS) -> gpt.GPT:
    """Return a GPT with first weights from torch's generator.

    Examples
    --------
    >>> gpt.n_parameters(build())
    72000
    """
    net = gpt.GPT(gpt.Config(N_BYTES, N_POSITIONS, n_layers, n_heads=4, d_model=width))
    trial.enlarged(net, math.sqrt(768 / width))
    return net


@cache
def text(which: str = "topics") -> Text:
    """Return the text to learn from, and the part of the held-out one that chooses rates.

    Parameters
    ----------
    which : {"topics", "docstrings"}
        Chapter 10's text, or docstrings of one library, of which every fifth is held out.
    """
    train, valid = _parts(which)
    return Text(train, valid[:N_HELD])


@cache
def held_text(which: str = "topics") -> Tensor:
    """Return as many bytes from the end of the held-out text, which chose nothing."""
    return _parts(which)[1][-N_HELD:]


@cache
def _parts(which: str) -> tuple[Tensor, Tensor]:
    if which == "topics":
        return topics().train, topics().valid
    if which != "docstrings":
        raise ValueError(f"texts are 'topics' and 'docstrings', got {which!r}")
    rows = [row.text for row in texts.docstrings() if row.library == NEW_LIBRARY]
    held = [row for i, row in enumerate(rows) if i % 5 == 0]
    found = Text.of("\n\n".join(row for i, row in enumerate(rows) if i % 5), "\n\n".join(held))
    return found.train, found.valid


def bits(model: nn.Module, part: str = "test", which: str = "topics") -> float:
    """Return bits per byte of held-out text: the part that chooses ("tune"), or the other.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> bits(build(width=8, n_layers=1)) > 7.5  # a model that has read nothing
    True
    """
    held = held_text(which) if part == "test" else text(which).valid
    return round(nats_per_byte(model, held, N_POSITIONS) / math.log(2), 4)


def recipe(**changes: Any) -> trial.Recipe:
    """Return how all models of the study are trained, but for some changes."""
    plain = trial.Recipe(build=build, lr=LR, batch_size=BATCH, n_positions=N_POSITIONS)
    return replace(plain, **changes)


def base(seed: int, n_steps: int = N_STEPS, folder: Path = FOLDER) -> gpt.GPT:
    """Return the trained model of a seed; train it if no run did so before."""
    path = folder / f"{WIDTH}-{N_LAYERS}-{n_steps}-{seed}.pt"
    if not path.exists():
        model = trial.train(recipe(), text(), seed, n_steps=n_steps).model
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(model.state_dict(), path)
    model = build()
    model.load_state_dict(torch.load(path))
    return model


@torch.no_grad()
def moved(model: gpt.GPT, factor: float, channel: int = 0) -> gpt.GPT:
    """Return the same function with an outlier: one input's weights times a factor, the input less.

    What reads a norm gets the weights of one channel multiplied, and the norm gives that channel
    divided: the same products. Above 1 the weights have an outlier, below 1 the activations.

    Raises
    ------
    ValueError
        If the factor is not above 0.

    Examples
    --------
    >>> model, tokens = build(width=8, n_layers=1), torch.tensor([[1, 2, 3]])
    >>> bool(torch.allclose(model(tokens), moved(model, 64.0)(tokens), atol=1e-4))
    True
    """
    if not 0 < factor < math.inf:
        raise ValueError(f"a factor is above 0, got {factor}")
    model = copy.deepcopy(model)
    for block in model.blocks:
        for norm, layer in ((block.norm1, block.attention.qkv), (block.norm2, block.mlp.up)):
            norm.weight[channel] /= factor
            norm.bias[channel] /= factor
            layer.weight[:, channel] *= factor
    return model
