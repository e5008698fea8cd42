"""The rows of the ledger by themselves: complete, and with a source that can be found."""

import re
from collections.abc import Iterator

from pybtex.database import Entry

from lessons.ledger.rows import SURE


def address(entry: Entry) -> str:
    """Return the identifier by which a source is found: DOI, arXiv, ISBN, https address, or none.

    Examples
    --------
    >>> address(Entry("article", [("doi", "10.1038/323533a0"), ("eprint", "1234.56789")]))
    'doi:10.1038/323533a0'
    """
    fields = entry.fields
    for name, form in (("doi", "doi:{}"), ("eprint", "arXiv:{}"), ("url", "{}"),
                       ("isbn", "ISBN {}")):
        if fields.get(name):
            return form.format(fields[name].replace(r"\_", "_"))
    return ""


def well_formed(identifier: str) -> bool:
    """Tell whether a DOI, an arXiv number, an ISBN (with its check digit) or an address is one.

    Examples
    --------
    >>> [well_formed(x) for x in ("doi:10.1038/323533a0", "arXiv:2405.21015",
    ...     "arXiv:astro-ph/9912202", "ISBN 978-0-262-03561-3", "https://epoch.ai/data")]
    [True, True, True, True, True]
    >>> [well_formed(x) for x in ("doi:323533a0", "arXiv:2413.00001", "ISBN 978-0-262-03561-4",
    ...     "http://epoch.ai", "")]
    [False, False, False, False, False]
    """
    kind, _, rest = identifier.partition(":")
    if kind == "doi":
        return bool(re.fullmatch(r"10\.\d{4,9}/[^\s\"<>{}]+", rest))
    if kind == "arXiv":
        return bool(re.fullmatch(r"\d\d(?:0[1-9]|1[0-2])\.\d{4,5}(?:v\d+)?|[a-z-]+/\d{7}", rest))
    if identifier.startswith("ISBN "):
        return _is_isbn(identifier.removeprefix("ISBN "))
    return bool(re.fullmatch(r"https://[\w-]+(?:\.[\w-]+)+(?:/[^\s<>\"{}]*)?", identifier))


def _is_isbn(text: str) -> bool:
    digits = text.replace("-", "").replace(" ", "")
    if re.fullmatch(r"\d{13}", digits):
        return sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0
    if re.fullmatch(r"\d{9}[\dX]", digits):
        return sum((10 if d == "X" else int(d)) * (10 - i) for i, d in enumerate(digits)) % 11 == 0
    return False


def source_faults(ledger: list[dict[str, str]], entries: dict[str, Entry]) -> Iterator[str]:
    """Yield what is wrong with the rows themselves and with their sources."""
    for row in ledger:
        name = f"{row['where']}, {row['value']!r}"
        for column in ("where", "value", "claim", "source"):
            if not (row.get(column) or "").strip():
                yield f"{name}: no {column}"
        if row["sure"] not in SURE:
            yield f"{name}: how sure is {row['sure']!r}; choose from {', '.join(SURE)}"
        if not re.fullmatch(r"2\d\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])", row["checked"]):
            yield f"{name}: checked {row['checked']!r}, not a day such as 2026-11-27"
        if row["source"] in ("each row", "this book"):
            continue
        keys = [key for key in row["source"].split("; ") if key]
        for key in keys:
            if key not in entries:
                yield f"{name}: references.bib has no {key!r}"
        known = "; ".join(address(entries[key]) for key in keys if key in entries)
        if row["address"] != known:
            yield f"{name}: the address is {row['address']!r}, in references.bib {known!r}"
        for identifier in row["address"].split("; "):
            if not well_formed(identifier):
                yield f"{name}: {identifier!r} is no DOI, arXiv number, ISBN or https address"
    pairs = [(row["where"], row["value"]) for row in ledger]
    yield from (f"{where}, {value!r}: two rows" for where, value in sorted(set(pairs))
                if pairs.count((where, value)) > 1)
