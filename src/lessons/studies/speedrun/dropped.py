"""The last row with one idea taken away: its worth when all the others are there."""

from dataclasses import replace

from lessons.studies.speedrun import ladder
from lessons.studies.speedrun.entry import Entry

#: By name: the last row without one idea; the rate is that of the row, or AdamW's.
DROPPED = {
    "rotary": replace(ladder.LAST, build=replace(ladder.SHIFTED, rotary=False)),
    "first weights": replace(ladder.LAST, build=replace(ladder.SHIFTED, enlarged=False)),
    "Muon": replace(ladder.LAST, optimiser=ladder.adamw),
    "no dropout": replace(ladder.LAST, build=replace(ladder.SHIFTED, dropout=0.1)),
    "token shift": ladder.IDEAS["no dropout"][0],
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
    recipe = replace(DROPPED[name], lr=lr, schedule=ladder.cosine_to_zero)
    return Entry(f"all but {name}", "one idea taken away", n_steps, recipe)
