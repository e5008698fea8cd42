"""Short texts that ship with the package: docstrings of five libraries, passages of this book.

Both are snapshots, so that a new version of a library or an edited chapter changes no number that
is computed from them. ``python -m experiments.texts --check`` says what has changed since.
"""

import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

LIBRARIES = ("matplotlib", "numpy", "scikit-learn", "scipy", "torch")
SNAPSHOTS = {"docstrings": "docstrings.json.gz", "passages": "passages.json.gz"}


@dataclass(frozen=True)
class Docstring:
    """One docstring: the text, whose it is, and what it describes.

    Attributes
    ----------
    text : str
        At most some 600 characters from its beginning, cut between two words.
    library : str
        One of `LIBRARIES`.
    name : str
        Module and name of what it describes.
    group : int
        Docstrings that are nearly the same have the same number, in whatever library.
    """

    text: str
    library: str
    name: str
    group: int


@dataclass(frozen=True)
class Passage:
    """One paragraph of this book, as it stood when the snapshot was made.

    Attributes
    ----------
    text : str
        The paragraph, without the marks of its format.
    chapter, section : str
        Where it stands, such as ``"04-gradient-descent"`` and the title of the section.
    """

    text: str
    chapter: str
    section: str


def snapshot(name: str) -> dict[str, Any]:
    """Return one of the `SNAPSHOTS`: its ``rows``, and ``about``, how it was made.

    Examples
    --------
    >>> len(snapshot("docstrings")["rows"])
    4500
    """
    if name not in SNAPSHOTS:
        raise ValueError(f"the snapshots are {' and '.join(SNAPSHOTS)}, got {name!r}")
    packed = (resources.files("lessons.data") / SNAPSHOTS[name]).read_bytes()
    return json.loads(gzip.decompress(packed).decode("utf-8"))


@cache
def docstrings() -> tuple[Docstring, ...]:
    """Return 900 docstrings of each of the five `LIBRARIES`, sorted by library and name.

    They stand under the licences of their libraries (``docstrings.LICENSE.txt``, beside them).

    Examples
    --------
    >>> one = docstrings()[-1]
    >>> len(docstrings()), one.library, one.name.split(".")[0]
    (4500, 'torch', 'torch')
    """
    return tuple(Docstring(*row) for row in snapshot("docstrings")["rows"])


@cache
def passages() -> tuple[Passage, ...]:
    """Return paragraphs of chapters 1 to 13 of this book, in its order.

    Examples
    --------
    >>> passages()[0].chapter
    '01-concepts'
    """
    return tuple(Passage(*row) for row in snapshot("passages")["rows"])


@cache
def function_names() -> str:
    """Return names of functions of the five `LIBRARIES`, one a line, in a random order.

    They are the names in `docstrings` that have small letters and underscores only.

    Examples
    --------
    >>> names = function_names().split()
    >>> len(names), names[:3]
    (2750, ['set_image_mode', 'vector_to_parameters', 'count_nonzero'])
    """
    packed = (resources.files("lessons.data") / "docstrings_names.txt.gz").read_bytes()
    return gzip.decompress(packed).decode("utf-8")


def about(name: str) -> dict[str, Any]:
    """Return how a snapshot was made: versions, date, and the hash of its texts.

    Parameters
    ----------
    name : {"docstrings", "passages"}
        Which one.

    Examples
    --------
    >>> sorted(about("docstrings"))
    ['command', 'date', 'sha256', 'versions']
    """
    return snapshot(name)["about"]


def hash_of(rows: list[list[Any]]) -> str:
    """Return the SHA-256 of rows, as `about` keeps it.

    Examples
    --------
    >>> hash_of([["a", 1]])[:8]
    '21cba725'
    """
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
