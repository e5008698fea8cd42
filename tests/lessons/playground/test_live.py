"""The playground in a live kernel, driven by the messages of a front end, and without one."""

import io
import os
import time

import pytest
from IPython.core.formatters import DisplayFormatter
from jupyter_client.manager import start_new_kernel
from PIL import Image

from lessons.playground.live import MOST_OLDER, playground
from lessons.playground.run import Run
from tests.lessons.widgets.test_live import HANG_S, Front


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out the pictures, which cost more than all else."""
    monkeypatch.setattr("lessons.playground.live.picture", lambda *run: b"")


@pytest.fixture
def live():
    """A playground without a kernel, where each call of `slice` trains."""
    return playground({"data": "moons", "n": 60}).live


def said(live):
    return live.sentence.value


def shown(live):
    picture = Image.open(io.BytesIO(live.image.value))
    return picture.size, live.image.value


def test_sliders_are_felt_in_the_next_slice_and_noted(undrawn, live):
    live.slice(n_steps=10)
    live.inputs["rate"].value, live.inputs["batch"].value = 0.5, 8
    live.slice(n_steps=10)
    assert live.run.changes == [(10, {"rate": 0.5, "batch": 8})] and live.run.step == 20
    same = Run({"data": "moons", "n": 60})
    same.advance(n_steps=10)
    same.change({"rate": 0.5, "batch": 8})
    same.advance(n_steps=10)
    assert live.run.points == same.points
    assert said(live).startswith("Step 20: training loss")


def test_pictures_follow_the_run(live):
    size, first = shown(live)
    assert size == (720, 480)
    live.buttons["One step"].click()
    assert live.run.step == 1 and shown(live) != (size, first)
    live.slice(n_steps=1)
    before = live.image.value
    live.layer.value = 1
    assert live.image.value != before
    live.layer.value = None
    assert live.image.value != before


def test_reset_keeps_pale_curves_of_the_same_kind(undrawn, live):
    for _ in range(MOST_OLDER + 2):
        live.slice(n_steps=3)
        live.buttons["Reset"].click()
    assert len(live.older) == MOST_OLDER and live.run.step == 0
    live.inputs["loss"].value = "squared"
    assert live.older == [] and live.run.experiment["loss"] == "squared"


def test_another_data_set_brings_what_suits_it(undrawn, live):
    live.inputs["data"].value = "line"
    assert live.run.sizes == [1, 1] and live.inputs["loss"].value == "squared"
    assert len(live.layer.options) == 1
    live.inputs["optimizer"].value = "adam"
    assert live.run.settings["rate"] == 0.01 and live.inputs["momentum"].value == 0.9
    live.inputs["layers"].value = "6-3"
    assert live.run.sizes == [1, 6, 3, 1] and live.inputs["optimizer"].value == "adam"


def test_a_wrong_setting_is_said_and_the_run_stays(undrawn, live):
    live.slice(n_steps=5)
    live.inputs["layers"].value = "8-<b>"
    assert said(live).startswith("hidden layers are up to 4") and "<b>" not in said(live)
    live.slice(n_steps=5)
    assert live.run.step == 10


def test_divergence_stops_and_going_back_lowers_the_rate(undrawn):
    live = playground("data=line&rate=20").live
    live.train()
    while not live.run.diverged:
        live.slice(n_steps=20)
    assert not live.is_training and said(live).startswith("The run diverged at step")
    live.buttons["Go back"].click()
    assert live.run.step == 0 and live.inputs["rate"].value == pytest.approx(2)
    assert said(live) == "Back at step 0, with a tenth of the learning rate."
    live.buttons["Go back"].click()
    assert said(live).startswith("The run has not diverged")


def test_the_program_is_that_of_the_run(undrawn, live):
    live.slice(n_steps=30)
    live.buttons["Copy as Python"].click()
    assert live.program.value.count("<pre>") == 2 and "range(31)" in live.program.value
    assert "from torch import nn" in live.program.value


@pytest.mark.parametrize("text", ["data=digits&n=200", "data=reconstruct&n=200", "data=line",
                                  "data=rings&layers="])
def test_every_kind_of_data_is_drawn(text):
    live = playground(text).live
    live.older = [live.run.points]
    assert shown(live)[0] == (720, 480)


def test_own_points_are_drawn():
    points = {"x": [[0, 1, 2], [1, 0, 1], [2, 2, 0], [3, 1, 1]], "y": [0, 1, 2, 0],
              "labels": ["a", "b", "c"]}
    live = playground({"data": "own", "points": points}).live
    live.slice(n_steps=2)
    live.inputs["optimizer"].value = "adamw"
    assert live.run.sizes == [3, 8, 8, 3]
    numbers = {"x": [[0, 1], [1, 0], [2, 2], [3, 1]], "y": [0.5, 1, 2, 0], "labels": None}
    assert playground({"data": "own", "points": numbers}).live.run.sizes == [2, 8, 8, 1]


@pytest.mark.parametrize("wrong", ["data=nothing", {"rate": 0}])
def test_a_wrong_experiment_is_an_error_at_once(wrong):
    with pytest.raises(ValueError, match="data is one of|the learning rate is"):
        playground(wrong)


def test_it_shows_its_view():
    data, _ = DisplayFormatter().format(playground())
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"]


def test_it_trains_in_a_kernel_while_a_slider_moves():
    env = {k: v for k, v in os.environ.items() if k != "LESSONS_RECORD"}
    manager, client = start_new_kernel(HANG_S, kernel_name="python3", env=env)
    front = Front(client)
    try:
        front.run("from lessons.playground.live import playground\nbox = playground('n=60')\nbox")
        train = front.find("ButtonModel", description="Train")
        front.send(train, method="custom", content={"event": "click"})
        wait_until(front, lambda: front.widgets[train]["description"] == "Pause")
        wait_until(front, lambda: any("Step" in text for text in texts(front)))
        front.move(front.find("FloatLogSliderModel"), value=0.5)
        for button in ("Pause", "One step", "Copy as Python"):  # the step has the new rate
            pressed = front.find("ButtonModel", description=button)
            front.send(pressed, method="custom", content={"event": "click"})
            wait_until(front, lambda: front.widgets[train]["description"] == "Train")
        wait_until(front, lambda: any("&#x27;lr&#x27;: 0.5" in text for text in texts(front)))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def texts(front):
    return [state.get("value", "") for state in front.widgets.values()
            if state.get("_model_name") == "HTMLModel"]


def wait_until(front, is_so):
    end = time.monotonic() + HANG_S
    while not is_so():
        assert time.monotonic() < end, "hangs"
        front.listen(seconds=0.05)
