"""A playground for small networks: on the website they train in the reader's browser.

What is stored is one recorded run, so that the page shows a curve and a surface before the reader
asks for Python; then the page (``playground.js``) and the worker do what is done here.
"""

from collections.abc import Mapping
from typing import Any

from lessons.playground import page
from lessons.recording import recording
from lessons.widgets.base import SHORT_NAME, is_short_name, live_view

MIME_TYPE = "application/vnd.lessons.playground+json"
RESOLUTION = 40  # cells of the surface along each side
MOST_STEPS = 2000  # of the recorded run


class Playground:
    """A network to train. Made by `play`; shows itself as a cell's last value."""

    def __init__(self, payload: dict[str, Any]):
        self.payload = payload

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        text = (f"{self.payload['title']} Recorded here: {self.payload['advance']['said']} "
                "On the website, and in a live notebook, you train it yourself.")
        if not recording():
            try:
                from lessons.playground.live import playground
            except ModuleNotFoundError:  # no ipywidgets: the Python of a page, which has its own
                return {"text/plain": text}
            return live_view(playground(self.payload["experiment"]), text)
        return {MIME_TYPE: self.payload, "text/plain": text}


def play(experiment: Mapping[str, Any], *, steps: int, name: str = "here",
         title: str = "Train a network in this page.") -> Playground:
    """Let the reader train a network.

    Parameters
    ----------
    experiment : dict
        What is recorded first, such as ``{"data": "spirals"}``; `lessons.playground.settings`
        fills in the rest.
    steps : int
        How long the recorded run is.
    name : str
        Short and unique on the page.
    title : str
        What it is, in a sentence.

    Raises
    ------
    ValueError
        For an author's mistake: names the playground and says what to change.

    Examples
    --------
    >>> made = play({"data": "moons", "layers": [4]}, steps=30)
    >>> made.payload["advance"]["step"], len(made.payload["advance"]["points"])
    (30, 31)
    """
    if not is_short_name(name):
        raise ValueError(f"playground {name!r}: {SHORT_NAME}")
    if not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"playground {name!r}: record 1 to {MOST_STEPS} steps, not {steps}")
    begun = page.begin(dict(experiment))
    advanced = page.advance({"steps": steps, "settings": {}})
    advanced["points"] = begun.pop("curve") + advanced["points"]
    looks = [page.look({"resolution": RESOLUTION, "layer": layer})
             for layer in range(len(begun["experiment"]["layers"])) or [None]]
    units = [look.get("units") for look in looks]
    return Playground(rounded({
        "name": name, "title": title, "experiment": begun.pop("experiment"),
        "options": page.options({}), "begin": begun, "advance": advanced,
        "look": looks[0] | {"units": units}}))


def rounded(value: Any) -> Any:
    """Return what JSON can hold with four digits: the same on every processor.

    Examples
    --------
    >>> rounded({"points": [(1, 0.123456), None]})
    {'points': [[1, 0.1235], None]}
    """
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
