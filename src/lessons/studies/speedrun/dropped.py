"""The last row with one idea taken away: its worth when all the others are there."""

from dataclasses import replace

from torch import nn

from lessons.gpt.variants import assembled
from lessons.gpt.variants.attention import Rotary
from lessons.studies.speedrun import ladder
from lessons.studies.speedrun.entry import Entry


def as_gpt2() -> nn.Module:
    """Return the last row's model with GPT-2's first weights."""
    parts = assembled.Parts(attention=Rotary, block=ladder.Shifted, positions=False)
    return assembled.GPT(ladder.CONFIG, parts)


def only_shifted() -> nn.Module:
    """Return the last row's model with learned positions."""
    return ladder.started(shifted=True)


#: By name: the last row without one idea; the rate is that of the row, or AdamW's.
DROPPED = {
    "first weights": replace(ladder.SHIFTED, build=as_gpt2),
    "Muon": replace(ladder.SHIFTED, optimiser=ladder.adamw),
    "rotary": replace(ladder.SHIFTED, build=only_shifted),
    "token shift": ladder.TURNED,
}


def entry(name: str, lr: float, n_steps: int) -> Entry:
    """Return the last row without an idea, with some peak rate and number of steps.

    Raises
    ------
    ValueError
        If there is no such idea.

    Examples
    --------
    >>> entry("Muon", 0.006, 170).name
    'all but Muon'
    """
    if name not in DROPPED:
        raise ValueError(f"no idea {name!r} to take away: there are {', '.join(DROPPED)}")
    recipe = replace(DROPPED[name], lr=lr)
    return Entry(f"all but {name}", "one idea taken away", n_steps, recipe)
