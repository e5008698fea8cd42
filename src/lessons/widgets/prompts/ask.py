"""A text that a small GPT has read, which a page lets its readers replace by their own."""

from typing import Any

import numpy as np

from lessons.widgets.base import Recorded, check_recorded
from lessons.widgets.prompts.html import plain
from lessons.widgets.prompts.numbers import logits_of, visible

MIME_TYPE = "application/vnd.lessons.prompt+json"


def prompt(read: dict[str, Any], *, name: str, title: str) -> Recorded:
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
    check_recorded("prompt", name, title)
    wanted = {"text", "seed", "tokens", "logits", "top", "first", "rows", "heads"}
    if missing := wanted - read.keys():
        raise ValueError(f"prompt {name!r}: the recorded text lacks {', '.join(sorted(missing))}")
    return Recorded(MIME_TYPE, {"name": name, "title": title, "read": read}, plain, in_words)


def in_words(payload: dict[str, Any]) -> str:
    """Return the recorded state as one line, and how to ask for another one."""
    read = payload["read"]
    logits = logits_of(read)
    p = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    likely = ", ".join(f"{visible(text)} {p[i]:.1%}" for i, text in read["top"][:5])
    return (f"{payload['title']}\nRecorded: “{read['text']}” is followed by {likely}. On the "
            "website you can type a text of your own; here, call lessons.live.prompt.read.")
