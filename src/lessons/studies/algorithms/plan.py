"""What the study tries, in numbers and by name: steps, rates, schedules, widths, batches."""

from functools import partial

from lessons.studies.schedules import cosine, flat

N_STEPS = 180  # of the baseline: they set the budget in FLOPs
WARM_UP = 0.2  # share of a run
RATES = [0.003, 0.006, 0.012]  # peak learning rates tried, the same for all
N_LATENT = 16

#: Four of the changes, which are crossed with each other.
FACTORS = ("rotary", "squared ReLU", "Muon", "flat, then down")

# Widths: does the best learning rate of a narrow model serve a wide one?
WIDTHS, BASE_WIDTH = [32, 64, 128, 256], 64
WIDTH_RATES = [0.0007, 0.0014, 0.0028, 0.0056, 0.011, 0.022]

# Batches: how many steps does a larger batch save?
BATCHES = {4: 600, 8: 400, 16: 250, 32: 180, 64: 150}  # sequences, and steps that are run


def warm_stable_decay(done: float) -> float:
    """Return the share of the peak rate: up for a fifth, flat, down to 0 in the last fifth.

    Examples
    --------
    >>> [round(warm_stable_decay(done), 2) for done in (0.1, 0.5, 0.9, 1)]
    [0.5, 1.0, 0.5, 0.0]
    """
    return min(flat(done, WARM_UP), (1 - done) / 0.2)


def to_zero(done: float) -> float:
    """Return the share of the peak rate: up for a fifth, then in a straight line to 0."""
    return min(flat(done, WARM_UP), (1 - done) / (1 - WARM_UP))


#: Share of the peak rate by the share of the run that is done, for each change of the schedule.
SCHEDULES = {
    "baseline": partial(cosine, warmup=WARM_UP),
    "flat": partial(flat, warmup=WARM_UP),
    "flat, then down": warm_stable_decay,
    "straight to 0": to_zero,
}
