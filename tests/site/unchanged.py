"""Leaves out tests that passed here before, on pages that are the same still (`tools.passed`).

Which pages a test opens is noted while it runs. What it depends on are these pages, with the
notebooks they are made of, and everything that is no page: the tests, the package, the scripts.
Tests with the mark `cells` look at what code cells show: of their pages only the cells count, and
a changed sentence runs none of them again.
"""

import hashlib
import json

import pytest

from tests.site import weights
from tools import passed
from tools.website.build import HTML, ROOT

opened: set[str] = set()  # by the test that runs now
#: What a test notes that is about these, whichever they are: all pages decide.
THREE_PAGES = "which three pages stand for the book"


def is_known(name):
    """Tell whether what a test has opened is a page of the book, or what pages decide."""
    return name == THREE_PAGES or (HTML / f"{name}.html").is_file()


def cells_of(page):
    """Return the name under which the code cells of a page are noted.

    Examples
    --------
    >>> cells_of("04-gradient-descent")
    'cells of 04-gradient-descent'
    """
    return f"cells of {page}"


class Unchanged:
    """The plugin: leaves tests out where they are collected, notes what passed."""

    def __init__(self, config):
        self.config, self.n_left_out = config, 0
        self.before = passed.known().get("site", {})
        given = getattr(config, "workerinput", {}).get("digests")  # read once, for all processes
        self.machinery, self.pages = given or self.digests()
        self.failed, self.passed = set(), {}

    def digests(self):
        """Return the digest of everything that is no page, and that of each page and its cells."""
        pages = {page.stem: self.page_digest(page) for page in HTML.glob("*.html")}
        pages |= {cells_of(path.stem): self.cells_digest(path)
                  for path in (ROOT / "book").glob("*.ipynb")}
        if pages:
            pages[THREE_PAGES] = " ".join(weights.three_pages().values())
        return passed.key("site"), pages

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        node.workerinput["digests"] = self.machinery, self.pages

    @staticmethod
    def page_digest(page):
        """Return a digest of a page and of what it is made of, or searches in."""
        files = [page, ROOT / f"book/{page.stem}.ipynb"]
        files += [HTML / "search-index.js"] if page.stem == "search" else []
        return passed.digest_of(files, ROOT)

    @staticmethod
    def cells_digest(notebook):
        """Return a digest of the code cells of a notebook, with their outputs."""
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return passed.digest_of(
            [], ROOT, *(json.dumps(c) for c in cells if c["cell_type"] == "code"))

    def key(self, names):
        """Return the key of a test that opened these pages; empty if one is not there."""
        if not self.machinery or not self.pages.keys() >= set(names):
            return ""
        words = [self.machinery, *(f"{name} {self.pages[name]}" for name in sorted(names))]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()

    def is_unchanged(self, item):
        """Tell whether a test passed with the same key; never if it needs no browser: quick."""
        names, key = self.before.get(item.nodeid, ([], ""))
        return "browser" in item.fixturenames and bool(key) and self.key(names) == key

    def pytest_collection_modifyitems(self, config, items):
        if not passed.asked():
            return
        left_out = [item for item in items if self.is_unchanged(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
        self.n_left_out = len(left_out)
        if hasattr(config, "workeroutput"):
            config.workeroutput["n_left_out"] = self.n_left_out

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error):
        self.n_left_out = getattr(node, "workeroutput", {}).get("n_left_out", 0)

    def pytest_runtest_logreport(self, report):
        if not report.passed:
            self.failed.add(report.nodeid)
        if report.when == "teardown":
            names = dict(report.user_properties).get("pages", [])
            self.passed[report.nodeid] = names, self.key(names)

    def pytest_sessionfinish(self, session):
        if hasattr(self.config, "workeroutput"):
            return  # the process that started this one does it
        if (self.machinery, self.pages) != self.digests():
            return  # a page was built, or a test mended, meanwhile
        new = {test: entry for test, entry in self.passed.items()
               if test not in self.failed and entry[1]}
        passed.remember({"site": passed.known().get("site", {}) | new})
        if self.n_left_out:
            passed.say(f"site: {self.n_left_out} tests in a browser")
