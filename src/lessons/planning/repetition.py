"""What text is worth that is read more than once.

References
----------
Muennighoff et al., Scaling Data-Constrained Language Models, NeurIPS 2023, arXiv:2305.16264: the
form of the law, and its numbers, fitted to runs of up to 9 billion parameters.
"""

import math

from lessons.planning.scaling import PUBLISHED, positive

HALF_LIFE = 15.387756  # R*: repetitions after which a further one has lost 1 - 1/e of its worth
HALF_LIFE_PARAMETERS = 5.309743  # the same for parameters beyond what the unique text asks for


def worth(epochs: float, half_life: float = HALF_LIFE) -> float:
    """Return how many times as much new text would serve as well, in units of the unique text.

    The first pass counts in full; what `R` further ones add is R* (1 - exp(-R / R*)).

    Parameters
    ----------
    epochs : float
        How often the text is read, 1 or more.
    half_life : float
        R*, in repetitions: the larger, the longer repeating helps.

    Raises
    ------
    ValueError
        If the epochs are below 1, the half-life is not above 0, or one of them is not finite.

    Examples
    --------
    >>> [round(worth(n), 3) for n in (1, 2, 4, 8, 16, 40)]
    [1.0, 1.968, 3.726, 6.624, 10.582, 15.167]
    """
    if not 1 <= epochs < math.inf:
        raise ValueError(f"epochs are 1 or more, and not infinite, got {epochs}")
    if not 0 < half_life < math.inf:
        raise ValueError(f"half_life must be a finite number above 0, got {half_life}")
    return 1 + half_life * -math.expm1(-(epochs - 1) / half_life)


def loss(parameters: float, tokens: float, unique: float) -> float:
    """Return the loss that the law gives for a model, in nats per token.

    Parameters
    ----------
    parameters, tokens : float
        Of the model; that it reads, repetitions included.
    unique : float
        Different tokens among them.

    Raises
    ------
    ValueError
        If a number is not finite or not above 0, or more tokens are unique than are read.

    Examples
    --------
    >>> round(loss(6.34e9, 242e9, 25e9), 6), round(loss(8.67e9, 178e9, 25e9), 6)
    (2.225644, 2.226963)
    """
    positive(parameters=parameters, tokens=tokens, unique=unique)
    if unique > tokens:
        raise ValueError(f"{unique:g} unique tokens are more than the {tokens:g} that are read")
    law = PUBLISHED["Muennighoff et al."]  # one exponent for both
    useful = min(parameters, unique * (law.A / law.B) ** (1 / law.alpha))  # what this text asks for
    n = useful * worth(parameters / useful, HALF_LIFE_PARAMETERS)
    d = unique * worth(tokens / unique)
    return float(law.loss(n, d))
