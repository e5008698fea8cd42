"""The playground in a live kernel: ``from lessons.playground.live import playground``."""

import asyncio
import html
import time
from collections.abc import Mapping
from typing import Any

import ipywidgets

from lessons.playground import address, page
from lessons.playground.pictures import picture
from lessons.playground.programs import in_pytorch, on_our_engine
from lessons.playground.run import Run
from lessons.playground.settings import (
    DATA,
    LIMITS,
    LOSSES,
    MOVING,
    NAMES,
    OPTIMIZERS,
    Experiment,
    defaults_for,
    losses_for,
    normalised,
    task_of,
)

SLICE_MS, MOST_MS = 60.0, 500.0  # as long as drawing takes, between these
PATIENCE_S = 0.01  # between slices, in which the kernel hears of sliders and buttons
MOST_OLDER = 4
BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 2000]
_WIDE = {"layout": {"width": "24em", "max_width": "100%"},
         "style": {"description_width": "10em"}}


def choice(words: str, options: Mapping[str, str], value: str) -> ipywidgets.Dropdown:
    """Return a choice among names, shown in words."""
    return ipywidgets.Dropdown(options=[(text, name) for name, text in options.items()],
                               value=value, description=words, **_WIDE)


def controls_for(experiment: Experiment) -> dict[str, ipywidgets.ValueWidget]:
    """Return a widget for each setting, at its value."""
    fit = losses_for(task_of(experiment))
    found: dict[str, ipywidgets.ValueWidget] = {
        "data": choice("data", {name: row[0] for name, row in DATA.items()
                                if name != "own" or "points" in experiment}, experiment["data"]),
        "layers": ipywidgets.Text("-".join(map(str, experiment["layers"])),
                                  description="hidden layers", continuous_update=False, **_WIDE),
        "activation": choice("activation", NAMES, experiment["activation"]),
        "loss": choice("loss", {name: LOSSES[name] for name in fit}, experiment["loss"]),
        "optimizer": choice("optimiser", {name: row[0] for name, row in OPTIMIZERS.items()},
                            experiment["optimizer"]),
    }
    for key in ("n", "noise", "split", "scale", "seed"):
        words, low, high = LIMITS[key]
        kind = ipywidgets.BoundedIntText if isinstance(low, int) else ipywidgets.BoundedFloatText
        found[key] = kind(experiment[key], min=min(low, experiment[key]), max=high,
                          description=words.removeprefix("the "), **_WIDE)
        if kind is ipywidgets.BoundedFloatText:
            found[key].step = 0.05
    moving = {"continuous_update": True, **_WIDE}
    found["rate"] = ipywidgets.FloatLogSlider(
        experiment["rate"], base=10, min=-6, max=2, step=0.05, description="learning rate",
        readout_format=".4", **moving)
    found["momentum"] = ipywidgets.FloatSlider(
        experiment["momentum"], min=0, max=0.99, step=0.01, description="momentum", **moving)
    sizes = sorted({*BATCHES, experiment["batch"]})
    found["batch"] = ipywidgets.SelectionSlider(
        options=[("all" if b == BATCHES[-1] else str(b), b) for b in sizes],
        value=experiment["batch"], description="batch size", **moving)
    decays = sorted({0.0, *(10.0**k for k in range(-5, 1)), experiment["decay"]})
    found["decay"] = ipywidgets.SelectionSlider(
        options=[(f"{d:g}", d) for d in decays], value=experiment["decay"],
        description="weight decay", **moving)
    return found


class LivePlayground:
    """The state behind the widgets: the run, what is chosen, whether it trains at present."""

    def __init__(self, experiment: Mapping[str, Any] | str):
        self.experiment = (address.experiment_of(experiment) if isinstance(experiment, str)
                           else normalised(experiment))
        self.image = ipywidgets.Image(format="png", layout={"max_width": "100%"})
        self.sentence, self.program = ipywidgets.HTML(), ipywidgets.HTML()
        self.buttons = {name: ipywidgets.Button(description=name) for name in (
            "Train", "One step", "Reset", "Go back", "Copy as Python")}
        for name, act in (("Train", self.train), ("One step", self.one_step),
                          ("Reset", self.reset), ("Go back", self.go_back),
                          ("Copy as Python", self.show_program)):
            self.buttons[name].on_click(lambda _button, act=act: act())
        self.layer = ipywidgets.Dropdown(options=[("none", None)], description="units of",
                                         **_WIDE)
        self.layer.observe(lambda _change: self.draw(), names="value")
        self.settings_box, self.moving_box = ipywidgets.VBox(), ipywidgets.VBox()
        self.older: list[list] = []
        self._drawing_ms = 0.0
        self.is_training = False
        self._task: asyncio.Task | None = None
        self._begin(self.experiment)

    def _begin(self, experiment: Experiment) -> None:
        """Set up a run and the widgets that fit it."""
        self.run, self.experiment = Run(experiment), experiment
        self.inputs = controls_for(experiment)
        for key, box in self.inputs.items():
            if key not in MOVING:  # these are read before each slice
                box.observe(lambda _change, key=key: self._on_setting(key), names="value")
        self.settings_box.children = [b for k, b in self.inputs.items() if k not in MOVING]
        self.moving_box.children = [self.inputs[key] for key in MOVING]
        n_hidden = len(self.run.sizes) - 2
        self._is_new = True  # what follows changes the choice of layers, and is drawn once
        self.layer.options = [("none", None), *((f"hidden layer {i + 1}", i)
                                                for i in range(n_hidden))]
        self.layer.value, self._is_new = (0 if n_hidden else None), False
        self._say(page.described(self.run))
        self.draw()

    def _chosen(self) -> Experiment:
        """Return what the widgets say."""
        return self.experiment | {key: box.value for key, box in self.inputs.items()}

    def _try(self, wanted: Mapping[str, Any]) -> None:
        """Begin an experiment, or say what is wrong with it."""
        self.pause()
        try:
            experiment = normalised(wanted)
        except ValueError as error:
            self._say(str(error))
            return
        if len(self.run.points) > 1:
            self.older = [*self.older, self.run.points][-MOST_OLDER:]
        if (experiment["data"], experiment["loss"]) != (self.experiment["data"],
                                                        self.experiment["loss"]):
            self.older = []  # losses of another kind
        self._begin(experiment)

    def _on_setting(self, key: str) -> None:
        """Begin anew with what was chosen; other data or another optimiser bring what suits."""
        wanted = self._chosen()
        fits = defaults_for(wanted)
        if key == "data":
            wanted = fits | {k: wanted[k] for k in ("points", "seed") if k in wanted}
        elif key == "optimizer":
            wanted |= {k: fits[k] for k in ("rate", "momentum", "decay")}
        self._try(wanted)

    def reset(self) -> None:
        """Begin the same experiment anew; its curve stays, pale."""
        self._try(self._chosen())

    def train(self) -> None:
        """Train until paused; without a kernel, as in a test, one slice."""
        if self.is_training:
            self.pause()
            return
        self.is_training, self.buttons["Train"].description = True, "Pause"
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.slice()
            return
        self._task = loop.create_task(self._slices())

    async def _slices(self) -> None:
        while self.is_training:
            self.slice()
            await asyncio.sleep(PATIENCE_S)

    def slice(self, n_steps: int | None = None) -> None:
        """Train for a moment with the settings as they are now, and draw."""
        self.run.change({key: self.inputs[key].value for key in MOVING})
        self.run.advance(n_steps=n_steps, ms=max(SLICE_MS, self._drawing_ms))
        if self.run.diverged:
            self.pause()
        is_single = n_steps is not None and not self.run.diverged
        self._say(page.sentence(self.run, self.run.measure() if is_single else None))
        self.draw()

    def pause(self) -> None:
        """Stop training; all stays as it is."""
        self.is_training, self.buttons["Train"].description = False, "Train"

    def one_step(self) -> None:
        """Take one step."""
        self.pause()
        self.slice(n_steps=1)

    def go_back(self) -> None:
        """Go back to before the run diverged, with a tenth of the learning rate."""
        if not self.run.diverged:
            self._say("The run has not diverged: there is nothing to go back from.")
            return
        self.run.rewind()
        low = LIMITS["rate"][1]
        self.inputs["rate"].value = max(low, self.inputs["rate"].value / 10)
        self._say(f"Back at step {self.run.step}, with a tenth of the learning rate.")
        self.draw()

    def show_program(self) -> None:
        """Show the run as a program for our engine and for PyTorch, to select and copy."""
        n_steps = min(self.run.step, page.MOST_STEPS) or page.FIRST_STEPS
        texts = [write(self.run.experiment, self.run.changes, n_steps)
                 for write in (on_our_engine, in_pytorch)]
        self.program.value = "".join(f"<pre>{html.escape(text)}</pre>" for text in texts)

    def draw(self) -> None:
        """Draw the run as it is."""
        if self._is_new:
            return
        start = time.perf_counter()
        self.image.value = picture(self.run, self.layer.value, self.older)
        self._drawing_ms = min(MOST_MS, 1000 * (time.perf_counter() - start))

    def _say(self, text: str) -> None:
        self.sentence.value = html.escape(text, quote=False)


def playground(experiment: Mapping[str, Any] | str = "") -> ipywidgets.VBox:
    """Return the playground as a widget, with an experiment set up.

    Parameters
    ----------
    experiment : mapping or str
        Settings, such as ``{"data": "spirals", "rate": 0.3}``, or the text of an address, such
        as ``"data=spirals&rate=0.3"``. For points of your own give ``data="own"`` and ``points``,
        which `lessons.playground.tables.table` makes from text.

    Examples
    --------
    >>> box = playground("data=spirals&layers=8")
    >>> box.live.run.sizes
    [2, 8, 2]
    """
    live = LivePlayground(experiment)
    rows = [ipywidgets.HBox(list(live.buttons.values()), layout={"flex_flow": "row wrap"}),
            live.sentence, live.image, live.layer,
            ipywidgets.HBox([live.moving_box, live.settings_box],
                            layout={"flex_flow": "row wrap"}), live.program]
    box = ipywidgets.VBox(rows)
    box.live = live  # keeps the state alive as long as the widget
    return box
