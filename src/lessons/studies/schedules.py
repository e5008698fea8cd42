"""How the learning rate goes along a run, whatever is trained: by the share that is done."""

import math


def cosine(done: float, warmup: float = 0.05) -> float:
    """Return the share of the peak rate: up for a part of the run, then half a cosine to a tenth.

    Examples
    --------
    >>> [round(cosine(done), 2) for done in (0.025, 0.05, 1)]
    [0.5, 1.0, 0.1]
    """
    if done < warmup:
        return done / warmup
    return 0.55 + 0.45 * math.cos(math.pi * (done - warmup) / (1 - warmup))


def flat(done: float, warmup: float = 0.05) -> float:
    """Return the share of the peak rate: warm-up as in `cosine`, and then no fall.

    Examples
    --------
    >>> flat(0.025), flat(0.9)
    (0.5, 1.0)
    """
    return min(done / warmup, 1.0)
