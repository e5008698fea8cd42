"""What a page costs before it can be read: bytes, requests, and the work of the main thread.

Bytes are those of a reader's first visit, compressed as a web host does. Work is counted at a
processor slowed four times, by the main thread's own clock, which stands still while another
program has the processor. A bare page, loaded in turns with the others, is the unit, so that a
slow machine gives what a quick one gives.
"""

import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import TimeoutError

from tests.site.conftest import SIZES
from tests.site.frames import slow_down

SLOWER = 4
LONG_MS = 50  # of a task of the main thread: what is beyond keeps a reader's click waiting
CATEGORIES = ["toplevel", "loading", "blink.user_timing"]
TASK = "ThreadControllerImpl::RunTask"
N_TURNS = 2
BARE_ADDRESS = "http://bare.invalid/"
#: Milliseconds of the main thread until the bare page is painted, slowed four times, on the server
#: core of tools/calibration.py.
BARE_MS = 130.0
BARE = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Calibration</title>
<style>p {{ margin: 1em; border-left: 2px solid }} code {{ color: teal }}</style>
<h1>Calibration</h1>{"".join(
    f"<p>{' '.join(f'word{i * k} <code>x{k}</code> <em>and</em>' for k in range(30))}</p>"
    for i in range(120))}
<script>
let total = 0;
for (let i = 0; i < 2e6; i++) total = (total + Math.sqrt(i)) % 1000;
document.querySelector("h1").textContent = `Calibration ${{total > 0}}`;
</script></html>"""


@dataclass(frozen=True)
class Load:
    """The main thread's work for one page, in ms of its own clock.

    Attributes
    ----------
    paint : float
        Until the largest piece of text or picture in the window is painted.
    tasks : tuple of float
        Each task after the first paint of any content.
    """

    paint: float
    tasks: tuple[float, ...]

    def blocking(self, long_ms):
        """Return what tasks take beyond `long_ms`, summed."""
        return sum(max(0.0, ms - long_ms) for ms in self.tasks)


def file_of(address, folder):
    """Return the file of a folder that an address of its server names."""
    name = unquote(urlsplit(address).path).lstrip("/")
    path = Path(folder, name)
    return path / "index.html" if path.is_dir() else path


def bare(route):
    """Answer a request with the bare page."""
    route.fulfill(body=BARE, content_type="text/html")


def opened(browser, answer):
    """Return a page of a new profile, where nothing is cached; `answer` stands for other hosts."""
    page = browser.new_context(viewport=SIZES[1280]).new_page()
    if answer:
        page.route(lambda url: not url.startswith(("http://127.0.0.1:", "data:", "blob:")), answer)
    return page


def requests(browser, address, answer=None):
    """Return the addresses that a page asks for at a first visit, in order."""
    page, asked = opened(browser, answer), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    with suppress(TimeoutError):  # some maps ask for ever
        page.wait_for_load_state("networkidle", timeout=60_000)
    page.evaluate("() => document.fonts.ready.then(() => true)")  # those of formulas come last
    page.context.close()
    return [url for url in asked if not url.startswith(("data:", "blob:"))]


def load(browser, address, answer=bare):
    """Open a page at a first visit in a slowed browser; return its `Load`.

    Parameters
    ----------
    answer
        What answers requests for other hosts: a handler of playwright's routes.
    """
    page = opened(browser, answer)
    slow_down(page, SLOWER)
    browser.start_tracing(page=page, categories=CATEGORIES)
    page.goto(address, wait_until="load")
    page.evaluate("() => new Promise(r => requestIdleCallback(() => requestAnimationFrame(r)))")
    events = json.loads(browser.stop_tracing())["traceEvents"]
    page.context.close()
    return read(events)


def read(events):
    """Return the `Load` that a trace tells of."""
    painted = [e for e in events if e["name"] == "largestContentfulPaint::Candidate"]
    last = max(painted, key=lambda e: e["ts"])
    mine = [e for e in events if (e["pid"], e["tid"]) == (last["pid"], last["tid"])]
    start = min(e["ts"] for e in mine if e["name"] == "navigationStart")
    first = min(e["ts"] for e in mine if e["name"] == "firstContentfulPaint")
    tasks = sorted((e["ts"], e["ts"] + e["dur"], e["tdur"] / 1000) for e in mine
                   if e["name"] == TASK and "tdur" in e and e["ts"] >= start)
    assert tasks, "this browser's traces name no tasks: put the categories right"
    return Load(sum(ms for begin, _, ms in tasks if begin < last["ts"]),
                tuple(ms for _, end, ms in tasks if end > first))


def tasks_of(trace):
    """Return the ms of work of each task of a page's main thread, by its own clock.

    Parameters
    ----------
    trace : bytes
        Made with the categories ``toplevel`` and ``__metadata``, which name the threads.
    """
    events = json.loads(trace)["traceEvents"]
    main = {(e["pid"], e["tid"]) for e in events
            if e["name"] == "thread_name" and e["args"].get("name") == "CrRendererMain"}
    return [e["tdur"] / 1000 for e in events
            if e["name"] == TASK and "tdur" in e and (e["pid"], e["tid"]) in main]


def loads(browser, addresses, found=None, answer=None):
    """Load the bare page and others in turns; return the `Load` objects of each, by address.

    Parameters
    ----------
    found
        What an earlier call gave: the new ones are added.
    answer
        What answers requests for other hosts: a handler of playwright's routes.
    """
    found = defaultdict(list) if found is None else found
    for _ in range(N_TURNS):
        found[BARE_ADDRESS].append(load(browser, BARE_ADDRESS))
        for address in addresses:
            found[address].append(load(browser, address, answer))
    return found


def in_reference_ms(found):
    """Return by address what `loads` found, in ms of a slowed core of the reference server.

    What disturbs a load makes it slower, so the quickest turn of each counts.

    Returns
    -------
    dict
        For each address ``"paint"``, until the largest piece is painted, ``"blocking"``, what
        tasks take beyond 50 ms in all, and ``"longest"``, the longest task.
    """
    scale = BARE_MS / min(each.paint for each in found[BARE_ADDRESS])
    return {address: {
        "paint": round(scale * min(each.paint for each in turns)),
        "blocking": round(scale * min(each.blocking(LONG_MS / scale) for each in turns)),
        "longest": round(scale * min(max(each.tasks, default=0) for each in turns)),
    } for address, turns in found.items() if address != BARE_ADDRESS}
