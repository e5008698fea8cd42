"""The whole book as one PDF, printed by Chromium from the pages of the built site.

The pages become one document (``book.js``), which is printed once, so that links between chapters
lead to their places and pages are numbered through. Then it is known on which page each section
stands: the numbers are printed on sheets of their own and laid over the contents, and the outline
is written.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pikepdf import Name, ObjectStreamMode, OutlineItem, Pdf

from lessons import __version__
from tools.environment import Problem, browser
from tools.website.build import ROOT, SiteError

HERE = Path(__file__).parent
FILE = ROOT / "_build" / "pdf" / "training-large-models.pdf"
#: What paper cannot be: the page that shows what a reader has done.
LEFT_OUT = ("progress",)
#: What a script draws, by page.
DRAWN = {"playground": ".playground"}
SCRIPTS = ("vendor/katex/katex.min.js", "math.js", "quiz.js")
LICENCES = (("Text and figures: CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
            ("Code: MIT", "https://opensource.org/license/mit"))
PAPERS = ("A4", "Letter")


class Entry(NamedTuple):
    """A line of the contents: a part (level 0), chapter (1) or section (2)."""

    level: int
    title: str
    anchor: str


def parts_of(toc: dict[str, Any], site: Path) -> list[dict[str, Any]]:
    """Return the parts of the book that ``_toc.yml`` lists, with the pages that the site has.

    Examples
    --------
    >>> parts_of({"root": "index", "parts": []}, Path("nowhere"))
    []
    """
    parts = [{"caption": "", "pages": [toc["root"]]}]
    for part in toc["parts"]:
        pages = [chapter["file"] for chapter in part["chapters"]]
        parts.append({"caption": part.get("caption", ""), "pages": pages})
    for part in parts:
        part["pages"] = [page for page in part["pages"]
                         if page not in LEFT_OUT and (site / f"{page}.html").is_file()]
    return [part for part in parts if part["pages"]]


def shell(title: str, author: str) -> str:
    """Return the document to which the pages are added: title page, and a place for contents."""
    licences = "".join(f'<p><a href="{url}">{escape(words)}</a></p>' for words, url in LICENCES)
    return (f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
            f'<title>{escape(title)}</title></head><body><section class="title-page">'
            f'<h1>{escape(title)}</h1><p>{escape(author)}</p><p>Version {__version__}</p>'
            f'<div class="licence">{licences}</div></section>'
            '<nav><h1>Contents</h1><ol id="contents"></ol></nav></body></html>')


@contextmanager
def window() -> Iterator[Any]:
    """Start a browser that reaches files only; give it.

    Raises
    ------
    SiteError
        If there is no browser.
    """
    from playwright.sync_api import sync_playwright  # no reader needs it

    try:
        program = browser()
    except Problem as problem:
        raise SiteError(str(problem)) from None
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = started.new_context(viewport={"width": 900, "height": 1200},
                                      color_scheme="light", device_scale_factor=2)
        context.set_default_timeout(0)  # a large book on a slow machine takes its time
        context.route(lambda url: not url.startswith(("file:", "data:")),
                      lambda route: route.abort())
        yield context
        started.close()


def photograph(context: Any, address: str, selector: str) -> str:
    """Return a picture of a widget as it is printed: a data address."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_function("() => document.readyState === 'complete'")
    page.emulate_media(media="print")
    png = page.locator(selector).screenshot(animations="disabled")
    page.close()
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def join(page: Any, site: Path, parts: list[dict[str, Any]], front: str) -> list[Entry]:
    """Open the whole book as one document; return its contents."""
    names = [name for part in parts for name in part["pages"]]
    pictures = {name: photograph(page.context, (site / f"{name}.html").as_uri(), DRAWN[name])
                for name in names if name in DRAWN}
    address = (site / "book.html").as_uri()  # beside the files that pages ask for; no such file
    page.route(address, lambda route: route.fulfill(body=front, content_type="text/html"))
    page.goto(address)
    page.add_script_tag(path=HERE / "book.js")
    for name in names:
        page.evaluate("([name, html]) => addPage(name, html)",
                      [name, (site / f"{name}.html").read_text(encoding="utf-8")])
    for name, picture in pictures.items():
        page.evaluate("(all) => showPicture(...all)", [name, DRAWN[name], picture])
    page.evaluate("() => joinLinks()")
    entries = [Entry(*entry) for entry in page.evaluate("(parts) => addContents(parts)", parts)]
    page.evaluate("() => addRunningHeads()")
    page.add_style_tag(path=HERE / "book.css")
    for script in SCRIPTS:
        page.add_script_tag(path=site / "_static" / script)
    page.evaluate("() => document.fonts.ready.then(() => true)")
    return entries


def places_of(book: Pdf, entries: list[Entry]) -> list[tuple[int, float]]:
    """Return where entries stand: the page, counted from 0, and the height on it in points."""
    indices = {page.objgen: i for i, page in enumerate(book.pages)}
    found: list[Any] = [book.Root.Dests[f"/{entry.anchor}"] for entry in entries]
    return [(indices[place[0].objgen], float(place[3])) for place in found]


def add_outline(book: Pdf, entries: list[Entry], places: list[tuple[int, float]]) -> None:
    """Write the outline: sections in chapters, chapters in parts, pages without a part on top."""
    with book.open_outline() as outline:
        above = {-1: outline.root}  # by level: where the next deeper entry belongs
        for entry, (index, top) in zip(entries, places, strict=True):
            item = OutlineItem(entry.title, index, "XYZ", left=0, top=top)
            item.is_closed = entry.level > 0
            above[max(level for level in above if level < entry.level)].append(item)
            above = {level: kept for level, kept in above.items() if level < entry.level}
            above[entry.level] = item.children


def bound(printed: bytes, sheets: bytes, entries: list[Entry], author: str) -> Pdf:
    """Return the finished book: numbers over the contents, outline, author."""
    book = Pdf.open(BytesIO(printed))
    for page, sheet in zip(book.pages, Pdf.open(BytesIO(sheets)).pages, strict=False):
        page.add_overlay(sheet, None)
    add_outline(book, entries, places_of(book, entries))
    book.docinfo["/Author"] = author
    book.Root.PageMode = Name.UseOutlines
    return book


def make(site: Path, file: Path = FILE, paper: str = "A4", root: Path = ROOT) -> int:
    """Write the book as one PDF; return the number of its pages.

    Raises
    ------
    SiteError
        If the site is not built, or there is no browser.
    """
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    title, author = config["title"], config["author"]
    parts = parts_of(toc, site)
    if not parts:
        raise SiteError(f"there is no built site in {site}: run `make book` first")
    with window() as context:
        page = context.new_page()
        entries = join(page, site, parts, shell(title, author))
        options = {"format": paper, "print_background": True, "tagged": True}
        printed = page.pdf(**options)
        numbers = [i + 1 for i, _ in places_of(Pdf.open(BytesIO(printed)), entries)]
        page.evaluate("(numbers) => leaveNumbers(numbers)", numbers)
        sheets = page.pdf(**options)
    file.parent.mkdir(parents=True, exist_ok=True)
    with bound(printed, sheets, entries, author) as book:
        book.save(file, object_stream_mode=ObjectStreamMode.generate)
        return len(book.pages)
