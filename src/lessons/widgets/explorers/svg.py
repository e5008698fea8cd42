"""Parts of a matplotlib figure as compact SVG that follows the page's theme.

Rendering a whole figure for every state of an explorer is slow and large. Here one
artist, or a few, are rendered by matplotlib's own SVG renderer, then coordinates are
rounded to a tenth of a pixel and the book's colours become CSS variables.
"""

import io
import re
from collections.abc import Iterable
from typing import Any

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure

from lessons.plots import ROLES, style

_TAG = re.compile(r"<[^>]+>")
_COORDINATES = re.compile(r'(?<= )(?:d|x|y|points|transform|width|height)="[^"]*"')
_DECIMAL = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_GROUP_ID = re.compile(r'(?<=<g) id="[^"]*"')
_FONT_FAMILY = re.compile(r" ?font-family: [^;\"]*;?")
_CLIP = re.compile(r"url\(#p[0-9a-f]+\)")
_CLIP_PATH = re.compile(r"<clipPath.*?</clipPath>\s*", re.DOTALL)
_NOTHING = re.compile(r"<(g|defs)></\1>")
_DOTS = re.compile(
    r'<defs><path id="(?P<id>\w+)" d="M 0 (?P<radius>[\d.]+) (?:C [-\d. ]+){8}z"[^>]*/></defs>'
    r'<g(?P<clip>[^>]*)>(?P<uses>(?:<use xlink:href="#(?P=id)"[^>]*/>)+)</g>'
)
_USE = re.compile(r'x="([^"]+)" y="([^"]+)" style="fill: ([^;]+); stroke: \3"')
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def _round(match: re.Match) -> str:
    text = f"{float(match[0]):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _compact_tag(match: re.Match) -> str:
    tag = _COORDINATES.sub(lambda m: _DECIMAL.sub(_round, m[0]).replace("\n", ""), match[0])
    tag = _COLOUR.sub(lambda m: f"var(--c-{ROLES[m[0]]})" if m[0] in ROLES else m[0], tag)
    return _FONT_FAMILY.sub("", tag)


def _dots(match: re.Match) -> str:
    """Write filled circles as one path of round dots: a browser draws it many times faster."""
    uses = _USE.findall(match["uses"])
    n_uses = match.string.count(f'href="#{match["id"]}"')  # a legend may use the marker too
    plain = len(uses) == n_uses and len({colour for *_, colour in uses}) == 1
    if not plain or "stroke-width" in match[0]:
        return match[0]
    width = 2 * float(match["radius"]) + 1  # the outline of a marker is one pixel wide
    moves = "".join(f"M{x} {y}h0" for x, y, _ in uses)
    return (
        f'<path d="{moves}"{match["clip"]} style="fill: none; stroke: {uses[0][2]}; '
        f'stroke-width: {width:g}; stroke-linecap: round"/>'
    )


def fragment(artists: Iterable[Artist], figure: Figure, clip_id: str, part: str = "") -> str:
    """Render `artists` of `figure` to SVG elements, without the enclosing document.

    Parameters
    ----------
    artists
        Drawn in the order of their ``zorder``.
    figure
        Must have a resolution of 72 dots per inch: one point is one pixel.
    clip_id
        The id of the clip path that the page defines for this panel; also the salt that
        keeps the ids of markers and hatches of different panels apart.
    part
        A word that keeps these ids apart from those of another part of the same panel.
    """
    buffer = io.StringIO()
    settings: dict[Any, Any] = {
        "svg.fonttype": "none", "svg.hashsalt": clip_id + part, "path.simplify_threshold": 0.2,
    }
    with style(), mpl.rc_context(settings):
        width, height = figure.bbox.size
        renderer = RendererSVG(width, height, buffer, metadata={"Date": None})
        renderer.writer.flush()
        start = buffer.tell()
        for artist in sorted(artists, key=lambda a: a.get_zorder()):
            artist.draw(renderer)
        renderer.finalize()  # writes the patterns of hatches, and clip paths, which the page has
    text = _COMMENT.sub("", buffer.getvalue()[start:]).rstrip().removesuffix("</svg>")
    text = _CLIP_PATH.sub("", text)
    text = _CLIP.sub(f"url(#{clip_id})", _GROUP_ID.sub("", _TAG.sub(_compact_tag, text)))
    return _DOTS.sub(_dots, _NOTHING.sub("", re.sub(r">\s+<", "><", text).strip()))
