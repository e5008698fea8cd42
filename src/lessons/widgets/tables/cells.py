"""The cells of a long table: texts, some of which lead somewhere."""

from html import escape
from typing import Any


def cell_html(cell: Any, ending: str) -> str:
    """Return a cell as HTML; `ending` is that of a page where the table is shown.

    Examples
    --------
    >>> cell_html("a < b", ".html"), cell_html(["ch. 7", "07-hardware#mfu"], ".html")
    ('a &lt; b', '<a href="07-hardware.html#mfu">ch. 7</a>')
    """
    if isinstance(cell, str):
        return escape(cell)
    text, target = cell
    if not target.startswith("https://"):
        page, mark, anchor = target.partition("#")
        target = f"{page}{ending}{mark}{anchor}"
    return f'<a href="{escape(target)}">{escape(text)}</a>'


def text_of(cell: Any) -> str:
    """Return the text of a cell, without where it leads."""
    return cell if isinstance(cell, str) else cell[0]
