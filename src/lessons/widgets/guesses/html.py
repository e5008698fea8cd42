"""How a guess looks on the website: native controls, and the answer for where no script runs."""

import json
from html import escape
from typing import Any

from lessons.widgets.base import marked
from lessons.widgets.guesses.said import sentences

SIZE = (570, 290)
BOX = (66, 14, 490, 216)  # of the plot inside: left, top, width, height


def to_html(payload: dict[str, Any]) -> str:
    """Return a guess as a fieldset of native controls, for ``guess.js``.

    Without scripts, and on paper, the question is followed by its answer.

    Examples
    --------
    >>> from lessons.widgets.guesses.ask import guess
    >>> g = guess("Is 1 < 2?", name="sums/less", truth="yes", options=["yes", "no"])
    >>> "1 &lt; 2" in to_html(g.payload)
    True
    """
    name = escape(payload["name"].replace("/", "-"))
    controls = {"number": _number_html, "choice": _choice_html, "curve": _curve_html}
    hides = f' data-hides="{payload["hides"]}"' if payload["hides"] else ""
    said = sentences(payload, None)
    # After "<!--<script>" in it, the element would have no end.
    data = json.dumps(payload, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<fieldset class="guess" id="guess-{name}" data-name="{escape(payload["name"])}" '
        f'data-kind="{payload["kind"]}"{hides}><legend>{marked(payload["question"])}</legend>'
        f'{controls[payload["kind"]](payload, f"guess-{name}")}'
        f'<p class="guess-truth">{marked(said)}</p>'
        '<p class="guess-feedback" role="status" aria-live="polite"></p>'
        '<div class="guess-buttons"><button type="button" class="guess-make">This is my guess'
        '</button><button type="button" class="guess-skip">Show me</button>'
        '<button type="button" class="guess-again" hidden>Guess again</button></div>'
        f'<script type="application/json">{data}</script></fieldset>'
    )


def _number_html(payload: dict[str, Any], name: str) -> str:
    texts = payload["texts"]
    middle = (len(texts) - 1) // 2
    return (
        f'<div class="guess-number"><input type="range" min="0" max="{len(texts) - 1}" step="1" '
        f'value="{middle}" autocomplete="off" aria-label="Your guess" '
        f'aria-valuetext="{escape(texts[middle])}"><span class="guess-value" aria-hidden="true">'
        f'{escape(texts[middle])}</span><div class="guess-ends" aria-hidden="true">'
        f'<span>{escape(texts[0])}</span><span>{escape(texts[-1])}</span></div>'
        '<div class="guess-scale" aria-hidden="true" hidden></div></div>'
    )


def _choice_html(payload: dict[str, Any], name: str) -> str:
    return "".join(
        f'<label><input type="radio" name="{name}" value="{i}" autocomplete="off">'
        f"<span>{marked(text)}</span></label>" for i, text in enumerate(payload["texts"])
    )


def _curve_html(payload: dict[str, Any], name: str) -> str:
    middle, top = (len(payload["texts"]) - 1) // 2, len(payload["texts"]) - 1
    across, up = payload["labels"]
    sliders = "".join(
        f'<input type="range" min="0" max="{top}" step="1" value="{middle}" autocomplete="off" '
        f'aria-label="{escape(up)} at {escape(across)} {escape(point["x"])}" '
        f'aria-valuetext="{escape(payload["texts"][middle])}">'
        for point in payload["points"]
    )
    return (
        f'<div class="guess-curve" role="group" aria-label="Points of your curve">{sliders}'
        f"{curve_svg(payload, [middle] * len(payload['points']))}</div>"
        '<table class="guess-table table" hidden><thead><tr>'
        f"<th>{escape(across)}</th><th>Your guess</th><th>Computed</th><th>You were</th></tr>"
        "</thead><tbody></tbody></table>"
    )


def at(place: tuple[float, float]) -> tuple[float, float]:
    """Return the drawing's coordinates of a place, given as shares of the two axes."""
    left, top, width, height = BOX
    return round(left + place[0] * width, 1), round(top + (1 - place[1]) * height, 1)


def curve_svg(payload: dict[str, Any], answer: list[int], reveal: bool = False) -> str:
    """Draw a guessed curve as SVG, and beside it the computed one if it is to be seen."""
    left, top, width, height = BOX
    bottom, last = top + height, len(payload["texts"]) - 1
    points = payload["points"]
    mine = [at((point["place"], i / last)) for point, i in zip(points, answer, strict=True)]
    grid = "".join(
        f'<path class="grid" d="M{left} {at((0, place))[1]}H{left + width}"/>'
        f'<text x="{left - 8}" y="{at((0, place))[1] + 4}" text-anchor="end">{escape(text)}</text>'
        for place, text in payload["ticks"]
    )
    below = "".join(
        f'<text x="{at((point["place"], 0))[0]}" y="{bottom + 20}" text-anchor="middle">'
        f'{escape(point["x"])}</text>' for point in points
    )
    handles = "".join(
        f'<g class="handle" transform="translate({x} {y})"><circle class="grip" r="20"/>'
        '<circle class="dot" r="6.5"/></g>' for x, y in mine
    )
    truth = " ".join(f"{x},{y}" for x, y in map(at, payload["line"])) if reveal else ""
    across, up = (escape(label) for label in payload["labels"])
    return (
        f'<svg viewBox="0 0 {SIZE[0]} {SIZE[1]}" aria-hidden="true" focusable="false" '
        f'data-box="{left} {top} {width} {height}">{grid}{below}'
        f'<text x="{left + width / 2}" y="{bottom + 48}" text-anchor="middle">{across}</text>'
        f'<text x="14" y="{top + height / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {top + height / 2})">{up}</text>'
        f'<polyline class="truth" points="{truth}"/>'
        f'<polyline class="mine" points="{" ".join(f"{x},{y}" for x, y in mine)}"/>{handles}</svg>'
    )
