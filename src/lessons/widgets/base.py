"""What widgets share: their names, text with code between backticks, how they are shown live."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

from lessons.recording import recording

_recorded: dict[tuple[str, str], dict[str, Any]] = {}


def check_name(kind: str, name: Any) -> None:
    """Raise a ValueError if a quiz or guess is not named ``chapter/question``.

    Examples
    --------
    >>> check_name("quiz", "gradient-descent/edge")
    >>> check_name("quiz", "Edge")
    Traceback (most recent call last):
        ...
    ValueError: quiz 'Edge': name it chapter/question, in small letters, digits and hyphens
    """
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name):
        raise ValueError(f"{kind} {name!r}: name it chapter/question, in small letters, digits "
                         "and hyphens")


#: What `is_short_name` asks for, in words.
SHORT_NAME = "a name has small letters, digits and hyphens, and begins with a letter"


def is_short_name(name: Any) -> bool:
    """Tell whether a figure, an estimate or sounds may be called so.

    Examples
    --------
    >>> is_short_name("learning-rate"), is_short_name("Learning rate"), is_short_name(None)
    (True, False, False)
    """
    return isinstance(name, str) and bool(re.fullmatch(r"[a-z][a-z0-9-]*", name))


def check_recorded_once(kind: str, name: str, payload: dict[str, Any]) -> None:
    """While a book is built, raise a ValueError if another question had this name.

    In a live kernel an author may change a question and run its cell again.
    """
    if recording() and _recorded.setdefault((kind, name), payload) != payload:
        raise ValueError(f"{kind} {name!r}: another {kind} has this name; every one needs its own")


def markdown(text: str) -> str:
    """Escape what Markdown would read as marks, except code between backticks.

    Examples
    --------
    >>> markdown("`a*b` is *not* a sum")
    '`a*b` is \\\\*not\\\\* a sum'
    """
    parts = re.split(r"(`[^`]+`)", text)
    parts[::2] = [re.sub(r"([\\*_<>$\[\]|~])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def marked(text: str) -> str:
    """Escape a text for HTML; backticks become code.

    Examples
    --------
    >>> marked("`a` < b")
    '<code>a</code> &lt; b'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


class Recorded:
    """Something that was recorded: a page wakes it, and elsewhere it is told without scripts.

    Parameters
    ----------
    mime_type : str
        Under which an output holds the payload.
    payload : dict
        What was recorded.
    plain, in_words : callable
        Return the payload as HTML without scripts, and as a text.
    """

    def __init__(self, mime_type: str, payload: dict[str, Any],
                 plain: Callable[[dict[str, Any]], str],
                 in_words: Callable[[dict[str, Any]], str]):
        self.mime_type, self.payload = mime_type, payload
        self.plain, self.in_words = plain, in_words

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        shown = ({self.mime_type: self.payload} if recording()
                 else {"text/html": self.plain(self.payload)})
        return {**shown, "text/plain": self.in_words(self.payload)}


def check_recorded(kind: str, name: Any, title: str) -> None:
    """Raise a ValueError if a recorded widget has no name or no title.

    Examples
    --------
    >>> check_recorded("prompt", "your-text", " ")
    Traceback (most recent call last):
    ValueError: prompt 'your-text': give a title that says what to try
    """
    if not is_short_name(name):
        raise ValueError(f"{kind} {name!r}: {SHORT_NAME}")
    if not title.strip():
        raise ValueError(f"{kind} {name!r}: give a title that says what to try")


def live_view(widget: Any, text: str) -> dict[str, Any]:
    """Return the MIME bundle of an ipywidget, with a text for front ends that show no widgets.

    Written out, since the widgets of ipywidgets 7 (Colab) have no `_repr_mimebundle_`.
    """
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": view, "text/plain": text}
