"""The numbers of a text that was read, as `lessons.live.prompt` packs them."""

import base64
from typing import Any

import numpy as np


def logits_of(read: dict[str, Any]) -> np.ndarray:
    """Return the logits of the next token, shape (V,), in float64."""
    return np.frombuffer(base64.b64decode(read["logits"]), "<f4").astype(np.float64)


def attention_of(read: dict[str, Any]) -> np.ndarray:
    """Return how all tokens weigh each other, shape (L, H, T, T).

    Examples
    --------
    >>> from lessons.studies.page_live.shown import record
    >>> attention = attention_of(record()["prompt"])
    >>> bool((abs(attention.sum(-1) - 1) < 0.002).all())
    True
    """
    n_layers, n_heads = read["heads"]
    T = len(read["tokens"])
    values = np.frombuffer(base64.b64decode(read["rows"]), "<u2") / 10_000
    attention, place = np.zeros((n_layers, n_heads, T, T)), 0
    for t in range(T):
        n = n_layers * n_heads * (t + 1)
        attention[:, :, t, : t + 1] = values[place : place + n].reshape(n_layers, n_heads, t + 1)
        place += n
    return attention


def visible(token: str) -> str:
    """Return a token with signs for spaces and line breaks, as the pictures of the book show it.

    Examples
    --------
    >>> visible(" the"), visible("\\n ")
    ('␣the', '↵␣')
    """
    return token.replace(" ", "␣").replace("\n", "↵").replace("\t", "⇥")
