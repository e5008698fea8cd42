"""How a catalogue looks: on the website with native choices, live without them."""

from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import Any


def entry_html(entry: dict[str, Any], ending: str) -> str:
    """Return what is said of one entry; pages of the book get this `ending`."""
    lang = f' lang="{escape(entry["lang"])}"' if entry["lang"] else ""
    tag, href = ("a", f' href="{escape(entry["url"])}"') if entry["url"] else ("span", "")
    title = f'<{tag} class="catalogue-entry"{href}{lang}>{escape(entry["title"])}</{tag}>'
    by = f' <span class="catalogue-by">{escape(entry["by"])}</span>' if entry["by"] else ""
    link = ""
    if entry["link"]:
        words, page = map(escape, entry["link"])
        link = f' <a class="catalogue-link" href="{page}{ending}">{words}</a>'
    return f"{title}{by} <span>{escape(entry['text'])}</span>{link}"


def groups_html(entries: Iterable[dict[str, Any]], ending: str) -> str:
    """Return entries as lists, each below the name of its group.

    Examples
    --------
    >>> entry = {"group": "a & b", "title": "T", "url": "", "by": "", "text": "x", "link": [],
    ...          "lang": "", "tags": {"level": "first"}}
    >>> groups_html([entry, entry], ".html").count("a &amp; b")
    1
    """
    parts = []
    for group, members in groupby(entries, key=lambda entry: entry["group"]):
        items = "".join(
            f'<li {_data(entry["tags"])}>{entry_html(entry, ending)}</li>' for entry in members)
        parts.append(f'<div class="catalogue-group"><p class="catalogue-name">{escape(group)}</p>'
                     f"<ul>{items}</ul></div>")
    return "".join(parts)


def _data(tags: dict[str, str]) -> str:
    return " ".join(f'data-{key}="{escape(value)}"' for key, value in tags.items())


def to_html(payload: dict[str, Any]) -> str:
    """Return choices, a field for a word, and all entries, for ``catalogue.js``.

    Examples
    --------
    >>> from lessons.widgets.catalogues.browse import browse
    >>> made = browse([{"group": "g", "title": title, "text": "x"} for title in "ab"],
    ...               name="two", title="Two.", choices={})
    >>> to_html(made.payload).count("<li")
    2
    """
    mine = f"catalogue-{payload['name']}"
    fields = []
    for one in payload["choices"]:
        options = "".join(f"<option>{escape(option)}</option>" for option in one["options"])
        fields.append(
            f'<label><span>{escape(one["label"])}</span><select data-key="{escape(one["key"])}" '
            f'autocomplete="off" disabled><option value="">all</option>{options}</select></label>')
    fields.append('<label><span>with the word</span><input type="search" autocomplete="off" '
                  'spellcheck="false" disabled></label>')
    n = len(payload["entries"])
    return (
        f'<section class="catalogue" id="{mine}" data-name="{payload["name"]}" '
        f'aria-labelledby="{mine}-title"><p class="catalogue-title" id="{mine}-title">'
        f'{escape(payload["title"])}</p><div class="catalogue-choices">{"".join(fields)}</div>'
        f'<div class="catalogue-state"><output aria-live="polite" data-all="{n}">{n} entries'
        '</output><button type="button" class="catalogue-reset" disabled>Reset</button></div>'
        '<p class="no-scripts">Scripts are off: all entries are shown.</p>'
        f'{groups_html(payload["entries"], ".html")}</section>'
    )
