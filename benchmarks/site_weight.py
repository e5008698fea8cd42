"""What a first visit costs, of this book and of others: bytes, requests, work of the main thread.

``python -m benchmarks site_weight "QuantEcon Python=FOLDER" "Data 8=FOLDER"``: each folder holds
the built HTML of another book, which stays outside this repository. What their pages ask of a
network of npm packages is answered from the registry with the same bytes (with `npm`); other hosts
answer nothing.
"""

import mimetypes
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from benchmarks import here
from tests.site import loads, weights
from tools.website import build

OURS = "This book"
NO_PAGE = re.compile(r"(^|/)(search|genindex|404|_static/.*|_sources/.*|_admonition/.*)$")
FROM_NPM = re.compile(r"https://(?:cdn\.jsdelivr\.net/npm|unpkg\.com)/"
                      r"(?P<package>(?:@[\w.-]+/)?[\w.-]+(?:@[\w.-]+)?)/(?P<file>[^?]+)")
WORDS = """() => (document.querySelector("article, main") ?? document.body)
  .innerText.split(/\\s+/).length"""
#: Where the copies came from that the record is about, by the names they were given.
COPIES = {
    "QuantEcon Python": "https://github.com/QuantEcon/lecture-python-programming.myst, branch "
                        "gh-pages at 54cc966 (2026-02-26): as published, with its outputs.",
    "Data 8": "https://github.com/data-8/textbook, branch 2ed at d58ab88 (2022-09-18), built with "
              "this book's Jupyter Book from notebooks that hold their outputs; some large data "
              "files were not at hand, no page shows them.",
}
HOW = ("To compare, name folders with the HTML of other books: python -m benchmarks site_weight "
       "'Some book=folder/_build/html'")


class Packages:
    """Files of npm packages, taken from the registry when a page asks for them."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def file(self, address):
        """Return the file that an address of a network of packages names, or None."""
        if not (match := FROM_NPM.fullmatch(address)):
            return None
        place = self.folder / match["package"].replace("/", "+")
        if not place.is_dir():
            place.mkdir()
            subprocess.run(["npm", "pack", "--silent", match["package"]], cwd=place, check=True,
                           stdout=subprocess.DEVNULL)
            with tarfile.open(next(place.glob("*.tgz"))) as packed:
                packed.extractall(place, filter="data")
        return next(iter(place.glob(f"*/{match['file']}")), None)

    def answer(self, route):
        """Answer a request of a page for another host."""
        path = self.file(route.request.url)
        if path is None:
            return route.abort()
        return route.fulfill(body=path.read_bytes(), headers={
            "content-type": mimetypes.guess_type(path)[0] or "application/octet-stream",
            "access-control-allow-origin": "*"})


def three_pages(folder):
    """Return the names of the front page of a book, and of its median and its heaviest page."""
    names = [path.relative_to(folder).with_suffix("").as_posix()
             for path in Path(folder).rglob("*.html")]
    index = Path(folder, "index.html").read_text(encoding="utf-8")
    leads = re.search(r'http-equiv="refresh"[^>]*url=([^"]+)\.html', index, re.IGNORECASE)
    front = leads[1] if leads else "index"
    chapters = sorted((name for name in names if name not in ("index", "index_toc", front)
                       and not NO_PAGE.search(name)),
                      key=lambda name: weights.sent(Path(folder, f"{name}.html")))
    return {"front page": front, "median chapter": chapters[len(chapters) // 2],
            "heaviest chapter": chapters[-1]}


def row(browser, address, folder, packages):
    """Return what one page sends, and how much there is to read on it."""
    asked = list(dict.fromkeys(loads.requests(browser, address, packages.answer)))
    local = address.partition("//")[2].partition("/")[0]
    files = [loads.file_of(url, folder) if f"//{local}/" in url else packages.file(url)
             for url in asked]
    page = loads.opened(browser, packages.answer)
    page.goto(address)
    n_words = page.evaluate(WORDS)
    page.context.close()
    return {
        "bytes": sum(weights.sent(file) for file in files if file and file.is_file()),
        "requests": len(asked), "unanswered": files.count(None),
        "other_hosts": len({url.split("/")[2] for url in asked} - {local}), "words": n_words,
    }


def book(browser, folder, pages, packages):
    """Return the rows of a book's three pages."""
    with here.served(folder) as root:
        rows = {kind: {"page": name} | row(browser, f"{root}/{name}.html", folder, packages)
                for kind, name in pages.items()}
        found = loads.loads(browser, [f"{root}/{name}.html" for name in pages.values()],
                            answer=packages.answer)
        work = loads.in_reference_ms(found)
    return {kind: each | {"ms": work[f"{root}/{each['page']}.html"]} for kind, each in rows.items()}


def main(*named):
    """Measure, print, and record."""
    if not named:
        print(HOW)
        return
    build.build()
    others = dict(each.split("=", 1) for each in named)
    pages = {OURS: (build.HTML, weights.three_pages())} | {
        name: (Path(folder), three_pages(folder)) for name, folder in others.items()}
    with tempfile.TemporaryDirectory() as place, here.chromium() as browser:
        packages = Packages(place)
        books = {name: book(browser, *each, packages) for name, each in pages.items()}
        here.write(__file__, {
            "what": "first visit: bytes as sent (compressed), requests, words to read; ms of the "
                    "main thread at a quarter of the reference processor: until the largest piece "
                    "is painted, what tasks take beyond 50 ms, the longest task",
            "copies": {name: COPIES.get(name, "a copy on this machine") for name in others},
            "books": books, **here.machine(browser)})


if __name__ == "__main__":
    main(*sys.argv[1:])
