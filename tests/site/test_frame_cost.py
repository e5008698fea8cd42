"""What a change costs: the main thread's work from the key to the frame that shows it."""

import json

import pytest

from lessons.widgets.explorers import explorer as explore
from tests.site.test_explorers import PAGES, figure, open_page, outputs

LIMIT_MS = 8.0
MIN_CHANGES = 20  # of fewer the 95th percentile is the largest or the second largest: chance
# A frame of the browser goes through these, or the sum says nothing (a new Chromium may rename).
STAGES = {"UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit"}
WORK = STAGES | {
    "EventDispatch", "FunctionCall", "ParseHTML", "UpdateLayer", "HitTest", "MinorGC", "MajorGC",
    "FireAnimationFrame", "RunMicrotasks", "IntersectionObserverController::computeIntersections",
}
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8.execute"]


def busy_ms(spans, start, end):
    """Return the time that the spans fill between two moments, in ms; overlaps count once."""
    total, reached = 0.0, start
    for begin, stop in sorted(spans):
        begin, stop = max(begin, reached), min(stop, end)
        if stop > begin:
            total += stop - begin
            reached = stop
    return total / 1000


def test_nested_and_overlapping_spans_count_once():
    spans = [(0, 1000), (200, 500), (900, 1500), (3000, 4000)]
    assert busy_ms(spans, 0, 5000) == 2.5
    assert busy_ms(spans, 400, 3500) == 1.6
    assert busy_ms([], 0, 1) == 0


def costs(browser, page, name):
    """Move each control of an explorer through its values; return the ms of every change.

    Counted is the work of the main thread: script, style, layout and paint, up to the hand-over
    of the frame (Commit). Waiting for the next frame is not.
    """
    found = figure(page, name)
    browser.start_tracing(page=page, categories=CATEGORIES)
    n_changes = 0
    for field in found.locator("[data-key]").all():
        field.focus()
        page.keyboard.press("Home")
        is_range = field.get_attribute("type") == "range"
        last = field.evaluate("e => e.options ? e.options.length - 1 : +e.max")
        for _ in range(last):
            page.keyboard.press("ArrowRight" if is_range else "ArrowDown")
            page.wait_for_timeout(40)  # some frames, without a script that would be counted
            n_changes += 1
    events = json.loads(browser.stop_tracing())["traceEvents"]
    inputs = [e for e in events if dispatched(e, "input")]
    assert len(inputs) >= n_changes > 0
    ((pid, tid),) = {(e["pid"], e["tid"]) for e in inputs}
    mine = [e for e in events if (e["pid"], e["tid"]) == (pid, tid) and "tdur" in e]
    missing = STAGES - {e["name"] for e in mine}
    assert not missing, f"this browser's traces name no {missing}: put STAGES right"
    # The thread's own clock (tts): it stands still while another program has the processor.
    work = [(e["tts"], e["tts"] + e["tdur"]) for e in mine if e["name"] in WORK]
    starts = sorted(e["tts"] for e in mine if dispatched(e, "keydown"))
    ends = sorted(e["tts"] + e["tdur"] for e in mine if e["name"] == "Commit")
    changes = []
    for e in inputs:  # from the key to the end of the first frame that shows the change
        start = max(t for t in starts if t <= e["tts"])
        changes.append(busy_ms(work, start, min(t for t in ends if t >= e["tts"] + e["tdur"])))
    return changes


def dispatched(event, kind):
    """Tell whether a trace event is the dispatch of a DOM event of this kind."""
    return event["name"] == "EventDispatch" and event["args"]["data"]["type"] == kind


@pytest.mark.parametrize("name", PAGES)
def test_a_change_costs_at_most_8_ms(browser, new_page, site, name):
    page, _ = new_page(1280, "light")
    open_page(page, site, name)
    too_dear = {}
    for payload in outputs(name, explore.MIME_TYPE):
        tries = []
        while len(tries) < 3 and (not tries or min(tries) > LIMIT_MS):  # the machine is shared
            times = []
            while len(times) < MIN_CHANGES:
                times += costs(browser, page, payload["name"])
            times.sort()
            tries.append(times[round(0.95 * (len(times) - 1))])
        print(f"\n{payload['name']}: median {times[len(times) // 2]:.2f} ms, 95th percentile "
              f"{min(tries):.2f} ms, {len(times)} changes", end="")
        if min(tries) > LIMIT_MS:
            too_dear[payload["name"]] = tries
    page.close()
    assert not too_dear


@pytest.mark.parametrize("name", PAGES)
def test_the_change_is_there_before_the_next_frame(page, site, name):
    open_page(page, site, name)
    page.evaluate("""() => {
      const seen = () => [...document.querySelectorAll('g.moving, .explorer-sentence')]
        .map(e => e.innerHTML).join();
      let before = seen();
      window.atOnce = [];
      document.addEventListener('input', () => {
        const now = seen();
        window.atOnce.push(now !== before);
        before = now; }); }""")
    n_moves = 0
    for payload in outputs(name, explore.MIME_TYPE):
        for field in figure(page, payload["name"]).locator("[data-key]").all():
            up = "ArrowRight" if field.get_attribute("type") == "range" else "ArrowDown"
            last = "e => +e.value === (e.options ? e.options.length - 1 : +e.max)"
            at_the_end = field.evaluate(last)
            field.focus()
            page.keyboard.press("Home" if at_the_end else up)
            n_moves += 1
    assert page.evaluate("window.atOnce") == [True] * n_moves
