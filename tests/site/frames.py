"""What a change costs: the main thread's work from the key to the frame that shows it.

A cost is a ratio to a calibration, a fixed small change of a bare page in the same browser, so
that it is the same on a slow machine, on a busy one and in a slowed browser. It has two parts:
the script, and the drawing (style, layout, paint and the hand-over of the frame).
"""

import json
import math
import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from lessons.widgets.explorers.record import unpack

# A frame of the browser goes through these, or the sum says nothing (a new Chromium may rename).
STAGES = {"UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit"}
DRAWING = STAGES | {
    "UpdateLayer", "HitTest", "IntersectionObserverController::computeIntersections",
}
SCRIPT = {
    "EventDispatch", "FunctionCall", "ParseHTML", "MinorGC", "MajorGC", "FireAnimationFrame",
    "RunMicrotasks",
}
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8.execute"]
N_ROUNDS = 2  # to the end and back
LARGE = 9000  # characters of the largest state: what is measured at every change of the book
# One frame may be under way when a key is pressed; after the second, the change has been shown.
TWO_FRAMES = "() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"


def _drawing(n_lines, phase):
    """Return lines and words in SVG, the same ones for the same phase."""
    lines = [" ".join(f"{4 * i},{100 + 90 * math.sin(i / 9 + phase + k):.1f}" for i in range(50))
             for k in range(n_lines)]
    return "".join(
        f'<polyline fill="none" stroke="currentColor" points="{line}"/>'
        f'<text x="{20 * k}" y="{20 * k + 12}">{phase + k:.2f}</text>'
        for k, line in enumerate(lines))


STATES = [_drawing(5, k / 10) for k in range(11)]
BARE = f"""<!doctype html><title>Calibration</title>
<style>polyline {{ stroke-width: 1.5 }} text {{ font: 12px sans-serif }}</style>
<figure>
<svg viewBox="0 0 200 200" width="600">{_drawing(10, 2)}<g></g></svg>
<input type="range" data-key="step" min="0" max="{len(STATES) - 1}" value="0"><output></output>
</figure>
<script>
const states = {json.dumps(STATES)};
document.querySelector("input").addEventListener("input", (event) => {{
  document.querySelector("g").innerHTML = states[event.target.value];
  document.querySelector("output").textContent = `Step ${{event.target.value}} of the calibration.`;
}});
</script>"""


@dataclass
class Costs:
    """The ms of script and of drawing of each crossing, by step of a control."""

    script: dict = field(default_factory=lambda: defaultdict(list))
    drawing: dict = field(default_factory=lambda: defaultdict(list))

    def add(self, steps, changes):
        """Note one crossing of each step: what a change took in all, and for drawing."""
        for step, (total, drawing) in zip(steps, changes, strict=True):
            self.script[step].append(total - drawing)
            self.drawing[step].append(drawing)

    def ms(self, part, quantile):
        """Return a quantile over the steps; of each step the mean of its middle crossings."""
        typical = sorted(map(middle, getattr(self, part).values()))
        return typical[round(quantile * (len(typical) - 1))]

    def unit(self, part):
        """Return the mean of the middle half of all crossings: what a calibration gives."""
        return middle([ms for crossings in getattr(self, part).values() for ms in crossings])


def middle(values):
    """Return the mean of the middle half of the values.

    The slowest were disturbed. The quickest are no better: a slowed browser stops now and then,
    and what is short is sometimes over before.
    """
    rest = len(values) // 4
    return statistics.mean(sorted(values)[rest : len(values) - rest])


def ratios(costs, bare):
    """Return the 95th percentile of the script and of the drawing in units of the bare page's."""
    return {part: costs.ms(part, 0.95) / bare.unit(part) for part in ("script", "drawing")}


def largest_state(payload):
    """Return the characters of an explorer's largest state."""
    return max(sum(map(len, state)) for state in unpack(payload)["states"])


def slow_down(page, factor):
    """Slow the processor of a page."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": factor})


def bare_page(context):
    """Return a page for the calibration."""
    page = context.new_page()
    page.set_content(BARE)
    return page


def measure(browser, page, found, costs, n_rounds=N_ROUNDS):
    """Move each control of a figure through its values and back, and note what it costs."""
    page.bring_to_front()
    controls, steps = [], []
    for control in found.query_selector_all("[data-key]"):
        control.focus()
        press(page, "Home")
        last = control.evaluate("e => e.options ? e.options.length - 1 : +e.max")
        is_range = control.evaluate("e => e.type") == "range"
        controls.append((control, last, ("Right", "Left") if is_range else ("Down", "Up")))
    browser.start_tracing(page=page, categories=CATEGORIES)
    for back in [False, True] * (n_rounds // 2):
        for i, (control, last, keys) in list(enumerate(controls))[:: -1 if back else 1]:
            control.focus()
            for k in range(last)[:: -1 if back else 1]:
                press(page, f"Arrow{keys[back]}")
                steps.append((i, k))
    costs.add(steps, changes(json.loads(browser.stop_tracing())["traceEvents"]))


def press(page, key):
    """Press a key and wait until what it changed has been shown, however long that takes."""
    page.keyboard.press(key)
    page.evaluate(TWO_FRAMES)


def changes(events):
    """Return the ms of each change in a trace, in all and for drawing.

    Counted is the work of the main thread up to the hand-over of the frame (Commit), by the
    thread's own clock (tts): it stands still while another program has the processor.
    """
    inputs = sorted((e for e in events if dispatched(e, "input")), key=lambda e: e["ts"])
    ((pid, tid),) = {(e["pid"], e["tid"]) for e in inputs}
    mine = [e for e in events if (e["pid"], e["tid"]) == (pid, tid) and "tdur" in e]
    missing = STAGES - {e["name"] for e in mine}
    assert not missing, f"this browser's traces name no {missing}: put STAGES right"
    work, drawing = (
        [(e["tts"], e["tts"] + e["tdur"]) for e in mine if e["name"] in names]
        for names in (DRAWING | SCRIPT, DRAWING))
    starts = [e["tts"] for e in mine if dispatched(e, "keydown")]
    ends = [e["tts"] + e["tdur"] for e in mine if e["name"] == "Commit"]
    found = []
    for e in inputs:  # from the key to the end of the first frame that shows the change
        start = max(t for t in starts if t <= e["tts"])
        end = min(t for t in ends if t >= e["tts"] + e["tdur"])
        found.append((busy_ms(work, start, end), busy_ms(drawing, start, end)))
    return found


def busy_ms(spans, start, end):
    """Return the time that the spans fill between two moments, in ms; overlaps count once."""
    total, reached = 0.0, start
    for begin, stop in sorted(spans):
        begin, stop = max(begin, reached), min(stop, end)
        if stop > begin:
            total += stop - begin
            reached = stop
    return total / 1000


def dispatched(event, kind):
    """Tell whether a trace event is the dispatch of a DOM event of this kind."""
    return event["name"] == "EventDispatch" and event["args"]["data"]["type"] == kind


def summary(costs, bare):
    """Say in one line what was measured."""
    parts = [
        f"{part} {costs.ms(part, 0.95):.2f} ms ({ratio:.2f} of the bare page's "
        f"{bare.unit(part):.2f})" for part, ratio in ratios(costs, bare).items()]
    n_crossings = statistics.median(map(len, costs.script.values()))
    return f"{', '.join(parts)}, {len(costs.script)} steps, each {n_crossings:g} times"
