"""How a text that was read looks before Python runs in the page, and without scripts."""

import json
from html import escape
from typing import Any

import numpy as np

from lessons.widgets.prompts.numbers import attention_of, logits_of, visible

#: What the button says; a test compares it with what is loaded.
MEGABYTES = 11
LEVELS = (0.05, 0.15, 0.3, 0.6)  # of attention: how dark a square is
SLIDERS = (("temperature", "temperature", 0, 40, 20, "1"), ("top_k", "top-k", 0, 8, 8, "all"),
           ("top_p", "top-p", 1, 20, 20, "1"))  # of nothing at all, no token can be drawn
BY_HAND = """from lessons.live import prompt
said = prompt.read({"text": "The import statement", "seed": 0})
said["tokens"], said["top"]  # what it reads, and the ten likeliest tokens
prompt.write({"temperature": 0.8, "top_k": 40, "top_p": None})  # one more token"""


def likely(read: dict[str, Any]) -> list[tuple[str, float]]:
    """Return the ten likeliest next tokens and their probabilities."""
    p = np.exp((logits := logits_of(read)) - logits.max())
    return [(visible(text), float(p[i] / p.sum())) for i, text in read["top"]]


def plain(payload: dict[str, Any]) -> str:
    """Return the recorded state for a notebook: no script, no style sheet.

    Examples
    --------
    >>> from lessons.studies.page_live.shown import record
    >>> plain({"title": "Try", "read": record()["prompt"]}).count("<tr>")
    10
    """
    read = payload["read"]
    tokens = " ".join(f"<code>{escape(visible(text))}</code>" for _, text in read["tokens"])
    rows = "".join(f"<tr><td><code>{escape(text)}</code></td><td>{p:.1%}</td></tr>"
                   for text, p in likely(read))
    return (f"<strong>{escape(payload['title'])}</strong><div>{tokens} …</div>"
            f"<table>{rows}</table><div>Read another text here:</div>"
            f"<pre>{escape(BY_HAND)}</pre>")


def heat_svg(weights: np.ndarray) -> str:
    """Return the picture of a head: a square for each weight above a twentieth.

    Examples
    --------
    >>> heat_svg(np.eye(2)).count("M")
    2
    """
    n, paths = len(weights), ""
    for level, low in enumerate(LEVELS):
        high = (*LEVELS, 2.0)[level + 1]
        places = np.argwhere((weights >= low) & (weights < high))
        if len(places):
            d = "".join(f"M{s} {t}h1v1h-1z" for t, s in places)
            paths += f'<path class="prompt-level{level}" d="{d}"/>'
    return f'<svg viewBox="0 0 {n} {n}" preserveAspectRatio="none" aria-hidden="true">{paths}</svg>'


def bars_html(read: dict[str, Any]) -> str:
    """Return a row for each of the ten likeliest tokens."""
    full, rows = scale_of(max(p for _, p in likely(read))), []
    for text, p in likely(read):
        width = f"{100 * p / full:.1f}"
        rows.append(
            f'<li><code>{escape(text)}</code><svg class="prompt-bar" viewBox="0 0 100 10" '
            f'preserveAspectRatio="none" aria-hidden="true"><rect class="prompt-own" '
            f'width="{width}" height="10"/><rect class="prompt-chosen" y="2" width="{width}" '
            f'height="6"/></svg><span>{100 * p:.1f}\u202f%</span></li>')
    return "".join(rows)


def scale_of(most: float) -> float:
    """Return the probability for which a bar has its full length.

    Examples
    --------
    >>> scale_of(0.13), scale_of(0.5), scale_of(0.51)
    (0.25, 0.5, 1.0)
    """
    return next(full for full in (0.25, 0.5, 1.0) if most <= full or full == 1)


def heads_html(read: dict[str, Any], name: str) -> str:
    """Return a picture and a button for each head; block 4, head 2 is chosen, or the last one."""
    attention, cells = attention_of(read), []
    n_layers, n_heads = read["heads"]
    for i in range(n_layers):
        cells.append(f'<span class="prompt-block" aria-hidden="true">block {i + 1}</span>')
        for j in range(n_heads):
            chosen = " checked" if (i, j) == (n_layers - 1, min(1, n_heads - 1)) else ""
            cells.append(
                f'<label><input type="radio" name="prompt-{name}-head" value="{i},{j}"{chosen} '
                f'disabled autocomplete="off" aria-label="block {i + 1}, head {j + 1}">'
                f'<span class="prompt-map">{heat_svg(attention[i, j])}</span></label>')
    names = "".join(f'<span class="prompt-head">head {j + 1}</span>' for j in range(n_heads))
    return (f'<div class="prompt-heads" role="radiogroup" aria-label="Block and head">'
            f'<span></span>{names}{"".join(cells)}</div>')


def slider_html(
    name: str, key: str, label: str, least: int, most: int, at: int, text: str
) -> str:
    """Return one slider with its value in words."""
    return (f'<div class="prompt-slider"><label for="prompt-{name}-{key}">{label}</label>'
            f'<input type="range" id="prompt-{name}-{key}" data-key="{key}" '
            f'min="{least}" max="{most}" value="{at}" data-default="{at}" autocomplete="off" '
            f'aria-valuetext="{text}" disabled>'
            f'<span class="prompt-value" aria-hidden="true">{text}</span></div>')


def to_html(payload: dict[str, Any]) -> str:
    """Return the recorded state and the controls; ``later.js`` wakes them.

    Examples
    --------
    >>> from lessons.studies.page_live.shown import record
    >>> read = record()["prompt"] | {"text": "</script>"}
    >>> to_html({"name": "a", "title": "T", "read": read}).count("</script>")
    1
    """
    read, name = payload["read"], escape(payload["name"])
    stored = json.dumps(read).replace("<", "\\u003c")
    tokens = "".join(f'<button type="button" class="prompt-token" disabled>'
                     f'{escape(visible(text))}</button>' for _, text in read["tokens"])
    best, p = likely(read)[0]
    mine = f"prompt-{name}"
    return (
        f'<figure class="prompt" id="{mine}" data-name="{name}" data-later="prompts-live.js" '
        f'aria-labelledby="{mine}-title">'
        f'<figcaption id="{mine}-title">{escape(payload["title"])}</figcaption>'
        f'<label for="{mine}-text">Your text</label><textarea id="{mine}-text" rows="2" '
        f'spellcheck="false" autocomplete="off" disabled>{escape(read["text"])}</textarea>'
        '<div class="prompt-buttons">'
        '<button type="button" data-do="start" disabled>'
        f'Read my text (loads {MEGABYTES} MB)</button>'
        '<button type="button" data-do="write" disabled data-waits>Write on</button>'
        '<button type="button" data-do="back" disabled data-waits>Back to my text</button>'
        f'<span class="prompt-pair"><label for="{mine}-seed">seed</label><input id="{mine}-seed" '
        'class="prompt-seed" type="number" min="0" max="999999" '
        f'value="{read["seed"]}" autocomplete="off" disabled></span>'
        '<button type="button" data-do="reset" disabled data-waits>Reset</button></div>'
        '<progress class="prompt-progress" max="1" value="0" aria-label="Python arrives" hidden>'
        '</progress>'
        '<p class="prompt-status" role="status">This text was read when the book was made.</p>'
        f'<div class="prompt-tokens" role="group" aria-label="Tokens of the text">{tokens}</div>'
        '<div class="prompt-halves"><div class="prompt-next"><p class="prompt-heading">What comes '
        f'next? <span class="prompt-scale">bars up to {100 * scale_of(p):.0f}\u202f%</span></p>'
        f'<ol class="prompt-bars">{bars_html(read)}</ol>'
        '<output class="prompt-said" aria-live="polite">'
        f'Most likely: “{escape(best)}”, {100 * p:.1f}\u202f%.</output>'
        f'{"".join(slider_html(name, *each) for each in SLIDERS)}</div>'
        '<div class="prompt-looks"><p class="prompt-heading">Where does it look?</p>'
        f'{heads_html(read, name)}<output class="prompt-look" aria-live="polite">'
        'Choose a head, and a token above.</output></div></div>'
        '<p class="no-scripts">Scripts are off: this is what the model made of one text.</p>'
        f'<script type="application/json">{stored}</script></figure>'
    )
