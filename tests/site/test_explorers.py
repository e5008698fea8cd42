"""Explorers and quizzes on the built site: what the page shows is what Python computes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from lessons import explore, quiz
from tests.site.conftest import unfold
from tools.notebook_nbval import svg_differs

ROOT = Path(__file__).resolve().parents[2]


def outputs(name, mime):
    """Return the payloads of one kind that a notebook stores."""
    nb = nbformat.read(ROOT / "book" / f"{name}.ipynb", as_version=4)
    return [o["data"][mime] for c in nb.cells for o in c.get("outputs", [])
            if mime in o.get("data", {})]


PAGES = sorted(p.stem for p in (ROOT / "book").glob("*.ipynb")
               if outputs(p.stem, explore.MIME_TYPE))
QUIZ_PAGES = sorted(p.stem for p in (ROOT / "book").glob("*.ipynb")
                    if outputs(p.stem, quiz.MIME_TYPE))


@pytest.fixture(scope="module")
def fresh():
    """Compute each chapter once, when the first test needs it."""
    kept = {}

    def get(name):
        if name not in kept:
            env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            command = [sys.executable, Path(__file__).with_name("recompute.py"),
                       ROOT / "text" / f"{name}.md"]
            done = subprocess.run(command, cwd=ROOT / "book", env=env, capture_output=True,
                                  text=True, check=False)
            assert done.returncode == 0, done.stderr[-2000:]
            kept[name] = json.loads(done.stdout)
        return kept[name]

    return get


def open_page(page, site, name, mode="served"):
    page.goto(site.address(name, mode))
    page.wait_for_function("document.readyState === 'complete'")
    unfold(page)


def names(page):
    return page.locator("figure.explorer").evaluate_all("fs => fs.map(f => f.dataset.name)")


def figure(page, name):
    found = page.locator(f'figure.explorer[data-name="{name}"]')
    found.scroll_into_view_if_needed()
    page.wait_for_function(
        "n => document.querySelector(`figure.explorer[data-name='${n}']`).dataset.ready", arg=name
    )
    return found


def shown(found):
    return found.evaluate("""f => ({
      panels: [...f.querySelectorAll('g.moving')].map(g => g.innerHTML),
      sentence: f.querySelector('.explorer-sentence').textContent})""")


def spoken(field):
    """Return how a control names its value, to a screen reader and to the eye alike."""
    heard, seen = field.evaluate("""e => e.options
      ? [e.selectedOptions[0].textContent, e.selectedOptions[0].textContent]
      : [e.getAttribute('aria-valuetext'), e.nextElementSibling.textContent]""")
    assert heard == seen
    return heard


def browsers_spelling(page, panels):
    """Return SVG fragments as this browser writes them after reading them."""
    return page.evaluate("""panels => panels.map(text => {
      const g = document.createElementNS('http://www.w3.org/2000/svg', 'g');
      g.innerHTML = text; return g.innerHTML; })""", panels)


def by_keyboard(page, field, index, last):
    field.focus()
    page.keyboard.press("Home")
    for _ in range(index if index <= last // 2 else 0):
        page.keyboard.press("ArrowRight" if field.get_attribute("type") else "ArrowDown")
    if index > last // 2:
        page.keyboard.press("End")


def by_pointer(page, field, index, last):
    if field.get_attribute("type") != "range":
        field.select_option(str(index))
        return
    field.scroll_into_view_if_needed()
    box, thumb = field.bounding_box(), 16
    y, start = box["y"] + box["height"] / 2, box["x"] + thumb / 2
    here = int(field.input_value())
    width = box["width"] - thumb
    page.mouse.move(start + width * here / last, y)
    page.mouse.down()
    page.mouse.move(start + width * (here + index) / 2 / last, y)
    page.mouse.move(start + width * index / last, y)
    page.mouse.up()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_shows_what_python_computes(new_page, site, fresh, name):
    expected = fresh(name)
    page, watch = new_page(1280, "light")
    for mode, moves in [("served", [by_keyboard, by_pointer]), ("file", [by_keyboard])]:
        open_page(page, site, name, mode)
        assert names(page) == list(expected)
        for explorer, probes in expected.items():
            found = figure(page, explorer)
            for key, index, text, panels, sentence in probes:
                field = found.locator(f'[data-key="{key}"]')
                last = field.evaluate("e => e.options ? e.options.length - 1 : +e.max")
                for move in moves:
                    found.locator(".explorer-reset").click()
                    move(page, field, index, last)
                    where = f"{mode}, {explorer}, {key}, index {index}, {move.__name__}"
                    assert int(field.input_value()) == index, where
                    now = shown(found)
                    assert now["sentence"] == sentence, where
                    assert spoken(field) == text, where
                    for a, b in zip(now["panels"], browsers_spelling(page, panels), strict=True):
                        assert not svg_differs(a, b), where
    assert not watch.errors and not watch.foreign


@pytest.mark.parametrize("name", PAGES)
def test_every_explorer_of_the_notebook_is_on_the_page_and_light(name):
    payloads = outputs(name, explore.MIME_TYPE)
    assert payloads
    for payload in payloads:
        assert len(payload["data"]) * 3 / 4 <= explore.MAX_BYTES, payload["name"]


@pytest.mark.parametrize("name", PAGES)
def test_play_pause_reset_and_nothing_remembered(page, site, name):
    open_page(page, site, name)
    for explorer in names(page):
        found = figure(page, explorer)
        before = shown(found)
        for button in found.locator(".explorer-play").all():
            field = found.locator('input[type="range"]').last
            field.evaluate("e => { e.value = 0; }")
            button.click()
            assert button.inner_text() == "Pause"
            page.wait_for_function("e => Number(e.value) >= 2", arg=field.element_handle())
            button.click()
            assert button.inner_text() == "Play"
            stopped = field.input_value()
            page.evaluate("() => new Promise((done) => setTimeout(done, 300))")  # the page's clock
            assert field.input_value() == stopped
        field = found.locator("[data-key]").first
        by_pointer(page, field, 1 if field.get_attribute("data-default") == "0" else 0, 1)
        found.locator(".explorer-reset").click()
        assert shown(found) == before
        field.focus()
        page.keyboard.press("End")
    page.reload()
    for explorer in names(page):
        for field in figure(page, explorer).locator("[data-key]").all():
            assert field.input_value() == field.get_attribute("data-default")


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_the_default_state_stands(browser, site, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address(name, "file"))
    for payload in outputs(name, explore.MIME_TYPE):
        default = explore.unpack(payload)["default"]
        found = page.locator(f'figure.explorer[data-name="{payload["name"]}"]')
        assert found.locator(".explorer-sentence").inner_text() == default["sentence"]
        assert found.locator("g.moving > *").count() > 0
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_and_moves_every_control(browser, site, name):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    open_page(page, site, name)
    for explorer in names(page):
        found = figure(page, explorer)
        for field in found.locator("[data-key], button").all():
            box = field.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 360
        for field in found.locator('input[type="range"]').all():
            box = field.bounding_box()
            before = field.input_value()
            there = box["width"] - 9 if int(before) == 0 else 9
            field.tap(position={"x": there, "y": box["height"] / 2})
            assert field.input_value() != before
        smallest = found.evaluate("""f => Math.min(...[...f.querySelectorAll('svg text')].map(t =>
          parseFloat(getComputedStyle(t).fontSize) * t.ownerSVGElement.getScreenCTM().a))""")
        assert smallest >= 7, f"text of {smallest:.1f} px in {explorer}"
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_dark_mode_changes_the_drawing(new_page, site, name):
    colours = {}
    for scheme in ("light", "dark"):
        page, _ = new_page(1280, scheme)
        open_page(page, site, name)
        colours[scheme] = page.evaluate("""() => {
          const rgb = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number);
          const lum = c => { const [r, g, b] = rgb(c).map(v => { v /= 255;
            return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const figure = document.querySelector('figure.explorer');
          const paper = lum(getComputedStyle(figure).backgroundColor);
          return ['ink', 'muted', 'train', 'valid', 'grad', 'path', 'warn'].map(role => {
            const probe = document.createElement('i'); probe.style.color = `var(--c-${role})`;
            figure.append(probe); const c = getComputedStyle(probe).color; probe.remove();
            const l = lum(c);
            return [role, c, (Math.max(l, paper) + 0.05) / (Math.min(l, paper) + 0.05)]; }); }""")
        for role, colour, contrast in colours[scheme]:
            assert contrast >= 3, f"{role} {colour} has a contrast of {contrast:.1f} in {scheme}"
    assert all(a[1] != b[1] for a, b in zip(colours["light"], colours["dark"], strict=True))


@pytest.mark.parametrize("name", QUIZ_PAGES)
def test_quizzes_answer_at_once(page, site, name):
    open_page(page, site, name)
    sources = page.locator(".cell.tag_quiz .cell_input").all()
    assert sources and not any(source.is_visible() for source in sources)  # they name the answer
    for payload in outputs(name, quiz.MIME_TYPE):
        found = page.locator(f"#quiz-{payload['name'].replace('/', '-')}")
        found.scroll_into_view_if_needed()
        feedback = found.locator(".quiz-feedback")
        assert feedback.inner_text() == ""
        radios = found.locator('input[type="radio"]')
        radios.first.focus()
        page.keyboard.press("Space")
        for i, option in enumerate(payload["options"]):
            if i:
                page.keyboard.press("ArrowDown")
            said = feedback.inner_text()
            assert said.startswith("Right." if option["right"] else "Not quite.")
            assert said.endswith(option["why"].replace("`", ""))
        radios.first.click()
        assert feedback.get_attribute("data-right") == str(payload["options"][0]["right"]).lower()


@pytest.mark.parametrize("name", PAGES)
def test_no_state_moves_the_page_below(page, site, name):
    open_page(page, site, name)
    for explorer in names(page):
        heights = figure(page, explorer).evaluate("""f => {
          const inputs = [...f.querySelectorAll('[data-key]')];
          const sizes = inputs.map(e => e.options ? e.options.length : Number(e.max) + 1);
          const heights = new Set();
          for (let k = 0; k < sizes.reduce((a, b) => a * b); k++) {
            let rest = k;
            inputs.forEach((e, i) => {
              e.value = rest % sizes[i];
              rest = Math.floor(rest / sizes[i]); });
            inputs[0].dispatchEvent(new Event('input', { bubbles: true }));
            heights.add(f.offsetHeight);
          }
          return [...heights]; }""")
        assert len(heights) == 1, f"{explorer} is {heights} px high"
