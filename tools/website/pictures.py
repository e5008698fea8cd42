"""The pictures of the README: explorers of the built site, photographed by a browser.

Each is kept with the key of what it shows: the recorded output, and the scripts and styles that
draw it. A test compares the keys, so that a picture cannot go stale.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lessons.widgets.registry import HERE as WIDGETS
from tools.environment import Problem, browser
from tools.website import build

FOLDER = build.ROOT / ".github" / "pictures"
KEYS = FOLDER / "keys.json"
STYLES = (build.ROOT / "book" / "_static" / "book.css",)
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
WIDTH = 800  # of the window, in CSS pixels: two panels stand side by side
MIME_TYPE = "application/vnd.lessons.explorer+json"


@dataclass(frozen=True)
class Picture:
    """An explorer to be shown: its page, its name, and where its sliders stand."""

    page: str
    explorer: str
    moves: tuple[tuple[str, int], ...] = ()  # label, and how many steps to the right

    def file(self, theme: str) -> Path:
        """Return where the picture is kept."""
        return FOLDER / f"{self.explorer}-{theme}.webp"


PICTURES = (
    Picture("01-concepts", "watch", (("training steps", 12),)),
    Picture("10-small-gpt", "attention"),
)


def key(picture: Picture) -> str:
    """Return a digest of what a picture shows.

    Raises
    ------
    build.SiteError
        If its page has no such explorer.
    """
    notebook = json.loads((build.ROOT / "book" / f"{picture.page}.ipynb").read_text("utf-8"))
    payloads = [output["data"][MIME_TYPE] for cell in notebook["cells"]
                for output in cell.get("outputs", []) if MIME_TYPE in output.get("data", {})]
    shown = [payload for payload in payloads if payload["name"] == picture.explorer]
    if len(shown) != 1:
        raise build.SiteError(f"{picture.page} has {len(shown)} explorers named "
                              f"{picture.explorer!r}: name another in tools/website/pictures.py")
    look = hashlib.sha256(json.dumps([shown, picture.moves], sort_keys=True).encode())
    for file in (*STYLES, *sorted((WIDGETS / "explorers").glob("*.[jc]s*"))):
        look.update(file.read_bytes())
    return look.hexdigest()[:16]


def stale() -> list[str]:
    """Return the names of the pictures that do not show what the book holds now."""
    kept = json.loads(KEYS.read_text("utf-8")) if KEYS.is_file() else {}
    return [picture.explorer for picture in PICTURES
            if kept.get(picture.explorer) != key(picture)
            or not all(picture.file(theme).is_file() for theme in THEMES)]


def take() -> None:
    """Photograph every explorer of `PICTURES` from the built site, light and dark.

    Raises
    ------
    build.SiteError
        If there is no browser.
    """
    from playwright.sync_api import sync_playwright  # no reader needs it

    try:
        program = browser()
    except Problem as problem:
        raise build.SiteError(str(problem)) from None
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for theme in THEMES:
            window = started.new_page(viewport={"width": WIDTH, "height": 900},
                                      color_scheme=theme, device_scale_factor=1.25)
            for picture in PICTURES:
                picture.file(theme).write_bytes(_small(_photograph(window, picture)))
        started.close()
    keys = {picture.explorer: key(picture) for picture in PICTURES}
    KEYS.write_text(json.dumps(keys, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _photograph(window: Any, picture: Picture) -> bytes:
    window.goto((build.HTML / f"{picture.page}.html").as_uri())
    window.wait_for_function("document.readyState === 'complete'")
    explorer = window.locator(f".explorer[data-name='{picture.explorer}']")
    for label, steps in picture.moves:
        slider = explorer.get_by_label(label, exact=True)
        for _ in range(steps):
            slider.press("ArrowRight")
        slider.blur()  # without the ring of the keyboard's focus
    explorer.scroll_into_view_if_needed()
    return explorer.screenshot(animations="disabled")


def _small(png: bytes) -> bytes:
    from PIL import Image  # comes with matplotlib

    small = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(small, "webp", quality=80, method=6)
    return small.getvalue()
