"""What measurements in a browser share: the browser, a server, and a note of the machine."""

import json
import os
import platform
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.site.conftest import ARGUMENTS, HANG_MS, patient
from tools import calibration, environment
from tools.website.server import open_server


@contextmanager
def chromium():
    """Give a headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=environment.browser(), args=ARGUMENTS, timeout=HANG_MS)
        patient(browser)
        yield browser
        browser.close()


@contextmanager
def served(folder):
    """Give the address of a folder behind a web server with gzip."""
    with open_server(0, Path(folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def machine(browser):
    """Return what a reader of a result has to know about where it comes from.

    Returns
    -------
    dict
        ``processor_speed`` is 1 on the reference of `tools.calibration`; ``load``, how many
        programs wanted a processor in the last minute (those of the measurement are among them).
    """
    return {
        "processor_speed": round(calibration.speed(), 2), "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1), "processor": platform.machine(),
        "browser": f"Chromium {browser.version}", "date": time.strftime("%Y-%m-%d"),
    }


def write(script, result):
    """Print a result and record it beside the script that measured it."""
    text = json.dumps(result, indent=1, ensure_ascii=False)
    print(text, flush=True)
    Path(script).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
