"""Explorers: one plotting function of the author's, three appearances.

An author writes plain matplotlib: ``frame`` draws what does not move, ``draw`` draws what
the controls change and returns a sentence about it. The rest happens here. In a live
kernel the reader gets ipywidgets (`lessons.live`). When the book is built every state is
computed and kept as SVG, which the website replays without a kernel (`lessons.replay`).
Everywhere else the default state stands as a PNG.
"""

import base64
import gzip
import io
import itertools
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D

from lessons import plots
from lessons.svg import fragment

MIME_TYPE = "application/vnd.lessons.explorer+json"
MAX_STATES = 800
MAX_BYTES = 150_000
PNG_SCALE = 2
_PLACES = ("left", "center", "right")  # where an axes can have a title


class ExplorerError(ValueError):
    """An author's mistake in an explorer: says which explorer, which state, what to do."""


@dataclass(frozen=True)
class Control:
    """What a reader can change: a row of values, their labels, and the first choice."""

    kind: str
    label: str
    unit: str
    values: tuple[Any, ...]
    texts: tuple[str, ...]
    default: int
    play: bool = False


def slider(
    values: Sequence[float],
    *,
    label: str,
    unit: str = "",
    default: float | None = None,
    fmt: str | Callable[[float], str] = "{:.4g}",
    play: bool = False,
) -> Control:
    """Return a slider over `values`, in the order in which they are given.

    Parameters
    ----------
    values
        The values that are recorded. Evenly or geometrically spaced values can be left
        in a live kernel, where the slider also stops between them.
    default
        The value at the start and after Reset; the first one if not given.
    fmt
        How a value is written: a format string or a function.
    play
        Offer a Play button: for controls that are time or a number of steps.

    Examples
    --------
    >>> slider([0.1, 0.2], label="learning rate", default=0.2).default
    1
    """
    values = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    write = fmt if callable(fmt) else fmt.format
    default = values[0] if default is None and values else default
    index = next((i for i, v in enumerate(values) if v == default), -1)
    return Control("slider", label, unit, values, tuple(write(v) for v in values), index, play)


def choice(
    options: Sequence[str] | Mapping[str, Any], *, label: str, default: str | None = None
) -> Control:
    """Return a choice between named options; a mapping gives each name its value.

    Examples
    --------
    >>> choice({"plain": 0.0, "momentum": 0.9}, label="method").values
    (0.0, 0.9)
    """
    texts = tuple(options)
    values = tuple(options.values()) if isinstance(options, Mapping) else texts
    default = texts[0] if default is None and texts else default
    return Control("choice", label, "", values, texts, texts.index(default) if default in texts
                   else -1)


@dataclass(frozen=True)
class State:
    """One state of an explorer: the SVG of what moves, panel by panel, and a sentence."""

    panels: tuple[str, ...]
    sentence: str


class Explorer:
    """A figure with controls. Made by `explore`; shows itself as a cell's last value."""

    def __init__(self, draw, frame, *, name, title, alt, n_panels, height, controls):
        self.name, self.title, self.alt, self.controls = name, title, alt, controls
        self._draw_state = draw
        self._validate()
        with mpl.rc_context(plots.STYLE):
            self.figure, self.axes = plots.panels(n_panels, height)
            for ax in self.axes:
                ax.patch.set_visible(False)
            self.figure.patch.set_facecolor("white")
            if frame is not None:
                try:
                    frame(*self.axes)
                except Exception as error:
                    self._fail(f"frame raised {type(error).__name__}: {error}", cause=error)
            self._freeze()

    def _fail(self, what: str, values: Mapping[str, Any] | None = None, cause=None):
        state = "" if values is None else f", state {self.describe(values)}"
        raise ExplorerError(f"explorer {self.name!r}{state}: {what}") from cause

    def _validate(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", self.name):
            self._fail("a name has small letters, digits and hyphens, and begins with a letter")
        if not self.title or len(self.alt.split()) < 4:
            self._fail("give a title, and an alt text that says what there is to see")
        if not self.controls:
            self._fail("needs at least one control, such as lr=slider([...], label=...)")
        for key, control in self.controls.items():
            if len(control.values) < 2:
                self._fail(f"control {key!r} needs two values or more")
            if any(isinstance(v, float) and not math.isfinite(v) for v in control.values):
                self._fail(f"control {key!r} has a value that is not finite")
            if control.default < 0:
                self._fail(f"the default of control {key!r} is not among its values")
            if len(set(control.texts)) < len(control.texts):
                self._fail(f"two values of control {key!r} are written alike: widen its fmt")
        if self.n_states > MAX_STATES:
            self._fail(f"{self.n_states} states; record at most {MAX_STATES}: give fewer values")

    def _freeze(self) -> None:
        """Fix limits and layout, so that nothing jumps from state to state."""
        for ax in self.axes:
            ax.autoscale_view()
            ax.set_autoscale_on(False)
            plots.plain_log_labels(ax)
        self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")
        self._fixed = self._what_stays()
        if self.figure.axes != self.axes:
            self._fail("frame added axes (twinx, colorbar), which the website does not show: "
                       "use one more panel")

    def _what_stays(self) -> list[dict[str, Any]]:
        """Return the limits, labels and titles of each panel."""
        return [
            {"xlim": ax.get_xlim(), "ylim": ax.get_ylim(), "xlabel": ax.get_xlabel(),
             "ylabel": ax.get_ylabel(), "title": [ax.get_title(loc) for loc in _PLACES]}
            for ax in self.axes
        ]

    @property
    def n_states(self) -> int:
        """Number of recorded states: the product of the numbers of values."""
        return math.prod(len(c.values) for c in self.controls.values())

    @property
    def defaults(self) -> dict[str, Any]:
        """The value of every control at the start."""
        return {key: c.values[c.default] for key, c in self.controls.items()}

    def describe(self, values: Mapping[str, Any]) -> str:
        """Write a state as ``key=value`` pairs."""
        return ", ".join(f"{key}={value!r}" for key, value in values.items())

    def draw(self, values: Mapping[str, Any]) -> tuple[list[list[Artist]], str]:
        """Draw one state; return the new artists of each panel and the sentence.

        The caller takes the artists away again with `erase`.
        """
        before = [set(ax.get_children()) for ax in self.axes]
        for ax in self.axes:
            ax.set_prop_cycle(plots.CYCLE)

        def new_artists():
            return [
                [a for a in ax.get_children() if a not in old]
                for ax, old in zip(self.axes, before, strict=True)
            ]

        try:
            with np.errstate(all="ignore"), mpl.rc_context(plots.STYLE):
                sentence = self._draw_state(*self.axes, **values)
            self._check_drawn(sentence, values, before)
        except Exception as error:  # leave nothing behind for the next state
            self.erase(new_artists())
            for ax, fixed in zip(self.axes, self._fixed, strict=True):
                ax.set(xlim=fixed["xlim"], ylim=fixed["ylim"])
            if isinstance(error, ExplorerError):
                raise
            self._fail(f"draw raised {type(error).__name__}: {error}", values, error)
        artists = new_artists()
        for artist in itertools.chain(*artists):
            if isinstance(artist, Line2D):
                plots.keep_in_reach(artist)
        return artists, sentence

    def _check_drawn(self, sentence: Any, values: Mapping[str, Any], before: list[set]) -> None:
        if not isinstance(sentence, str) or not sentence.strip():
            self._fail("draw must return a sentence that says what the picture shows", values)
        if re.search(r"\b(nan|inf)\b", sentence):
            self._fail("write numbers in the sentence with plots.number: 'nan' and 'inf' "
                       "say nothing to a reader", values)
        for now, fixed in zip(self._what_stays(), self._fixed, strict=True):
            changed = [what for what in fixed if now[what] != fixed[what]]
            if changed:
                self._fail(f"draw changed {' and '.join(changed)}: set that in frame", values)
        if self.figure.axes != self.axes:
            self._fail("draw added axes (twinx, colorbar): use one more panel", values)
        if any(old - set(ax.get_children()) for ax, old in zip(self.axes, before, strict=True)):
            self._fail("draw took away something that frame drew, such as its legend", values)

    @staticmethod
    def erase(artists: list[list[Artist]]) -> None:
        """Take the artists of one state out of the figure."""
        for artist in itertools.chain(*artists):
            artist.remove()

    def state(self, **values: Any) -> State:
        """Compute one state. Values that are not given keep their default."""
        artists, sentence = self.draw(self.defaults | values)
        panels = tuple(
            fragment(group, self.figure, self._clip_id(i)) for i, group in enumerate(artists)
        )
        self.erase(artists)
        return State(panels, sentence)

    def _clip_id(self, panel: int) -> str:
        return f"clip-{self.name}-{panel}"

    def record(self) -> dict[str, Any]:
        """Compute every state; return what the website needs to replay them."""
        default = self.state()
        if default != self.state():
            self._fail("two drawings of the default state differ: seed the generator in draw")
        states = [
            self.state(**dict(zip(self.controls, values, strict=True)))
            for values in itertools.product(*(c.values for c in self.controls.values()))
        ]
        if self.state() != default:
            self._fail("a state depends on the states drawn before it: draw must only use its "
                       "arguments, and change nothing outside")
        height = self.figure.bbox.height
        panels = []
        for i, ax in enumerate(self.axes):
            cell, box = ax.get_figure(root=False).bbox, ax.bbox
            clip = [box.x0, height - box.y1, box.width, box.height]
            panels.append({
                "view": [round(v) for v in (cell.x0, 0, cell.width, cell.height)],
                "clip": [round(v, 1) for v in clip],
                "clip_id": self._clip_id(i),
                "frame": fragment([ax], self.figure, self._clip_id(i), "frame"),
            })
        return {
            "name": self.name,
            "title": self.title,
            "alt": self.alt,
            "controls": [
                {"key": key, "kind": c.kind, "label": c.label, "unit": c.unit, "play": c.play,
                 "default": c.default, "texts": c.texts}
                for key, c in self.controls.items()
            ],
            "panels": panels,
            "default": {"panels": default.panels, "sentence": default.sentence},
            "states": [[*s.panels, s.sentence] for s in states],
        }

    def png(self, **values: Any) -> bytes:
        """Return one state as a PNG, in the light theme."""
        artists, _ = self.draw(self.defaults | values)
        self.figure.set_dpi(72 * PNG_SCALE)
        canvas, buffer = FigureCanvasAgg(self.figure), io.BytesIO()
        canvas.print_png(buffer, metadata={"Software": None})
        self.figure.set_dpi(72)
        self.erase(artists)
        return buffer.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        if os.environ.get("LESSONS_EXPLORE") != "record":
            from lessons.live import widget  # a built book needs no widgets

            return widget(self)._repr_mimebundle_()
        payload = pack(self.record())
        if len(payload["data"]) * 3 // 4 > MAX_BYTES:
            self._fail(f"{len(payload['data']) * 3 // 4} bytes recorded, at most {MAX_BYTES}: "
                       "give fewer values, or draw shorter paths")
        default = self.state()
        text = f"Explorer {self.name!r}, {self.n_states} states. {default.sentence}"
        bundle = {MIME_TYPE: payload, "image/png": self.png(), "text/plain": text}
        return bundle, {"image/png": {"alt": self.alt}}


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
