"""Attention put to the test as an explanation: beside leaving tokens out, and meddled with."""

import numpy as np
import torch

from lessons.gpt import model as gpt
from lessons.gpt.text import topics
from lessons.inside import attention, attributions
from lessons.studies.inside import states

N_WINDOWS, LENGTH = 60, 48


def compared(seed: int) -> dict[str, list[float]]:
    """Return rank correlations with what leaving a token out does, for each of some windows.

    Of attention (mean over heads, of the last block, and over all blocks), of attention multiplied
    through the blocks with what passes by them (rollout), and of nearness alone.
    """
    model, _ = states.trained(seed)
    rows = topics().valid[: N_WINDOWS * LENGTH].view(N_WINDOWS, LENGTH)
    found: dict[str, list[float]] = {"last block": [], "all blocks": [], "rollout": [],
                                     "nearness": []}
    for row in rows:
        effect = attention.left_out(model, row)[None]
        weights = gpt.attention_weights(model, row[None])[:, 0].mean(1)  # (L, T, T)
        flow = torch.eye(LENGTH)
        for w in weights:
            flow = (w + torch.eye(LENGTH)) / 2 @ flow
        guesses = {"last block": weights[-1, -1], "all blocks": weights[:, -1].mean(0),
                   "rollout": flow[-1], "nearness": torch.arange(LENGTH).float()}
        for name, guess in guesses.items():
            rank = attributions.rank_correlation(guess[None, :-1], effect)
            found[name].append(round(rank.item(), 3))
    return found


def example(seed: int, n: int = 8) -> list[dict[str, object]]:
    """Return some windows: the text, the attention to each token, and the effect of hiding it."""
    model, _ = states.trained(seed)
    shown = []
    for i in range(n):
        row = topics().valid[i * LENGTH: (i + 1) * LENGTH]
        weights = gpt.attention_weights(model, row[None])[:, 0].mean(1)
        shown.append({"text": bytes(row.tolist()).decode("ascii", "replace"),
                      "attention": [round(x, 4) for x in weights[:, -1].mean(0)[:-1].tolist()],
                      "left out": [round(x, 4) for x in attention.left_out(model, row).tolist()]})
    return shown


def meddled(seed: int) -> dict[str, float]:
    """Return nats per byte with the model's own attention, and with weights taken from it."""
    model, nats = states.trained(seed)
    rows = states.windows(topics().valid)[:200]
    changes = {"its own": None, "shuffled": attention.shuffled(torch.Generator().manual_seed(seed)),
               "even": attention.even}
    found = {"trained": nats}
    for name, change in changes.items():
        logits = attention.logits(model, rows[:, :-1], change)
        found[name] = gpt.F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()).item()
    return found


def mean_of(values: list[float]) -> float:
    """Return the mean of correlations, those that are not defined left out."""
    return float(np.nanmean(values))
