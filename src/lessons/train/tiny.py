"""A tiny GPT that trains while one looks on: our own engine, numpy alone, one step at a time.

A page calls `TinyRun.step` as often as it has time, and may change the learning rate in between.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lessons.data import corpus
from lessons.engine.gpt import GPT, first_weights, loss
from lessons.engine.losses import bits_per_byte
from lessons.engine.optim import AdamW, check_lr
from lessons.gpt import choosing, on_numpy


class TinyRun:
    """A GPT in training on the characters of a text.

    Parameters
    ----------
    text : str
        It is split as `lessons.data.corpus.split` does: a tenth is held out. Each different
        character is a token.
    n_layers, n_heads, d_model : int
        Blocks, heads in a block, numbers for a token.
    batch_size, length : int
        Texts in a batch and tokens in each of them.
    lr, weight_decay : float
        Settings of AdamW; `lr` may be changed at any time.
    seed : int
        Decides the first weights and the order of the examples.

    Attributes
    ----------
    n_steps : int
        Steps done.
    chars : list of str
        The vocabulary.

    Raises
    ------
    ValueError
        If the text is too short, or a setting makes no sense.

    Examples
    --------
    >>> run = TinyRun("to be or not to be\\n" * 40, length=8, d_model=8)
    >>> losses = [run.step() for _ in range(40)]
    >>> losses[-1] < losses[0], run.n_steps
    (True, 40)
    """

    def __init__(self, text: str, *, n_layers: int = 2, n_heads: int = 4, d_model: int = 28,
                 batch_size: int = 8, length: int = 32, lr: float = 0.01,
                 weight_decay: float = 0.01, seed: int = 0):
        if min(n_layers, d_model, batch_size, length) < 1:
            raise ValueError("layers, width, batch and length are whole numbers from 1 on")
        train, held = corpus.split(text)
        self.chars = sorted(set(train) | set(held))
        self.ids = {c: i for i, c in enumerate(self.chars)}
        self.train, self.held = (np.array([self.ids[c] for c in part]) for part in (train, held))
        if min(len(self.train), len(self.held)) <= length:
            raise ValueError(f"the text leaves {len(self.train):,} characters for training and "
                             f"{len(self.held):,} held out: both must be more than {length}")
        self.held_bytes = len(held.encode())
        self.batch_size, self.length, self.n_steps = batch_size, length, 0
        weights = first_weights(len(self.chars), length, n_layers, d_model, seed)
        self.model = GPT(weights, n_heads)
        self.optimiser = AdamW(self.model.parameters(), lr, beta2=0.95, weight_decay=weight_decay)
        self.rng = np.random.default_rng([seed, 1])

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return self.optimiser.lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self.optimiser.lr = check_lr(lr)

    def step(self) -> float:
        """Take one step with a batch from random places; return its loss, in nats a character."""
        starts = self.rng.integers(len(self.train) - self.length, size=self.batch_size)
        rows = self.train[starts[:, None] + np.arange(self.length + 1)]  # (B, T + 1)
        result = loss(self.model, rows[:, :-1], rows[:, 1:])
        self.optimiser.zero_grad()
        result.backward()
        self.optimiser.step()
        self.n_steps += 1
        return result.item()

    def held_out(self, n: int = 64) -> float:
        """Return the bits per byte on the held-out text, from at most `n` windows all over it."""
        rows = self.held_rows(n)
        nats = loss(self.model, rows[:, :-1], rows[:, 1:]).item()
        return bits_per_byte(nats, len(self.held), self.held_bytes)

    def held_rows(self, n: int = 64) -> np.ndarray:
        """Return at most `n` windows from all over the held-out text, shape (n, length + 1)."""
        starts = np.arange(0, len(self.held) - self.length, self.length)
        starts = starts[np.linspace(0, len(starts) - 1, min(n, len(starts))).astype(int)]
        return self.held[starts[:, None] + np.arange(self.length + 1)]

    def bigram(self, n: int = 64, least: float = 0.1) -> float:
        """Return the bits per character of a rival that counts pairs of neighbours.

        It is asked the same characters as the model in `held_out`, and knows one before each.

        Parameters
        ----------
        n : int
            How many windows of the held-out text at most.
        least : float
            Added to each count, so that a pair that never came is not impossible.
        """
        counts = np.full((len(self.chars), len(self.chars)), least)
        np.add.at(counts, (self.train[:-1], self.train[1:]), 1)
        p, rows = counts / counts.sum(1, keepdims=True), self.held_rows(n)
        return float(-np.log2(p[rows[:, :-1], rows[:, 1:]]).mean())

    def write(self, begin: str, n_new: int, seed: int = 0, **how: Any) -> Iterator[str]:
        """Yield `n_new` characters that the model adds to a text, as it stands now.

        Parameters
        ----------
        begin : str
            Characters that the model does not know are left out.
        how
            Temperature, top_k and top_p, as in `lessons.gpt.choosing.write`.

        Raises
        ------
        ValueError
            If it knows no character of `begin`, or a setting is out of range.
        """
        tokens = [self.ids[c] for c in begin if c in self.ids]
        if not tokens:
            raise ValueError(f"the text to go on from has no character that the model knows: "
                             f"{''.join(self.chars)!r}")
        model = on_numpy.GPT(self.model.weights(), self.model.n_heads)
        for i in choosing.write(model, tokens, n_new, np.random.default_rng(seed), **how):
            yield self.chars[i]
