"""A long table that a reader can search and filter, such as a list of sources.

In a kernel it is a plain HTML table with all rows; on the website a search and one choice for each
filter stand above it (``tables.js``). A cell is a text, or a text and where it leads.
"""

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NoReturn, TypeAlias

from lessons.page import in_page
from lessons.recording import recording
from lessons.widgets.base import SHORT_NAME, is_short_name
from lessons.widgets.tables.cells import cell_html, text_of
from lessons.widgets.tables.html import to_html

MIME_TYPE = "application/vnd.lessons.table+json"
MAX_BYTES = 600_000  # of one table as HTML
#: A text; or a text and an https address or a page of the book, such as ``"07-hardware"`` or
#: ``"07-hardware#mfu"``.
Cell: TypeAlias = str | tuple[str, str]

_PAGE = re.compile(r"[\w-]+(?:#[\w-]+)?")
_ADDRESS = re.compile(r"https://[^\s<>\"]+")


class Table:
    """A table with a search. Made by `browse`; shows itself as a cell's last value."""

    def __init__(self, payload: dict[str, Any]):
        self.payload = payload

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        title, rows = self.payload["title"], self.payload["rows"]
        text = f"{title} ({len(rows)} rows)"
        if in_page():
            return {"text/html": to_html(self.payload), "text/plain": text}
        if recording():
            return {MIME_TYPE: self.payload, "text/plain": text}
        head = "".join(f"<th>{escape(name)}</th>" for name in self.payload["columns"])
        body = "".join(
            "<tr>" + "".join(f"<td>{cell_html(cell, '.ipynb')}</td>" for cell in row) + "</tr>"
            for row in rows)
        html = (f"<p><strong>{escape(title)}</strong></p><table><thead><tr>{head}</tr></thead>"
                f"<tbody>{body}</tbody></table>")
        return {"text/html": html, "text/plain": text}


def browse(
    rows: Sequence[Mapping[str, Cell]], *, name: str, title: str, columns: Mapping[str, str],
    filters: Sequence[str] = (),
) -> Table:
    """Let the reader search a long table.

    Parameters
    ----------
    rows : list of dict
        One dict a row. A value is a text, or a pair: a text, and an https address or a page of
        the book that it links to.
    name : str
        Short and unique on the page, such as ``"ledger"``.
    title : str
        What the table lists.
    columns : dict of str to str
        Keys of the rows in the order shown, the first names the row, and their headings.
    filters : list of str
        Keys of columns of which the reader may choose one value; from 2 to 60 values each.

    Raises
    ------
    ValueError
        For an author's mistake: names the table and says what to change.

    Examples
    --------
    >>> made = browse([{"word": "loss", "page": ("chapter 5", "05-loss-functions")}],
    ...               name="words", title="Words", columns={"word": "Word", "page": "Page"})
    >>> made.payload["rows"]
    [['loss', ['chapter 5', '05-loss-functions']]]
    """
    def fail(what: str) -> NoReturn:
        raise ValueError(f"table {name!r}: {what}")

    if not is_short_name(name):
        fail(SHORT_NAME)
    if not title.strip():
        fail("give a title that says what the table lists")
    if not rows or len(columns) < 2:
        fail("give one row or more, and two columns or more")
    for key in filters:
        if key not in columns:
            fail(f"filter {key!r} is no column: choose from {list(columns)}")
    made = []
    for i, row in enumerate(rows):
        if missing := [key for key in columns if key not in row]:
            fail(f"row {i} has no {missing[0]!r}")
        made.append([_checked(fail, i, key, row[key]) for key in columns])
    order = list(columns)
    for key in filters:
        values = {text_of(row[order.index(key)]) for row in made}
        if not 2 <= len(values) <= 60:
            fail(f"filter {key!r} has {len(values)} values, from 2 to 60 are a choice")
    payload = {"name": name, "title": title, "columns": list(columns.values()),
               "filters": [order.index(key) for key in filters], "rows": made}
    size = sum(len(cell_html(cell, ".html").encode()) for row in made for cell in row)
    if size > MAX_BYTES:
        fail(f"{size:,} bytes, at most {MAX_BYTES:,}: make two tables")
    return Table(payload)


def _checked(fail: Any, i: int, key: str, cell: Any) -> Any:
    """Return a cell as it is stored: a text, or a list of a text and a target."""
    if isinstance(cell, str):
        return cell
    if not (isinstance(cell, tuple) and len(cell) == 2 and all(isinstance(x, str) for x in cell)):
        fail(f"row {i}, {key!r}: {cell!r} is neither a text nor a pair (text, target)")
    if not cell[0].strip() or not (_PAGE.fullmatch(cell[1]) or _ADDRESS.fullmatch(cell[1])):
        fail(f"row {i}, {key!r}: {cell[1]!r} is neither a page nor an https address, or its text "
             "is empty")
    return list(cell)
