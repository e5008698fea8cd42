"""The data of the clinic's long run: text in shards, read once, in texts of unequal length."""

from collections.abc import Callable

import numpy as np
import torch

from lessons.data import corpus
from lessons.studies.clinic.letters import letters

N_SHARDS, LENGTH = 8, 32


def load(rng: np.random.Generator) -> tuple[Callable, torch.Tensor, torch.Tensor]:
    """Return the micro-batches by number, and validation text.

    A micro-batch has eight texts. They have 32 letters, but only the first 4, 8, 16 or 32 of the
    answers count, as where short texts are filled up: the others are -100. A shard is a stretch of
    the corpus and has 120 micro-batches.
    """
    number = {letter: i for i, letter in enumerate(letters())}
    train, valid = (np.array([number[c] for c in text]) for text in corpus.split(corpus.topics()))
    size = len(train) // N_SHARDS
    starts = np.concatenate([shard * size + LENGTH * rng.permutation(size // LENGTH - 1)[:960]
                             for shard in rng.permutation(N_SHARDS)]).reshape(-1, 8)
    lengths = rng.choice([4, 8, 16, 32], size=len(starts))

    def windows(ids: np.ndarray, starts: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        rows = torch.tensor(ids[starts[:, None] + np.arange(LENGTH + 1)])
        return rows[:, :LENGTH], rows[:, 1:]

    def batch(i: int) -> tuple[torch.Tensor, torch.Tensor]:
        X, y = windows(train, starts[i])
        return X, y.where(torch.arange(LENGTH) < lengths[i], -100).flatten()

    X_valid, y_valid = windows(valid, np.arange(0, LENGTH * 256, LENGTH))
    return batch, X_valid, y_valid.flatten()
