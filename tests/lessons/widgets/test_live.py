"""Explorers in a live kernel, driven by the messages a front end sends."""

import io
import os
import time
from queue import Empty

import ipywidgets
import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel
from PIL import Image

from lessons.widgets.explorers.control import choice, slider
from lessons.widgets.explorers.explorer import explore
from lessons.widgets.explorers.live import LiveExplorer, control_widget, play_button, widget

CODE = '''
import time
from lessons.widgets.explorers.control import choice, slider
from lessons.widgets.explorers.explorer import explore

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


HANG_S = 600.0  # guards against hanging only


class Front:
    """A front end: keeps the state of every widget, as the browser does."""

    def __init__(self, client):
        self.client, self.widgets = client, {}

    def run(self, code):
        wanted = self.client.execute(code)
        self.listen(until=wanted)
        reply = self.client.get_shell_msg(timeout=HANG_S)
        assert reply["content"]["status"] == "ok", reply["content"]

    def listen(self, until=None, seconds=HANG_S):
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

    def wait_for(self, text, seconds=HANG_S):
        """Take messages until the sentence is `text`; return them."""
        end, heard = time.monotonic() + seconds, []
        while sentence(self) != text and time.monotonic() < end:
            heard += self.listen(seconds=0.05)
        heard += self.listen(seconds=0.1)
        assert sentence(self) == text
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
    env = {k: v for k, v in os.environ.items() if k != "LESSONS_RECORD"}
    manager, client = start_new_kernel(HANG_S, kernel_name="python3", env=env)
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


@pytest.fixture(scope="module")
def line():
    """The explorer of the kernel, made once more in this process."""
    space = {}
    exec(CODE, space)
    return space["line"]


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def assert_shows(front, line, slope, pace):
    """Compare what the front end has with what this process computes."""
    live = LiveExplorer(line)
    live.inputs["pace"].value, live.inputs["slope"].value = pace, slope
    assert sentence(front) == line.state(slope=slope, pace=pace).sentence
    picture = pixels(front.widgets[front.find("ImageModel")]["value"])
    np.testing.assert_array_equal(picture, pixels(live.image.value))


def test_the_first_picture_is_the_default_state(front, line):
    assert_shows(front, line, 0.0, "quick")


def test_the_picture_and_the_sentence_follow_the_slider(front, line):
    slope, image = front.find("FloatSliderModel"), front.find("ImageModel")
    pictures = set()
    for value in (1.0, 3.0, 2.55, 0.0):  # 2.55 lies between the recorded values
        front.move(slope, value=value)
        front.wait_for(f"Slope {value:.4g}, quick.")
        assert_shows(front, line, value, "quick")
        pictures.add(front.widgets[image]["value"])
    assert len(pictures) == 4


def test_what_was_drawn_is_kept(front):
    slope = front.find("FloatSliderModel")
    front.run("n_before = len(drawn)")
    heard = []
    for value in (1.0, 3.0, 0.0):
        front.move(slope, value=value)
        heard += front.wait_for(f"Slope {value:.4g}, quick.")
    front.run("assert len(drawn) == n_before, drawn")
    assert not any("Working" in str(state.get("value")) for state in heard)


def test_a_slow_picture_says_so_and_drops_what_was_overtaken(front, line, tmp_path):
    slope, pace = front.find("FloatSliderModel"), front.find("DropdownModel")
    front.move(pace, index=1)
    front.wait_for("Slope 0, slow.")
    front.run("n_before = len(drawn)")
    values = [0.1 * i for i in range(1, 16)]
    # The kernel has other work until all moves have come, as fast as a hand would make them.
    go = tmp_path / "go"
    front.client.execute(f"import os\nwhile not os.path.exists({str(go)!r}):\n    time.sleep(0.01)")
    for value in values:
        front.move(slope, value=value)
    go.touch()
    assert front.client.get_shell_msg(timeout=HANG_S)["content"]["status"] == "ok"
    heard = front.wait_for("Slope 1.5, slow.")
    assert any("Working… (the last picture took " in str(s.get("value")) for s in heard)
    assert_shows(front, line, values[-1], "slow")
    front.run("assert 0 < len(drawn) - n_before < 15, len(drawn) - n_before")

    front.run("n_before = len(drawn)")
    front.move(slope, value=0.0)
    heard = front.wait_for("Slope 0, slow.")
    front.run("assert len(drawn) == n_before")  # slow, and kept
    assert not any("Working" in str(s.get("value")) for s in heard)


def test_reset_goes_back_to_the_default(front, line):
    front.move(front.find("FloatSliderModel"), value=2.0)
    front.wait_for("Slope 2, slow.")
    front.send(front.find("ButtonModel"), method="custom", content={"event": "click"})
    front.wait_for("Slope 0, quick.")
    assert front.widgets[front.find("FloatSliderModel")]["value"] == 0.0
    assert front.widgets[front.find("DropdownModel")]["index"] == 0
    assert_shows(front, line, 0.0, "quick")


def test_a_changed_cell_shows_its_change(front):
    """A reader who edits the function and runs the cell again gets the new one."""
    n_before = len(front.widgets)
    front.run(CODE.replace('return f"Slope', 'return f"New slope'))
    new = [state for state in list(front.widgets.values())[n_before:]
           if state.get("_model_name") == "HTMLModel"]
    assert any(state["value"] == "New slope 0, quick." for state in new)


@pytest.mark.parametrize("control, kind", [
    (slider([1, 2, 3], label="n"), ipywidgets.IntSlider),
    (slider([0, 5, 10], label="n", default=5), ipywidgets.IntSlider),
    (slider([1, 2, 4, 8], label="n"), ipywidgets.SelectionSlider),  # counts stay whole
    (slider(np.array([16, 32, 64]), label="n"), ipywidgets.SelectionSlider),
    (slider([0, 0.5, 1], label="x"), ipywidgets.FloatSlider),
    (slider([0.0, 1.0], label="x"), ipywidgets.SelectionSlider),
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


def test_a_control_shows_its_label_unit_and_texts():
    box = control_widget(slider([0.1, 0.5, 10.0], label="rate", unit="1/s", fmt="{:.2f}"))
    assert box.description == "rate (1/s)"
    assert [text for text, _ in box.options] == ["0.10", "0.50", "10.00"]
    assert control_widget(choice({"a": 1, "b": 2}, label="x", default="b")).value == 2


def make(draw, **controls):
    def frame(ax):
        ax.set(xlim=(0, 1), ylim=(0, 3))

    return explore(draw, frame, name="line", title="T <b>", alt="four words are enough", **controls)


def lines(ax, n):
    ax.plot([0, 1], [0, n], linewidth=5)
    return f"n = {n} < 9."


def test_two_displays_of_one_explorer_do_not_disturb_each_other():
    explorer = make(lines, n=slider([1, 2, 3], label="n"))
    first, second = LiveExplorer(explorer), LiveExplorer(explorer)
    first.inputs["n"].value = 3
    explorer.png()
    second.inputs["n"].value = 2
    again = LiveExplorer(explorer)
    again.inputs["n"].value = 3
    assert first.image.value == again.image.value != second.image.value
    assert explorer.state(n=2) == make(lines, n=slider([1, 2, 3], label="n")).state(n=2)


def test_values_may_be_lists_and_texts_are_escaped():
    def draw(ax, widths):
        ax.plot(widths)
        return f"Layers {widths} & <more>."

    live = LiveExplorer(make(draw, widths=choice({"one": [2], "two": [1, 2]}, label="layers")))
    live.inputs["widths"].value = [1, 2]
    assert live.sentence.value == "Layers [1, 2] &amp; &lt;more&gt;."


@pytest.mark.parametrize("values, between", [
    ([0, 1, 2], 1), ([0.0, 0.5, 1.0], 0.45), ([1, 2, 4, 8], 4), ([0.1, 1.0, 10.0], 0.8),
])
def test_play_takes_a_slider_from_value_to_value(values, between):
    control = slider(values, label="n", play=True)
    box = control_widget(control)
    play = play_button(control, box)
    assert (play.min, play.max, play.value) == (0, len(values) - 1, 0)
    seen = []
    for i in range(1, len(values)):  # as the front end does
        play.value = i
        seen.append(box.value)
    assert seen == values[1:]
    box.value = between  # a hand moves it, and it stays where it was put
    assert box.value == pytest.approx(between)
    assert abs(values[play.value] - between) == min(abs(v - between) for v in values)
    box.value = control.values[control.default]  # Reset
    assert play.value == 0


def test_only_what_is_time_can_be_played():
    plain, timed = slider([1, 2], label="a"), slider([1, 2], label="b", play=True)

    def draw(ax, a, b):
        return f"{a}, {b}."

    box = widget(make(draw, a=plain, b=timed))
    rows = [child for child in box.children if isinstance(child, ipywidgets.HBox)]
    (row,) = rows
    assert row.children[0] is box.live.inputs["b"] and isinstance(row.children[1], ipywidgets.Play)
    row.children[1].value = 1
    assert box.live.sentence.value == "1, 2."


def test_an_error_in_draw_is_shown_in_words():
    def draw(ax, n):
        if n == 2:
            raise ZeroDivisionError("no")
        return "Fine."

    live = LiveExplorer(explore(draw, None, name="line", title="T", alt="four words are enough",
                                n=slider([1, 2], label="n")))
    live.inputs["n"].value = 2
    assert "explorer 'line', state n=2: draw raised ZeroDivisionError" in live.sentence.value
