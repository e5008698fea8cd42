"""A text as bytes: what to learn from, in which order, and how well a model guesses the rest.

Nats per token divided by ln 2 are bits per byte here, because every token is one byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from lessons.data import corpus
from lessons.gpt import model as gpt

N_BYTES = 256  # values of a byte: the vocabulary


@dataclass(frozen=True)
class Text:
    """A text to learn from and one to be measured by, as bytes: int64, shapes (n,)."""

    train: Tensor
    valid: Tensor

    @classmethod
    def of(cls, train: str, valid: str) -> "Text":
        """Return two texts as bytes.

        Examples
        --------
        >>> Text.of("abc", "d").train
        tensor([97, 98, 99])
        """
        return cls(*(torch.tensor(list(part.encode())) for part in (train, valid)))


@cache
def topics() -> Text:
    """Return the text of chapter 10, split as there.

    Examples
    --------
    >>> len(topics().train), len(topics().valid)
    (404172, 46428)
    """
    return Text.of(*corpus.split(corpus.topics()))


def windows(text: Tensor, size: int, length: int,
            generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield tokens and targets, (size, length) each, for ever.

    Every epoch cuts the text into windows that do not overlap, from another place on, and takes
    them in another order.

    Examples
    --------
    >>> tokens, targets = next(windows(torch.arange(12), 2, 4, torch.Generator().manual_seed(0)))
    >>> bool((targets == tokens + 1).all())
    True
    """
    least = (size + 1) * length  # whatever the place where an epoch begins
    if len(text) < least:
        raise ValueError(f"a text of {len(text):,} bytes is too short for a batch of {size} times "
                         f"{length}: give {least:,} or more, or a smaller batch")
    while True:
        first = torch.randint(length, (), generator=generator)
        starts = torch.arange(int(first), len(text) - length, length)
        starts = starts[torch.randperm(len(starts), generator=generator)]
        for some in starts[: len(starts) - len(starts) % size].split(size):
            rows = text[some[:, None] + torch.arange(length + 1)]
            yield rows[:, :-1], rows[:, 1:]


@torch.no_grad()
def nats_per_byte(model: nn.Module, text: Tensor, length: int) -> float:
    """Return the mean loss in nats on a text, read in windows of some length.

    The first byte of a window is not guessed, and a rest that fills no window is left out.

    Examples
    --------
    >>> model = gpt.GPT(gpt.Config(N_BYTES, n_positions=8, n_layers=1, n_heads=1, d_model=8))
    >>> 5.4 < nats_per_byte(model, topics().valid[:1000], 8) < 5.7  # at first ln 256 = 5.5
    True
    """
    n = (len(text) - 1) // length
    if n < 1:
        raise ValueError(f"a text of {len(text)} bytes fills no window of {length}: give more")
    device = next(model.parameters()).device
    rows = text[torch.arange(n)[:, None] * length + torch.arange(length + 1)].to(device)
    with gpt.evaluating(model):
        parts = [gpt.loss(model, part[:, :-1], part[:, 1:]).item() * len(part)
                 for part in rows.split(64)]
    return sum(parts) / n
