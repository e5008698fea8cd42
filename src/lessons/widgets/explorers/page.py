"""An explorer whose cell ran in a page: its sliders also stop between the recorded values.

The page's script (``explore.live.js``) asks `draw` for one state after another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from lessons.widgets.explorers.control import Control, between
from lessons.widgets.explorers.drawing import Drawing, ExplorerError
from lessons.widgets.explorers.html import figure_html
from lessons.widgets.explorers.record import State, described, state_of

GONE = "Run the cell of this figure again: Python was started anew, or the cell ran once more."


@dataclass(frozen=True)
class Shown:
    """The newest figure of a name: its number, what draws it, and controls with more stops."""

    number: int
    drawing: Drawing
    controls: Mapping[str, Control]


_shown: dict[str, Shown] = {}
_numbers = count(1)


def to_html(drawing: Drawing) -> str:
    """Return the HTML of an explorer in its first state, and remember how to draw the others.

    Raises
    ------
    ExplorerError
        If the first state cannot be drawn.
    """
    number = next(_numbers)
    drawing.id = f"{drawing.name}-live{number}"
    finer = {key: between(control) for key, control in drawing.controls.items()}
    controls = {key: control for key, (control, _) in finer.items()}
    record = described(drawing, controls, state_of(drawing))
    for entry, (_, n_stops) in zip(record["controls"], finer.values(), strict=True):
        entry["every"] = n_stops
    _shown[drawing.name] = Shown(number, drawing, controls)
    return figure_html(record, drawing.id, record["default"]["sentence"],
                       more=f'data-live="{number}" ')


def draw(wish: dict[str, Any]) -> dict[str, Any]:
    """Return one state of a figure in the page.

    Parameters
    ----------
    wish : dict
        ``name`` and ``number`` of the figure, and ``values``: for each control the number of its
        stop.

    Returns
    -------
    dict
        ``state``: the SVG of each panel and the sentence; or ``error``: what to tell the reader.
    """
    shown = _shown.get(wish["name"])
    if shown is None or shown.number != wish["number"]:
        return {"error": GONE}
    values = {key: control.values[wish["values"][key]] for key, control in shown.controls.items()}
    try:
        state: State = state_of(shown.drawing, **values)
    except ExplorerError as error:
        return {"error": str(error)}
    return {"state": [*state.panels, state.sentence]}
