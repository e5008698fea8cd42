"""Words as vectors by prediction: skip-gram with negative sampling."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from lessons.engine.vectors import unit

N_PAIRS, BATCH, N_NEGATIVE = 1_500_000, 2048, 5


def train(
    texts: Sequence[Sequence[str]], words: Sequence[str], window: int, d: int, seed: int = 0,
    n_pairs: int = N_PAIRS, lr: float = 0.01,
) -> np.ndarray:
    """Return a vector of length 1 for each word, shape (n_words, d).

    Each step draws words of the texts, a neighbour of each at most `window` places away, and five
    words at random; the product of the vectors must tell the neighbour from the others.

    Parameters
    ----------
    n_pairs : int
        How many pairs of neighbours are seen.

    References
    ----------
    Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality,
    NeurIPS 2013.

    Examples
    --------
    >>> train([["a", "b"]] * 50, ["a", "b"], window=1, d=2, n_pairs=4096).shape
    (2, 2)
    """
    if window < 1 or d < 1:
        raise ValueError(f"a window and a size are 1 or more, got {window} and {d}")
    index = {word: i for i, word in enumerate(words)}
    ids = torch.tensor([i for text in texts
                        for i in [*(index.get(w, -1) for w in text), *[-1] * window]])
    known = (ids >= 0).nonzero()[:, 0]
    if not len(known):
        raise ValueError("none of these words stands in the texts")
    generator = torch.Generator().manual_seed(seed)
    often = torch.bincount(ids[known], minlength=len(words)).double() ** 0.75
    E = nn.Parameter((torch.rand(len(words), d, generator=generator) - 0.5) / d)
    C = nn.Parameter(torch.zeros(len(words), d))
    optimiser, n_steps = torch.optim.Adam([E, C], lr=lr), max(1, n_pairs // BATCH)
    for step in range(n_steps):
        optimiser.param_groups[0]["lr"] = lr * (1 - step / n_steps)
        at = known[torch.randint(len(known), (BATCH,), generator=generator)]
        away = torch.randint(1, window + 1, (BATCH,), generator=generator)
        away *= 2 * torch.randint(2, (BATCH,), generator=generator) - 1
        beside = (at + away).clamp(0, len(ids) - 1)
        at, beside = ids[at], ids[beside]
        at, beside = at[beside >= 0], beside[beside >= 0]
        if not len(at):
            continue
        others = torch.multinomial(often, len(at) * N_NEGATIVE, True, generator=generator)
        close = (E[at] * C[beside]).sum(-1)
        far = (E[at][:, None] * C[others.view(len(at), -1)]).sum(-1)
        optimiser.zero_grad()
        (F.softplus(-close).mean() + F.softplus(far).sum(-1).mean()).backward()
        optimiser.step()
    return unit(E.detach().double().numpy())
