"""An entry of your own: checked, run on some seeds, and ranked against the table."""

from collections.abc import Callable, Iterable

from lessons.studies.speedrun import table
from lessons.studies.speedrun.entry import Entry
from lessons.studies.speedrun.timed import run


def enter(
    entry: Entry, seeds: Iterable[int] = (0, 1, 2), say: Callable[[str], None] = print
) -> table.Row:
    """Run an entry, say what it gave and where it stands; return its row.

    Each run refuses a model that sees later tokens or other rows, and one that guesses the held-out
    text better than what it learned from.

    Parameters
    ----------
    seeds : iterable of int
        Three or more for a place in the table.
    say : callable
        Takes the lines.

    Raises
    ------
    ValueError
        If a run refuses the model, there is no seed, or the runs are no record; says why.
    """
    results = []
    for seed in seeds:
        result = run(entry, seed, say)
        results.append(result)
        say(f"seed {seed}: {result.bits:.3f} bits per byte, {result.processor_s:.1f} processor "
            f"seconds, {result.times_faster:.2f} times faster than chapter 10's run")
    if not results:
        raise ValueError("no seed was given: give three or more, such as (0, 1, 2)")
    row = table.Row(entry.name, entry.idea, tuple(results))
    for line in table.lines(table.ranked(row, table.rows())):
        say(line)
    return row
