"""Every state of an explorer as SVG, for the website, and one as a PNG, for everywhere else."""

import base64
import gzip
import io
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg

from lessons import plots
from lessons.widgets.explorers.control import Control
from lessons.widgets.explorers.drawing import Drawing
from lessons.widgets.explorers.svg import fragment

PNG_SCALE = 2


@dataclass(frozen=True)
class State:
    """One state of an explorer: the SVG of what moves, panel by panel, and a sentence."""

    panels: tuple[str, ...]
    sentence: str


def state_of(drawing: Drawing, **values: Any) -> State:
    """Compute one state. Values that are not given keep their default."""
    artists, sentence = drawing.draw(drawing.defaults | values)
    panels = tuple(
        fragment(group, drawing.figure, clip_id(drawing, i)) for i, group in enumerate(artists)
    )
    drawing.erase(artists)
    return State(panels, sentence)


def clip_id(drawing: Drawing, panel: int) -> str:
    """Return the id of the clip path that the page defines for a panel."""
    return f"clip-{drawing.id}-{panel}"


def record(drawing: Drawing) -> dict[str, Any]:
    """Compute every state; return what the website needs to replay them."""
    default = state_of(drawing)
    if default != state_of(drawing):
        drawing.fail("two drawings of the default state differ: seed the generator in draw")
    states = [
        state_of(drawing, **dict(zip(drawing.controls, values, strict=True)))
        for values in itertools.product(*(c.values for c in drawing.controls.values()))
    ]
    if state_of(drawing) != default:
        drawing.fail("a state depends on the states drawn before it: draw must only use its "
                   "arguments, and change nothing outside")
    return described(drawing, drawing.controls, default) | {
        "states": [[*s.panels, s.sentence] for s in states]}


def described(drawing: Drawing, controls: Mapping[str, Control], default: State) -> dict[str, Any]:
    """Return what a page shows of an explorer before a control moves."""
    height = drawing.figure.bbox.height
    panels = []
    for i, ax in enumerate(drawing.axes):
        cell, box = ax.figure.bbox, ax.bbox
        clip = [box.x0, height - box.y1, box.width, box.height]
        panels.append({
            "view": [round(v) for v in (cell.x0, 0, cell.width, cell.height)],
            "clip": [round(v, 1) for v in clip],
            "clip_id": clip_id(drawing, i),
            "frame": fragment([ax], drawing.figure, clip_id(drawing, i), "frame"),
        })
    return {
        "name": drawing.name,
        "title": drawing.title,
        "alt": drawing.alt,
        "controls": [
            {"key": key, "kind": c.kind, "label": c.label, "unit": c.unit, "play": c.play,
             "default": c.default, "texts": c.texts}
            for key, c in controls.items()
        ],
        "panels": panels,
        "default": {"panels": default.panels, "sentence": default.sentence},
    }


@plots.style()
def png(drawing: Drawing, **values: Any) -> bytes:
    """Return one state as a PNG, in the light theme."""
    artists, _ = drawing.draw(drawing.defaults | values)
    drawing.figure.set_dpi(72 * PNG_SCALE)
    canvas, buffer = FigureCanvasAgg(drawing.figure), io.BytesIO()
    canvas.print_png(buffer, metadata={"Software": None})
    drawing.figure.set_dpi(72)
    drawing.erase(artists)
    return buffer.getvalue()


def pack(record: dict[str, Any]) -> dict[str, Any]:
    """Compress a record for a notebook: its name and base64 of gzipped JSON."""
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    data = gzip.compress(text.encode(), 9, mtime=0)
    return {"name": record["name"], "data": base64.b64encode(data).decode("ascii")}


def unpack(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the record that `pack` compressed.

    Examples
    --------
    >>> unpack(pack({"name": "lr", "states": []}))
    {'name': 'lr', 'states': []}
    """
    return json.loads(gzip.decompress(base64.b64decode(payload["data"])))
