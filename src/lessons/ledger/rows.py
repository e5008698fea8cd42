"""The ledger: every figure that the book takes from elsewhere, one a row."""

import csv
import re
from importlib import resources

#: How sure a row is: the word, and what it means.
SURE = {
    "read": "seen in the source, or word for word in a copy of it",
    "second hand": "seen in another text that quotes the source",
    "memory": "written from memory; no text with it was found",
    "disputed": "sources differ; the place says how",
    "row by row": "a table: the column mark says it of each row",
    "computed": "worked out from other columns of the same table",
    "measured": "measured by this book",
}
COLUMNS = ("where", "value", "claim", "source", "locator", "address", "checked", "sure")


def rows() -> list[dict[str, str]]:
    """Return the ledger, one dict a row.

    Notes
    -----
    ``where`` is a page (``07-hardware``), a table (``table accelerators``) or a module
    (``planning/published.py``). ``value`` is, for a page, the words with the figure as they stand
    there; for a table, one of its columns; for a module, a path to a number and the number.
    ``source`` holds keys of the book's list of sources, or ``each row`` for a table with a column
    of sources, or ``this book``; ``address`` the DOI, arXiv number, ISBN or https address of each
    key; ``locator`` the place in it, if known; ``checked`` the day on which ``sure`` was decided.

    Examples
    --------
    >>> [row["value"] for row in rows() if row["source"] == "cottier2024rising"][:1]
    ['factor of 2.4 a year since 2016 (90 % interval 2.0 to 2.9)']
    """
    with (resources.files("lessons.ledger") / "ledger.csv").open(
            encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def exceptions() -> list[dict[str, str]]:
    """Return what stands beside a citation and is no published figure: page, words and reason.

    Examples
    --------
    >>> sorted(exceptions()[0])
    ['page', 'reason', 'words']
    """
    with (resources.files("lessons.ledger") / "exceptions.csv").open(
            encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def link(address: str) -> str:
    """Return where an identifier leads; an ISBN leads nowhere.

    Examples
    --------
    >>> link("doi:10.1038/323533a0"), link("arXiv:2405.21015"), link("ISBN 0262035618")
    ('https://doi.org/10.1038/323533a0', 'https://arxiv.org/abs/2405.21015', '')
    """
    kind, _, rest = address.partition(":")
    forms = {"doi": "https://doi.org/{}", "arXiv": "https://arxiv.org/abs/{}", "https": "https:{}"}
    return forms.get(kind, "").format(rest)


def name(key: str) -> str:
    """Return the key of a source as a reader would write it.

    Examples
    --------
    >>> name("cottier2024rising"), name("cs231n-notes")
    ('Cottier 2024', 'cs231n-notes')
    """
    match = re.fullmatch(r"([a-z-]+)((?:19|20)\d\d)\w*", key)
    return f"{match[1].title()} {match[2]}" if match else key


def shown(row: dict[str, str]) -> dict[str, str | tuple[str, str]]:
    """Return a row as `lessons.widgets.tables.browse` takes it: page and source are links.

    Examples
    --------
    >>> cells = shown(next(row for row in rows() if row["source"] == "cottier2024rising"))
    >>> cells["where"], cells["source"]
    (('7 hardware', '07-hardware'), ('Cottier 2024, abstract', 'https://arxiv.org/abs/2405.21015'))
    """
    keys, addresses = row["source"].split("; "), row["address"].split("; ")
    text = "; ".join(name(key) for key in keys) + (row["locator"] and f", {row['locator']}")
    source: str | tuple[str, str] = text
    if len(keys) == 1 and link(addresses[0]):
        source = (text, link(addresses[0]))
    elif len(keys) > 1:
        source = "; ".join(f"{name(key)} ({place})"
                           for key, place in zip(keys, addresses, strict=True))
    page = row["where"]
    is_page = " " not in page and "." not in page
    words = page.lstrip("0").replace("-", " ")
    return row | {"source": source, "where": (words, page) if is_page else page}
