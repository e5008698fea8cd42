"""A long list that a reader narrows down, in a kernel and on the website.

The author gives entries in groups and says by what they can be chosen. All entries stand in the
page: a choice only hides those that do not fit.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, NoReturn

from lessons.page import in_page
from lessons.recording import recording
from lessons.widgets.base import SHORT_NAME, is_short_name, live_view, markdown
from lessons.widgets.catalogues.fit import fitting

MIME_TYPE = "application/vnd.lessons.catalogue+json"
NEEDED = ("group", "title", "text")
KNOWN = {*NEEDED, "by", "url", "link", "lang", "tags"}


class Catalogue:
    """Some entries in groups. Made by `browse`; shows itself as a cell's last value."""

    def __init__(self, payload: dict[str, Any]):
        self.payload = payload

    def fitting(self, word: str = "", **chosen: str) -> list[dict[str, Any]]:
        """Return the entries with these tags in whose words a text stands."""
        return fitting(self.payload, word, **chosen)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        p = self.payload
        text = f"{p['title']} {len(p['entries'])} entries. Run this cell to choose among them here."
        if in_page():
            from lessons.widgets.catalogues.html import to_html

            return {"text/html": to_html(p), "text/plain": text}
        if not recording():
            from lessons.widgets.catalogues.live import widget  # a built book needs no widgets

            return live_view(widget(p), text)
        lines, group = [f"**{markdown(p['title'])}**"], ""
        for entry in p["entries"]:
            if entry["group"] != group:
                group = entry["group"]
                lines.append(f"*{markdown(group)}*")
            lines.append("- " + _line(entry))
        return {MIME_TYPE: p, "text/markdown": "\n\n".join(lines), "text/plain": text}


def _line(entry: dict[str, Any]) -> str:
    title = markdown(entry["title"])
    title = f"[{title}]({entry['url']})" if entry["url"] else title
    by = f", {markdown(entry['by'])}" if entry["by"] else ""
    link = f" [{markdown(entry['link'][0])}]({entry['link'][1]}.ipynb)" if entry["link"] else ""
    return f"{title}{by}. {markdown(entry['text'])}{link}"


def browse(
    entries: Sequence[Mapping[str, Any]], *, name: str, title: str, choices: Mapping[str, str],
) -> Catalogue:
    """Let the reader choose among many entries.

    Parameters
    ----------
    entries : sequence of mappings
        Each with ``group``, ``title`` and ``text``, and, if there are any, ``by``, ``url``,
        ``link`` (words, and the name of a page of this book), ``lang`` (the language of the title,
        such as ``zh``) and ``tags``. Entries of one group stand together.
    name : str
        Short and unique on the page, such as ``"papers"``.
    title : str
        What there is to choose from.
    choices : mapping of str to str
        By which tags, or by ``group``, the reader can choose, and what each choice is called.

    Raises
    ------
    ValueError
        For an author's mistake: names the catalogue, the entry, and says what to change.

    Examples
    --------
    >>> oak = {"group": "trees", "title": "Oak", "text": "Slow.", "tags": {"leaf": "lobed"}}
    >>> birch = {"group": "trees", "title": "Birch", "text": "Quick.", "tags": {"leaf": "oval"}}
    >>> made = browse([oak, birch], name="trees", title="Some trees.", choices={"leaf": "leaves"})
    >>> [entry["title"] for entry in made.fitting(leaf="oval")], len(made.fitting("slow"))
    (['Birch'], 1)
    """
    def fail(what: str) -> NoReturn:
        raise ValueError(f"catalogue {name!r}: {what}")

    if not is_short_name(name):
        fail(SHORT_NAME)
    if not title.strip() or not entries:
        fail("give a title, and one entry or more")
    made = [_entry(fail, i, entry, choices) for i, entry in enumerate(entries)]
    groups = [group for group, _ in groupby(e["group"] for e in made)]
    if twice := [group for group in groups if groups.count(group) > 1]:
        fail(f"the entries of {twice[0]!r} do not stand together")
    options = {key: list(dict.fromkeys(e["tags"][key] for e in made)) for key in choices}
    if single := [key for key, values in options.items() if len(values) < 2]:
        fail(f"all entries have the same {single[0]!r}: there is nothing to choose")
    shown = [{"key": key, "label": choices[key], "options": options[key]} for key in choices]
    return Catalogue({"name": name, "title": title, "choices": shown, "entries": made})


def _entry(
    fail: Any, i: int, entry: Mapping[str, Any], choices: Mapping[str, str]
) -> dict[str, Any]:
    """Return one entry with all its fields, or say what is wrong with it."""
    where = f"entry {i + 1} ({entry.get('title', 'without a title')})"
    if unknown := sorted(set(entry) - KNOWN):
        fail(f"{where} has {unknown[0]!r}; choose from {sorted(KNOWN)}")
    for key in NEEDED:
        if not str(entry.get(key) or "").strip():
            fail(f"{where} has no {key}")
    url, link = entry.get("url") or "", list(entry.get("link") or ())
    if url and not url.startswith(("https://", "http://")):
        fail(f"{where}: {url!r} is no address of the web")
    if len(link) not in (0, 2):
        fail(f"{where}: a link has words and the name of a page")
    tags = {"group": entry["group"], **entry.get("tags", {})}
    if lacking := [key for key in choices if not str(tags.get(key) or "").strip()]:
        fail(f"{where} has no tag {lacking[0]!r}")
    return {**{key: entry[key] for key in NEEDED}, "by": entry.get("by") or "", "url": url,
            "link": link, "lang": entry.get("lang") or "",
            "tags": {key: tags[key] for key in choices}}
