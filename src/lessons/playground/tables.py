"""The reader's own points: clicked, or a table that was pasted, checked and made into numbers."""

import csv
import math
import re
from collections.abc import Mapping
from typing import Any

FEWEST_ROWS, MOST_ROWS, MOST_COLUMNS, MOST_CLASSES = 4, 500, 8, 10
MOST_CHARACTERS = 200_000
LARGEST = 1e9
LONGEST_NAME, LONGEST_LINE = 24, 10_000
SEPARATORS = {"\t": "tabs", ";": "semicolons", ",": "commas"}

Points = dict[str, Any]


def shown(value: Any) -> str:
    """Return a value as a short text in one line, whatever it is and however long.

    Examples
    --------
    >>> shown(3), shown("x" * 100)[-3:]
    ('3', 'xx…')
    """
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"


def table(text: str) -> Points:
    """Read a pasted table: columns of numbers, and one of labels or of the number to predict.

    Cells are separated by commas, tabs, semicolons or spaces; the first row may hold names. A
    column of words holds the labels, wherever it stands. Without one the last column decides: few
    different whole numbers are labels, unless there is only one other column.

    Returns
    -------
    dict
        ``x``, ``y``, ``labels`` (None where numbers are predicted), ``features``.

    Raises
    ------
    ValueError
        If it is no table, or one that cannot be learned from: one sentence for the reader.

    Examples
    --------
    >>> found = table("size;weight;kind\\n1,5;2;cat\\n1,4;3;cat\\n5;20;dog\\n6;21;dog")
    >>> found["x"][0], found["y"], found["labels"], found["features"]
    ([1.5, 2.0], [0, 0, 1, 1], ['cat', 'dog'], ['size', 'weight'])
    >>> table("x,y\\n0,1\\n1,3\\n2,5\\n3,7")["labels"] is None
    True
    """
    rows = cells_of(text)
    names = [f"x{i + 1}" for i in range(len(rows[0]))]
    if is_header(rows):
        names, rows = rows[0], rows[1:]
    words = [i for i in range(len(names)) if all(value_of(row[i]) is None for row in rows)]
    if len(words) > 1:
        raise ValueError(f"columns {words[0] + 1} and {words[1] + 1} hold words: leave one, the "
                         "label; the others must be numbers")
    target = words[0] if words else len(names) - 1
    features = [i for i in range(len(names)) if i != target]
    x = [[cell(row[i], r, i) for i in features] for r, row in enumerate(rows, 1)]
    points: Points = {"x": x, "features": [names[i] for i in features]}
    targets = [row[target].strip() for row in rows]
    if words or (len(features) > 1 and are_classes(targets)):
        labels = list(dict.fromkeys(targets))
        points |= {"y": [labels.index(t) for t in targets], "labels": labels}
    else:
        points |= {"y": [cell(t, r, target) for r, t in enumerate(targets, 1)], "labels": None}
    return checked(points)


def cells_of(text: str) -> list[list[str]]:
    """Return the rows of a text, all of the same length, two cells or more."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError("nothing was pasted: a table has rows such as 1.5, 2.0, cat")
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"this text has {len(text):,} characters: at most {MOST_CHARACTERS:,} "
                         f"can be pasted, and {MOST_ROWS} rows")
    lines = [line for line in text.lstrip("\ufeff").splitlines()
             if line.strip() and not line.startswith("#")]
    if not lines or max(map(len, lines)) > LONGEST_LINE:
        raise ValueError("this is no table: " + (
            f"a row has more than {LONGEST_LINE:,} characters" if lines else "all is a comment"))
    for separator in SEPARATORS:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
        if len(rows[0]) > 1 and {len(row) for row in rows} == {len(rows[0])}:
            return rows
    rows = [re.split(r"\s+", line.strip()) for line in lines]
    if len(rows[0]) > 1 and {len(row) for row in rows} == {len(rows[0])}:
        return rows
    rows = list(csv.reader(lines, delimiter=max(SEPARATORS, key=lines[0].count)))
    odd = next((r for r, row in enumerate(rows, 1) if len(row) != len(rows[0])), 0)
    if len(rows[0]) > 1 and odd:
        raise ValueError(f"row {odd} has {len(rows[odd - 1])} cells and row 1 has {len(rows[0])}: "
                         "all rows of a table have the same number")
    raise ValueError("this is no table: rows need two cells or more, with commas, tabs or "
                     "semicolons between them")


def value_of(text: str) -> float | None:
    """Return what a cell holds as a number, also one with a decimal comma; None for words.

    Examples
    --------
    >>> value_of(" 1,5 "), value_of("cat"), value_of("nan")
    (1.5, None, nan)
    """
    text = text.strip()
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        text = text.replace(",", ".")
    try:
        return math.nan if not text or text.lower() in ("na", "n/a", "?", "-") else float(text)
    except ValueError:
        return None


def is_header(rows: list[list[str]]) -> bool:
    """Tell whether the first row holds names: words above numbers."""
    return len(rows) > 1 and any(value_of(top) is None and value_of(below) is not None
                                 for top, below in zip(rows[0], rows[1], strict=True))


def are_classes(texts: list[str]) -> bool:
    """Tell whether a column looks like labels: a few whole numbers, each more than once."""
    values = [value_of(text) for text in texts]
    kinds = set(texts)
    whole = all(v is not None and math.isfinite(v) and v % 1 == 0 for v in values)
    return whole and len(kinds) <= MOST_CLASSES and 2 * len(kinds) <= len(texts)


def cell(text: str, row: int, column: int) -> float:
    """Return the number in a cell."""
    value = value_of(text)
    if value is None or not math.isfinite(value):
        what = "is empty" if not text.strip() else f"holds “{shown(text.strip())}”"
        raise ValueError(f"row {row}, column {column + 1} {what}: a finite number must stand there")
    return value


def checked(points: Any) -> Points:
    """Return points in the one form that the playground keeps, rounded to six digits.

    Raises
    ------
    ValueError
        If they are none, too few or too many, not finite, huge, or of one class only.

    Examples
    --------
    >>> checked({"x": [[0, 1]] * 4, "y": [0, 0, 1, 1], "labels": ["a", "b"]})["features"]
    ['x1', 'x2']
    """
    if not isinstance(points, Mapping) or not all(isinstance(points.get(k), list) for k in "xy"):
        raise ValueError("points are lists x and y: click some, or paste a table")
    x, y, labels = points["x"], points["y"], points.get("labels")
    if not FEWEST_ROWS <= len(x) <= MOST_ROWS:
        raise ValueError(f"{len(x):,} points are too {'few' if len(x) < FEWEST_ROWS else 'many'}: "
                         f"from {FEWEST_ROWS} to {MOST_ROWS} can be learned from here")
    width = len(x[0]) if isinstance(x[0], list) else 0
    if len(y) != len(x) or any(not isinstance(row, list) or len(row) != width for row in x):
        raise ValueError("each point has the same number of coordinates, and one label or value")
    if not (1 if labels is None else 2) <= width <= MOST_COLUMNS:
        raise ValueError(f"with labels from 2 to {MOST_COLUMNS} columns of numbers can be learned "
                         f"from, without them from 1; this table has {width}")
    found: Points = {"x": [[finite(v) for v in row] for row in x]}
    features = points.get("features") or [f"x{i + 1}" for i in range(width)]
    found["features"] = names_of(features, width, "names of columns")
    if labels is None:
        return found | {"y": [finite(v) for v in y], "labels": None}
    labels = names_of(labels, len(labels) if isinstance(labels, list) else 0, "labels")
    if len(labels) > MOST_CLASSES:
        raise ValueError(f"there are {len(labels)} different labels: at most {MOST_CLASSES} "
                         "classes can be told apart here")
    if any(isinstance(v, bool) or not isinstance(v, int) or not 0 <= v < len(labels) for v in y):
        raise ValueError(f"the class of a point is a whole number from 0 to {len(labels) - 1}")
    if len(set(y)) < 2:
        raise ValueError(f"all points are of one class, “{labels[y[0]]}”: add some of another")
    return found | {"y": list(y), "labels": labels}


def finite(value: Any) -> float:
    """Return one coordinate, if a network can take it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) <= LARGEST:
        raise ValueError(f"{shown(value)} is no number that can be learned from: coordinates lie "
                         f"between -{LARGEST:g} and {LARGEST:g}; divide the column")
    return float(f"{value:.6g}")


def names_of(names: Any, n: int, what: str) -> list[str]:
    """Return names as short texts without commas."""
    if not isinstance(names, list) or len(names) != n or not n:
        raise ValueError(f"{what} are a list of words")
    short = [" ".join(str(name).replace(",", " ").split())[:LONGEST_NAME] for name in names]
    if len(set(short)) < n or not all(short):
        raise ValueError(f"{what} must differ from each other, and none may be empty")
    return short
