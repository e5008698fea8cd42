"""How a long table looks on the website: a search and choices above it, all rows below."""

from html import escape
from typing import Any

from lessons.widgets.tables.cells import cell_html, text_of


def controls(payload: dict[str, Any]) -> str:
    """Return the search and one choice for each filter; ``tables.js`` shows them."""
    mine = f"browse-{escape(payload['name'])}"
    fields = (f'<span class="browse-field"><label for="{mine}-search">Search</label>'
              f'<input id="{mine}-search" type="search" autocomplete="off" spellcheck="false" '
              f'aria-controls="{mine}-table"></span>')
    for column in payload["filters"]:
        values = dict.fromkeys(text_of(row[column]) for row in payload["rows"])
        options = "".join(f'<option value="{escape(v)}">{escape(v) or "(none)"}</option>'
                          for v in values)
        field = f"{mine}-{column}"
        fields += (f'<span class="browse-field"><label for="{field}">'
                   f'{escape(payload["columns"][column])}</label>'
                   f'<select id="{field}" data-column="{column}" autocomplete="off" '
                   f'aria-controls="{mine}-table"><option value="" data-all>all</option>{options}'
                   "</select></span>")
    return (f'<div class="browse-controls" hidden>{fields}'
            '<button type="button" class="browse-reset">Reset</button></div>')


def to_html(payload: dict[str, Any]) -> str:
    """Return a table with its search; without scripts all rows are there.

    The roles are written out: on a phone the style sheet turns rows into boxes, and a browser then
    forgets that they were a table.

    Examples
    --------
    >>> from lessons.widgets.tables.browse import browse
    >>> made = browse([{"a": "x", "b": "y"}], name="two", title="T", columns={"a": "A", "b": "B"})
    >>> to_html(made.payload).count('role="row"')
    2
    """
    mine, columns = f"browse-{escape(payload['name'])}", payload["columns"]
    head = "".join(f'<th role="columnheader" scope="col">{escape(name)}</th>' for name in columns)
    rows = []
    for row in payload["rows"]:
        first = f'<th role="rowheader" scope="row">{cell_html(row[0], ".html")}</th>'
        rest = "".join(
            f'<td role="cell" data-heading="{escape(name)}">{cell_html(cell, ".html")}</td>'
            for name, cell in zip(columns[1:], row[1:], strict=True))
        rows.append(f'<tr role="row">{first}{rest}</tr>')
    n = len(rows)
    return (
        f'<div class="browse" id="{mine}" role="group" aria-labelledby="{mine}-title">'
        f'<p class="browse-title" id="{mine}-title">{escape(payload["title"])}</p>'
        f'{controls(payload)}<output class="browse-count" aria-live="polite">{n} rows</output>'
        '<p class="no-scripts">Scripts are off: all rows stand here, without a search.</p>'
        f'<table class="table" role="table" id="{mine}-table" aria-labelledby="{mine}-title">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table></div>'
    )
