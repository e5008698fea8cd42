"""What the website shows for an explorer: inline SVG, native controls, the recorded states.

Sphinx finds `Renderer` through the entry point group ``myst_nb.mime_renderers``. The page
works without a kernel, a server or a library; ``book/_static/explore.js`` replays the states
and without scripts the default state stands.
"""

from html import escape
from typing import Any

from lessons import estimate, explore, guess, guess_views, quiz


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
        'autocomplete="off"'
    )
    if control["kind"] == "choice":
        options = "".join(
            f'<option value="{i}"{" selected" if i == default else ""}>{text}</option>'
            for i, text in enumerate(texts)
        )
        field = f"<select {common}>{options}</select>"
    else:
        field = (
            f'<input type="range" {common} min="0" max="{len(texts) - 1}" step="1" '
            f'value="{default}" aria-valuetext="{texts[default]}" '
            f'data-texts="{"&#10;".join(texts)}">'
            f'<span class="explorer-value" aria-hidden="true">{texts[default]}</span>'
        )
    if control["play"]:
        field += (
            '<button type="button" class="explorer-play" '
            f'aria-label="Play {escape(control["label"])}">Play</button>'
        )
    return f'<div class="explorer-control">{label}{field}</div>'


def explorer_html(payload: dict[str, Any]) -> str:
    """Return the HTML of a packed explorer (`lessons.explore.pack`)."""
    record = explore.unpack(payload)
    name = escape(record["name"])
    panels = "".join(
        _panel_svg(panel, moving)
        for panel, moving in zip(record["panels"], record["default"]["panels"], strict=True)
    )
    controls = "".join(_control_html(c, name) for c in record["controls"])
    # It keeps the place that the longest sentence takes: the page below never moves.
    longest = max((state[-1] for state in record["states"]), key=len)
    return (
        f'<figure class="explorer" id="explorer-{name}" data-name="{name}" '
        f'aria-labelledby="explorer-{name}-title">'
        f'<figcaption id="explorer-{name}-title">{escape(record["title"])}</figcaption>'
        f'<div class="explorer-panels" data-panels="{len(record["panels"])}" role="img" '
        f'aria-label="{escape(record["alt"])}">{panels}</div>'
        f'<div class="explorer-controls">{controls}</div>'
        '<div class="explorer-state"><div class="explorer-said">'
        '<output class="explorer-sentence" aria-live="polite">'
        f'{escape(record["default"]["sentence"])}</output>'
        f'<span class="explorer-longest" aria-hidden="true">{escape(longest)}</span></div>'
        '<button type="button" class="explorer-reset">Reset</button></div>'
        f'<script type="application/gzip+base64">{payload["data"]}</script></figure>'
    )


class Renderer:
    """A MyST-NB plugin that turns the book's own MIME types into HTML."""

    mime_priority_overrides = (
        ("html", explore.MIME_TYPE, 1),
        ("html", quiz.MIME_TYPE, 1),
        ("html", guess.MIME_TYPE, 1),
        ("html", estimate.MIME_TYPE, 1),
    )

    @staticmethod
    def handle_mime(renderer, data, inline):
        """Return one raw HTML node for an explorer, quiz, guess or estimate, else nothing."""
        from docutils import nodes  # only there when a book is built

        to_html = {explore.MIME_TYPE: explorer_html, quiz.MIME_TYPE: quiz.to_html,
                   guess.MIME_TYPE: guess_views.to_html, estimate.MIME_TYPE: estimate.to_html}
        if inline or data.mime_type not in to_html:
            return None
        return [nodes.raw("", to_html[data.mime_type](data.content), format="html")]
