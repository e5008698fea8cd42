"""The data of two programs of the clinic: text, letter by letter."""

import functools
from collections.abc import Iterator

import numpy as np
import torch

from lessons.data import corpus


@functools.cache
def letters() -> str:
    """Return the characters of the corpus, sorted."""
    return "".join(sorted(set(corpus.topics())))


def load(rng: np.random.Generator) -> tuple[Iterator, torch.Tensor, torch.Tensor]:
    """Return endless batches of text with the next letters as answers, and validation text."""
    train, valid = corpus.split(corpus.topics())
    number = {letter: i for i, letter in enumerate(letters())}
    train, valid = (np.array([number[c] for c in text[:100_000]]) for text in (train, valid))

    def windows(ids: np.ndarray, starts: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        rows = torch.tensor(ids[starts[:, None] + np.arange(33)])
        return rows[:, :32], rows[:, 1:33].flatten()

    def endless() -> Iterator:
        while True:
            yield windows(train, rng.integers(len(train) - 33, size=32))

    return endless(), *windows(valid, np.arange(0, 32 * 256, 32))
