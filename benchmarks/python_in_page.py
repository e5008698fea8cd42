"""Python in a page: what is sent, when it is ready, how fast it trains beside native Python.

All times are processor seconds of everything that works for them, the browser's compilers too, so
that what else a machine does counts little; on an idle machine with several cores a reader waits
for less. The native side of each runs in turns with it, and the best of each counts.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.site import test_python as pages
from tests.site.conftest import ARGUMENTS, HANG_MS, patient
from tools import calibration, environment
from tools.pyodide.assemble import FOLDER, assemble
from tools.website.build import SiteError

RESULT = Path(__file__).with_suffix(".json")
N_TURNS = 3
#: Products of matrices: rows, depth, columns.
SHAPES = [(64, 64, 128), (256, 32, 96), (256, 256, 256), (512, 512, 512)]
PRODUCT = """
import numpy as np
a, b = (np.random.default_rng(0).normal(size=shape).astype("{dtype}")
        for shape in (({m}, {n}), ({n}, {p})))
def seconds(n_steps):
    for _ in range(n_steps):
        a @ b
seconds(20)
"""
#: The GPT that a page trains.
GPT = """
from lessons.live.tiny import SIZE, TEXTS
from lessons.train.tiny import TinyRun
training = TinyRun(TEXTS["names"](), **SIZE, lr=0.01, seed=0)
def seconds(n_steps):
    for _ in range(n_steps):
        training.step()
seconds(5)
"""
IMPORTS = "import numpy; import lessons.live.session"
FIGURE = "import matplotlib.pyplot as plt; _ = plt.plot([1, 2])"


def seconds_of(call):
    """Return the processor seconds that a call takes."""
    start = pages.processor_s()
    call()
    return pages.processor_s() - start


def native_start():
    """Start a Python that imports what the page imports; return its processor seconds."""
    before = os.times()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    after = os.times()
    return (after.children_user + after.children_system
            - before.children_user - before.children_system)


def starts(browser, host):
    """Return the processor seconds until numpy, then a first figure, are there; and native ones."""
    numpy_s, figure_s, native_s = [], [], []
    for _ in range(N_TURNS):
        context = browser.new_context()
        page, _ = pages.opened(context, host)
        numpy_s.append(seconds_of(lambda page=page: pages.run(page, "import numpy; numpy.ones(2)")))
        figure_s.append(seconds_of(lambda page=page: pages.run(page, FIGURE)))
        context.close()
        native_s.append(native_start())
    return min(numpy_s), min(figure_s), min(native_s)


def rates(page):
    """Return the 1e9 operations in a processor second of products, for each type and shape."""
    found = {}
    for dtype in ("float32", "float64"):
        for m, n, p in SHAPES:
            operations = 2 * m * n * p
            both = pages.speeds(page, PRODUCT.format(dtype=dtype, m=m, n=n, p=p), N_TURNS,
                                n_steps=max(3, round(6e9 / operations)))
            found[f"{dtype} {m}x{n} @ {n}x{p}"] = compared(
                *(speed * operations / 1e9 for speed in both))
    return found


def compared(in_page, native):
    """Return two speeds and their ratio, to three digits."""
    values = {"page": in_page, "native": native, "page_over_native": in_page / native}
    return {name: float(f"{value:.3g}") for name, value in values.items()}


def main():
    """Measure, print, and record."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        if line := assemble(Path(folder)):
            raise SiteError(line)
        Path(folder, "page.html").write_text(pages.PAGE, encoding="utf-8")
        manifest = json.loads(Path(folder, FOLDER, "manifest.json").read_text(encoding="utf-8"))
        host = pages.Host(folder)
        browser = playwright.chromium.launch(
            executable_path=environment.browser(), args=ARGUMENTS, timeout=HANG_MS)
        patient(browser)
        numpy_s, figure_s, native_s = starts(browser, host)
        page, _ = pages.opened(browser.new_context(), host)
        mlp = compared(*pages.speeds(page, n_turns=N_TURNS, n_steps=600))
        gpt = compared(*pages.speeds(page, GPT, N_TURNS, n_steps=40))
        products = rates(page)
        result = {
            "what": "processor seconds, best of some turns",
            "sent_mb": {name: round(manifest["sets"][name]["sent"] / 1e6, 2)
                        for name in ("start", "matplotlib")},
            "first_numpy_s": round(numpy_s, 2), "native_start_s": round(native_s, 2),
            "first_numpy_over_native_start": round(numpy_s / native_s, 1),
            "then_first_figure_s": round(figure_s, 2),
            "digits_mlp_steps_per_processor_s": mlp, "tiny_gpt_steps_per_processor_s": gpt,
            "products_gflop_per_processor_s": products,
            "processor_speed": round(calibration.speed(), 2), "cores": os.cpu_count(),
            "processor": platform.machine(), "browser": f"Chromium {browser.version}",
            "date": time.strftime("%Y-%m-%d"),
        }
        browser.close()
        host.shutdown()
        host.server_close()
    print(json.dumps(result, indent=1))
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
