"""Explorers whose cell ran in a page: their sliders stop anywhere, and Python draws there."""

import pytest

from lessons.widgets.registry import HERE
from tests.site.conftest import SIZES, Watch
from tests.site.test_python import PAGE, Host, opened as open_page, run
from tools.pyodide.assemble import assemble

CELL = """
from lessons.widgets import choice, explore, slider
drawn = []
def frame(ax):
    ax.set(xlim=(0, 1), ylim=(0, 1))
def draw(ax, slope, way):
    drawn.append(slope)
    if slope == 0.25: raise ValueError("<b>not</b> here")
    ax.plot([0, 1], [0, slope])
    return f"It rises {way} by {slope:.3f}."
explore(draw, frame, name="line", title="How steep?", alt="A line that rises from zero.",
        slope=slider([0.0, 0.5, 1.0], label="slope", play=True),
        way=choice(["up", "down"], label="way"))
"""
SHOW = """(code) => run(code).then((result) => {
  const place = document.querySelector("main");
  place.innerHTML = result.shown.find((item) => item.kind === "text/html")?.data ?? "";
  document.dispatchEvent(new CustomEvent("lessons:shown", { detail: place }));
  return result.ok;
})"""
MOVE = """(to) => { const input = document.querySelector("[data-key=slope]");
  for (const value of [to].flat()) {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""


@pytest.fixture(scope="module")
def shared(browser, tmp_path_factory):
    """A page with the explorers' script and Python, and what it notes."""
    folder = tmp_path_factory.mktemp("explorers")
    if line := assemble(folder):
        pytest.fail(line, pytrace=False)
    (folder / "explore.js").write_bytes((HERE / "explorers/explore.js").read_bytes())
    (folder / "page.html").write_text(PAGE.replace(
        "<p>", "<main></main><p>").replace("<script", '<script src="explore.js"></script><script'))
    host = Host(folder, "default-src 'self'; img-src data:; style-src 'self' 'unsafe-inline'; "
                        "script-src 'self' 'wasm-unsafe-eval'")
    context = browser.new_context(viewport=SIZES[1280])
    yield open_page(context, host)
    context.close()
    host.shutdown()
    host.server_close()


@pytest.fixture
def page(shared):
    """The page with the explorer's cell just run."""
    page, watch = shared
    assert page.evaluate(SHOW, CELL)
    yield page
    page.evaluate(MOVE, 0)
    said(page, "It rises up by 0.000.")
    assert watch == Watch()


def said(page, text):
    """Wait until the sentence is this."""
    page.wait_for_function("""(text) => text ===
        document.querySelector("main .explorer-sentence").textContent""", arg=text)


def path(page):
    return page.eval_on_selector("main g.moving", "(group) => group.innerHTML")


def test_a_slider_stops_between_recorded_values_and_what_was_drawn_is_kept(page):
    first = path(page)
    said(page, "It rises up by 0.000.")
    page.evaluate(MOVE, 3)
    said(page, "It rises up by 0.150.")
    assert page.get_attribute("main [data-key=slope]", "aria-valuetext") == "0.15"
    second = path(page)
    assert second != first and "path" in second
    page.select_option("main [data-key=way]", "1")
    said(page, "It rises down by 0.150.")
    page.select_option("main [data-key=way]", "0")
    page.evaluate(MOVE, 0)
    assert path(page) == first and page.evaluate("python.state") == "ready", "nothing was asked"
    page.click("main .explorer-reset")
    assert run(page, "[round(slope, 2) for slope in drawn]")[1] == "[0.0, 0.15, 0.15]\n"


def test_a_drag_overtakes_the_states_it_has_passed(page):
    page.evaluate("void run('import time; time.sleep(0.4)')")
    page.evaluate(MOVE, list(range(1, 21)))
    said(page, "It rises up by 1.000.")
    assert run(page, "[round(slope, 2) for slope in drawn]")[1] == "[0.0, 0.05, 1.0]\n"


def test_play_stops_at_recorded_values_and_keys_move_by_a_stop(page):
    page.click("main .explorer-play")
    said(page, "It rises up by 1.000.")
    assert set(run(page, "drawn")[1].strip("[]\n").split(", ")) == {"0.0", "0.5", "1.0"}
    page.focus("main [data-key=slope]")
    page.keyboard.press("ArrowLeft")
    said(page, "It rises up by 0.950.")


def test_a_changed_drawing_is_shown_where_the_reader_was(page):
    page.evaluate(MOVE, 3)
    said(page, "It rises up by 0.150.")
    assert page.evaluate(SHOW, CELL.replace("It rises", "Now it goes"))
    said(page, "Now it goes up by 0.150.")
    assert page.evaluate(SHOW, CELL)
    said(page, "It rises up by 0.150.")


def test_an_error_is_told_in_the_explorer_as_text_and_the_next_state_is_drawn(page):
    page.evaluate(MOVE, 5)
    said(page, "explorer 'line', state slope=0.25, way='up': draw raised ValueError: "
               "<b>not</b> here")
    assert path(page) == ""
    page.evaluate(MOVE, 6)
    said(page, "It rises up by 0.300.")
    assert "path" in path(page)


HOSTILE = """
from lessons.widgets.explorers import page
page.draw = lambda wish: {"state": [
    '<g onload="window.bad = 1" style="fill: red"><script>window.bad = 2</script>'
    '<use xlink:href="https://elsewhere.example/a.svg#b"/><foreignObject><img src="x"/>'
    '</foreignObject><text x="1">1 &lt; 2</text></g></g></g><path d="M 0 0"/>', "Drawn."]}
"""


def test_of_a_drawing_only_what_draws_gets_into_the_page(page):
    assert page.evaluate("(code) => run(code).then((result) => result.ok)", HOSTILE)
    page.evaluate(MOVE, 9)
    said(page, "Drawn.")
    assert path(page) == ('<g style="fill: red"><g>window.bad = 2</g><use></use><g><g></g></g>'
                          '<text x="1">1 &lt; 2</text></g><path d="M 0 0"></path>')
    assert page.evaluate("window.bad === undefined")
    page.evaluate("(code) => run(code)", "import importlib; importlib.reload(page)")
    assert page.evaluate(SHOW, CELL)


def test_after_a_stop_the_explorer_says_what_to_do(page):
    page.evaluate("python.stop()")
    page.evaluate(MOVE, 7)
    said(page, "Run the cell of this figure again: Python was started anew, or the cell ran once "
               "more.")
    page.evaluate(MOVE, 0)
    assert page.evaluate(SHOW, CELL)


def test_a_solved_exercise_is_told_to_the_page(page):
    code = """from lessons.widgets import check
check("gradient-descent/one-step", lambda theta, grad, lr: {})"""
    told = [[item["data"] for item in page.evaluate("run", code.format(answer))["shown"]
             if item["kind"] == "application/vnd.lessons.solved+json"]
            for answer in ("...", "theta + lr * grad", "theta - lr * grad")]
    assert told == [[], [], ['{"name": "gradient-descent/one-step", "code": "T3CA"}']]


def test_a_check_of_an_answer_without_end_is_ended_by_stop(page):
    result = page.evaluate("""async () => {
      const begun = new Promise((finish) => (window.finish = finish));
      const waiting = python.run(`from lessons.widgets import check
print("begun")
def endless(theta, grad, lr):
    while True: pass
check("gradient-descent/one-step", endless)`, window.finish);
      await begun;
      python.stop();
      return (await waiting).message;
    }""")
    assert result.startswith("Stopped.")
    assert page.evaluate(SHOW, CELL)
