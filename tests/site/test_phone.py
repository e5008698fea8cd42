"""Narrow screens and fingers: figures in sight, nothing cut off, nothing moved by scrolling."""

import pytest

from tests.site.conftest import unfold
from tests.site.test_explorers import PAGES as EXPLORER_PAGES, RESET, figure, names
from tests.site.test_pages import PAGES

TWO_FRAMES = "() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"

#: Brings a control to the lower or the upper end of what is in sight; returns where to touch it.
PLACE = """(control, end) => {
  control.scrollIntoView({ block: end });
  const { left, top, width, height } = control.getBoundingClientRect(), thumb = 16;
  const share = control.options ? 0.5 : control.value / control.max;
  const at = (part) => left + thumb / 2 + part * (width - thumb);
  return { x: at(share), y: top + height / 2, to: at(share < 0.5 ? 1 : 0) };
}"""

#: Remembers the panels of a figure, then tells which have changed and are wholly in sight.
REMEMBER = "f => { f.was = [...f.querySelectorAll('g.moving')].map((g) => g.innerHTML); }"
IN_SIGHT = """(f, [x, y]) => {
  const top = document.querySelector(".bd-header-article").getBoundingClientRect().bottom - 1;
  const changed = [...f.querySelectorAll("g.moving")].filter((g, i) => g.innerHTML !== f.was[i]);
  const seen = changed.filter((g) => {
    const box = g.ownerSVGElement.getBoundingClientRect();
    return box.top >= top && box.bottom <= innerHeight + 1
      && box.left >= -1 && box.right <= innerWidth + 1;
  });
  const over = document.elementFromPoint(x, y);
  return { changed: changed.length, seen: seen.length,
           over: over?.matches("[data-key]") ? "" : over?.outerHTML.slice(0, 80) ?? "nothing" };
}"""


class Finger:
    """One finger on a page."""

    def __init__(self, page):
        self.page, self.session = page, page.context.new_cdp_session(page)

    def touch(self, kind, *points):
        """Send ``touchStart``, ``touchMove`` or ``touchEnd``, and wait until it is shown."""
        points = [{"x": x, "y": y} for x, y in points]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        self.page.evaluate(TWO_FRAMES)


def explorers(page):
    """Return the elements of the explorers of a page, each in reach and unpacked."""
    unfold(page)
    return (figure(page, name) for name in names(page))


def drag(finger, found, field, end):
    """Drag a slider at one end of what is in sight; return what is seen with the finger on it."""
    for _ in range(3):  # a touch soon after another may be taken for one gesture
        found.evaluate(REMEMBER)
        place = field.evaluate(PLACE, end)
        x, y = place["x"], place["y"]
        finger.touch("touchStart", (x, y))
        for part in (0.5, 1):
            finger.touch("touchMove", (x + part * (place["to"] - x), y))
        seen = found.evaluate(IN_SIGHT, [x, y])
        finger.touch("touchEnd")
        found.evaluate(RESET)
        if seen["changed"]:
            break
    return seen


@pytest.mark.cells
@pytest.mark.parametrize("name", EXPLORER_PAGES)
def test_under_a_finger_the_figure_is_in_sight(shared, name):
    page = shared(name, "phone")
    finger = Finger(page)
    for found in explorers(page):
        for field in found.query_selector_all('input[type="range"]'):
            for end in ("start", "end"):
                seen = drag(finger, found, field, end)
                where = found.get_attribute("data-name"), field.get_attribute("id"), end
                assert seen["changed"] and seen["seen"] and not seen["over"], (where, seen)


def test_a_figure_that_is_not_held_leaves_the_screen(shared):
    page = shared("04-gradient-descent", "phone")
    finger = Finger(page)
    found = next(f for f in explorers(page) if f.get_attribute("data-name") == "schedule")
    field = found.query_selector_all('input[type="range"]')[-1]  # below two other controls
    assert drag(finger, found, field, "start")["seen"]
    page.add_style_tag(content="html .explorer-view { position: static !important; }")
    assert not drag(finger, found, field, "start")["seen"]
    page.reload()


@pytest.mark.cells
@pytest.mark.parametrize("name", EXPLORER_PAGES)
def test_a_choice_shows_a_panel_that_it_changes(shared, name):
    page = shared(name, "phone")
    for found in explorers(page):
        for field in found.query_selector_all("select"):
            found.evaluate(REMEMBER)
            place = field.evaluate(PLACE, "end")
            last = field.evaluate("e => e.options.length - 1")
            now = int(field.input_value())
            field.select_option(index=last if now != last else 0)
            page.evaluate(TWO_FRAMES)
            seen = found.evaluate(IN_SIGHT, [place["x"], place["y"]])
            assert seen["seen"] or not seen["changed"], (field.get_attribute("id"), seen)
            assert not seen["over"], (field.get_attribute("id"), seen)
            found.evaluate(RESET)


@pytest.mark.parametrize(("name", "slider"), [
    ("04-gradient-descent", "#explorer-learning-rate-lr"),
    ("01-concepts", ".guess-number input"),
])
def test_scrolling_by_way_of_a_slider_leaves_its_value(shared, name, slider):
    page = shared(name, "phone")
    page.locator(".guess-again:visible").evaluate_all("buttons => buttons.forEach(b => b.click())")
    field = page.locator(slider).first
    if not field.is_visible():
        unfold(page)
    place, before = field.evaluate(PLACE, "center"), field.input_value()
    value = field.locator("+ *")
    named, there = value.inner_text(), page.evaluate("scrollY")
    finger, x = Finger(page), (place["x"] + place["to"]) / 2
    finger.touch("touchStart", (x, place["y"]))
    assert field.input_value() != before  # or else this shows nothing
    for dy in range(10, 160, 15):
        finger.touch("touchMove", (x, place["y"] - dy))
    finger.touch("touchEnd")
    assert page.evaluate("scrollY") > there + 80
    assert (field.input_value(), value.inner_text()) == (before, named)


#: What is wider than its box and scrolls, or is cut off, without a shadow that says so; and how
#: far the page itself is wider than the window.
HIDDEN_TO_THE_RIGHT = """() => {
  const own = document.documentElement;
  const found = own.scrollWidth > own.clientWidth ? [`the page: ${own.scrollWidth} px`] : [];
  for (const box of document.querySelectorAll(".bd-article :is(pre, div, .tex)")) {
    if (box.scrollWidth <= box.clientWidth + 1 || box.matches(".explorer-panels")) continue;
    const style = getComputedStyle(box);
    if (style.overflowX === "visible" || style.backgroundAttachment.includes("local")) continue;
    if (box.checkVisibility()) found.push(`${box.className}: ${box.textContent.slice(0, 60)}`);
  }
  return found;
}"""


def hidden_at(page, widths):
    """Return what is hidden to the right at each width, with everything unfolded."""
    unfold(page)
    opened = page.locator("details:not([open])").element_handles()
    page.evaluate("folds => folds.forEach((fold) => { fold.open = true; })", opened)
    found = {}
    for width in widths:
        page.set_viewport_size({"width": width, "height": 740})
        found[width] = page.evaluate(HIDDEN_TO_THE_RIGHT)
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("folds => folds.forEach((fold) => { fold.open = false; })", opened)
    return {width: boxes for width, boxes in found.items() if boxes}


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_the_window_and_what_goes_on_to_the_right_says_so(shared, name):
    # The narrowest, the narrowest without the style of phones, and that with two side bars.
    between = (768,) if name == "playground" else ()  # has a layout of its own
    assert hidden_at(shared(name, "phone"), (280, 481, *between, 1200)) == {}


@pytest.mark.weekly
@pytest.mark.parametrize("name", PAGES)
def test_so_it_is_wherever_the_style_changes(shared, name):
    assert hidden_at(shared(name, "phone"), (320, 360, 577, 645, 705, 768, 960, 992)) == {}


def test_a_shadow_is_seen_until_the_end_of_the_line(shared):
    page = shared("04-gradient-descent", "phone")
    wide = page.locator(".bd-article pre:visible").filter(has_text="for ").first
    wide.evaluate("e => { e.textContent = 'wide '.repeat(40); }")
    wide.scroll_into_view_if_needed()

    def edge():
        box = wide.bounding_box()
        return page.screenshot(clip={"x": box["x"] + box["width"] - 8, "y": box["y"] + 4,
                                     "width": 6, "height": 6})

    begin = edge()
    wide.evaluate("e => { e.scrollLeft = e.scrollWidth; }")
    assert edge() != begin
    page.reload()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_readers_font_size_counts(tab, width):
    page = tab("index")
    page.set_viewport_size({"width": width, "height": 740})
    size = "parseFloat(getComputedStyle(document.querySelector('.bd-article section p')).fontSize)"
    usual = page.evaluate(size)
    session = page.context.new_cdp_session(page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    page.goto(page.url.replace("index", "04-gradient-descent"))
    assert page.evaluate(size) >= 1.85 * usual
    assert page.evaluate(HIDDEN_TO_THE_RIGHT) == []
    assert page.evaluate(OVERLAPS) == []


#: Parts of the page that lie over one another.
OVERLAPS = """() => {
  const parts = [".bd-sidebar-primary", ".bd-article", ".bd-sidebar-secondary"]
    .map((name) => [name, document.querySelector(name)])
    .filter(([, part]) => part?.checkVisibility({ visibilityProperty: true }))
    .map(([name, part]) => [name, part.getBoundingClientRect()])
    .filter(([, box]) => box.right > 0 && box.left < innerWidth && box.width);
  return parts.flatMap(([a, one], i) => parts.slice(i + 1)
    .filter(([, two]) => one.right > two.left + 1 && two.right > one.left + 1)
    .map(([b]) => `${a} and ${b}`));
}"""
