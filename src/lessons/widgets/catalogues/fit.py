"""Which entries of a catalogue fit a choice."""

from typing import Any


def fitting(payload: dict[str, Any], word: str = "", **chosen: str) -> list[dict[str, Any]]:
    """Return the entries with these tags in whose words a text stands; empty choices take all.

    Examples
    --------
    >>> oak = {"title": "Oak", "by": "", "text": "Slow.", "link": [], "tags": {"leaf": "lobed"}}
    >>> [len(fitting({"entries": [oak]}, word, leaf="lobed")) for word in ("SLOW", "quick", "")]
    [1, 0, 1]
    """
    return [entry for entry in payload["entries"]
            if all(entry["tags"][key] == value for key, value in chosen.items() if value)
            and word.strip().lower() in _words(entry)]


def _words(entry: dict[str, Any]) -> str:
    """Return all that a page shows of an entry, in small letters, as ``catalogue.js`` reads it."""
    parts = (entry["title"], entry["by"], entry["text"], *entry["link"][:1])
    return " ".join(filter(None, parts)).lower()
