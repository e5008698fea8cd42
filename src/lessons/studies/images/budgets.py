"""What a budget of operations pays for."""

BATCH_SIZE = 32
MOST_STEPS = 3000  # every image some 76 times; a control takes three times as many


def steps_for(budget: float, per_image: int, most: int = MOST_STEPS) -> int:
    """Return how many steps of 32 images a budget pays for.

    Parameters
    ----------
    budget : float
        Operations (FLOPs) of the whole training.
    per_image : int
        Operations of one image, forward and backward.

    Examples
    --------
    >>> steps_for(2e9, 40_000), steps_for(1e6, 40_000)
    (1562, 1)
    """
    if not budget > 0 or per_image < 1:
        raise ValueError(f"a budget and a cost are more than 0, got {budget} and {per_image}")
    return min(most, max(1, int(budget / (BATCH_SIZE * per_image))))
