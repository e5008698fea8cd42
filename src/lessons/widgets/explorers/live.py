"""An explorer in a live kernel: ipywidgets that redraw the picture as they move."""

import asyncio
import html
import io
import math
import time
from typing import Any

import ipywidgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from lessons import plots
from lessons.widgets.explorers.control import N_BETWEEN, Control
from lessons.widgets.explorers.drawing import Drawing, ExplorerError

LIVE_DPI = 108
SLOW_S = 0.1
#: A drag sends many values; waiting this long lets a newer one overtake the older ones.
PATIENCE_S = 0.01
PLAY_MS = 120  # as on the website
#: Four digits without zeros behind them: d3 pads with zeros where a type such as g is named.
READOUT = ".4"
_WIDE = {
    "layout": {"width": "32em", "max_width": "100%"}, "style": {"description_width": "12em"},
}


def control_widget(control: Control) -> ipywidgets.ValueWidget:
    """Return the widget for one control.

    Evenly spaced numbers get a slider that also stops between the recorded values, and
    geometrically spaced ones a logarithmic slider; everything else is a choice.
    """
    values, value = control.values, control.values[control.default]
    unit = f" ({control.unit})" if control.unit else ""
    common = {"description": control.label + unit, "continuous_update": True, **_WIDE}
    if control.spacing == "whole":
        return ipywidgets.IntSlider(value, min(values), max(values), **common)
    if control.spacing == "even":
        return ipywidgets.FloatSlider(value, min=values[0], max=values[-1],
                                      step=(values[1] - values[0]) / N_BETWEEN,
                                      readout_format=READOUT, **common)
    if control.spacing == "geometric":
        low, high = math.log10(values[0]), math.log10(values[-1])
        return ipywidgets.FloatLogSlider(value, min=low, max=high, base=10,
                                         step=(high - low) / (N_BETWEEN * (len(values) - 1)),
                                         readout_format=READOUT, **common)
    kind = ipywidgets.SelectionSlider if control.kind == "slider" else ipywidgets.Dropdown
    if control.kind == "choice":
        del common["continuous_update"]
    return kind(options=list(zip(control.texts, values, strict=True)), value=value, **common)


def play_button(control: Control, box: ipywidgets.ValueWidget) -> ipywidgets.Play:
    """Return a button that takes a control through its recorded values, from where it stands."""
    play = ipywidgets.Play(value=control.default, max=len(control.values) - 1, interval=PLAY_MS,
                           show_repeat=False)

    def nearest() -> int:
        if box.value in control.values:
            return control.values.index(box.value)
        return int(np.argmin([abs(v - box.value) for v in control.values]))  # between two of them

    def go_on(change: Any) -> None:
        if change["new"] != nearest():
            box.value = control.values[change["new"]]

    def follow(_change: Any) -> None:
        play.value = nearest()

    play.observe(go_on, names="value")
    box.observe(follow, names="value")
    return play


class LiveExplorer:
    """The state behind the widgets: the newest wish, what is drawn, and what was kept."""

    def __init__(self, explorer: Drawing):
        self.explorer = explorer
        self.inputs = {key: control_widget(c) for key, c in explorer.controls.items()}
        self.image = ipywidgets.Image(format="png", layout={"max_width": "100%"})
        self.image.add_class("lessons-explorer")
        self.sentence = ipywidgets.HTML()  # a Label would cut a long sentence off
        self.reset = ipywidgets.Button(description="Reset")
        self.reset.on_click(self._on_reset)
        self._kept: dict[tuple, tuple[bytes, str]] = {}
        self._pending: asyncio.Task | None = None
        self._seconds = 0.0
        self._canvas = FigureCanvasAgg(explorer.figure)
        explorer.figure.set_dpi(LIVE_DPI)
        with plots.style():
            self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(explorer.figure.bbox)
        explorer.figure.set_dpi(72)
        self.show()
        for box in self.inputs.values():
            box.observe(self._on_change, names="value")

    @property
    def values(self) -> dict:
        """The present value of each control."""
        return {key: box.value for key, box in self.inputs.items()}

    def _key(self) -> tuple:
        """Return what tells the present state from the others; values may be lists."""
        return tuple(getattr(box, "index", box.value) for box in self.inputs.values())

    def show(self) -> None:
        """Draw the present values, or fetch the picture if they were drawn before."""
        values, key = self.values, self._key()
        if key not in self._kept:
            start = time.perf_counter()
            try:
                self._kept[key] = self._render(values)
            except ExplorerError as error:
                self._say(str(error))
                return
            self._seconds = time.perf_counter() - start
        self.image.value, sentence = self._kept[key]
        self._say(sentence)

    def _say(self, text: str) -> None:
        self.sentence.value = html.escape(text, quote=False)

    @plots.style()
    def _render(self, values: dict) -> tuple[bytes, str]:
        figure = self.explorer.figure
        figure.set_dpi(LIVE_DPI)
        try:
            artists, sentence = self.explorer.draw(values)
            self._canvas.restore_region(self._background)
            # Not ax.draw_artist: that draws on the figure's last canvas, maybe another display's.
            renderer = self._canvas.get_renderer()
            for group in artists:
                for artist in sorted(group, key=lambda a: a.get_zorder()):
                    artist.draw(renderer)
            self.explorer.erase(artists)
        finally:
            figure.set_dpi(72)
        buffer = io.BytesIO()
        picture = Image.fromarray(np.asarray(self._canvas.buffer_rgba())).convert("RGB")
        picture.save(buffer, format="png", compress_level=1)
        return buffer.getvalue(), sentence

    def _on_reset(self, _button: Any) -> None:
        for box, value in zip(self.inputs.values(), self.explorer.defaults.values(), strict=True):
            box.value = value

    def _on_change(self, _change: Any) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel, as in a test: draw at once
            self.show()
            return
        if self._key() not in self._kept and self._seconds > SLOW_S:
            self._say(f"Working… (the last picture took {self._seconds:.1f} s)")
        if self._pending is None or self._pending.done():
            self._pending = loop.create_task(self._show_newest())

    async def _show_newest(self) -> None:
        shown = None
        while shown != self._key():
            await asyncio.sleep(PATIENCE_S)
            shown = self._key()
            self.show()


def widget(explorer: Drawing) -> ipywidgets.VBox:
    """Return the controls, the picture and the sentence of `explorer` as one widget."""
    live = LiveExplorer(explorer)
    title = ipywidgets.HTML(f"<strong>{html.escape(explorer.title)}</strong>")
    rows = [ipywidgets.HBox([box, play_button(explorer.controls[key], box)])
            if explorer.controls[key].play else box for key, box in live.inputs.items()]
    box = ipywidgets.VBox([title, *rows, live.image, live.sentence, live.reset])
    box.live = live  # keeps the state alive as long as the widget
    return box
