"""How a recorded training looks before Python runs in the page, and without scripts."""

import json
from html import escape
from typing import Any

#: What readers call the texts.
NAMES = {"names": "names of functions", "manual": "Python’s manual"}
#: What the button says; a test compares it with what is loaded.
MEGABYTES = 11
LEFT, RIGHT, TOP, BOTTOM = 46, 612, 12, 250  # of the picture, 640 times 290
LR_STEPS, LR_AT = 60, 30  # of the slider: from 0.0003 on, 20 to a power of ten
BY_HAND = """from lessons.data import texts
from lessons.train.tiny import TinyRun
run = TinyRun(texts.function_names(), d_model=32, lr=0.01)
for _ in range(500):
    loss = run.step()  # set run.lr whenever you like
run.held_out(), "".join(run.write("\\n", 120, temperature=0.8))"""


def plain(payload: dict[str, Any]) -> str:
    """Return the recorded trainings for a notebook: no script, no style sheet.

    Examples
    --------
    >>> from lessons.studies.page_live.shown import record
    >>> plain({"title": "Try", "runs": record()["tiny"]}).count("<pre>")
    3
    """
    parts = []
    for run in payload["runs"]:
        step, held = run["held"][-1]
        parts.append(f"<div>{NAMES[run['source']]}: {held:.2f} bits per character on held-out text "
                     f"after {step:,} steps; counting pairs of neighbours needs "
                     f"{run['bigram']:.2f}. It writes:</div><pre>{escape(run['samples'][-1][1])}"
                     "</pre>")
    return (f"<strong>{escape(payload['title'])}</strong>{''.join(parts)}"
            f"<div>Train one here:</div><pre>{escape(BY_HAND)}</pre>")


def chart_svg(run: dict[str, Any], mean_of: int) -> str:
    """Return a recorded training as a picture: its losses, and the rival that counts pairs."""
    n_steps = run["held"][-1][0]
    high = max(run["alphabet"], run["held"][0][1])
    low = int(min(value for _, value in run["held"]) - 0.3)

    def x(step: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * step / n_steps, 1)

    def y(bits: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (min(bits, high) - low) / (high - low), 1)

    def line(points: list[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{x(a)} {y(b)}" for a, b in points)

    losses = [((i + 0.5) * mean_of, bits) for i, bits in enumerate(run["losses"])]
    marks = "".join(f'<path class="training-grid" d="M{LEFT} {y(b)}H{RIGHT}"/><text x="{LEFT - 8}" '
                    f'y="{y(b) + 4}" text-anchor="end">{b}</text>'
                    for b in range(low, int(high) + 1))
    marks += "".join(f'<text x="{x(n_steps * i / 4)}" y="{BOTTOM + 20}" text-anchor="middle">'
                     f'{n_steps * i // 4:,}</text>' for i in range(5))
    return (f'<svg viewBox="0 0 640 290" aria-hidden="true">{marks}'
            f'<text x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 37}" text-anchor="middle">step</text>'
            f'<path class="training-bigram" d="M{LEFT} {y(run["bigram"])}H{RIGHT}"/>'
            f'<path class="training-was" d="{line(losses)}"/>'
            f'<path class="training-was training-was-held" d="{line(run["held"])}"/></svg>')


def samples_html(run: dict[str, Any]) -> str:
    """Return what the model wrote, the last step first."""
    return "".join(f'<li><span>step {step:,}</span><q>{escape(flat(text, run["source"]))}</q></li>'
                   for step, text in reversed(run["samples"]))


def flat(text: str, source: str) -> str:
    """Return a text for one paragraph: names one after another, else with signs for its lines.

    Examples
    --------
    >>> flat("nda\\nfit\\n", "names"), flat("a\\n b", "manual")
    ('nda · fit', 'a↵ b')
    """
    return " · ".join(text.split()) if source == "names" else text.replace("\n", "↵")


def to_html(payload: dict[str, Any]) -> str:
    """Return the first recorded run and the controls; ``later.js`` wakes them.

    Examples
    --------
    >>> from lessons.studies.page_live.shown import record
    >>> made = {"name": "a", "title": "<T>", "mean_of": 10, "runs": record()["tiny"]}
    >>> to_html(made).count("&lt;T&gt;")
    1
    """
    name, run = escape(payload["name"]), payload["runs"][0]
    mine = f"training-{name}"
    stored = json.dumps(payload).replace("<", "\\u003c")
    sources = [(each["source"], NAMES[each["source"]]) for each in payload["runs"]]
    choices = "".join(
        f'<label><input type="radio" name="{mine}-source" value="{key}" autocomplete="off" disabled'
        f'{" checked" if i == 0 else ""}><span>{words}</span></label>'
        for i, (key, words) in enumerate([*sources, ("own", "my own text")]))
    held = run["held"][-1]
    return (
        f'<figure class="training" id="{mine}" data-name="{name}" data-later="trainings-live.js" '
        f'aria-labelledby="{mine}-title">'
        f'<figcaption id="{mine}-title">{escape(payload["title"])}</figcaption>'
        f'<div class="training-choices" role="radiogroup" aria-label="Text">{choices}</div>'
        f'<div class="training-own" hidden><label for="{mine}-text">Your text: some pages of '
        'anything, for example a chapter of a book, or a list of names</label>'
        f'<textarea id="{mine}-text" rows="5" spellcheck="false" autocomplete="off"></textarea>'
        '</div>'
        '<div class="training-buttons">'
        f'<button type="button" data-do="start" disabled>Train (loads {MEGABYTES} MB)</button>'
        '<button type="button" data-do="reset" disabled data-waits>Reset</button>'
        f'<span class="training-pair"><label for="{mine}-seed">seed</label><input id="{mine}-seed" '
        'class="training-seed" type="number" min="0" max="999999" '
        f'value="{run["seed"]}" autocomplete="off" disabled></span></div>'
        f'<div class="training-slider"><label for="{mine}-lr">learning rate</label>'
        f'<input type="range" id="{mine}-lr" min="0" max="{LR_STEPS}" value="{LR_AT}" '
        f'aria-valuetext="{run["lr"]}" autocomplete="off" disabled>'
        f'<span class="training-value" aria-hidden="true">{run["lr"]}</span></div>'
        '<progress class="training-progress" max="1" value="0" aria-label="Python arrives" hidden>'
        '</progress><p class="training-status" role="status">Recorded when the book was made: '
        f'{run["n_weights"]:,} weights, {run["train"]:,} characters to learn from.</p>'
        '<p class="training-count"></p>'
        '<p class="training-legend" aria-hidden="true">'
        '<span class="training-key-loss">training</span><span class="training-key-held">held out'
        '</span><span class="training-key-bigram">counting pairs</span>'
        '<span class="training-key-was">recorded, or earlier</span>'
        '<span class="training-unit">bits per character</span></p>'
        f'<div class="training-chart">{chart_svg(run, payload["mean_of"])}</div>'
        '<output class="training-said" aria-live="polite">'
        f'After {held[0]:,} steps: {held[1]:.2f} bits per character on held-out text. Counting '
        f'pairs of neighbours needs {run["bigram"]:.2f}.</output>'
        f'<p class="training-heading">What it writes</p><ol class="training-samples">'
        f'{samples_html(run)}</ol>'
        '<p class="no-scripts">Scripts are off: this is a recorded run.</p>'
        f'<script type="application/json">{stored}</script></figure>'
    )
