"""From the key to the picture: our explorers beside `interact` of ipywidgets with a live kernel.

Both show the same figure, from the same two functions of chapter 4, in the same browser in turns.
The usual way is JupyterLab on this machine: no network lies between the slider and its kernel.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import jupytext
import nbformat

from benchmarks import here
from tests.site.conftest import SIZES, unfold
from tools.website import build

CHAPTER, EXPLORER, SLIDER = "04-gradient-descent", "learning-rate", "lr"
OUR_PLACE = f'figure.explorer[data-name="{EXPLORER}"]'
OUR_SLIDER = f'{OUR_PLACE} [data-key="{SLIDER}"]'
THEIR_PLACE = ".jp-OutputArea .widget-interact"
THEIR_SLIDER = f"{THEIR_PLACE} .noUi-handle"
N_TURNS, N_KEYS = 4, 8
INTERACT = """
import matplotlib.pyplot as plt
from ipywidgets import FloatSlider, interact

def show(lr=0.1):
    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    frame(*axes)
    said = draw(*axes, lr)
    plt.show()
    print(said)

_ = interact(show, lr=FloatSlider(0.1, min=0.005, max=0.225, step=0.005, readout_format=".3f"))
"""
#: Before any script of the page: ours let no later listener hear the keys that move a slider.
NOTE_KEYS = """addEventListener("keydown", (event) => (window.pressed = event.timeStamp), true);"""
#: From the next key to the frame in which the change it makes in `root` has been painted, in ms.
#: With `picture`, the change is another picture there.
WATCH = """([root, picture]) => {
  const place = document.querySelector(root);
  const before = picture && place.querySelector(picture);
  window.pressed = null;
  window.latency = new Promise((finish) => {
    const watch = new MutationObserver(async () => {
      const image = picture && place.querySelector(picture);
      if (window.pressed === null || (picture && (!image || image === before))) return;
      watch.disconnect();
      if (image) await image.decode();
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel(); // answered when the frame is done
        port1.onmessage = () => finish(performance.now() - window.pressed);
        port2.postMessage(0);
      });
    });
    watch.observe(place, { childList: true, subtree: true });
  });
}"""


def notebook():
    """Return a notebook whose one cell makes the figure of the explorer with `interact`."""
    sources = [cell.source for cell in jupytext.read(build.ROOT / "book" / f"{CHAPTER}.ipynb").cells
               if cell.cell_type == "code"]
    last = next(i for i, source in enumerate(sources) if f'name="{EXPLORER}"' in source)
    quiet = "explore = guess = quiz = check = lambda *args, **more: None"
    code = "\n".join([sources[0], quiet, *sources[1 : last + 1], INTERACT])
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code)], metadata={"kernelspec": kernel})


@contextmanager
def lab(folder):
    """Start JupyterLab in a folder, for this machine only; give its address."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
               "--ServerApp.port=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}",
               "--LabApp.news_url=None", "--ServerApp.ip=127.0.0.1"]
    runtime = Path(folder, "runtime")
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_CONFIG_DIR": str(folder)})
    try:
        while not (notes := list(runtime.glob("jpserver-*.json"))):
            if process.poll() is not None:
                raise RuntimeError(f"JupyterLab ended: {' '.join(command)} says why")
            time.sleep(0.2)
        yield json.loads(notes[0].read_text(encoding="utf-8"))["url"].rstrip("/")
    finally:
        process.terminate()
        process.wait()


def new_page(browser):
    """Return a page of a new profile that notes when a key was pressed."""
    page = browser.new_context(viewport=SIZES[1280]).new_page()
    page.add_init_script(NOTE_KEYS)
    return page


def usual(browser, address):
    """Open the notebook in JupyterLab and run it; return the page when its slider is there."""
    page = new_page(browser)
    page.goto(f"{address}/doc/tree/usual.ipynb")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # before, nothing is run
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    page.locator(f"{THEIR_PLACE} img").first.wait_for()
    return page


def explorer(browser, root):
    """Open the chapter on the site; return its page when the slider there can be moved."""
    page = new_page(browser)
    page.goto(f"{root}/{CHAPTER}.html")
    page.wait_for_function("() => document.readyState === 'complete'")
    unfold(page)  # it stands behind a guess
    page.locator(OUR_PLACE).scroll_into_view_if_needed()  # it is unpacked when it comes near
    page.locator(f"{OUR_SLIDER}:enabled").wait_for()
    return page


def latencies(page, slider, place, picture, n_keys=N_KEYS):
    """Move a slider key by key and wait for each change to be seen; return the ms of each."""
    page.bring_to_front()
    handle = page.locator(slider).first
    handle.focus()
    found = []
    for k in range(n_keys):
        page.evaluate(WATCH, [place, picture])
        page.keyboard.press("ArrowRight" if k < n_keys / 2 else "ArrowLeft")
        found.append(page.evaluate("() => window.latency"))
    return found


def main():
    """Measure, print, and record."""
    build.build()
    with (tempfile.TemporaryDirectory() as folder, here.served(build.HTML) as root,
          here.chromium() as browser):
        nbformat.write(notebook(), Path(folder, "usual.ipynb"))
        with lab(folder) as address:
            ours, theirs = explorer(browser, root), usual(browser, address)
            found = {"explorer": [], "interact": []}
            for _ in range(N_TURNS):
                found["explorer"] += latencies(ours, OUR_SLIDER, OUR_PLACE, None)
                found["interact"] += latencies(theirs, THEIR_SLIDER, THEIR_PLACE, "img")
        middle = {name: statistics.median(ms) for name, ms in found.items()}
        here.write(__file__, {
            "what": "ms from a key to the painted change of the same figure, in turns: median, and "
                    "the quickest and slowest; interact runs in JupyterLab on this machine",
            "figure": f"{CHAPTER}/{EXPLORER}",
            "ms": {name: {"median": round(middle[name], 1), "least": round(min(ms), 1),
                          "most": round(max(ms), 1), "n": len(ms)} for name, ms in found.items()},
            "interact_over_explorer": round(middle["interact"] / middle["explorer"], 1),
            **{name: version(name) for name in ("jupyterlab", "ipywidgets", "matplotlib")},
            **here.machine(browser)})


if __name__ == "__main__":
    main()
