"""The playground while a network trains in the page: how soon, how smoothly, beside native Python.

The native side does the same in turns with the page: the same experiment, the same module, slices
of the same length with the same pictures' numbers, in this process and on one thread.
"""

import statistics
import subprocess
import sys
import time

from threadpoolctl import threadpool_limits

from benchmarks import here
from lessons.playground import page as playground
from tests.site.conftest import SIZES
from tests.site.loads import tasks_of
from tests.site.test_playground import HELPERS, until
from tools import calibration
from tools.pyodide.assemble import assemble
from tools.website import build

EXPERIMENT = "data=spirals&optimizer=adam"
IMPORTS = "import numpy, lessons.playground.page"
SLICE_MS, RESOLUTION = 25, 40  # those of playground.js
N_TURNS, TURN_S, N_DRAGS = 3, 5, 20
#: Ms from a change of the learning rate to the frame that draws a curve with it, and the slices.
DRAG = """(place) => new Promise((finish) => {
  const { advance } = game, start = performance.now();
  let slices = 0;
  game.advance = (answer) => {
    advance.call(game, answer);
    slices += 1;
    if (!answer.changed.length) return;
    game.advance = advance;
    const from = game.curves;
    const look = () => game.curves > from
      ? finish({ ms: performance.now() - start, slices }) : requestAnimationFrame(look);
    look();
  };
  set("rate", place);
})"""


def fresh(browser, root):
    """Open the playground in a new profile and start Python; return the page and the ms it took."""
    page = browser.new_context(viewport=SIZES[1280]).new_page()
    page.goto(f"{root}/playground.html#{EXPERIMENT}")
    page.evaluate(HELPERS)
    start = time.perf_counter()
    page.click(".playground-start")
    until(page, "game.isRunning && game.step > 0")
    return page, 1000 * (time.perf_counter() - start)


def native_start():
    """Return the ms in which a new Python has imported what the page imports."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return 1000 * (time.perf_counter() - start)


def starts(browser, root):
    """Return a page that trains, and the ms of starts in pages and of native ones, in turns."""
    in_page, native, page = [], [], None
    for _ in range(N_TURNS):
        if page:
            page.context.close()
        page, ms = fresh(browser, root)
        in_page.append(ms)
        page.click(".playground-run")  # pause
        native.append(native_start())
    return page, in_page, native


def train(browser, page):
    """Let the page train for a while; return steps and pictures in a second, and its tasks' ms."""
    page.bring_to_front()
    browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    ran = page.evaluate("""(ms) => new Promise((finish) => {
      const start = performance.now(), { step, pictures } = game;
      game.run();
      setTimeout(() => {
        const s = (performance.now() - start) / 1000;
        finish({ steps: (game.step - step) / s, pictures: (game.pictures - pictures) / s });
      }, ms);
    })""", 1000 * TURN_S)
    page.evaluate("game.pause()")
    return ran["steps"], ran["pictures"], tasks_of(browser.stop_tracing())


def native():
    """Train here as the page does; return the steps in a second."""
    start, first = time.perf_counter(), playground.current().step
    while (spent := time.perf_counter() - start) < TURN_S:
        playground.advance({"ms": SLICE_MS})
        playground.look({"resolution": RESOLUTION, "layer": 0})
    return (playground.current().step - first) / spent


def drags(page):
    """Drag the learning rate while the page trains; return the ms and slices of each change."""
    page.evaluate("() => { game.run(); }")  # its promise ends with the run
    found = []
    for k in range(N_DRAGS):
        found.append(page.evaluate(DRAG, -2.1 - 0.05 * k))
        page.wait_for_timeout(137)  # not in step with the slices
    page.evaluate("game.pause()")
    return [drag["ms"] for drag in found], [drag["slices"] for drag in found]


def main():
    """Measure, print, and record."""
    build.build()
    if line := assemble(build.HTML):
        raise build.SiteError(line)
    with here.chromium() as browser, here.served(build.HTML) as root, threadpool_limits(1):
        page, ready, native_ready = starts(browser, root)
        playground.begin(EXPERIMENT)
        turns = [(*train(browser, page), native()) for _ in range(N_TURNS)]
        steps, pictures, tasks, native_steps = zip(*turns, strict=True)
        ms, slices = drags(page)
        longest = max(map(max, tasks))
        here.write(__file__, {
            "what": "median of turns; ready: from the click to the first step, everything from "
                    "this machine, nothing cached; tasks of the main thread by its own clock",
            "experiment": EXPERIMENT,
            "ready_ms": round(statistics.median(ready)),
            "native_start_ms": round(statistics.median(native_ready)),
            "ready_over_native_start": round(
                statistics.median(ready) / statistics.median(native_ready), 1),
            "pictures_per_s": round(statistics.median(pictures), 1),
            "steps_per_s": {"page": round(statistics.median(steps)),
                            "native": round(statistics.median(native_steps))},
            "page_over_native": round(
                statistics.median(a / b for a, b in zip(steps, native_steps, strict=True)), 2),
            "longest_task_ms": round(longest, 1),
            "longest_task_reference_ms": round(calibration.reference_seconds(longest), 1),
            "main_thread_share": round(sum(map(sum, tasks)) / 1000 / TURN_S / N_TURNS, 2),
            "slider_to_curve_ms": {"median": round(statistics.median(ms)), "least": round(min(ms)),
                                   "most": round(max(ms)), "n": len(ms)},
            "slider_to_curve_slices": {"median": statistics.median(slices), "most": max(slices)},
            **here.machine(browser)})


if __name__ == "__main__":
    main()
