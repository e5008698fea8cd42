"""A text that a small GPT has read, which a page lets its readers replace by their own."""

from typing import Any

import numpy as np

from lessons.recording import recording
from lessons.widgets.base import SHORT_NAME, is_short_name
from lessons.widgets.prompts.html import plain
from lessons.widgets.prompts.numbers import logits_of, visible

MIME_TYPE = "application/vnd.lessons.prompt+json"


class Prompt:
    """A recorded text and a place for another one. Made by `prompt`; a cell's last value."""

    def __init__(self, payload: dict[str, Any]):
        self.payload = payload

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        text = in_words(self.payload)
        if not recording():
            return {"text/html": plain(self.payload), "text/plain": text}
        return {MIME_TYPE: self.payload, "text/plain": text}


def prompt(read: dict[str, Any], *, name: str, title: str) -> Prompt:
    """Show what a small GPT makes of a text, and let the reader type another one.

    Parameters
    ----------
    read : dict
        What `lessons.live.prompt.read` said of the recorded text, with its ``text`` and ``seed``.
    name : str
        Short and unique on the page, such as ``"your-text"``.
    title : str
        What to try.

    Raises
    ------
    ValueError
        For an author's mistake: names the widget and says what to change.

    Examples
    --------
    >>> from lessons.studies.page_live.shown import record
    >>> made = prompt(record()["prompt"], name="your-text", title="Type a text")
    >>> print(in_words(made.payload)[:60])
    Type a text
    Recorded: “If the object does not define the met
    """
    if not is_short_name(name):
        raise ValueError(f"prompt {name!r}: {SHORT_NAME}")
    if not title.strip():
        raise ValueError(f"prompt {name!r}: give a title that says what to try")
    wanted = {"text", "seed", "tokens", "logits", "top", "first", "rows", "heads"}
    if missing := wanted - read.keys():
        raise ValueError(f"prompt {name!r}: the recorded text lacks {', '.join(sorted(missing))}")
    return Prompt({"name": name, "title": title, "read": read})


def in_words(payload: dict[str, Any]) -> str:
    """Return the recorded state as one line, and how to ask for another one."""
    read = payload["read"]
    logits = logits_of(read)
    p = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    likely = ", ".join(f"{visible(text)} {p[i]:.1%}" for i, text in read["top"][:5])
    return (f"{payload['title']}\nRecorded: “{read['text']}” is followed by {likely}. On the "
            "website you can type a text of your own; here, call lessons.live.prompt.read.")
