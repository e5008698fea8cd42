"""How sounds look: on the website one at a time with a picture, live one player below another."""

from html import escape
from itertools import groupby
from typing import Any


def player(sound: dict[str, Any], preload: str) -> str:
    """Return the browser's own player for one sound; the sound stands in the page itself."""
    return (f'<audio controls preload="{preload}" aria-label="{escape(sound["text"])}" '
            f'src="data:audio/wav;base64,{sound["wav"]}"></audio>')


def players(payload: dict[str, Any]) -> str:
    """Return all sounds of a payload one below the other: no script, no style sheet.

    Examples
    --------
    >>> players({"title": "Hear", "sounds": [{"text": "a & b", "wav": "UklG"}]}).count("a &amp; b")
    2
    """
    rows = "".join(f"<div><div>{escape(sound['text'])}</div>{player(sound, 'metadata')}</div>"
                   for sound in payload["sounds"])
    return f"<strong>{escape(payload['title'])}</strong>{rows}"


def picture_svg(rows: list[str]) -> str:
    """Return a picture as one path for each level, in the ink of the page.

    A cell has as many layers of ink as its level says.

    Examples
    --------
    >>> picture_svg(["02", "11"]).count("<path")
    2
    """
    paths = []
    for level in range(1, max(map(int, "".join(rows)), default=0) + 1):
        d = []
        for y, row in enumerate(rows):
            x = 0
            for inside, run in groupby(int(cell) >= level for cell in row):
                n = len(list(run))
                if inside:
                    d.append(f"M{x} {y}h{n}v1h-{n}z")
                x += n
        paths.append(f'<path d="{"".join(d)}"/>')
    return (f'<svg viewBox="0 0 {len(rows[0])} {len(rows)}" preserveAspectRatio="none" '
            f'aria-hidden="true">{"".join(paths)}'
            f'<line class="sounds-now" x1="0" x2="0" y1="0" y2="{len(rows)}"/></svg>')


def to_html(payload: dict[str, Any]) -> str:
    """Return a choice of sounds, the player and the picture of one, for ``sounds.js``.

    Examples
    --------
    >>> from lessons.widgets.sounds.listen import listen
    >>> import numpy as np
    >>> made = listen({"silence": np.zeros(800)}, name="quiet", title="Nothing")
    >>> to_html(made.payload).count("<audio")
    1
    """
    name = escape(payload["name"])
    choices, shown = [], []
    for i, sound in enumerate(payload["sounds"]):
        choices.append(
            f'<label><input type="radio" name="sounds-{name}" value="{i}" autocomplete="off"'
            f'{" checked" if i == 0 else ""}><span>{escape(sound["text"])}</span></label>')
        picture = ""
        if "picture" in sound:
            picture = (f'<div class="sounds-picture">{picture_svg(sound["picture"])}'
                       '<span class="sounds-low" aria-hidden="true">low</span>'
                       '<span class="sounds-high" aria-hidden="true">high</span></div>')
        shown.append(f'<div class="sounds-one" data-seconds="{sound["seconds"]}"'
                     f'{"" if i == 0 else " hidden"}>{picture}{player(sound, "none")}</div>')
    return (
        f'<figure class="sounds" id="sounds-{name}" data-name="{name}" '
        f'aria-labelledby="sounds-{name}-title">'
        f'<figcaption id="sounds-{name}-title">{escape(payload["title"])}</figcaption>'
        f'<div class="sounds-choices" role="radiogroup" aria-labelledby="sounds-{name}-title">'
        f'{"".join(choices)}</div>{"".join(shown)}'
        '<p class="no-scripts">Scripts are off: only the first sound can be played.</p></figure>'
    )
