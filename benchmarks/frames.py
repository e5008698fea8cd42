"""What a change of each explorer costs in milliseconds, with the calibration beside it.

The tests know only the ratio to the calibration (tests/site/frames.py). The milliseconds are of
one machine; those of the bare page beside them say how fast it was in the same minute.
"""

import json
import os
import platform
import threading
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from lessons.widgets.explorers import explorer as explore
from tests.site import frames
from tests.site.conftest import ARGUMENTS, HANG_MS, SIZES, Site, patient
from tests.site.stored import outputs
from tests.site.test_explorers import PAGES, figure, open_page
from tools import calibration, environment
from tools.website import build
from tools.website.server import open_server

RESULT = Path(__file__).with_suffix(".json")


def row(browser, page, bare_page, name):
    """Measure one explorer: the 95th percentile of its changes and the bare page's median."""
    bare, costs, found = frames.Costs(), frames.Costs(), figure(page, name)
    for _ in range(2):
        frames.measure(browser, bare_page, bare_page.locator("figure"), bare)
        frames.measure(browser, page, found, costs)
    print(f"{name}: {frames.summary(costs, bare)}", flush=True)
    return {
        "ms": {part: round(costs.ms(part, 0.95), 2) for part in ("script", "drawing")},
        "bare_ms": {part: round(bare.unit(part), 2) for part in ("script", "drawing")},
        "ratio": {part: round(ratio, 2) for part, ratio in frames.ratios(costs, bare).items()},
    }


def explorers(browser, served):
    """Measure every explorer of the book."""
    context = browser.new_context(viewport=SIZES[1280], color_scheme="light")
    bare_page, rows = frames.bare_page(context), {}
    for name in PAGES:
        page = context.new_page()
        open_page(page, Site(build.HTML, served), name)
        for payload in outputs(name, explore.MIME_TYPE):
            rows[f"{name}/{payload['name']}"] = row(browser, page, bare_page, payload["name"])
        page.close()
    return rows


def main():
    """Measure, print, and record."""
    build.build()
    with open_server(0) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=environment.browser(), args=ARGUMENTS, timeout=HANG_MS)
        patient(browser)
        result = {
            "what": "main thread's ms of a change: 95th percentile over the steps of the controls, "
                    "each crossed 4 times; bare page: typical crossing",
            "explorers": explorers(browser, f"http://127.0.0.1:{server.server_address[1]}"),
            "processor_speed": round(calibration.speed(), 2),
            "cores": os.cpu_count(),
            "processor": platform.machine(),
            "browser": f"Chromium {browser.version}",
            "date": time.strftime("%Y-%m-%d"),
        }
        browser.close()
        server.shutdown()
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
