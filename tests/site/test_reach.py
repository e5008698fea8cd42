"""Readers with other eyes and hands: high contrast, 400 % zoom, spaced letters, keys, ears."""

from io import BytesIO
from itertools import groupby

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.hostile import WIDGETS
from tests.site.conftest import unfold, watched
from tests.site.test_pages import PAGES, SHORTEN, shape
from tests.site.tried import tried

ALWAYS = {"08-first-network", "10-small-gpt", "playground", "progress"}  # all widgets
EVERY_PAGE = [pytest.param(name, marks=() if name in ALWAYS else pytest.mark.weekly)
              for name in PAGES]

ANSWER = """() => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  for (const quiz of document.querySelectorAll("fieldset.quiz input:first-of-type")) quiz.click();
}"""


def answered(page):
    """Open what is folded, and answer what is asked."""
    unfold(page)
    page.evaluate(ANSWER)


# ---------- forced colours: backgrounds and shadows are gone, and everything can still be told

@pytest.fixture(scope="module")
def forced(browser, site):
    """Give a maker of pages in a dark high-contrast mode, for readers who chose the light theme."""
    context = browser.new_context(color_scheme="dark", forced_colors="active",
                                  viewport={"width": 1280, "height": 900})
    context.add_init_script("localStorage.setItem('mode', 'light')")

    def make(name):
        page, _ = watched(context, site)
        page.goto(site.address(name))
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        answered(page)
        return page

    yield make
    context.close()


def picture(found):
    """Return the pixels of an element, as one value of grey each."""
    found.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    shot = found.page.screenshot(clip=found.bounding_box())
    return Image.open(BytesIO(shot)).convert("L")


def contrast(found):
    """Return the contrast between the lightest and the darkest pixel, as WCAG counts it."""
    low, high = ((value / 255) ** 2.2 + 0.05 for value in picture(found).getextrema())
    return high / low


WORDLESS = """(e) => {
  const words = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
  for (let text; (text = words.nextNode());) text.data = text.data.replace(/\\S/g, "\u2003");
}"""


@pytest.mark.parametrize(("name", "what"), [
    ("04-gradient-descent", ".bd-header-article .theme-switch-button"),
    ("04-gradient-descent", ".dropdown-download-buttons > button"),
    ("04-gradient-descent", ".sidebar-toggle.primary-toggle"),
    ("04-gradient-descent", ".explorer-panels"),
    ("04-gradient-descent", ".explorer-control input"),
    ("10-small-gpt", ".prompt-buttons button"),
    ("10-small-gpt", ".prompt-bar"),
    ("10-small-gpt", ".training-buttons button"),
    ("10-small-gpt", ".training-chart"),
    ("playground", ".playground-start"),
])
def test_forced_colours_show(forced, name, what):
    page = forced(name)
    found = page.locator(f"{what}:visible").first
    found.evaluate(WORDLESS)  # words are always seen
    assert contrast(found) >= 3
    page.close()


@pytest.mark.parametrize(("name", "choices"), [
    ("10-small-gpt", ".training-choices label"),
    ("10-small-gpt", ".prompt-heads label"),
    ("13-speech", ".sounds-choices label"),
])
def test_forced_colours_tell_what_is_chosen(forced, name, choices):
    page = forced(name)
    chosen = page.locator(choices).filter(has=page.locator("input:checked")).first
    border = "e => [...e.children].at(-1)"
    style = f"""(label) => {{ const s = getComputedStyle(({border})(label));
      return [s.backgroundColor, s.outlineStyle, s.outlineWidth]; }}"""
    other = page.locator(choices).filter(has=page.locator("input:not(:checked)")).first
    assert chosen.evaluate(style) != other.evaluate(style)
    page.close()


def test_forced_colours_have_bars_of_progress_and_the_scale_of_a_guess(forced):
    page = forced("progress")
    page.evaluate("""() => { const bar = document.querySelector("tbody td:last-child");
      bar.innerHTML = "<span class='progress-bar' style='--share: 0.5'></span>"; }""")
    assert contrast(page.locator(".progress-bar").first) >= 3
    page.goto(page.url.replace("progress", "01-concepts"))
    unfold(page)
    scale = page.locator(".guess-scale:visible").first
    scale.evaluate("e => e.replaceChildren()")  # the line alone
    assert contrast(scale) >= 3
    page.close()


# ---------- by keyboard: what has the focus is seen, also at 400 % zoom

#: Where the focus is: "" if it is in the window, on top, and has a ring; what is wrong else.
FOCUS = """() => {
  const e = document.activeElement;
  if (e === document.body) return "";
  const box = e.getBoundingClientRect();
  const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
  const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
  const over = document.elementFromPoint(x, y);
  const ring = (part) => part && getComputedStyle(part).outlineStyle !== "none"
    && parseFloat(getComputedStyle(part).outlineWidth) > 0;
  const name = `${e.localName}.${e.className} ${e.textContent.trim().slice(0, 30)}`;
  if (e.closest(".guess-curve")) return ""; // a dot of the drawing shows it
  if (!over || !(e.contains(over) || over.contains(e) || over.closest("label")?.contains(e)))
    return `${name} is under ${over?.className ?? "the edge"}`;
  return ring(e) || ring(e.nextElementSibling) ? "" : `${name} has no ring`;
}"""


@pytest.mark.parametrize(("width", "height"), [(320, 256), (360, 740), (1280, 900)])
@pytest.mark.parametrize("name", ["04-gradient-descent", "playground"])
def test_what_has_the_focus_is_seen(tab, name, width, height):
    page = tab(name)
    page.set_viewport_size({"width": width, "height": height})
    page.locator("article :is(select, input):enabled:visible").first.focus()
    for key in ["Tab"] * 30 + ["Shift+Tab"] * 30:
        page.keyboard.press(key)
        assert page.evaluate(FOCUS) == "", key


#: What can be used, in order. Of radio buttons, and of others that the arrow keys go through, it
#: is the one to which the keyboard comes.
USABLE = """(root) => [...root.querySelectorAll(
    "button, input, select, textarea, summary, audio, a[href], [tabindex='0']")]
  .filter((e) => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true }))
  .filter((e, i, all) => e.type !== "radio" || (e.checked
    || !all.some((other) => other.name === e.name && other.checked)
    && all.findIndex((other) => other.name === e.name) === i))"""


@pytest.mark.parametrize("kind", WIDGETS)
def test_the_keyboard_comes_to_everything_that_can_be_used_and_goes_on(page, site, kind):
    root = tried(page, site, kind)
    n = root.evaluate(f"(root) => (window.usable = ({USABLE})(root)).length")
    assert n > 0
    root.evaluate("(root) => { root.tabIndex = -1; root.focus(); }")
    reached = []
    for _ in range(n + 9):  # an audio element has controls of its own
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => usable.indexOf(document.activeElement)"))
        if not root.evaluate("(root) => root.contains(document.activeElement)"):
            break
    assert [place for place, _ in groupby(reached)] == [*range(n), -1]


# ---------- letters and lines further apart (WCAG 1.4.12): nothing is cut off or runs over

SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
  word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }"""

CUT = """() => {
  const own = document.documentElement;
  const found = own.scrollWidth > own.clientWidth ? [`the page: ${own.scrollWidth} px`] : [];
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest("svg, .katex, .visually-hidden") || !e.clientWidth
        || ![...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())
        || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const { overflowX, overflowY, display } = getComputedStyle(e);
    const [wide, high] = [e.scrollWidth > e.clientWidth + 3, e.scrollHeight > e.clientHeight + 3];
    if ((overflowX === "hidden" || overflowX === "visible" && display !== "inline") && wide
        || overflowY === "hidden" && high)
      found.push(`${e.className}: ${e.textContent.slice(0, 50)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_spaced_letters_are_not_cut_off(tab, name):
    page = tab(name)
    answered(page)
    page.add_style_tag(content=SPACED)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(CUT) == [], width


# ---------- for ears, and without motion

def test_play_is_quiet_until_it_arrives(tab):
    page = tab("04-gradient-descent")
    figure = page.locator("figure.explorer:has(.explorer-play)").first
    figure.scroll_into_view_if_needed()
    sentence, play = figure.locator(".explorer-sentence"), figure.locator(".explorer-play")
    expect(sentence).to_have_attribute("aria-live", "polite")
    play.click()
    expect(sentence).to_have_attribute("aria-live", "off")
    play.click()
    expect(sentence).to_have_attribute("aria-live", "polite")


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_a_page_that_is_worked_through_breaks_no_rule(tab, name):
    page = tab(name)
    answered(page)
    page.evaluate(SHORTEN)
    assert shape(page) == []


def test_nothing_scrolls_or_moves_by_itself(tab):
    page = tab("04-gradient-descent")
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 360, "height": 740})
    smooth = """() => [...document.querySelectorAll("*")].filter((e) => {
      const style = getComputedStyle(e);
      return style.scrollBehavior === "smooth" || parseFloat(style.animationDuration) > 0.01;
    }).map((e) => e.className)"""
    assert page.evaluate(smooth) == []
    assert page.evaluate("document.getAnimations().length") == 0
