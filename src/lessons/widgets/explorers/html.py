"""What the website shows for an explorer: inline SVG, native controls, the recorded states.

``explore.js`` replays the states; without scripts the default state stands, and the controls,
which are written as disabled, stay so.
"""

from html import escape
from typing import Any

from lessons.widgets.explorers.record import unpack


def _panel_svg(panel: dict[str, Any], moving: str) -> str:
    x, y, width, height = panel["view"]
    left, top, clip_width, clip_height = panel["clip"]
    return (
        f'<svg viewBox="{x} {y} {width} {height}" style="aspect-ratio: {width} / {height}; '
        f'--native-width: {width}px" aria-hidden="true" focusable="false">'
        f'<defs><clipPath id="{panel["clip_id"]}"><rect x="{left}" y="{top}" '
        f'width="{clip_width}" height="{clip_height}"/></clipPath></defs>'
        f'<g class="frame">{panel["frame"]}</g><g class="moving">{moving}</g></svg>'
    )


def _control_html(control: dict[str, Any], explorer: str) -> str:
    control_id = f"explorer-{explorer}-{control['key']}"
    default = control["default"]
    texts = [escape(f"{text} {control['unit']}".rstrip()) for text in control["texts"]]
    label = f'<label for="{control_id}">{escape(control["label"])}</label>'
    common = (
        f'id="{control_id}" data-key="{control["key"]}" data-default="{default}" '
        'autocomplete="off" disabled'
    )
    # Of a figure in a page with Python: how many stops one step of Play is.
    every = f'data-every="{control["every"]}" ' if "every" in control else ""
    if control["kind"] == "choice":
        options = "".join(
            f'<option value="{i}"{" selected" if i == default else ""}>{text}</option>'
            for i, text in enumerate(texts)
        )
        field = f"<select {common}>{options}</select>"
    else:
        field = (
            f'<input type="range" {common} min="0" max="{len(texts) - 1}" step="1" '
            f'value="{default}" aria-valuetext="{texts[default]}" {every}'
            f'data-texts="{"&#10;".join(texts)}">'
            # As wide as the longest: a slider must not shrink under the finger that moves it.
            f'<span class="explorer-value" aria-hidden="true" style="min-width: '
            f'{max(map(len, texts))}ch">{texts[default]}</span>'
        )
    if control["play"]:
        field += (
            '<button type="button" class="explorer-play" disabled '
            f'aria-label="Play {escape(control["label"])}">Play</button>'
        )
    return f'<div class="explorer-control">{label}{field}</div>'


def _turns_html(n_panels: int) -> str:
    """Return the switch between panels, for narrow screens, which show one at a time."""
    if n_panels < 2:
        return ""
    names = ("Left", "Right") if n_panels == 2 else [str(i + 1) for i in range(n_panels)]
    buttons = "".join(
        f'<button type="button" class="explorer-turn" aria-pressed="{str(i == 0).lower()}">'
        f"{name}</button>" for i, name in enumerate(names)
    )
    return f'<div class="explorer-turns" role="group" aria-label="Panel in sight">{buttons}</div>'


def to_html(payload: dict[str, Any]) -> str:
    """Return the HTML of a packed explorer (`record.pack`)."""
    record = unpack(payload)
    # It keeps the place that the longest sentence takes: the page below never moves.
    longest = max((state[-1] for state in record["states"]), key=len)
    return figure_html(
        record, record["name"], longest,
        '<p class="explorer-note no-scripts">Scripts are off: this is the figure’s first state.</p>'
        f'<script type="application/gzip+base64">{payload["data"]}</script>')


def figure_html(
    record: dict[str, Any], name: str, longest: str, end: str = "", more: str = "",
) -> str:
    """Return the HTML of an explorer in its first state.

    Parameters
    ----------
    record : dict
        What `record.described` returns.
    name : str
        Tells its elements from those of other explorers in the page.
    longest : str
        The sentence whose place is kept.
    end, more : str
        HTML at its end, and further attributes.
    """
    name = escape(name)
    panels = "".join(
        _panel_svg(panel, moving)
        for panel, moving in zip(record["panels"], record["default"]["panels"], strict=True)
    )
    controls = "".join(_control_html(c, name) for c in record["controls"])
    return (
        f'<figure class="explorer" id="explorer-{name}" data-name="{escape(record["name"])}" '
        f'{more}aria-labelledby="explorer-{name}-title">'
        f'<figcaption id="explorer-{name}-title">{escape(record["title"])}</figcaption>'
        f'<div class="explorer-view"><div class="explorer-panels" '
        f'data-panels="{len(record["panels"])}" role="img" '
        f'aria-label="{escape(record["alt"])}">{panels}</div>'
        f'{_turns_html(len(record["panels"]))}</div>'
        f'<div class="explorer-controls">{controls}</div>'
        '<div class="explorer-state"><div class="explorer-said">'
        '<output class="explorer-sentence" aria-live="polite">'
        f'{escape(record["default"]["sentence"])}</output>'
        f'<span class="explorer-longest" aria-hidden="true">{escape(longest)}</span></div>'
        f'<button type="button" class="explorer-reset" disabled>Reset</button></div>{end}</figure>'
    )
