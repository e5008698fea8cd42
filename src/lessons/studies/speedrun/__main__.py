"""Reach chapter 10's score fast: the table of records, and entries of your own.

    python -m lessons.studies.speedrun                  the table of records
    python -m lessons.studies.speedrun --row rotary     run one of its rows again
    python -m lessons.studies.speedrun mine.py          check an entry of yours, and rank it

`mine.py` sets ``entry``, such as ``entry = Entry("mine", "a higher rate", 240, replace(...))``.
"""

import argparse
import sys
from collections.abc import Sequence

from lessons.studies.speedrun import ladder, own, table, timed
from lessons.studies.speedrun.entry import Entry, from_file
from lessons.studies.speedrun.results import target


def recorded(name: str) -> Entry:
    """Return a row of the record as an entry, with its rate and number of steps.

    Raises
    ------
    ValueError
        If there is no such row.
    """
    rows = table.record()["rows"]
    if name not in rows:
        raise ValueError(f"no row {name!r}: the rows are {', '.join(rows)}")
    return ladder.entry(name, rows[name]["lr"], rows[name]["n_steps"])


def again(entry: Entry, seeds: Sequence[int]) -> None:
    """Run a row of the record again, and say what it gave here."""
    for seed in seeds:
        result = timed.run(entry, seed, print)
        print(f"seed {seed}: {result.bits:.3f} bits per byte, the score is {target():.3f}; "
              f"{result.processor_s:.1f} processor seconds, {result.times_faster:.2f} times "
              "faster than chapter 10's run")


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m lessons.studies.speedrun", description=__doc__, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", help="a Python file that sets `entry`")
    parser.add_argument("--row", metavar="NAME", help="a row of the table, to be run again")
    parser.add_argument("--seeds", type=int, nargs="+", metavar="N",
                        help="0 1 2 for an entry, 0 for a row, if not given")
    given = parser.parse_args(argv)
    if given.file and given.row:
        parser.error("give a file or --row, not both")
    try:
        if given.file:
            own.enter(from_file(given.file), given.seeds or (0, 1, 2))
        elif given.row:
            again(recorded(given.row), given.seeds or (0,))
        else:
            print("\n".join(table.lines(table.rows())))
    except ValueError as error:
        print(f"speedrun: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
