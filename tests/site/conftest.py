"""The built site, a browser, and one visit to each page, for the tests of this folder.

The site is built once, when it is out of date. Every request that would leave this machine comes
to nothing, and is counted. A missing browser is an error, never a skip.
"""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    expect,
    sync_playwright,
)
from xdist.scheduler import LoadScopeScheduling

from tests.site.unchanged import Unchanged, cells_of, is_known, opened
from tools import environment
from tools.editor.assemble import assemble as assemble_editor
from tools.pyodide.assemble import assemble
from tools.website import build as builder
from tools.website.server import open_server

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
             # No name and no number leads anywhere else, nor does a proxy of this machine.
             "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--no-proxy-server"]
HANG_MS = 600_000  # guards against hanging only: a busy machine may take its time
SIZES = {360: {"width": 360, "height": 740}, 1280: {"width": 1280, "height": 900}}
Open = Callable[..., Page]


class ByVisit(LoadScopeScheduling):
    """Keeps the tests that share the visits of a page in one process, so that each is made once.

    The visit by the web server is one half of a page's work, phone and file are the other.
    (The groups of pytest-xdist 3.8 have no effect with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        # These share a running Python, or the index of the search.
        if shared := re.search(r"test_(python\w*|cells|page_gpt|playground|search)\.py", nodeid):
            return shared[0]
        return about(nodeid) + " served" * bool(SERVED.search(nodeid))


#: The tests that share the served visit.
SERVED = re.compile(
    r"test_(explorers|frame_cost|sounds|tables)\.py(?!.*(\[file-|phone|without_scripts))")


def about(nodeid: str) -> str:
    """Return the page that a test is about, or else the test.

    Examples
    --------
    >>> about("test_a.py::test_b[served-04-gradient-descent]"), about("test_a.py::test_b")
    ('04-gradient-descent', 'test_a.py::test_b')
    >>> about("test_a.py::test_of_its_third_explorer[04-gradient-descent2]")
    '04-gradient-descent'
    """
    if own := re.search(r"test_(playground|search)\.py", nodeid):  # these share visits to one page
        return own[1]
    page = re.sub(r"^(light|dark|served|file)-|-(served|file)$|\d+$", "",
                  nodeid.partition("[")[2][:-1])
    return page or nodeid


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of one page next to each other, as they share its visits.

    Those that see the page as it arrives come first.
    """
    places: dict[str, int] = {}
    for place, item in enumerate(items):
        places.setdefault(about(item.nodeid), place)
    items.sort(key=lambda item: (places[about(item.nodeid)], "test_pages.py" not in item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByVisit:
    """Tell pytest-xdist how to deal out the tests of this folder."""
    return ByVisit(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Leave out what passed here before, if the suite asks for it."""
    config.pluginmanager.register(Unchanged(config))


#: By module, the pages that the set-up of its tests has opened: fixtures are shared.
prepared: dict[str, set[str]] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Note which pages fixtures open, those of a whole module as well."""
    opened.clear()
    yield
    opened.update(prepared.setdefault(str(item.path), set()))
    prepared[str(item.path)] |= opened


@pytest.fixture(autouse=True)
def note_pages(request: pytest.FixtureRequest) -> Iterator[None]:
    """Note which pages a test depends on: those it opens, and the one it is about."""
    yield
    about = getattr(request.node, "callspec", None)
    about = {v for v in about.params.values() if isinstance(v, str)} if about else set()
    # Not those that a test makes for itself.
    pages = {name for name in opened | about if is_known(name)}
    if request.node.get_closest_marker("cells"):
        books = {name for name in pages if (builder.ROOT / f"book/{name}.ipynb").is_file()}
        pages = pages - books | {cells_of(name) for name in books}
    request.node.user_properties.append(("pages", sorted(pages)))


@dataclass(frozen=True)
class Site:
    """Where the built site is: files, and the same files behind a web server with gzip."""

    folder: Path
    served: str

    def address(self, page: str, mode: str = "served") -> str:
        """Return the address of ``page.html`` in the mode ``served`` or ``file``."""
        opened.add(page)
        root = self.served if mode == "served" else self.folder.as_uri()
        return f"{root}/{page}.html"


@dataclass
class Watch:
    """What went wrong on a page, as the browser saw it."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Build the site if it is out of date, and serve it."""
    lock = tmp_path_factory.getbasetemp().parent / "site-build.lock"
    with _one_at_a_time(lock):  # pytest-xdist: several processes, one build
        # Once a run: another build would copy the style sheets again while a page is read.
        built = lock.with_name(f"site-built-{os.environ.get('PYTEST_XDIST_TESTRUNUID', '')}")
        if not built.name.endswith("-") and built.exists():
            pass
        elif builder.build():
            built.touch()
        else:
            pytest.fail("the site was not built without warnings: run `make book` to see them")
        assemble(builder.HTML)  # what it says, test_python.py says
        assemble_editor(builder.HTML)  # and test_cells.py
    with open_server(0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Site(builder.HTML, f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    import fcntl  # Linux and macOS, as the rest of this project

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start one headless browser for all tests of this process."""
    try:
        path = environment.browser()
    except environment.Problem as problem:
        pytest.fail(str(problem), pytrace=False)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS,
                                             timeout=HANG_MS)
        patient(started)
        yield started
        started.close()


def patient(browser: Browser) -> None:
    """Let every page of a browser, and every expectation, wait as long as a slow machine needs."""
    make = browser.new_context

    def new_context(**settings: Any) -> BrowserContext:
        context = make(**settings)
        context.set_default_timeout(HANG_MS)
        return context

    browser.new_context = new_context
    expect.set_options(timeout=HANG_MS)


@pytest.fixture(scope="session")
def contexts(browser: Browser, site: Site) -> Iterator[Callable[..., BrowserContext]]:
    """Return contexts by width, colour scheme and whether scripts run, each made once."""
    made: dict[tuple[int, str, bool], BrowserContext] = {}

    def context(
        width: int = 1280, scheme: str = "light", scripts: bool = True
    ) -> BrowserContext:
        if (width, scheme, scripts) not in made:
            new = browser.new_context(viewport=SIZES[width], color_scheme=scheme,
                                      has_touch=width == 360, java_script_enabled=scripts)
            new.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.served)
            made[width, scheme, scripts] = new
        return made[width, scheme, scripts]

    yield context
    for each in made.values():
        each.close()


@pytest.fixture(scope="session")
def new_page(
    contexts: Callable[..., BrowserContext], site: Site
) -> Callable[..., tuple[Page, Watch]]:
    """Return a maker of pages: ``new_page(width, scheme, scripts)`` gives one and what it noted.

    Every request that is neither for the local server nor for a file is noted.
    """

    def make(*kind: Any) -> tuple[Page, Watch]:
        return watched(contexts(*kind), site)

    return make


def watched(context: BrowserContext, site: Site) -> tuple[Page, Watch]:
    """Return a new page of a context and what it notes."""
    page, watch = context.new_page(), Watch()
    local = (site.served + "/", "file:", "data:", "blob:")

    def note(request: Request) -> None:
        if not request.url.startswith(local):
            watch.foreign.append(request.url)
        elif request.is_navigation_request():  # by a link, or by the script of a page
            opened.add(Path(urlsplit(request.url).path).stem)

    page.on("request", note)
    page.on(
        "console",
        lambda m: watch.errors.append(m.text) if m.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: watch.errors.append(str(error)))
    page.on(
        "response",
        lambda r: watch.errors.append(f"{r.status} {r.url}") if r.status >= 400 else None,
    )
    return page, watch


@pytest.fixture(scope="session")
def visits(
    new_page: Callable[..., tuple[Page, Watch]], site: Site
) -> Iterator[Callable[[str, str], tuple[Page, Watch]]]:
    """Return a function that gives an open page, one visit for each mode.

    The modes are served, file, phone, and plain: a file in a browser without scripts.

    The tests of a page share it, so each finds it as the others left it. Those to whom that
    matters take `page` or `tab`. Only the visits of one page are kept.
    """
    kept: dict[tuple[str, str], tuple[Page, Watch]] = {}

    def visit(name: str, mode: str = "served") -> tuple[Page, Watch]:
        opened.add(name)
        for other in [key for key in kept if key[0] != name]:
            kept.pop(other)[0].close()
        if (name, mode) not in kept:
            page, watch = new_page(360 if mode == "phone" else 1280, "light", mode != "plain")
            page.goto(site.address(name, "file" if mode in ("file", "plain") else "served"))
            if mode != "plain":
                page.wait_for_function("() => document.readyState === 'complete'")
                page.evaluate("document.fonts.ready.then(() => true)")
            kept[name, mode] = page, watch
        return kept[name, mode]

    yield visit
    for page, _ in kept.values():
        page.close()


@pytest.fixture
def shared(visits: Callable[[str, str], tuple[Page, Watch]]) -> Iterator[Open]:
    """Give a function that returns a shared visit; at the end none may have had an error."""
    seen = []

    def visit(name: str, mode: str = "served") -> Page:
        page, watch = visits(name, mode)
        seen.append(watch)
        page.bring_to_front()  # a page behind another gets one frame a second
        return page

    yield visit
    assert all(watch == Watch() for watch in seen)


def unfold(page: Page) -> None:
    """Show what guesses hide, as the button "Show me" does."""
    page.evaluate("document.querySelectorAll('.guess-skip').forEach((button) => button.click())")


@pytest.fixture
def page(new_page: Callable[..., tuple[Page, Watch]]) -> Iterator[Page]:
    """Give a page at 1280 px in light mode; at the end it must have had no error at all."""
    opened, watch = new_page(1280, "light")
    yield opened
    opened.close()
    assert watch == Watch()


@pytest.fixture
def tab(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Give a function that opens pages in one new browser profile; no page may have an error."""
    context = browser.new_context(viewport=SIZES[1280])
    made = []

    def open_page(name: str, mode: str = "served", script: str = "") -> Page:
        page, watch = watched(context, site)
        made.append(watch)
        if script:
            page.add_init_script(script)
        page.goto(site.address(name, mode))
        return page

    yield open_page
    context.close()
    assert all(watch == Watch() for watch in made)


#: Scripts that leave a page without storage: forbidden, or full.
NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { configurable: true,
    get() { throw new DOMException("no", "SecurityError"); } });"""
FULL_STORAGE = """Storage.prototype.setItem =
  () => { throw new DOMException("no", "QuotaExceededError"); };"""
