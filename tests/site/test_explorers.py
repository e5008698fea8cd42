"""Explorers and quizzes on the built site: what the page shows is what the notebook stores.

That the notebook stores what Python computes is nbval's to prove, and that its states stand in the
order of `itertools.product`, tests/lessons/widgets/test_explore.py's. Nothing is computed here.
"""

import json
import math
import re
from pathlib import Path

import pytest

from lessons.widgets.explorers import explorer as explore
from lessons.widgets.explorers.record import unpack
from lessons.widgets.quizzes import ask as quiz
from tests.site.conftest import unfold
from tests.site.stored import outputs, pages_with

pytestmark = pytest.mark.cells


PAGES = pages_with(explore.MIME_TYPE)
QUIZ_PAGES = pages_with(quiz.MIME_TYPE)
SCRIPT = Path(explore.__file__).with_name("explore.js")
#: Pages whose explorers are used by key, pointer and Play on each push. The others are weekly: one
#: script moves them all, and every state of every page is compared with the stored one.
USED = {"04-gradient-descent", "07-hardware", "13-speech"}
BY_HAND = [pytest.param(name, marks=() if name in USED else pytest.mark.weekly) for name in PAGES]


def records(name):
    """Return the recorded explorers of a notebook by name."""
    unpacked = [unpack(payload) for payload in outputs(name, explore.MIME_TYPE)]
    return {record["name"]: record for record in unpacked}


def open_page(page, site, name, mode="served"):
    page.goto(site.address(name, mode))
    page.wait_for_function("() => document.readyState === 'complete'")
    unfold(page)


def unfolded(page):
    """Return a shared visit with everything in sight."""
    unfold(page)
    return page


def names(page):
    return page.locator("figure.explorer").evaluate_all("fs => fs.map(f => f.dataset.name)")


def figure(page, name):
    """Return the element of an explorer, in reach and unpacked.

    An element and not a locator, which searches the whole page for it at every use.
    """
    found = page.query_selector(f'figure.explorer[data-name="{name}"]')
    found.scroll_into_view_if_needed()
    page.wait_for_function("f => f.dataset.ready", arg=found)
    return found


def controls(found):
    """Return the elements of an explorer's controls."""
    return found.query_selector_all("[data-key]")


def is_range(field):
    return field.evaluate("e => e.type") == "range"


def shown(found):
    return found.evaluate("""f => ({
      panels: [...f.querySelectorAll('g.moving')].map(g => g.innerHTML),
      sentence: f.querySelector('.explorer-sentence').textContent})""")


def by_keyboard(page, field, index, last):
    field.focus()
    page.keyboard.press("End" if index == last else "Home")
    for _ in range(index if index < last else 0):
        page.keyboard.press("ArrowRight" if is_range(field) else "ArrowDown")


#: Where to press the pointer and where to let it go, halfway first.
DRAG = """(field, index) => {
  field.scrollIntoView({ block: "nearest" });
  const { left, top, width, height } = field.getBoundingClientRect(), thumb = 16;
  const at = (value) => left + thumb / 2 + (value / field.max) * (width - thumb);
  const xs = [+field.value, (+field.value + index) / 2, index].map(at);
  return xs.map((x) => [x, top + height / 2]);
}"""


def by_pointer(page, field, index, last):
    if not is_range(field):
        field.select_option(index=index)
        return
    start, *ways = field.evaluate(DRAG, index)
    page.mouse.move(*start)
    page.mouse.down()
    for way in ways:
        page.mouse.move(*way)
    page.mouse.up()


#: Gives an explorer the record that it is compared with, and functions that say whether the page
#: holds just this one, and how what is shown differs from what is stored for these positions of
#: its controls. As text: objects are slow to hand over.
COMPARE = """(f, text) => {
  const record = JSON.parse(text);
  const fields = record.controls.map((c) => f.querySelector(`[data-key="${c.key}"]`));
  const groups = [...f.querySelectorAll("g.moving")];
  const sentence = f.querySelector(".explorer-sentence");
  const named = (e) => e.options
    ? [e.selectedOptions[0].textContent]
    : [e.getAttribute("aria-valuetext"), e.nextElementSibling.textContent];
  const shows = (group, text) => {
    const stored = group.cloneNode(false);
    stored.innerHTML = text;
    return stored.isEqualNode(group);
  };
  f.differences = (at) => {
    // The last control changes fastest, as in itertools.product.
    const k = record.controls.reduce((k, c, i) => k * c.texts.length + at[i], 0);
    const state = record.states[k], said = [];
    record.controls.forEach((c, i) => {
      const text = `${c.texts[at[i]]} ${c.unit}`.trimEnd();
      if (+fields[i].value !== at[i] || named(fields[i]).some((name) => name !== text))
        said.push(`state ${k}: ${c.key} is called ${named(fields[i])}, stored is ${text}`);
    });
    if (sentence.textContent !== state.at(-1))
      said.push(`state ${k} says ${sentence.textContent}, stored is ${state.at(-1)}`);
    if (groups.length !== state.length - 1 || !groups.every((g, i) => shows(g, state[i])))
      said.push(`state ${k}: another picture than the stored one`);
    return said;
  };
  f.holds = async () => {
    const packed = f.querySelector('script[type="application/gzip+base64"]').textContent;
    const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const held = await new Response(stream).json();
    return JSON.stringify(held) === JSON.stringify(record);
  };
  f.everyState = () => {
    const said = [], heights = new Set();
    record.states.forEach((state, k) => {
      const at = record.controls.map(() => 0);
      for (let i = fields.length - 1, rest = k; i >= 0; i--) {
        at[i] = rest % record.controls[i].texts.length;
        rest = Math.floor(rest / record.controls[i].texts.length);
        fields[i].value = at[i];
      }
      fields[0].dispatchEvent(new Event("input", { bubbles: true }));
      said.push(...f.differences(at));
      heights.add(f.offsetHeight);
    });
    if (heights.size !== 1) said.push(`moves the page below: it is ${[...heights]} px high`);
    return said.slice(0, 5);
  };
}"""
HOLDS = "f => f.holds()"
EVERY_STATE = "f => f.everyState()"
DIFFERENCES = "(f, at) => f.differences(at)"
RESET = "f => f.querySelector('.explorer-reset').click()"

@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("mode", ["served", "file"])
def test_every_state_of_the_page_is_the_stored_one(shared, name, mode):
    page = unfolded(shared(name, mode))
    stored = records(name)
    assert names(page) == list(stored)
    for explorer, record in stored.items():
        found = figure(page, explorer)
        sizes = [len(control["texts"]) for control in record["controls"]]
        assert len(record["states"]) == math.prod(sizes), explorer
        found.evaluate(COMPARE, json.dumps(record))
        assert found.evaluate(HOLDS), explorer
        if mode == "served":
            assert found.evaluate(EVERY_STATE) == [], explorer
        else:  # the same script, and the same record: one move shows that they have met
            defaults, last = [control["default"] for control in record["controls"]], sizes[0] - 1
            there = 0 if defaults[0] == last else last
            by_keyboard(page, controls(found)[0], there, last)
            assert found.evaluate(DIFFERENCES, [there, *defaults[1:]]) == [], explorer
        found.evaluate(RESET)


#: States beyond which the script forgets drawings.
MOST_KEPT = int(re.search(r"MOST_KEPT = (\d+);", SCRIPT.read_text(encoding="utf-8"))[1])


def traits(name):
    """Return what the script could treat differently in the explorers of a page."""
    found = set()
    for record in records(name).values():
        kinds = {(c["kind"], c["play"], bool(c["unit"])) for c in record["controls"]}
        last = {c["default"] == len(c["texts"]) - 1 for c in record["controls"]}
        found |= kinds | {f"{len(record['controls'])} controls", f"{len(record['panels'])} panels",
                          f"stands at the end: {last}", len(record["states"]) > MOST_KEPT}
    return found


def test_the_pages_that_are_always_used_have_every_trait_of_an_explorer():
    assert set().union(*map(traits, PAGES)) == set().union(*map(traits, USED))


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("mode", ["served", pytest.param("file", marks=pytest.mark.weekly)])
def test_every_control_leads_to_the_stored_state(shared, name, mode):
    page = unfolded(shared(name, mode))
    for explorer, record in records(name).items():
        found = figure(page, explorer)
        found.evaluate(COMPARE, json.dumps(record))
        fields = controls(found)
        defaults = [control["default"] for control in record["controls"]]
        for i, control in enumerate(record["controls"]):
            field, last = fields[i], len(control["texts"]) - 1
            # One key, one step, from the beginning on; to the end; with few steps, back to it.
            steps = {0, min(2, last), last} if last <= 2 else {2, last}
            moves = [(by_keyboard, index) for index in steps]
            if mode == "served":
                moves += [(by_pointer, index) for index in {0, last}]  # by way of the middle
            for move, index in moves:
                move(page, field, index, last)
                at = [*defaults[:i], index, *defaults[i + 1:]]
                where = f"{explorer}, {control['key']} {index}, {move.__name__}"
                assert found.evaluate(DIFFERENCES, at) == [], where
            found.evaluate(RESET)
            assert found.evaluate(DIFFERENCES, defaults) == [], explorer


def test_what_differs_is_said(page, site):
    open_page(page, site, PAGES[0])
    explorer = names(page)[0]
    found = figure(page, explorer)

    def differences(change):
        record = records(PAGES[0])[explorer]
        before = json.dumps(record)
        change(record["states"], record["controls"])
        found.evaluate(COMPARE, json.dumps(record))
        assert found.evaluate(HOLDS) == (json.dumps(record) == before)
        return found.evaluate(EVERY_STATE)

    def swap(states, controls):
        states[0][-1], states[-1][-1] = states[-1][-1], states[0][-1]

    def draw_more(states, controls):
        states[1][0] += "<path/>"

    def rename(states, controls):
        controls[0]["texts"][0] += "?"

    last = len(records(PAGES[0])[explorer]["states"]) - 1
    assert differences(lambda states, controls: None) == []
    assert [line.split(" says ")[0] for line in differences(swap)] == ["state 0", f"state {last}"]
    assert differences(draw_more) == ["state 1: another picture than the stored one"]
    assert "is called" in differences(rename)[0]
    found.evaluate("""f => f.addEventListener("input", () => {
      f.style.height = `${f.offsetHeight + 1}px`; })""")
    assert differences(lambda states, controls: None)[0].startswith("moves the page below")


@pytest.mark.parametrize("name", PAGES)
def test_every_explorer_of_the_notebook_is_on_the_page_and_light(name):
    payloads = outputs(name, explore.MIME_TYPE)
    assert payloads
    for payload in payloads:
        assert len(payload["data"]) * 3 / 4 <= explore.MAX_BYTES, payload["name"]


# A reader's click on Pause, right after the tick of Play that reaches a place: on a busy machine a
# click from outside comes late, and Play may have ended by itself.
PAUSE_AT = """([button, field]) => {
  const real = window.setInterval;
  window.place = String(Math.min(2, field.max - 1));
  window.named = "";
  window.setInterval = (tick, ms) => {
    window.setInterval = real;
    return real(() => {
      tick();
      if (field.value !== window.place) return;
      window.named = button.textContent;
      button.click();
    }, ms);
  };
}"""


@pytest.mark.parametrize("name", BY_HAND)
def test_play_pause_and_reset(shared, name):
    page = unfolded(shared(name))
    for explorer in names(page):
        found = figure(page, explorer)
        before = shown(found)
        for button in found.query_selector_all(".explorer-play"):
            field = found.query_selector_all('input[type="range"]')[-1]
            field.evaluate("e => { e.value = 0; }")
            page.evaluate(PAUSE_AT, [button, field])
            button.click()
            page.wait_for_function("() => window.named")
            assert page.evaluate("() => window.named") == "Pause"
            assert button.inner_text() == "Play"
            page.evaluate("() => new Promise((done) => setTimeout(done, 300))")  # the page's clock
            assert field.input_value() == page.evaluate("() => window.place")
        field = controls(found)[0]
        by_pointer(page, field, 1 if field.get_attribute("data-default") == "0" else 0, 1)
        found.query_selector(".explorer-reset").click()
        assert shown(found) == before


@pytest.mark.parametrize("name", BY_HAND)
def test_nothing_is_remembered(shared, name):
    page = unfolded(shared(name))
    for explorer in names(page):
        field = controls(figure(page, explorer))[0]
        field.focus()
        page.keyboard.press("Home" if field.get_attribute("data-default") != "0" else "End")
    page.reload()
    for explorer in names(page):
        for field in controls(figure(page, explorer)):
            assert field.input_value() == field.get_attribute("data-default")


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_the_default_state_stands(shared, name):
    page = shared(name, "plain")
    for payload in outputs(name, explore.MIME_TYPE):
        default = unpack(payload)["default"]
        found = page.locator(f'figure.explorer[data-name="{payload["name"]}"]')
        assert found.locator(".explorer-sentence").inner_text() == default["sentence"]
        assert found.locator("g.moving > *").count() > 0


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_and_moves_every_control(shared, name):
    page = unfolded(shared(name, "phone"))
    for explorer in names(page):
        found = figure(page, explorer)
        for field in found.query_selector_all("[data-key], button"):
            box = field.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 360
        for field in found.query_selector_all('input[type="range"]'):
            box = field.bounding_box()
            before = field.input_value()
            there = box["width"] - 9 if int(before) == 0 else 9
            field.tap(position={"x": there, "y": box["height"] / 2})
            assert field.input_value() != before
        smallest = found.evaluate("""f => Math.min(...[...f.querySelectorAll('svg text')].map(t =>
          parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.getScreenCTM().a))""")
        assert smallest >= 7, f"text of {smallest:.1f} px in {explorer}"


#: The colours of a drawing and their contrast with its ground, by theme; no frame is drawn between.
COLOURS = """(roles) => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = rgb(colour).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const figure = document.querySelector("figure.explorer"), probe = document.createElement("i");
  const look = (role) => {
    probe.style.color = `var(--c-${role})`;
    const colour = getComputedStyle(probe).color;
    const [a, b] = [colour, getComputedStyle(figure).backgroundColor].map(luminance);
    return [colour, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
  };
  const { dataset } = document.documentElement, chosen = dataset.theme;
  const found = ["light", "dark"].map((theme) => {
    dataset.theme = theme;
    figure.append(probe);
    const looks = Object.fromEntries(roles.map((role) => [role, look(role)]));
    probe.remove();
    return [theme, looks];
  });
  dataset.theme = chosen;
  return Object.fromEntries(found);
}"""
ROLES = ["ink", "muted", "train", "valid", "grad", "path", "warn"]


@pytest.mark.parametrize("name", PAGES)
def test_dark_mode_changes_the_drawing(shared, name):
    found = shared(name).evaluate(COLOURS, ROLES)
    for scheme, looks in found.items():
        for role, (colour, contrast) in looks.items():
            assert contrast >= 3, f"{role} {colour} has a contrast of {contrast:.1f} in {scheme}"
    assert all(found["light"][role][0] != found["dark"][role][0] for role in ROLES)


@pytest.mark.parametrize("name", QUIZ_PAGES)
def test_quizzes_answer_at_once(shared, name):
    page = unfolded(shared(name))
    sources = page.query_selector_all(".cell.tag_quiz .cell_input")
    assert sources and not any(source.is_visible() for source in sources)  # they name the answer
    for payload in outputs(name, quiz.MIME_TYPE):
        found = page.query_selector(f"#quiz-{payload['name'].replace('/', '-')}")
        found.scroll_into_view_if_needed()
        feedback = found.query_selector(".quiz-feedback")
        assert feedback.inner_text() == ""
        first = found.query_selector('input[type="radio"]')
        first.focus()
        page.keyboard.press("Space")
        for i, option in enumerate(payload["options"]):
            if i:
                page.keyboard.press("ArrowDown")
            said = feedback.inner_text()
            assert said.startswith("Right." if option["right"] else "Not quite.")
            assert said.endswith(option["why"].replace("`", ""))
        first.click()
        assert feedback.get_attribute("data-right") == str(payload["options"][0]["right"]).lower()
