"""Hostile texts in a widget make no element, whatever its script does with them."""

import pytest

from tests.hostile import ENDLESS, PIECES, WIDGETS
from tests.site.conftest import SIZES, Watch, watched
from tests.site.tried import tried

#: Each option is chosen, each slider goes to both ends, each button is pressed, twice; no figure
#: plays (that takes time) and no Python starts (the tests of its pages feed it such texts).
USE = """(root) => {
  const tell = (field) => ["input", "change"].forEach((name) =>
    field.dispatchEvent(new Event(name, { bubbles: true })));
  const set = (field, value) => { field.value = value; tell(field); };
  for (let turn = 0; turn < 2; turn++) {
    for (const field of root.querySelectorAll("input, select, textarea")) {
      if (field.type === "range") [field.min, field.max].forEach((end) => set(field, end));
      else if (["radio", "checkbox"].includes(field.type)) field.click();
      else if (field.tagName === "SELECT")
        [...field.options].forEach((option) => set(field, option.value));
      else if (field.type !== "hidden") set(field, field.value || "o");
    }
    for (const button of root.querySelectorAll(
      "button:not([class*=play], [class*=start], [data-do])")) button.click();
  }
}"""
SHAPE = """(root) => [root, ...root.querySelectorAll("*")].map((e) =>
  `${e.tagName} ${[...e.attributes].map((a) => a.name).sort()}`)"""
IMAGE = "<img src=x onerror=alert(1)>"
#: What the browser tells of a handler or an address that is a script, and what such a script does.
NOTE = """window.told = [];
addEventListener("securitypolicyviolation", (event) => told.push(event.violatedDirective));
window.alert = (text) => told.push(`alert ${text}`);"""


@pytest.fixture
def used(browser, site):
    """A function that shows a widget in a page of the book and uses it; returns its elements."""
    context = browser.new_context(viewport=SIZES[1280])
    context.add_init_script(NOTE)

    def use(kind, text, scripts=None):
        page, watch = watched(context, site)
        if scripts:
            page.route("**/_static/*.js*", scripts)
        root = tried(page, site, kind, text)
        root.evaluate(USE)
        page.evaluate("() => new Promise((f) => requestAnimationFrame(() => setTimeout(f)))")
        found = root.evaluate(SHAPE), page.evaluate("told"), watch
        page.close()
        return found

    yield use
    context.close()


@pytest.mark.parametrize("kind", WIDGETS)
def test_a_hostile_text_stays_a_text_while_its_widget_is_used(used, kind):
    harmless, _, _ = used(kind, str)
    elements, told, watch = used(kind, lambda text: f"{text}{''.join(PIECES)}{ENDLESS}")
    assert elements == harmless
    assert told == [] and watch == Watch()


def test_a_script_that_parses_such_a_text_is_found_out(used):
    def careless(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(".textContent", ".innerHTML"))

    harmless, _, _ = used("explorers", str)
    elements, told, _ = used("explorers", lambda text: f"{text}{IMAGE}", careless)
    assert elements != harmless
    assert "script-src-attr" in told  # the browser stops the handler all the same
