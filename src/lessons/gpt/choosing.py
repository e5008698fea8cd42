"""How a GPT on numpy writes: the choice of the next token, as `lessons.gpt.sampling` makes it.

That module needs PyTorch, this one must not: a test holds their probabilities together.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from lessons.gpt.on_numpy import GPT, softmax


def probabilities(logits: np.ndarray, temperature: float = 1.0, top_k: int | None = None,
                  top_p: float | None = None) -> np.ndarray:
    """Return the probabilities from which the next token is drawn.

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (B, V).
    temperature, top_k, top_p
        As in `lessons.gpt.sampling.probabilities`.

    Returns
    -------
    numpy.ndarray
        Shape (B, V), each row with the sum 1.

    Raises
    ------
    ValueError
        If the temperature is negative or infinite, `top_k` below 1 or `top_p` not in (0, 1].

    Examples
    --------
    >>> probabilities(np.log([[0.5, 0.1, 0.4]]), top_k=2).round(4)
    array([[0.5556, 0.    , 0.4444]])
    """
    if not (0 <= temperature < np.inf and (top_k is None or top_k >= 1)
            and (top_p is None or 0 < top_p <= 1)):
        raise ValueError("temperature is a number from 0 on, top_k is 1 or more, top_p is above 0 "
                         f"and up to 1: got {temperature}, {top_k} and {top_p}")
    if temperature == 0:
        return np.eye(logits.shape[-1], dtype=logits.dtype)[logits.argmax(-1)]
    logits = logits - logits.max(-1, keepdims=True)  # 0 at most: no temperature is too small
    with np.errstate(over="ignore"):
        p = softmax(logits / temperature)
    order = np.argsort(-p, axis=-1, kind="stable")
    p = np.take_along_axis(p, order, -1)
    if top_k is not None:
        p[:, top_k:] = 0
        p = p / p.sum(-1, keepdims=True)
    if top_p is not None and top_p < 1:
        p[p.cumsum(-1) - p >= top_p] = 0  # the tokens before it have enough together
        p = p / p.sum(-1, keepdims=True)
    back = np.zeros_like(p)  # in the order of the vocabulary
    np.put_along_axis(back, order, p, -1)
    return back


def write(model: GPT, tokens: Sequence[int], n_new: int, rng: np.random.Generator,
          temperature: float = 1.0, top_k: int | None = None,
          top_p: float | None = None) -> Iterator[int]:
    """Yield new tokens of a text, one by one, so that a page can show each at once.

    Parameters
    ----------
    model : GPT
    tokens : sequence of int
        How the text begins: one token at least. If it is longer than `n_positions`, the model
        reads only its end.
    n_new : int
        How many tokens to add.
    rng : numpy.random.Generator
        Draws the tokens.
    temperature, top_k, top_p
        How to choose them, see `probabilities`.

    Examples
    --------
    >>> from lessons.engine.gpt import first_weights
    >>> model = GPT(first_weights(8, 4, n_layers=1, d_model=16), n_heads=2)
    >>> len(list(write(model, [1, 2, 3], 5, np.random.default_rng(0))))
    5
    """
    text, cache = list(tokens), {}
    for _ in range(n_new):
        if len(text) > model.n_positions:
            cache = {}  # every token moves to another position: no cached key fits
        n_seen = cache[0][0].shape[2] if cache else max(0, len(text) - model.n_positions)
        logits = model([text[n_seen:]], cache)[:, -1].astype(np.float64)  # (1, V)
        p = probabilities(logits, temperature, top_k, top_p)[0]
        text.append(int(rng.choice(len(p), p=p)))
        yield text[-1]
