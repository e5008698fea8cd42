"""The texts of the task as tokens: what the models read, and what they answered."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lessons.align.answers import answer_mask
from lessons.studies.alignment import sums


def sheets(n: int, seed: int) -> Tensor:
    """Return beginnings of sheets about questions to learn from, (n, `LENGTH` + 1)."""
    rng, some = np.random.default_rng(seed), sums.pairs("train")
    return torch.tensor([sums.encode(sums.sheet(rng, some, sums.LENGTH + 1)) for _ in range(n)])


def rows(texts: Sequence[str]) -> Tensor:
    """Return questions with their answers, filled up with newlines, (n, `LENGTH`).

    Raises
    ------
    ValueError
        If one is longer, or holds a character that the model does not know.

    Examples
    --------
    >>> rows(["37+48=85."]).shape
    torch.Size([1, 15])
    """
    if max(map(len, texts)) > sums.LENGTH:
        raise ValueError(f"at most {sums.LENGTH} characters, got {max(texts, key=len)!r}")
    return torch.tensor([sums.encode(text.ljust(sums.LENGTH, "\n")) for text in texts])


def prompts(some: Sequence[sums.Pair]) -> Tensor:
    """Return questions as tokens, (n, `N_PROMPT`)."""
    return torch.tensor([sums.encode(sums.question(pair)) for pair in some])


def mask_of(tokens: Tensor) -> Tensor:
    """Return which guesses are about the answer, (n, T - 1)."""
    return answer_mask(tokens, sums.N_PROMPT, sums.ENDS)


def answers_in(tokens: Tensor) -> list[str]:
    """Return the answers in texts: what follows the question, up to a stop, or a new line.

    Examples
    --------
    >>> answers_in(torch.tensor([sums.encode("37+48=85.12"), sums.encode("37+48=8\\n12+")]))
    ['85.', '8']
    """
    out = []
    for row in tokens.tolist():
        text = sums.decode(row[sums.N_PROMPT:]).split("\n")[0]
        out.append(text.split(".")[0] + "." if "." in text else text)
    return out
