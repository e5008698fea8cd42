"""The text of the study: the English that the package ships, each paragraph of it once."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from lessons.data import corpus, texts

N_HELD_OUT = 98_304  # bytes, for choosing a learning rate and for measuring alike
LEAST = 40  # characters: a shorter paragraph may stand in many documents


@dataclass(frozen=True)
class Parts:
    """Bytes to learn from, bytes to choose a rate by, bytes to measure with: int64, shapes (n,).

    Attributes
    ----------
    train, tune, test : torch.Tensor
        They share no document and no paragraph.
    n_repeated : int
        Characters that were left out, because their paragraph had been there.
    """

    train: Tensor
    tune: Tensor
    test: Tensor
    n_repeated: int


def documents() -> list[str]:
    """Return the documents: help topics, docstrings, sections of this book.

    Of docstrings that are nearly the same only the first is there.

    Examples
    --------
    >>> documents()[0][:22]
    'The "assert" statement'
    """
    out = corpus.TITLE.split(corpus.topics())
    groups = set()
    for one in texts.docstrings():
        if one.group not in groups:
            out.append(one.text)
            groups.add(one.group)
    sections: dict[tuple[str, str], list[str]] = {}
    for passage in texts.passages():
        sections.setdefault((passage.chapter, passage.section), []).append(passage.text)
    return out + ["\n\n".join(part) for part in sections.values()]


@cache
def parts() -> Parts:
    """Return the text in three parts; the documents come in random order.

    Examples
    --------
    >>> one = parts()
    >>> len(one.tune), len(one.test), len(one.train)
    (98304, 98304, 2120060)
    """
    seen: set[str] = set()
    kept, n_repeated = [], 0
    pages = documents()
    for i in np.random.default_rng(0).permutation(len(pages)):
        paragraphs = []
        for paragraph in pages[i].split("\n\n"):
            if len(paragraph) >= LEAST and paragraph in seen:
                n_repeated += len(paragraph)
            else:
                paragraphs.append(paragraph)
            seen.add(paragraph)
        if any(paragraphs):
            kept.append("\n\n".join(paragraphs))
    # A document that a cut goes through is lost: nothing of it stands in the next part.
    out, rest = [], iter(kept)
    for _ in range(2):
        held_out = b""
        while len(held_out) < N_HELD_OUT:
            held_out += next(rest).encode() + b"\n\n"
        out.append(held_out[:N_HELD_OUT])
    tune, test, train = (torch.tensor(list(part))
                         for part in (*out, "\n\n".join(rest).encode()))
    return Parts(train, tune, test, n_repeated)
