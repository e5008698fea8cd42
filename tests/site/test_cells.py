"""Cells that run and are edited in a page of the book, with the network cut off.

Most tests share one page where Python runs; each leaves it as it was printed.
"""

import gzip
import json

import pytest

from lessons.exercises.base import load
from tests.site.conftest import FULL_STORAGE, HANG_MS, SIZES, Watch, watched
from tests.site.test_pages import rules_of
from tools.editor.assemble import FOLDER
from tools.website.cells import FOLDER as CELLS

PAGE, TORCH = "04-gradient-descent", "03-backpropagation"
KEY = "training-large-models/progress"
NAME = "gradient-descent/one-step"
RIGHT = "def gd_step(theta, grad, lr):\n    return theta - lr * grad\n"
HELPERS = """() => {
  window.cell = (number) => lessonsCells.cells.get(number);
  window.done = (number) => new Promise((finish, fail) => {
    const look = () => cell(number).state ? setTimeout(look, 30) : finish();
    setTimeout(fail, HANG_MS, new Error("hangs"));
    look();
  });
}""".replace("HANG_MS", str(HANG_MS))


def number_of(page, line):
    """Return the number of the visible cell with a line."""
    return page.evaluate("""(line) => Number([...document.querySelectorAll(".py-cell")].find(
        (block) => block.textContent.includes(line) && block.querySelector("pre"))
        .className.match(/py-cell-(\\d+)/)[1])""", line)


def bar(page, number):
    return page.locator(f".py-cell-{number} ~ .py-bar").first


def press(page, number, what):
    """Press a button of a cell; the scripts are there afterwards."""
    bar(page, number).locator(f".py-{what}").click()
    page.wait_for_function("() => window.lessonsCells")
    page.evaluate(HELPERS)


def write(page, number, code):
    """Put a text into the editor of a cell."""
    if not page.evaluate("(n) => window.lessonsCells?.cells.get(n).editor", number):
        press(page, number, "edit")
    page.wait_for_selector(f".py-cell-{number} + .py-editor .cm-content")
    page.evaluate("(n) => cell(n).editor.focus()", number)
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def run(page, number, code=None):
    """Run a cell, perhaps with another text; return what it shows and what is said about it."""
    if code is not None:
        write(page, number, code)
    press(page, number, "run")
    page.evaluate("(n) => done(n)", number)
    return shown(page, number)


def shown(page, number):
    return page.evaluate(
        "(n) => [cell(n).output?.innerText.trim() ?? '', cell(n).said.textContent]", number)


@pytest.fixture(scope="module")
def shared_page(site, browser):
    context = browser.new_context(viewport=SIZES[1280])
    page, watch = watched(context, site)
    page.goto(site.address(PAGE))
    page.on("dialog", lambda dialog: dialog.accept())
    yield page, watch
    context.close()


@pytest.fixture
def page(shared_page):
    """The shared page; at the end it is as it was printed, and has had no error."""
    page, watch = shared_page
    yield page
    page.evaluate("lessonsCells.cells.forEach((cell) => cell.reset())")
    assert page.locator(".py-output, .py-editor, .py-hints, .py-reset").count() == 0
    assert watch == Watch()


def test_a_page_that_never_starts_python_grows_by_less_than_5_kb(site):
    starter = (site.folder / "_static/python/starter.js").read_bytes()
    assert len(gzip.compress(starter)) < 1500
    html = (site.folder / f"{PAGE}.html").read_text(encoding="utf-8")
    marks = len(gzip.compress(html.encode())) - len(gzip.compress(html.replace(
        " py-cell", "").replace(" py-matplotlib", "").encode()))
    style = (site.folder / "_static/book.css").read_text(encoding="utf-8")
    ours = style[style.index("/* Buttons of code cells"):]
    assert len(gzip.compress(starter)) + marks + len(gzip.compress(ours.encode())) < 3500


def test_nothing_is_loaded_before_a_click_and_the_size_is_said(site, shared_page):
    page, _ = shared_page
    manifest = (site.folder / "_static/python/manifest.json").read_text(encoding="utf-8")
    start, figures, scipy = (json.loads(manifest)["sets"][name]["sent"]
                             for name in ("start", "matplotlib", "scipy"))
    sent = start + figures
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [name for name in loaded if "/python/" in name and "starter" not in name]
    assert not [name for name in loaded if "/cells/" in name or "/editor/" in name]
    first = number_of(page, "def gradient_descent(")
    assert f"Run loads {sent / 1e6:.0f} MB, once" in bar(page, first).text_content()
    assert page.evaluate("lessonsSize(['start', 'cell', '7', 'matplotlib', 'scipy'])") == (
        f"Run loads {(sent + scipy) / 1e6:.0f} MB, once")
    buttons = page.locator(".py-bar > .py-run").count()
    assert buttons > 40 and page.locator("fieldset .py-bar, .tag_quiz .py-bar").count() == 0


def test_a_cell_runs_after_those_it_needs_and_says_so(page):
    number = number_of(page, "promised   measured")
    before = page.evaluate("(n) => [...document.querySelector(`.py-cell-${n}`).closest('.cell')"
                           ".querySelectorAll('.cell_output pre')][0].textContent", number)
    told, said = run(page, number)
    assert told.split() == before.split()
    assert said == "Ran cells 1 and 2 first."
    assert run(page, number) == [told, ""], "they do not run again"
    assert page.locator(f".cell:has(.py-cell-{number}) .cell_output:not(.py-output)").is_hidden()
    assert page.locator(".py-foot").inner_text().startswith("Python is ready.")


def test_a_cell_that_shows_a_widget_shows_it_in_place(page):
    numbers = page.evaluate("""() => [...document.querySelector("[data-name=rolling]")
        .closest(".cell").querySelectorAll(".py-cell")]
        .map((block) => Number(block.className.match(/py-cell-(\\d+)/)[1]))""")
    assert numbers == [1, 2, 3], "helpers of a figure share its fold"
    page.locator(".cell:has(.py-cell-3) summary").first.click()
    run(page, 3)
    assert page.locator(".cell:has(.py-cell-3) figure.explorer").count() == 2
    figure = page.locator(".py-output figure.explorer")
    figure.locator("input[type=range]").focus()
    page.keyboard.press("End")
    page.wait_for_function(
        "() => document.querySelector('.py-output .explorer-sentence').textContent.includes('60')")
    page.locator(".cell:has(.py-cell-3) summary").first.click()


def test_an_edited_cell_counts_for_the_cells_after_it(page):
    first, number = number_of(page, "def gradient_descent("), number_of(page, "promised   measured")
    write(page, first, "start = np.array([1.0, 0.0])\ngradient_descent = None")
    told, said = run(page, number, "print(start, gradient_descent)")
    assert told == "[1. 0.] None" and said.endswith("first.") and str(first) in said
    told, _ = run(page, number, "print(nothing_like_that)")
    assert told.startswith(f"Cell {number}, line 1\n    print(nothing_like_that)\nNameError")


def test_a_cell_that_needs_one_that_fails_says_which(page):
    first, number = number_of(page, "def gradient_descent("), number_of(page, "promised   measured")
    write(page, first, "start = 1 / 0")
    told, _ = run(page, number)
    assert told.startswith(f"Cell {first}, which this one needs, failed.\nCell {first}, line 1")
    assert "ZeroDivisionError" in told


LATE = ("from lessons.studies import compare\n"  # it imports SciPy when it runs
        "print(f'{compare.interval([1, 2, 3])[1]:.3f}')")


def test_a_package_comes_for_the_cell_that_needs_it(page):
    number = number_of(page, "def gradient_descent(")
    told, said = run(page, number, LATE)
    assert told.endswith("Write `import scipy` as the first line of this cell, and run it again.")
    assert said.startswith("It ended with an error.") and "MB" not in bar(page, number).inner_text()
    page.evaluate("""(n) => {
      cell(n).packages = ["scipy"];
      cell(n).size = document.createElement("small");
      cell(n).bar.append(cell(n).size);
      cell(n).sized();
      window.said = [];
      new MutationObserver(() => said.push(cell(n).said.textContent)).observe(
        cell(n).said, { childList: true });
    }""", number)
    assert bar(page, number).inner_text().endswith("Run loads 14 MB, once")
    assert run(page, number, LATE)[0] == "2.484"
    assert "Fetching scipy …" in page.evaluate("window.said")
    assert "MB" not in bar(page, number).inner_text()


def test_what_a_cell_prints_is_text(page):
    number = number_of(page, "def gradient_descent(")
    told, _ = run(page, number, "print('<img src=x onerror=window.bad=1><b>bold</b>')\n'a\\rb'")
    assert told.startswith("<img src=x onerror=window.bad=1><b>bold</b>")
    code = ("class A:\n    def _repr_mimebundle_(self, **_):\n        return {'text/html': "
            "'<p id=made onclick=\"bad=1\">made<script>bad=1</scr' + 'ipt>"
            "<img src=data:, onerror=\"bad=1\"><a href=\" java\\nscript:bad()\">x</a></p>'}\nA()")
    run(page, number, code)
    made = page.evaluate("document.querySelector('#made').outerHTML")
    assert "onclick" not in made and "onerror" not in made and "script" not in made
    assert page.evaluate("window.bad") is None


def test_a_figure_and_a_line_that_is_begun_again(page):
    number = number_of(page, "def gradient_descent(")
    told, said = run(page, number, "for i in range(3): print(f'\\rstep {i}', end='')\n"
                                   "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])\n"
                                   "_ = plt.title('<Loss>')")
    assert told == "step 2"
    picture = page.locator(".py-output img")
    assert picture.get_attribute("alt") == "Figure: <Loss>"
    assert page.evaluate("document.querySelector('.py-output img').decode().then(() => true)")


def test_an_endless_loop_is_stopped_and_what_is_lost_is_said(page):
    first, number = number_of(page, "def gradient_descent("), number_of(page, "promised   measured")
    run(page, first)
    write(page, number, "print('begun')\nwhile True: pass")
    press(page, number, "run")
    page.wait_for_function("(n) => cell(n).output?.innerText.includes('begun')", arg=number)
    assert page.locator(".py-foot").inner_text().startswith(f"Running cell {number}.")
    waiting = number_of(page, "def turned_valley(")
    press(page, waiting, "run")
    assert shown(page, waiting)[1] == "Waits for its turn."
    bar(page, number).locator(".py-run").click()
    for each in (number, waiting):
        page.evaluate("(n) => done(n)", each)
    assert shown(page, number) == [
        "begun", "Stopped. Run starts it again, with the cells it needs."]
    assert shown(page, waiting) == ["", ""]
    assert shown(page, first)[1].startswith("What this cell made is gone.")
    assert run(page, first)[1] == "Ran cells 1 and 2 first."


def test_the_keyboard_alone_is_enough(page):
    number = number_of(page, "def gradient_descent(")
    bar(page, number).locator(".py-edit").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f".py-cell-{number} + .py-editor .cm-content:focus")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    described = page.evaluate("document.getElementById(document.activeElement"
                              ".getAttribute('aria-describedby')).textContent")
    assert (label, described) == (
        f"Code of cell {number}", "Shift+Enter runs. Esc, then Tab, leaves the editor.")
    page.keyboard.press("Control+a")
    page.keyboard.type("if 1:")
    page.keyboard.press("Enter")
    page.keyboard.type("print(6 * 7)")
    page.keyboard.press("Shift+Enter")
    page.evaluate("(n) => done(n)", number)
    assert shown(page, number)[0] == "42"
    assert rules_of(page, f".cell:has(.py-cell-{number})") == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("cm-content"), "it indents"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "py-run"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "py-reset"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.className") == "py-run"
    assert page.locator(f".py-cell-{number}").is_visible()


def test_an_exercise_is_solved_where_it_stands(page):
    number = number_of(page, "def gd_step(theta, grad, lr):")
    form = page.locator(f'form.exercise-code[data-name="{NAME}"]')
    told, _ = run(page, number)
    assert told == "one-step: not started. Replace the ... by your code and run the cell again."
    hints = load("gradient-descent")["one-step"].hints
    press(page, number, "hint")
    place = page.locator(".py-hints")
    assert place.inner_text() == f"one-step, hint 1 of {len(hints)}: {hints[0]}"
    for _ in hints:
        press(page, number, "hint")
    assert "no more hints" in place.inner_text()
    assert bar(page, number).locator(".py-hint").is_disabled()
    told, _ = run(page, number, RIGHT.replace("-", "+"))
    assert told.startswith("one-step: not yet. The values are not right.\n  input     theta =")
    assert not form.get_attribute("class").endswith("solved")
    told, _ = run(page, number, RIGHT)  # the check is run all the same
    assert told.startswith("one-step: solved. The whole of plain gradient descent is this line")
    assert form.inner_text() == "Solved."
    kept = json.loads(page.evaluate(f"localStorage.getItem('{KEY}')"))
    assert kept["exercises"] == {NAME: "solved"} and kept["attempts"] == {NAME: RIGHT}


def test_two_pages_at_once(page, site):
    page.evaluate("() => {}")
    other, watch = watched(page.context, site)
    other.goto(site.address(PAGE))
    number = number_of(other, "def gradient_descent(")
    page_told, _ = run(page, number, "here = 1; print('first')")
    told, _ = run(other, number, "print('here' in globals())")
    assert (page_told, told) == ("first", "False")
    assert run(page, number, "print(here)")[0] == "1"
    other.close()
    assert watch == Watch()


# ---------- these need no running Python

def test_attempts_are_kept_exported_and_erased(tab):
    page = tab(PAGE)
    page.on("dialog", lambda dialog: dialog.accept())
    number = number_of(page, "def gd_step(theta, grad, lr):")
    write(page, number, RIGHT)
    page.reload()
    press(page, number, "edit")
    assert page.evaluate("(n) => cell(n).text", number) == RIGHT
    assert shown(page, number)[1].startswith("This is your attempt from last time.")
    page.wait_for_selector(".cm-content")
    exported = page.evaluate("JSON.stringify(lessonsProgress.all())")
    page.evaluate("lessonsProgress.erase()")
    assert page.evaluate(f"localStorage.getItem('{KEY}')") is None
    assert page.evaluate("(text) => lessonsProgress.merge(text)", exported) == 1
    assert page.evaluate(f"lessonsProgress.find('attempts', '{NAME}')") == RIGHT
    press(page, number, "reset")
    assert page.evaluate(f"lessonsProgress.find('attempts', '{NAME}')") is None
    assert page.locator(f".py-cell-{number}").is_visible()


def test_a_full_storage_is_said_and_nothing_is_lost_before_the_page_is_left(tab):
    page = tab(PAGE, script=FULL_STORAGE)
    number = number_of(page, "def gd_step(theta, grad, lr):")
    write(page, number, RIGHT)
    page.wait_for_function("(n) => cell(n).said.textContent", arg=number)
    assert shown(page, number)[1].endswith("this browser keeps nothing, or its storage is full.")
    assert page.evaluate("(n) => cell(n).text", number) == RIGHT


def test_a_cell_that_needs_pytorch_says_so(tab):
    page = tab(TORCH)
    button = page.locator(".py-why").first
    assert button.text_content() == "Needs PyTorch"
    if not button.is_visible():
        page.locator(".cell:has(.py-why) summary").first.click()
    button.click()
    said = page.locator(".py-bar:has(.py-why) output").first
    said.wait_for()
    assert said.inner_text() == ("This cell needs PyTorch, which Python in a page does not have. "
                                 "Run the chapter on your machine with “make lab”.")


def test_a_page_from_a_file(site, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.address(PAGE, "file"))
    number = number_of(page, "def gd_step(theta, grad, lr):")
    press(page, number, "hint")
    assert page.locator(".py-hints").inner_text().startswith("one-step, hint 1 of")
    press(page, number, "edit")
    field = page.get_by_label(f"Code of cell {number}", exact=True)
    assert field.evaluate("(e) => e.tagName") == "TEXTAREA", "modules do not load from files"
    field.fill("def gd_step(theta, grad, lr):")
    field.press("End")
    field.press("Enter")
    page.keyboard.type("return theta")
    assert field.input_value().endswith(":\n    return theta")
    field.press("Tab")
    assert field.input_value().endswith("theta    ")
    field.press("Escape")
    field.press("Tab")
    assert page.evaluate("document.activeElement.className") == "py-run"
    page.keyboard.press("Enter")
    page.evaluate("(n) => done(n)", number)
    assert shown(page, number)[1].startswith(
        "Python cannot start in a page that was opened as a file. It can where “python3 -m "
        "http.server” serves the folder. Run the chapter on your machine")
    context.close()


def test_every_page_with_buttons_has_its_script(site):
    for path in site.folder.glob("*.html"):
        has = 'py-cell' in path.read_text(encoding="utf-8")
        if has:
            assert (site.folder / CELLS / f"{path.stem}.js").is_file(), path.stem
    assert (site.folder / FOLDER / "editor.js").is_file(), "the editor was not assembled"
