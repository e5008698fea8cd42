"""Explorers: one plotting function of the author's, three appearances.

An author writes plain matplotlib: ``frame`` draws what does not move, ``draw`` draws what
the controls change and returns a sentence about it. The rest happens here. In a live
kernel the reader gets ipywidgets (`live`). When the book is built every state is computed and
kept as SVG (`record`), which the website replays without a kernel (`html`, ``explore.js``).
Everywhere else the default state stands as a PNG.
"""

from collections.abc import Callable
from typing import Any

from lessons.page import in_page
from lessons.recording import recording
from lessons.widgets.base import live_view
from lessons.widgets.explorers.control import Control
from lessons.widgets.explorers.drawing import Drawing
from lessons.widgets.explorers.record import State, pack, png, record, state_of

MIME_TYPE = "application/vnd.lessons.explorer+json"
MAX_BYTES = 150_000


class Explorer(Drawing):
    """A figure with controls. Made by `explore`; shows itself as a cell's last value."""

    def state(self, **values: Any) -> State:
        """Compute one state. Values that are not given keep their default."""
        return state_of(self, **values)

    def record(self) -> dict[str, Any]:
        """Compute every state; return what the website needs to replay them."""
        return record(self)

    def png(self, **values: Any) -> bytes:
        """Return one state as a PNG, in the light theme."""
        return png(self, **values)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        alt = {"image/png": {"alt": self.alt}}
        if in_page():
            from lessons.widgets.explorers.page import to_html

            return {"text/html": to_html(self), "text/plain": self.title}, alt
        text = f"Explorer {self.name!r}, {self.n_states} states. {self.state().sentence}"
        if not recording():
            from lessons.widgets.explorers.live import widget  # a built book needs no widgets

            # The picture stays in a saved notebook, where no kernel can bring the widget back.
            return live_view(widget(self), text) | {"image/png": self.png()}, alt
        payload = pack(self.record())
        if len(payload["data"]) * 3 // 4 > MAX_BYTES:
            self.fail(f"{len(payload['data']) * 3 // 4} bytes recorded, at most {MAX_BYTES}: "
                      "give fewer values, or draw shorter paths")
        return {MIME_TYPE: payload, "image/png": self.png(), "text/plain": text}, alt


def explore(
    draw: Callable[..., str],
    frame: Callable[..., None] | None = None,
    *,
    name: str,
    title: str,
    alt: str,
    panels: int = 1,
    height: int = 290,
    **controls: Control,
) -> Explorer:
    """Make an explorer out of plain matplotlib functions.

    Parameters
    ----------
    draw
        Called as ``draw(ax, ..., key=value, ...)`` with one axes for each panel and one
        value for each control. Draws what the controls change and returns one sentence
        that says what the picture shows. Random numbers must come from a generator that
        is seeded inside.
    frame
        Called once as ``frame(ax, ...)``: draws what does not move, sets labels and limits.
    name
        Short and unique on the page, such as ``"learning-rate"``.
    title, alt
        The question the explorer answers; what there is to see, for those who cannot.
    panels
        How many axes, side by side, or one below the other where the page is narrow.
    height
        Height of a panel in pixels.
    **controls
        `slider` and `choice` objects by the name under which ``draw`` takes them.

    Raises
    ------
    ExplorerError
        For an author's mistake: names the explorer, the state, and what to change.

    Examples
    --------
    >>> from lessons.widgets.explorers.control import slider
    >>> def frame(ax):
    ...     ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="x", ylabel="y")
    >>> def draw(ax, slope):
    ...     ax.plot([0, 1], [0, slope])
    ...     return f"The line rises by {slope}."
    >>> line = explore(draw, frame, name="line", title="How steep?", alt="A line through zero.",
    ...                slope=slider([0.5, 1.0], label="slope"))
    >>> line.state(slope=1.0).sentence
    'The line rises by 1.0.'
    """
    return Explorer(
        draw, frame, name=name, title=title, alt=alt, n_panels=panels, height=height,
        controls=controls,
    )
