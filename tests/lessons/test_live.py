"""Explorers in a live kernel, driven by the messages a front end sends."""

import os
import time
from queue import Empty

import ipywidgets
import pytest
from jupyter_client.manager import start_new_kernel

from lessons.explore import choice, explore, slider
from lessons.live import LiveExplorer, control_widget

CODE = '''
import time
from lessons.explore import choice, explore, slider

drawn = []


def frame(ax):
    ax.set(xlim=(0, 1), ylim=(0, 10), xlabel="x", ylabel="y")


def draw(ax, slope, pace):
    drawn.append(slope)
    if pace == "slow":
        time.sleep(0.15)
    ax.plot([0, 1], [0, slope])
    return f"Slope {slope:.4g}, {pace}."


line = explore(draw, frame, name="line", title="How steep?", alt="A line that begins at zero.",
               slope=slider([0.0, 1.0, 2.0, 3.0], label="slope"),
               pace=choice(["quick", "slow"], label="pace"))
line
'''


class Front:
    """A front end: keeps the state of every widget, as the browser does."""

    def __init__(self, client):
        self.client, self.widgets = client, {}

    def run(self, code):
        wanted = self.client.execute(code)
        self.listen(until=wanted)
        reply = self.client.get_shell_msg(timeout=60)
        assert reply["content"]["status"] == "ok", reply["content"]

    def listen(self, until=None, seconds=60.0):
        """Take messages until the kernel is idle again after `until`, or the time is over."""
        end, heard = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            try:
                message = self.client.get_iopub_msg(timeout=min(left, 0.5))
            except Empty:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "comm_open":
                self.widgets[content["comm_id"]] = dict(content["data"].get("state", {}))
            if kind == "comm_msg" and content["data"].get("method") == "update":
                state = dict(content["data"]["state"])
                for path, buffer in zip(content["data"].get("buffer_paths", []),
                                        message["buffers"], strict=False):
                    state[path[0]] = bytes(buffer)
                self.widgets.setdefault(content["comm_id"], {}).update(state)
                heard.append(state)
            if (kind == "status" and content["execution_state"] == "idle"
                    and message["parent_header"].get("msg_id") == until):
                break
        return heard

    def find(self, model, **wanted):
        for comm_id, state in self.widgets.items():
            if state.get("_model_name") == model and all(
                state.get(k) == v for k, v in wanted.items()
            ):
                return comm_id
        raise AssertionError(f"no {model} {wanted}")

    def send(self, comm_id, **data):
        message = self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def move(self, comm_id, **state):
        return self.send(comm_id, method="update", state=state, buffer_paths=[])


@pytest.fixture(scope="module")
def front():
    env = {k: v for k, v in os.environ.items() if k != "LESSONS_EXPLORE"}
    manager, client = start_new_kernel(kernel_name="python3", env=env)
    front = Front(client)
    front.run(CODE)
    yield front
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def sentence(front):
    texts = [state["value"] for state in front.widgets.values()
             if state.get("_model_name") == "HTMLModel" and "<strong>" not in state["value"]]
    (text,) = texts
    return text


def test_the_picture_and_the_sentence_follow_the_slider(front):
    pace = front.find("DropdownModel")
    slope, image = front.find("FloatSliderModel"), front.find("ImageModel")
    front.move(pace, index=0)
    pictures = set()
    for value in (0.0, 1.0, 3.0, 2.55):  # the last one lies between the recorded values
        front.move(slope, value=value)
        front.listen(seconds=1.0)
        assert sentence(front) == f"Slope {value:.4g}, quick."
        assert front.widgets[image]["value"].startswith(b"\x89PNG")
        pictures.add(front.widgets[image]["value"])
    assert len(pictures) == 4


def test_what_was_drawn_is_kept(front):
    slope = front.find("FloatSliderModel")
    front.run("n_before = len(drawn)")
    front.move(slope, value=1.0)
    front.listen(seconds=0.7)
    front.run("assert len(drawn) == n_before, drawn")


def test_a_slow_picture_says_so_and_drops_what_was_overtaken(front):
    slope, pace = front.find("FloatSliderModel"), front.find("DropdownModel")
    front.move(pace, index=1)
    front.listen(seconds=1.0)
    front.run("n_before = len(drawn)")
    values = [0.1 * i for i in range(1, 16)]
    for value in values:
        front.move(slope, value=value)
    heard = front.listen(seconds=4.0)
    assert any("Working" in str(state.get("value")) for state in heard)
    assert sentence(front) == "Slope 1.5, slow."
    front.run("assert 0 < len(drawn) - n_before < 15, len(drawn) - n_before")


def test_reset_goes_back_to_the_default(front):
    front.send(front.find("ButtonModel"), method="custom", content={"event": "click"})
    front.listen(seconds=1.5)
    assert sentence(front) == "Slope 0, quick."


@pytest.mark.parametrize("control, kind", [
    (slider([1, 2, 3], label="n"), ipywidgets.IntSlider),
    (slider([0.0, 0.5, 1.0], label="x"), ipywidgets.FloatSlider),
    (slider([0.1, 1.0, 10.0], label="x"), ipywidgets.FloatLogSlider),
    (slider([0.1, 0.5, 10.0], label="x"), ipywidgets.SelectionSlider),
    (slider([3.0, 2.0, 1.0], label="x"), ipywidgets.SelectionSlider),
    (choice({"a": 1, "b": 2}, label="x"), ipywidgets.Dropdown),
])
def test_a_control_gets_the_widget_that_fits(control, kind):
    box = control_widget(control)
    assert type(box) is kind
    assert box.value == control.values[control.default]


def test_an_error_in_draw_is_shown_in_words():
    def draw(ax, n):
        if n == 2:
            raise ZeroDivisionError("no")
        return "Fine."

    live = LiveExplorer(explore(draw, None, name="line", title="T", alt="four words are enough",
                                n=slider([1, 2], label="n")))
    live.inputs["n"].value = 2
    assert "explorer 'line', state n=2: draw raised ZeroDivisionError" in live.sentence.value
