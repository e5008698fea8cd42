"""The table of records: ours, one idea a row, and the published one of a 124M model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lessons import data
from lessons.studies.record import load
from lessons.studies.speedrun.results import Result, target

LEAST_SEEDS = 3


def record() -> dict[str, Any]:
    """Return the record: ``python -m experiments.speedrun`` made it.

    Examples
    --------
    >>> sorted(record())
    ['made', 'open', 'rows', 'target']
    """
    return load("speedrun")


@dataclass(frozen=True)
class Row:
    """A line of the table: an idea and its runs, one for each seed."""

    name: str
    idea: str
    results: tuple[Result, ...]

    @property
    def times_faster(self) -> float:
        """The mean over the seeds, against chapter 10's steps at the same moments."""
        return sum(run.times_faster for run in self.results) / len(self.results)

    @property
    def worst_bits(self) -> float:
        """The score of the worst seed, bits per byte."""
        return max(run.bits for run in self.results)


def rows(kept: dict[str, Any] | None = None) -> list[Row]:
    """Return the rows of the record, in its order.

    Examples
    --------
    >>> rows()[0].name, rows()[-1].name
    ('chapter 10', 'token shift')
    """
    found = (kept or record())["rows"]
    return [Row(name, entry["idea"], tuple(Result(**run) for run in entry["runs"]))
            for name, entry in found.items()]


def faults(results: Sequence[Result]) -> list[str]:
    """Return why runs of an entry are no record, in lines of text; none if they are one.

    Examples
    --------
    >>> faults([Result("mine", 0, 200, 1.9, 1.7, 30.0, 0.2)])  # doctest: +ELLIPSIS
    ['1 seed was run: ...', 'seed 0 ends at 1.900 bits per byte, the score is 1.833']
    """
    seeds, said = {run.seed for run in results}, []
    if len(seeds) < LEAST_SEEDS:
        said.append(f"{len(seeds)} seed{'s were' if len(seeds) != 1 else ' was'} run: "
                    f"{LEAST_SEEDS} or more are needed, for one may be lucky")
    said += [f"seed {run.seed} ends at {run.bits:.3f} bits per byte, the score is {target():.3f}"
             for run in results if not run.reaches]
    return said


def ranked(mine: Row, others: Sequence[Row]) -> list[Row]:
    """Return the rows from the slowest to the fastest, with one more among them.

    Raises
    ------
    ValueError
        If its runs are no record; says why.
    """
    wrong = faults(mine.results)
    if wrong:
        raise ValueError(f"{mine.name} is not ranked: {'; '.join(wrong)}")
    return sorted([*others, mine], key=lambda row: row.times_faster)


def lines(shown: Sequence[Row]) -> list[str]:
    """Return rows as lines of text, a head first."""
    head = f"{'':16s}{'steps':>6s}{'worst bits':>12s}{'times faster':>14s}   of each seed"
    return [head] + [
        f"{row.name[:15]:16s}{row.results[0].n_steps:6d}{row.worst_bits:12.3f}"
        f"{row.times_faster:14.1f}   " + " ".join(f"{run.times_faster:.1f}" for run in row.results)
        for row in shown]


def published() -> list[dict[str, Any]]:
    """Return the records of the 124M speedrun: number, minutes on 8 H100, date, idea.

    They are the table ``speedruns``.

    Examples
    --------
    >>> published()[0]["minutes"], published()[0]["idea"]
    (45.0, 'llm.c baseline')
    """
    return [row | {"n": int(row["n"])} for row in data.table("speedruns")]
