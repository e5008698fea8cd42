"""The figure of an explorer: an author's two functions, called for one state after another."""

import itertools
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from lessons import plots
from lessons.widgets.base import SHORT_NAME, is_short_name
from lessons.widgets.explorers.control import Control

MAX_STATES = 800
#: Where an axes can have a title.
_PLACES: tuple[Literal["left", "center", "right"], ...] = ("left", "center", "right")


class ExplorerError(ValueError):
    """An author's mistake in an explorer: says which explorer, which state, what to do."""


class Drawing:
    """A figure with controls: what `frame` and `draw` draw, checked, state by state."""

    def __init__(
        self, draw: Callable[..., str], frame: Callable[..., None] | None, *, name: str,
        title: str, alt: str, n_panels: int, height: int, controls: Mapping[str, Control],
    ):
        self.name, self.title, self.alt, self.controls = name, title, alt, controls
        self.id = name  # tells its parts from those of another figure in the same page
        self._draw_state = draw
        self._validate()
        with plots.style():
            self.figure, self.axes = plots.panels(n_panels, height)
            for ax in self.axes:
                ax.patch.set_visible(False)
            self.figure.patch.set_facecolor("white")
            if frame is not None:
                try:
                    frame(*self.axes)
                except Exception as error:
                    self.fail(f"frame raised {type(error).__name__}: {error}", cause=error)
            self._freeze()

    def fail(
        self, what: str, values: Mapping[str, Any] | None = None, cause: Exception | None = None
    ) -> NoReturn:
        """Raise an `ExplorerError` that names the explorer, and the state if `values` are given."""
        state = "" if values is None else f", state {self.describe(values)}"
        raise ExplorerError(f"explorer {self.name!r}{state}: {what}") from cause

    def _validate(self) -> None:
        if not is_short_name(self.name):
            self.fail(SHORT_NAME)
        if not self.title or len(self.alt.split()) < 4:
            self.fail("give a title, and an alt text that says what there is to see")
        if not self.controls:
            self.fail("needs at least one control, such as lr=slider([...], label=...)")
        for key, control in self.controls.items():
            if len(control.values) < 2:
                self.fail(f"control {key!r} needs two values or more")
            if any(isinstance(v, float) and not math.isfinite(v) for v in control.values):
                self.fail(f"control {key!r} has a value that is not finite")
            if control.default < 0:
                self.fail(f"the default of control {key!r} is not among its values")
            if len(set(control.texts)) < len(control.texts):
                self.fail(f"two values of control {key!r} are written alike: widen its fmt")
        if self.n_states > MAX_STATES:
            self.fail(f"{self.n_states} states; record at most {MAX_STATES}: give fewer values")

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
            self.fail("frame added axes (twinx, colorbar), which the website does not show: "
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

        def new_artists() -> list[list[Artist]]:
            return [
                [a for a in ax.get_children() if a not in old]
                for ax, old in zip(self.axes, before, strict=True)
            ]

        try:
            with np.errstate(all="ignore"), plots.style():
                sentence = self._draw_state(*self.axes, **values)
            self._check_drawn(sentence, values, before)
        except Exception as error:  # leave nothing behind for the next state
            self.erase(new_artists())
            for ax, fixed in zip(self.axes, self._fixed, strict=True):
                ax.set(xlim=fixed["xlim"], ylim=fixed["ylim"])
            if isinstance(error, ExplorerError):
                raise
            self.fail(f"draw raised {type(error).__name__}: {error}", values, error)
        artists = new_artists()
        for artist in itertools.chain(*artists):
            if isinstance(artist, Line2D):
                plots.keep_in_reach(artist)
        return artists, sentence

    def _check_drawn(self, sentence: Any, values: Mapping[str, Any], before: list[set]) -> None:
        if not isinstance(sentence, str) or not sentence.strip():
            self.fail("draw must return a sentence that says what the picture shows", values)
        if re.search(r"\b(nan|inf)\b", sentence):
            self.fail("write numbers in the sentence with words.number: 'nan' and 'inf' "
                       "say nothing to a reader", values)
        for now, fixed in zip(self._what_stays(), self._fixed, strict=True):
            changed = [what for what in fixed if now[what] != fixed[what]]
            if changed:
                self.fail(f"draw changed {' and '.join(changed)}: set that in frame", values)
        if self.figure.axes != self.axes:
            self.fail("draw added axes (twinx, colorbar): use one more panel", values)
        if any(old - set(ax.get_children()) for ax, old in zip(self.axes, before, strict=True)):
            self.fail("draw took away something that frame drew, such as its legend", values)

    @staticmethod
    def erase(artists: list[list[Artist]]) -> None:
        """Take the artists of one state out of the figure."""
        for artist in itertools.chain(*artists):
            artist.remove()
