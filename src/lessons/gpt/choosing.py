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


class Reading:
    """A text that a model has read, which grows by a token at a time at little cost.

    Parameters
    ----------
    model : GPT
    tokens : sequence of int
        One at least. If there are more than `n_positions`, the model reads only their end.

    Attributes
    ----------
    tokens : list of int
        All of the text.
    logits : numpy.ndarray
        Of the next token, shape (V,), in float64.
    attention : list of numpy.ndarray
        From each block how the T tokens that it read last weigh all S in sight, (H, T, S).

    Examples
    --------
    >>> from lessons.engine.gpt import first_weights
    >>> model = GPT(first_weights(8, 4, n_layers=1, d_model=16), n_heads=2)
    >>> reading = Reading(model, [1, 2])
    >>> reading.add(3)
    >>> [weights.shape for weights in reading.attention], reading.n_before
    ([(2, 1, 3)], 0)
    """

    def __init__(self, model: GPT, tokens: Sequence[int]):
        self.model, self.tokens, self.cache = model, [int(i) for i in tokens], {}
        self._read()

    @property
    def n_before(self) -> int:
        """How many tokens of the text are too far back to be seen."""
        return max(0, len(self.tokens) - self.model.n_positions)

    def add(self, token: int) -> None:
        """Add a token to the text and read it."""
        self.tokens.append(int(token))
        self._read()

    def draw(self, rng: np.random.Generator, temperature: float = 1.0, top_k: int | None = None,
             top_p: float | None = None) -> int:
        """Draw the next token, which is not added; see `probabilities`."""
        p = probabilities(self.logits[None], temperature, top_k, top_p)[0]
        return int(rng.choice(len(p), p=p))

    def _read(self) -> None:
        if self.n_before:
            self.cache = {}  # every token moves to another position: no cached key fits
        n_seen = self.cache[0][0].shape[2] if self.cache else self.n_before
        attention: list[np.ndarray] = []
        logits = self.model([self.tokens[n_seen:]], self.cache, attention)
        self.logits = logits[0, -1].astype(np.float64)
        self.attention = [weights[0] for weights in attention]


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
    reading = Reading(model, tokens)
    for i in range(n_new):
        token = reading.draw(rng, temperature, top_k, top_p)
        yield token
        if i + 1 < n_new:
            reading.add(token)
