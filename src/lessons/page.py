"""What the book's code does differently where it runs in a page of the book.

A page has Python, but no kernel of Jupyter: what a cell shows goes to the page's scripts, which
`lessons.live.session` has told here how.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Takes a MIME type, data, and words for those who do not see a picture.
Show = Callable[[str, str, str], None]

_shows: list[Show] = []


def in_page() -> bool:
    """Tell whether a page of the book runs this."""
    return bool(_shows)


def show(kind: str, data: str, words: str = "") -> None:
    """Give the page something to show or to note; elsewhere nothing happens.

    Examples
    --------
    >>> show("text/plain", "nobody sees this"), in_page()
    (None, False)
    >>> with shown_by(lambda kind, data, words: print(kind, data)):
    ...     show("text/plain", "this is seen")
    text/plain this is seen
    """
    if _shows:
        _shows[-1](kind, data, words)


@contextmanager
def shown_by(function: Show) -> Iterator[None]:
    """Let a function take what code shows, as long as this lasts."""
    _shows.append(function)
    try:
        yield
    finally:
        _shows.pop()
