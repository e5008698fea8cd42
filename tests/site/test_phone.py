"""Narrow screens and fingers: figures in sight, nothing cut off, nothing moved by scrolling."""

import pytest
from playwright.sync_api import expect

from tests.site.conftest import unfold
from tests.site.test_explorers import PAGES as EXPLORER_PAGES
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
    """Return the explorers of a page, all in reach and unpacked."""
    unfold(page)
    for found in page.locator("figure.explorer").all():
        found.scroll_into_view_if_needed()
        expect(found).to_have_attribute("data-ready", "true")
        yield found


@pytest.mark.parametrize("name", EXPLORER_PAGES)
def test_under_a_finger_the_figure_is_in_sight(shared, name):
    page = shared(name, "phone")
    finger = Finger(page)
    for found in explorers(page):
        for field in found.locator('input[type="range"]').all():
            for end in ("start", "end"):
                where = f"{found.get_attribute('data-name')}, {field.get_attribute('id')}, {end}"
                found.evaluate(REMEMBER)
                place = field.evaluate(PLACE, end)
                x, y = place["x"], place["y"]
                finger.touch("touchStart", (x, y))
                for part in (0.3, 0.6, 1):
                    finger.touch("touchMove", (x + part * (place["to"] - x), y))
                seen = found.evaluate(IN_SIGHT, [x, y])
                finger.touch("touchEnd")
                assert seen["changed"] and seen["seen"] and not seen["over"], (where, seen)
                found.locator(".explorer-reset").click()


@pytest.mark.parametrize("name", EXPLORER_PAGES)
def test_a_choice_shows_a_panel_that_it_changes(shared, name):
    page = shared(name, "phone")
    for found in explorers(page):
        for field in found.locator("select").all():
            found.evaluate(REMEMBER)
            place = field.evaluate(PLACE, "end")
            last = field.evaluate("e => e.options.length - 1")
            now = int(field.input_value())
            field.select_option(str(last if now != last else 0))
            page.evaluate(TWO_FRAMES)
            seen = found.evaluate(IN_SIGHT, [place["x"], place["y"]])
            assert seen["seen"] or not seen["changed"], (field.get_attribute("id"), seen)
            assert not seen["over"], (field.get_attribute("id"), seen)
            found.locator(".explorer-reset").click()
