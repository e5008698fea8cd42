"""Every page in a real browser: two widths, light and dark, served and opened as a file."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from lessons.playground import page as playground
from tests.site.conftest import Site, Watch, watched
from tools.website import build as builder
from tools.website.assets import SECURITY_POLICY

PAGES = [*builder.toc_files(), "search"]
HEAVIEST_BYTES = 1_500_000  # gzipped, with every file the page loads
BASE_BYTES = 500_000  # the same for a page without figures or explorers
AXE_SCRIPT = Axe().axe_script


@dataclass(frozen=True)
class Visit:
    """What one visit to a page found."""

    served: Watch
    file: Watch
    formula_errors: list[str]
    formulas: int
    katex_loaded: bool
    violations: dict[str, list[str]]
    overflow: dict[str, int]
    wide_code: list[str]
    sent_bytes: int
    own_bytes: int


@pytest.fixture(scope="session")
def visit(
    site: Site,
    new_page: Callable[..., tuple[Page, Watch]],
    visits: Callable[[str, str], tuple[Page, Watch]],
) -> Callable[[str], Visit]:
    """Return a function that opens a page in all the ways there are, once."""

    @cache
    def look(name: str) -> Visit:
        page, watch = new_page(1280, "light")
        page.goto(site.address(name))
        page.wait_for_load_state("networkidle")
        sizes = page.evaluate(
            """() => [...performance.getEntriesByType("navigation"),
                      ...performance.getEntriesByType("resource")]
                     .map((entry) => [entry.name, entry.encodedBodySize])"""
        )
        state = page.evaluate(
            """() => ({
                errors: [...document.querySelectorAll(".katex-error")].map((e) => e.textContent),
                formulas: document.querySelectorAll(".math .tex").length,
                katex: "katex" in window })"""
        )
        wide_code = page.evaluate(WIDE_CODE)
        said = whole(page)
        served = Watch([*watch.errors], [*watch.foreign])  # a script may miss parts from here on
        broken = in_parts(page)
        broken["light"] += said
        page.close()

        narrow, narrow_watch = visits(name, "phone")
        overflow = narrow.evaluate(TOO_WIDE)
        served.errors += narrow_watch.errors
        served.foreign += narrow_watch.foreign
        _, as_file = visits(name, "file")
        pictures = (".png", ".jpg", ".svg", ".html")
        return Visit(
            served,
            as_file,
            state["errors"],
            state["formulas"],
            state["katex"],
            broken,
            overflow,
            wide_code,
            sum(size for _, size in sizes),
            sum(size for url, size in sizes if not urlsplit(url).path.endswith(pictures)),
        )

    return look


#: Elements that stick out of a 360 px page, by name; boxes that scroll on their own may.
TOO_WIDE = """() => {
  const found = {}, limit = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > limit)
    found["the page"] = document.documentElement.scrollWidth;
  return found;
}"""


#: Code in sight, not folded away, that must be scrolled sideways.
WIDE_CODE = """() => [...document.querySelectorAll(".cell_input pre")]
  .filter((code) => code.checkVisibility() && !code.closest("details"))
  .filter((code) => code.scrollWidth > code.clientWidth)
  .map((code) => code.textContent.slice(0, 80))"""


#: The rules look at every element: half a minute for a long chapter. So the words of code are
#: looked at once for each kind, and drawings, which are hidden from screen readers and described
#: beside them, not stroke by stroke. Three formulas stand for all.
SHORTEN = """() => {
  const seen = new Set();
  const isNew = (kind) => seen.size < seen.add(kind).size;
  for (const word of document.querySelectorAll(".highlight pre span"))
    if (!word.checkVisibility() || !isNew(word.className)) word.replaceWith(word.textContent);
  for (const formula of [...document.querySelectorAll(".katex")].slice(3))
    formula.replaceWith("x");
  for (const drawing of document.querySelectorAll("svg[aria-hidden='true']"))
    drawing.replaceChildren();
}"""
#: The signs of a formula are too short and too close to be judged; they have its colour.
WORDS = """() => {
  for (const formula of document.querySelectorAll(".katex")) formula.replaceChildren("formula");
}"""
COLOURS = ["color-contrast", "link-in-text-block"]
#: Colours are the dearest rules. They are looked at once for each look of a text, which is what
#: they compare: its own style, the colour of what it stands in, and all that is painted behind it;
#: of a link also the text around it. This notes how each text and each field looks in the theme
#: that the page has, after what was noted before.
NOTE_LOOKS = """() => {
  const grounds = new Map([[null, ""]]);
  const ground = (e) => {
    if (!grounds.has(e)) {
      const style = getComputedStyle(e);
      grounds.set(e, [ground(e.parentElement), style.backgroundColor, style.backgroundImage,
        style.opacity, style.filter].join().replace(/,rgba\\(0, 0, 0, 0\\),none,1,none$/, ""));
    }
    return grounds.get(e);
  };
  const around = (link) => {
    let block = link.parentElement;
    while (getComputedStyle(block).display === "inline") block = block.parentElement;
    const style = getComputedStyle(block);
    const words = [...block.querySelectorAll("a")].map((a) => a.textContent).join("");
    return [style.color, style.fontSize, style.fontWeight,
            block.textContent.trim().length > words.length];
  };
  const says = (e) => e.matches("select, input, textarea")
    || [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const e of document.body.querySelectorAll("*")) {
    if (!says(e)) continue;
    const style = getComputedStyle(e);
    e.look = (e.look ?? "") + (!e.checkVisibility({ visibilityProperty: true }) ? "hidden" : [
      e.localName, style.color, style.fontSize, style.fontWeight, style.textShadow, style.display,
      style.textDecorationLine, style.borderBottomStyle, getComputedStyle(e.parentElement).color,
      Boolean(e.closest(":disabled, label:has(:disabled)")), e.localName === "a" && around(e),
      ground(e)].join());
  }
}"""
#: Leaves the longest text of each look, and empty boxes in place of the others, so that what is the
#: third stays the third. What axe cannot judge is put aside: shadows that say that something goes
#: on to the right, as ground; lines that are lower than their letters; signs without a word.
ONE_OF_EACH = """() => {
  const all = [...document.body.querySelectorAll("*")], longest = new Map(), kept = new Set();
  for (const e of all) {
    const other = longest.get(e.look);
    if (e.look && e.look !== "hiddenhidden"
        && !(other?.textContent.trim().length >= e.textContent.trim().length))
      longest.set(e.look, e);
  }
  for (const e of longest.values()) {
    for (let up = e; up; up = up.parentElement) kept.add(up);
    if (!/\\p{L}{2}/u.test(e.textContent) && !e.matches("input, textarea")) e.append("word");
  }
  for (const e of all) {
    if (!kept.has(e) && e.textContent.trim() && !e.matches("option, optgroup"))
      e.replaceWith(e.cloneNode(false));
    else if (e.matches(".bd-article *"))
      Object.assign(e.style, { backgroundImage: "none", lineHeight: "normal" });
  }
  return longest.size;
}"""


#: A new theme is seen in the next frame.
SETTLED = "() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"


def shape(page: Page) -> list[str]:
    """Return what breaks the accessibility rules, but for those of colours."""
    rules = {rule: {"enabled": False} for rule in COLOURS}
    rules["target-size"] = {"enabled": True}  # of WCAG 2.2, which axe leaves out by itself
    return axe(page, "document", {"rules": rules})


def colours(page: Page) -> list[str]:
    """Return what breaks the rules of colours in the theme that the page has, or is not judged."""
    return axe(page, "document", {"runOnly": COLOURS,
                                  "resultTypes": ["violations", "incomplete"]})


def in_theme(page: Page, theme: str) -> None:
    """Bring a page into a theme, without half-way colours."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.evaluate(SETTLED)


def whole(page: Page) -> list[str]:
    """Return what breaks the rules but for those of colours; note the looks in both themes."""
    in_theme(page, "light")
    page.evaluate(SHORTEN)
    said = shape(page)
    page.evaluate(WORDS)
    page.evaluate(NOTE_LOOKS)
    in_theme(page, "dark")
    page.evaluate(NOTE_LOOKS)
    return said


def in_parts(page: Page) -> dict[str, list[str]]:
    """Return what breaks the rules of colours by theme; of each look one text is left."""
    assert page.evaluate(ONE_OF_EACH) > 5  # looks
    said = {"dark": colours(page)}
    in_theme(page, "light")
    return said | {"light": colours(page)}


def violations(page: Page) -> dict[str, list[str]]:
    """Return by theme what breaks any rule; it takes the page apart."""
    said = whole(page)
    found = in_parts(page)
    return found | {"light": said + found["light"]}


def rules_of(page: Page, part: str) -> list[str]:
    """Return what breaks any rule in a part of a page, named by a selector."""
    rules = {"target-size": {"enabled": True}}
    return axe(page, json.dumps({"include": [[part]]}), {"rules": rules})


def axe(page: Page, where: str, options: dict) -> list[str]:
    """Return the violations of the accessibility rules, of any weight, as lines of text.

    Other types of results too, if `options` name them.

    The rules are all of axe: WCAG 2.0, 2.1 and 2.2, levels A and AA, and its best practices.
    """
    page.evaluate(SETTLED)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **options}
    result = page.evaluate(f"axe.run({where}, {json.dumps(options)})")
    return [
        f"{rule['id']}: {rule['help']}: {node['target']}: {node.get('failureSummary', '')}"
        for kind in options["resultTypes"]
        for rule in result[kind]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("pale", [
    ".bd-article section > p", ".bd-article td p", ".bd-article tr:nth-child(3) td", "pre .k",
    "pre .c1", "pre .s2", "select", "h2", ".bd-article a", ".bd-links li:nth-child(2) a"])
def test_pale_words_are_found(new_page, site, theme, pale):
    page, _ = new_page(1280, "light")
    page.goto(site.address("how-to-use"))
    assert page.locator(f"{pale} >> visible=true").count()
    page.add_style_tag(content=f"html[data-theme={theme}] :is({pale}) {{ color: #888 !important; "
                               "background: #999 !important }")
    found = violations(page)
    page.close()
    other = {"light": "dark", "dark": "light"}[theme]
    assert found[other] == [] and found[theme] and all(
        line.startswith("color-contrast") for line in found[theme])


def test_a_nameless_button_is_found(new_page, site):
    page, _ = new_page(1280, "light")
    page.goto(site.address("how-to-use"))
    page.evaluate("document.querySelector('.bd-article').append(document.createElement('button'))")
    assert [line.partition(":")[0] for line in violations(page)["light"]] == ["button-name"]
    page.close()


def test_built_pages_are_those_of_the_table_of_contents(site):
    built = {str(p.relative_to(site.folder).with_suffix("")) for p in site.folder.rglob("*.html")}
    assert {p for p in built if not p.startswith("_")} == {*PAGES, "404"}


@pytest.mark.parametrize("name", PAGES)
def test_no_error_and_no_foreign_request(visit, name):
    seen = visit(name)
    assert seen.served == Watch(), "served"
    assert seen.file == Watch(), "opened as a file"


@pytest.mark.parametrize("name", PAGES)
def test_katex_reads_every_formula_and_is_loaded_only_then(visit, name):
    seen = visit(name)
    assert seen.formula_errors == []
    assert seen.katex_loaded == (seen.formulas > 0)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility(visit, name, scheme):
    assert visit(name).violations[scheme] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_sideways_scroll_at_360_px(visit, name):
    assert visit(name).overflow == {}


@pytest.mark.parametrize("name", PAGES)
def test_code_in_sight_needs_no_sideways_scroll_at_1280_px(visit, name):
    assert visit(name).wide_code == []


@pytest.mark.parametrize("name", PAGES)
def test_weight(visit, name):
    seen = visit(name)
    assert 20_000 < seen.sent_bytes <= HEAVIEST_BYTES
    assert seen.own_bytes <= BASE_BYTES


class Html(HTMLParser):
    """Collects the links, the identifiers and the outside files of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.images: list[dict] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag == "img":
            self.images.append(values)
        if tag in ("script", "img", "iframe", "source") and values.get("src"):
            self.loads.append(values["src"])
        if tag == "link" and values.get("rel") in (
            "stylesheet",
            "icon",
            "preload",
            "shortcut icon",
        ):
            self.loads.append(values["href"])


@cache
def parsed(path: Path) -> Html:
    return Html(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_links_and_anchors_resolve(site, name):
    path = site.folder / f"{name}.html"
    broken = []
    for link in parsed(path).links + parsed(path).loads:
        parts = urlsplit(link)
        if parts.scheme in ("http", "https", "mailto", "data"):
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        anchor = unquote(parts.fragment)
        if target.name == "playground.html" and "=" in anchor:
            playground.read(parts.fragment)  # an experiment, or it raises
            continue
        if not target.is_file() or (
            anchor and target.suffix == ".html" and anchor not in parsed(target).ids
        ):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", PAGES)
def test_html_is_private_and_complete(site, name):
    page = parsed(site.folder / f"{name}.html")
    assert [url for url in page.loads if "//" in url and not url.startswith("data:")] == []
    assert [image for image in page.images if "alt" not in image] == []
    twice = {i for i in page.ids if page.ids.count(i) > 1}
    assert twice == set()
    text = (site.folder / f"{name}.html").read_text(encoding="utf-8")
    assert not re.search(
        r"thebe|googletag|require\.js|mathjax|fontawesome\.js", text, re.IGNORECASE
    )
    policy = f'<meta http-equiv="Content-Security-Policy" content="{SECURITY_POLICY}">'
    assert policy in text.partition("<script")[0]
    in_the_page = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/)[^>]*>", text)
    assert in_the_page == [] and not re.search(r"""<[^<>]* on[a-z]+=["']""", text)


def test_a_script_that_gets_into_a_page_does_not_run(browser, site):
    page, watch = watched(browser.new_context(), site)
    page.goto(site.address("glossary"))
    page.evaluate("""() => {
      const add = (name, more) =>
        document.body.append(Object.assign(document.createElement(name), more));
      add("script", { textContent: "window.ran = 1" });
      add("script", { src: "data:text/javascript,window.ran=2" });
      add("script", { src: "http://elsewhere.example/a.js" });
      document.body.insertAdjacentHTML("beforeend",
        "<img src=data:, onerror='ran = 3'><a id=bad href='javascript:window.ran = 4'>a</a>");
      document.getElementById("bad").click();
    }""")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.ran") is None
    refused = [error for error in watch.errors if "Content Security Policy" in error]
    assert len(refused) == 5 and watch.foreign == ["http://elsewhere.example/a.js"]
    page.context.close()


@pytest.mark.parametrize("mode", ["served", "file"])
def test_search_finds_a_page(new_page, site, mode):
    page, watch = new_page(1280, "light")
    page.goto(site.address("search", mode) + "?q=gradient")
    found = page.locator("#search-results li")  # they come one by one, with their excerpts
    expect(found.filter(has_text=re.compile("gradient", re.IGNORECASE)).first).to_be_visible()
    page.close()
    assert watch == Watch()


def test_search_dialog_leads_to_the_search_page(page, site):
    page.goto(site.address("index"))
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input").fill("learning rate")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=learning+rate")
    page.wait_for_load_state("networkidle")


def test_theme_follows_the_system_until_chosen(new_page, site):
    page, _ = new_page(1280, "dark")
    page.goto(site.address("index"))
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(html).to_have_attribute("data-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(html).to_have_attribute("data-theme", "dark")
    page.locator(".theme-switch-button").click()  # on a dark system the first choice is light
    expect(html).to_have_attribute("data-theme", "light")
    page.reload()
    expect(html).to_have_attribute("data-theme", "light")
    page.evaluate("localStorage.clear()")
    page.close()


def test_copy_button_copies_the_code(page, site):
    page.goto(site.address(next(name for name in PAGES if name.startswith("04-"))))
    block = page.locator("div.highlight:visible").first  # others are folded away
    block.hover()
    block.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("pre").inner_text().strip()


def test_hidden_cells_open_by_keyboard(page, site):
    for name in PAGES:
        if "<details" in (site.folder / f"{name}.html").read_text(encoding="utf-8"):
            page.goto(site.address(name))
            fold = page.locator("article details").first
            assert fold.get_attribute("open") is None
            fold.locator("summary").focus()
            page.keyboard.press("Enter")
            assert fold.get_attribute("open") is not None
            return
    pytest.fail("no page has anything folded away")


def test_nothing_moves_for_those_who_ask(new_page, site):
    page, _ = new_page(1280, "light")
    page.emulate_media(reduced_motion="reduce")
    page.goto(site.address("index"))
    longest = page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("*")].map(
            (e) => parseFloat(getComputedStyle(e).transitionDuration) || 0))"""
    )
    assert longest == 0
    page.close()
