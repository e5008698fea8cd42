"""The playground: a network trains in the page; what it shows is what Python computes here.

Most tests share one page and its Python. Every request that leaves this machine is blocked.
"""

import time

import pytest
from playwright.sync_api import expect

from lessons.playground import page as playground
from tests.site.conftest import FULL_STORAGE, HANG_MS, SIZES, Watch, watched
from tests.site.loads import tasks_of
from tests.site.test_pages import rules_of
from tools import calibration
from tools.pyodide.assemble import missing_line

NAME = "playground"
HELPERS = """() => {
  window.root = document.querySelector(".playground");
  window.game = root.playground;
  window.set = (key, value, event = "input") => {
    const input = root.querySelector(`[data-key="${key}"]`);
    input.value = value;
    input.dispatchEvent(new Event(event, { bubbles: true }));
  };
}"""


def until(page, what):
    """Wait until an expression about `game` holds."""
    end = time.monotonic() + HANG_MS / 1000
    while not page.evaluate(f"() => Boolean({what})"):
        assert time.monotonic() < end, f"{what}; {said(page)}"
        page.wait_for_timeout(50)


def said(page):
    """Return the message in sight, or nothing."""
    box = page.locator(".playground-message")
    return box.locator("p").inner_text() if box.is_visible() else ""


def open_page(context, site, hash_=""):
    page, watch = watched(context, site)
    page.goto(site.address(NAME) + hash_)
    page.evaluate(HELPERS)
    return page, watch


@pytest.fixture(scope="module")
def opened(browser, site):
    """The page that most tests share, with Python started."""
    if line := missing_line(site.folder):
        pytest.fail(line, pytrace=False)
    context = browser.new_context(viewport=SIZES[1280])
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.served)
    page, watch = open_page(context, site, "#data=moons&layers=4")
    assert not page.evaluate("performance.getEntriesByType('resource')"
                             ".some((entry) => /pyodide|\\.whl|worker/.test(entry.name))")
    page.click(".playground-start")
    until(page, "game.isRunning && game.step > 5")
    page.click(".playground-run")
    yield page, watch
    context.close()


@pytest.fixture
def page(opened):
    """The shared page, paused; no test may lead to an error of the page."""
    page, watch = opened
    page.bring_to_front()
    yield page
    page.evaluate("game.isRunning && game.pause()")
    assert watch == Watch()


def begin(page, text):
    """Set up the experiment of a link and build it in Python; it does not run yet."""
    assert page.evaluate("""async (text) => {
      game.hush();
      game.experiment = lessonsPlayground.read(`#${text}`, game.options);
      game.showControls();
      return game.begin();
    }""", text), said(page)


def near(mine, theirs):
    """Tell whether rows of numbers and nothings are the same, but for the last digits."""
    return len(mine) == len(theirs) and all(
        a == b or a == pytest.approx(b, rel=1e-9)
        for row, other in zip(mine, theirs, strict=True) for a, b in zip(row, other, strict=True))


@pytest.fixture
def recorded(browser, site):
    """A function that opens the page as it arrives, at a hash; nothing of Python is loaded."""
    contexts, watches = [], []

    def start(hash_="", script="", **settings):
        contexts.append(browser.new_context(**{"viewport": SIZES[1280], **settings}))
        if script:
            contexts[-1].add_init_script(script)
        page, watch = open_page(contexts[-1], site, hash_)
        watches.append(watch)
        return page

    yield start
    for context in contexts:
        context.close()
    assert all(watch == Watch() for watch in watches)


def test_before_the_click_a_recorded_run_is_drawn_and_the_size_is_said(recorded):
    page = recorded()
    until(page, "root.querySelector('.playground-size').textContent")
    assert page.locator(".playground-start").inner_text().startswith("Train here · loads ")
    assert "A recorded run." in page.locator(".playground-caption").inner_text()
    assert page.evaluate("""() => ["surface", "loss", "share"].every((name) => {
      const canvas = game.find(name);
      return new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)
        .size > 20; })""")
    assert page.locator(".playground-layer button").count() == 32


def test_without_scripts_the_page_says_what_is_missing(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address(NAME, "file"))
    note = page.locator(".playground > .no-scripts")
    assert note.is_visible() and "trains and draws nothing" in note.inner_text()
    assert page.locator(".playground :is(button, input, select):visible").count() == 0
    context.close()


def test_numbers_are_those_of_python_on_this_machine(page):
    begin(page, "data=rings&layers=4&noise=0.2")
    page.evaluate("""async () => {
      await game.slice({ steps: 12 });
      set("rate", Math.log10(0.5));
      set("batch", 3);
      await game.slice({ steps: 9 });
      game.draw();
    }""")
    playground.begin("data=rings&layers=4&noise=0.2")
    settings = {"rate": 0.1, "momentum": 0.0, "batch": 32, "decay": 0.0}
    curve = playground.advance({"steps": 12, "settings": settings})["points"]
    last = playground.advance({"steps": 9, "settings": {**settings, "rate": 0.5, "batch": 8}})
    curve += last["points"]
    assert near(page.evaluate("game.points.slice(1)"), curve)
    look = playground.look({"resolution": 40, "layer": 0})
    assert page.evaluate("game.look.surface.bytes") == look["surface"]["bytes"]
    assert page.evaluate("game.units[0].bytes") == look["units"]["bytes"]
    step, training, validation, accuracy = [
        page.locator(f".playground-now-{name}").inner_text()
        for name in ("step", "training", "validation", "accuracy")]
    assert step == "21"
    assert float(training) == pytest.approx(curve[-1][1], rel=5e-3)
    assert float(validation) == pytest.approx(curve[-1][2], rel=5e-3)
    assert accuracy == f"{100 * curve[-1][3]:.1f} % / {100 * curve[-1][4]:.1f} %"
    rows = page.locator(".playground-flow tbody tr")
    assert rows.count() == 2
    assert float(rows.first.locator("td").first.inner_text()) == pytest.approx(
        last["layers"][0]["gradient"], rel=5e-2)
    marks = page.evaluate("game.marks.map(({ step, text }) => [step, text])")
    assert marks == [[12, "rate 0.5"], [12, "batch 8"]]
    assert page.evaluate("game.ask('program', {})") == playground.program({})


@pytest.mark.parametrize("data", ["digits", "reconstruct"])
def test_digits_are_shown_with_what_the_network_makes_of_them(page, data):
    begin(page, f"data={data}&layers=6&n=300")
    page.evaluate("game.slice({ steps: 5 })")
    playground.begin(f"data={data}&layers=6&n=300")
    curve = playground.advance({"steps": 5, "settings": {}})["points"]
    assert near(page.evaluate("game.points.slice(1)"), curve)
    look = playground.look({"resolution": 40, "layer": 0})
    assert page.evaluate("game.look.examples") == look["examples"]
    expect(page.locator(".playground-layer button")).to_have_count(6)  # at the next frame
    assert page.locator('[data-key="n"]').get_attribute("aria-valuetext") == "300"
    assert "Images of the validation set" in page.locator(".playground-caption").inner_text()


TEXTS = ["data=moons", "data=spirals&layers=4-2&rate=0.03", "data=line&loss=huber&n=50",
         "data=moons&optimizer=adam", "data=rings&optimizer=adamw&decay=0&batch=7&scale=0.5",
         "data=spirals&layers=&seed=12&split=0.5&activation=gelu&momentum=0.5",
         "data=own&points=0,0,0;1,1,1;0,1,0;1,0,1&features=a,b&labels=yes,%3Cb%3Eno"]


def test_links_of_the_page_and_of_python_are_the_same(page):
    for text in TEXTS:
        experiment, again = page.evaluate("""(text) => {
          const found = lessonsPlayground.read(`#${text}`, game.options);
          return [found, lessonsPlayground.write(found, game.options)];
        }""", text)
        theirs = playground.read(text)
        assert experiment == theirs
        assert playground.read(again) == theirs
        assert playground.read(playground.state(theirs)) == theirs


@pytest.mark.parametrize("text, why", [
    ("rate=banana", "rate must be a number from 0.000001 to 100, not “banana”"),
    ("rate=-1", "rate must be a number"), ("n=1e9", "n must be a whole number from 20 to 2000"),
    ("seed=NaN", "seed must be a whole number"), ("colour=red", "there is no setting “colour”"),
    ("__proto__=1", "there is no setting “__proto__”"), ("data=toString", "data cannot be"),
    ("layers=999999999-8", "layers must be up to 4 whole numbers"),
    ("data=moons&data=rings", "it sets the same thing twice"),
    ("data=own&points=1,2", "its points are no points"), ("data=own", "it has no points"),
    ("activation=%3Cscript%3Ealert(1)%3C/script%3E", "activation cannot be “<script>"),
    ("data=moons&x=LONG", "it is too long"), ("rate=%E0%A4%A", "rate must be"),
])
def test_a_broken_or_hostile_link_gets_one_message_and_the_usual_experiment(page, text, why):
    page.evaluate("game.isStarted = false")
    page.evaluate("text => { location.hash = ''; location.hash = text; }",
                  text.replace("LONG", "x" * 50_000))
    until(page, "!game.find('message').hidden")
    assert said(page).startswith("This link cannot be opened: " + why)
    assert said(page).endswith("Here is the usual experiment instead.")
    assert page.evaluate("game.experiment.data === 'spirals' && game.experiment.layers[0] === 16")
    page.evaluate("game.isStarted = true; game.hush(); history.replaceState(null, '', ' ')")


def test_a_link_is_opened_before_python_is(recorded):
    page = recorded("#data=rings&rate=0.5&layers=3-2")
    assert page.locator('[data-key="data"]').input_value() == "rings"
    assert page.locator('[data-key="rate"]').get_attribute("aria-valuetext") == "0.5"
    widths = page.locator('[data-key="width"]')
    assert [w.input_value() for w in widths.all()] == ["3", "2"]
    assert "trains what you have set up" in page.locator(".playground-caption").inner_text()


def test_a_drag_while_it_trains_is_in_the_curve_within_one_slice_and_in_the_address(page):
    begin(page, "data=moons")
    page.evaluate("game.run()")
    until(page, "game.step > 20")
    counted = page.evaluate("""() => new Promise((finish) => {
      const advance = game.advance;
      let n = 0;
      game.advance = (answer) => {
        n += 1;
        advance.call(game, answer);
        if (!game.marks.length) return;
        game.advance = advance;
        finish({ n, mark: game.marks[0], from: game.points.at(-1)[0] });
      };
      set("rate", 0);
    })""")
    # the slice that is under way, and the next one
    assert counted["n"] <= 2 and counted["mark"]["text"] == "rate 1"
    page.locator('[data-key="batch"]').focus()
    page.keyboard.press("ArrowLeft")
    until(page, "game.marks.some((mark) => mark.text === 'batch 16')")
    page.click(".playground-run")
    assert page.evaluate("game.isRunning") is False
    until(page, "location.hash === '#data=moons&batch=16&rate=1'")
    assert page.evaluate("game.isBegun"), "the same run goes on"


def test_divergence_is_shown_and_said_and_survived(page):
    begin(page, "data=line&rate=1.2")
    page.evaluate("game.run()")
    until(page, "game.diverged !== null")
    assert said(page).startswith("The run diverged at step")
    assert "lower the learning rate" in said(page)
    assert page.locator(".playground-message").get_attribute("role") == "alert"
    back = page.locator(".playground-back")
    assert back.inner_text() == f"Go back to step {page.evaluate('game.canRewind')}"
    back.click()
    until(page, "game.diverged === null")
    assert said(page) == "" and page.evaluate("game.step === game.points.at(-1)[0]")
    page.evaluate("set('rate', -1)")
    page.evaluate("game.run()")
    until(page, "game.step > 30")
    page.click(".playground-run")
    begin(page, "data=line&rate=1.2")
    page.evaluate("game.run()")
    until(page, "game.diverged !== null")
    page.click(".playground-gentle")
    until(page, "game.step > 30")
    assert page.evaluate("game.experiment.rate") == 0.12 and said(page) == ""
    page.click(".playground-run")


def test_stop_says_what_is_lost_and_run_begins_again(page):
    begin(page, "data=moons&layers=2")
    page.evaluate("game.run()")
    until(page, "game.step > 20")
    page.click(".playground-stop")
    assert said(page) == ("Stopped. The network is gone; its curve stays among the earlier runs. "
                          "Run begins a new one.")
    assert page.evaluate("game.earlier.at(-1).words").startswith("two moons, 2, tanh")
    page.click(".playground-run")
    until(page, "game.isRunning && game.step > 5")
    assert said(page) == ""


def test_own_points_are_clicked_and_moved_by_keyboard(page):
    begin(page, "data=own&points=-1,-1,0;-1,1,0;1,-1,1;1,1,1;0.5,0.5,1&labels=a,b")
    surface = page.locator(".playground-surface")
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    until(page, "game.isBegun && game.experiment.points.x.length === 6")
    x, y = page.evaluate("game.experiment.points.x[5]")
    left, width = page.evaluate("""() => { const { left, width } =
        lessonsPlayground.fieldOf(game.find("surface")); return [left, width]; }""")
    low, high = page.evaluate("game.domain.x")
    assert x == pytest.approx(low + (box["width"] / 2 - left) / width * (high - low), abs=0.01)
    assert y > 0
    page.mouse.click(box["x"] + 5, box["y"] + box["height"] / 4)  # on an axis
    surface.focus()
    for key in ("ArrowLeft", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    until(page, "game.isBegun && game.experiment.points.x.length === 7")
    page.keyboard.press("Delete")
    until(page, "game.isBegun && game.experiment.points.x.length === 6")
    page.click(".playground-clear-points")
    assert "Add points of both classes" in page.locator(".playground-note").inner_text()


@pytest.mark.parametrize("table, why", [
    ("", "Nothing was pasted"), ("hello", "This is no table"),
    ("1,2,a\n3,4", "Row 2 has 2 cells"),
    ("1,2,a\n3,4,a\n5,6,a\n7,8,a", "All points are of one class"),
    ("x,y\n" * 9, "Columns 1 and 2 hold words"),
    ("1,1e300,a\n1,2,b\n1,3,a\n2,2,b", "1e+300 is no"),
])
def test_what_is_no_table_gets_one_sentence_and_the_run_stays(page, table, why):
    if not page.evaluate("game.isBegun && game.experiment.data === 'own'"):
        begin(page, "data=own&points=-1,-1,0;-1,1,0;1,-1,1;1,1,1&labels=a,b")
    page.evaluate("""(table) => {
      game.hush();
      game.root.querySelector(".playground-own textarea").value = table;
      return game.useTable();
    }""", table)
    assert said(page).startswith(why)
    assert page.evaluate("game.experiment.points.x.length") == 4


def test_a_pasted_table_trains_and_its_labels_are_text(page):
    begin(page, "data=own&points=-1,-1,0;-1,1,0;1,-1,1;1,1,1&labels=a,b")
    bad = "<img src=x onerror=alert(1)>"
    rows = [f"{i},{i * i},{bad if i < 4 else 'b'}" for i in range(8)]
    page.evaluate(
        "table => { game.root.querySelector('.playground-own textarea').value = table; "
        "return game.useTable(); }", "\n".join(rows))
    assert page.evaluate("game.isBegun")
    assert "8 rows" in page.locator(".playground-said").inner_text()
    assert page.locator(".playground img").count() == 0
    options = page.locator(".playground-own select option")
    assert options.first.text_content() == bad[:24]


def test_earlier_runs_stay_pale_are_found_and_forgotten(page):
    page.evaluate("game.forget()")
    begin(page, "data=moons&layers=3")
    page.evaluate("game.slice({ steps: 60 })")
    begin(page, "data=moons&layers=5")
    links = page.locator(".playground-earlier a")
    assert links.all_inner_texts()[0].startswith("two moons, 3, tanh, SGD with momentum, rate 0.1")
    assert links.first.get_attribute("href") == "#data=moons&layers=3"
    links.first.focus()
    assert page.evaluate("game.pale") == 0
    page.evaluate("document.activeElement.blur()")
    assert page.evaluate("game.pale") is None
    kept = page.evaluate("JSON.parse(localStorage.getItem(lessonsPlayground.RUNS))[0]")
    assert kept["points"][-1][0] == 60
    page.click(".playground-forget")
    assert links.count() == 0
    assert page.evaluate("localStorage.getItem(lessonsPlayground.RUNS)") is None


def test_two_pages_share_earlier_runs_and_say_so(page, site):
    page.evaluate("game.forget()")
    begin(page, "data=moons&layers=3")
    other, watch = open_page(page.context, site)
    page.evaluate("game.slice({ steps: 30 }).then(() => game.begin())")
    until(other, "game.earlier.length === 1")
    note = other.locator(".playground-note").inner_text()
    assert note == "Another page of this book has changed the earlier runs."
    other.close()
    assert watch == Watch() and page.evaluate("game.earlier.length") == 1


def test_full_storage_is_said_once_and_runs_are_kept_in_the_page(page):
    page.evaluate("game.forget(); game.hasToldStorage = false")
    begin(page, "data=moons&layers=3")
    page.evaluate("""async () => {
      const plain = Storage.prototype.setItem;
      Storage.prototype.setItem = () => { throw new DOMException("no", "QuotaExceededError"); };
      try {
        await game.slice({ steps: 30 });
        await game.begin();
      } finally { Storage.prototype.setItem = plain; }
    }""")
    assert said(page).startswith("This browser has no room for earlier runs")
    assert page.evaluate("game.earlier.length") == 1 and page.evaluate("game.isBegun")
    page.evaluate("game.hush(); game.forget()")


def test_a_program_is_copied_and_where_that_is_forbidden_it_can_be_selected(page):
    begin(page, "data=moons&layers=3")
    page.evaluate("game.slice({ steps: 4 })")
    playground.begin("data=moons&layers=3")
    playground.advance({"steps": 4})
    programs = playground.program({})
    page.click(".playground-engine")
    until(page, "game.find('copied').textContent")
    assert page.evaluate("navigator.clipboard.readText()") == programs["engine"]
    page.evaluate("""() => {
      game.find("copied").textContent = "";
      Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
    }""")
    page.click(".playground-torch")
    until(page, "game.find('copied').textContent")
    assert "copy it from there" in page.locator(".playground-copied").inner_text()
    assert page.evaluate("document.activeElement.value") == programs["torch"]
    page.evaluate("delete navigator.clipboard")


def test_a_program_says_where_it_ends_when_the_run_is_longer(page):
    assert page.evaluate("game.mostSteps") == playground.MOST_STEPS
    begin(page, "data=line")
    assert page.locator(".playground-engine").inner_text() == "Copy as Python"
    page.evaluate("() => { game.step = 10_001; game.showNumbers(); }")
    names = [page.locator(f".playground-{kind}").inner_text() for kind in ("engine", "torch")]
    assert names == ["Copy as Python (to step 10,000)", "Copy as PyTorch (to step 10,000)"]
    page.click(".playground-engine")
    until(page, "game.find('copied').textContent.endsWith('the first 10,000 of 10,001 steps.')")
    page.evaluate("() => { game.step = 0; game.showNumbers(); }")


def test_without_a_hidden_layer_the_activation_is_off_and_says_why(page):
    activation, why = page.locator('[data-key="activation"]'), page.locator(".playground-unused")
    begin(page, "data=moons&layers=2")
    assert activation.is_enabled() and not why.is_visible()
    page.click(".playground-remove")
    assert activation.is_disabled()
    assert why.inner_text() == "Without a hidden layer there is nothing to activate."
    assert activation.get_attribute("aria-describedby") == why.get_attribute("id")


def test_the_plane_has_axes_with_the_names_of_its_columns(page):
    begin(page, "data=line")
    assert page.evaluate("game.axisNames()") == ["x (no unit)", "y (no unit)"]
    begin(page, "data=own&points=1,1,0;1,2,0;2,1,1;2,2,1&labels=a,b&features=cm,kg")
    assert page.evaluate("game.axisNames()") == ["cm", "kg"]
    written = page.evaluate("""() => {
      const texts = [], own = CanvasRenderingContext2D.prototype.fillText;
      CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        texts.push(text);
        own.call(this, text, ...place);
      };
      game.find("surface").points = null;
      game.drawPicture();
      CanvasRenderingContext2D.prototype.fillText = own;
      return texts; }""")
    assert written[-2:] == ["cm", "kg"]
    numbers = [float(text) for text in written[:-2]]
    assert len(numbers) >= 6 and all(0.8 < number < 2.2 for number in numbers)


def test_units_are_seen_large(page):
    begin(page, "data=moons&layers=3")
    unit = page.locator(".playground-layer button").nth(1)
    unit.focus()
    page.keyboard.press("Enter")
    assert unit.get_attribute("aria-pressed") == "true"
    assert "Unit 2 of hidden layer 1" in page.locator(".playground-caption").inner_text()
    page.keyboard.press("Enter")
    assert unit.get_attribute("aria-pressed") == "false"


def test_who_drags_sees_the_curve_before_the_next_picture(page):
    begin(page, "data=moons&layers=4")
    asked = page.evaluate("""async () => {
      const asked = [], { ask } = game;
      game.ask = (name, argument) => {
        asked.push([name, argument.ms ?? null, game.curves]);
        if (asked.length === 3) set("rate", -2); // while a slice is on its way
        return ask.call(game, name, argument);
      };
      game.curves = 0;
      for (let i = 0; i < 3; i++) {
        await game.slice({ ms: 25 });
        while (game.isDue) await new Promise(requestAnimationFrame); // its picture is drawn
      }
      game.ask = ask;
      return asked;
    }""")
    assert [name for name, _, _ in asked] == ["advance", "look", "advance", "advance", "look"]
    (*_, late), (_, soon, before), (*_, after) = asked[2:]
    assert soon < 25 and before >= late and after == before + 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_network_that_trains_breaks_no_rule(page, scheme):
    page.emulate_media(color_scheme=scheme)
    begin(page, "data=moons&layers=4-3")
    page.evaluate("game.run()")
    until(page, "game.pictures > 3")
    page.click(".playground-run")
    found = rules_of(page, ".playground")
    page.emulate_media(color_scheme="light")
    assert found == []


def test_while_it_trains_sentences_are_few(page):
    begin(page, "data=moons")
    count = page.evaluate("""() => new Promise((finish) => {
      let n = 0;
      const watch = new MutationObserver(() => (n += 1));
      watch.observe(game.find("said"), { childList: true, characterData: true, subtree: true });
      const from = game.pictures, start = performance.now();
      game.run().then(() => {
        const look = () => game.pictures < from + 30 ? setTimeout(look, 20) :
          (watch.disconnect(), finish({ n, ms: performance.now() - start }));
        look();
      });
    })""")
    page.click(".playground-run")
    assert count["n"] <= count["ms"] / 5000 + 1


def test_less_motion_has_fewer_pictures(page):
    page.emulate_media(reduced_motion="reduce")
    begin(page, "data=moons")
    looks = page.evaluate("""async () => {
      let n = 0;
      const see = game.see;
      game.see = (look) => { n += 1; see.call(game, look); };
      game.isRunning = true;
      const start = performance.now();
      let slices = 0;
      while (performance.now() - start < 1000) { await game.slice({ steps: 1 }); slices += 1; }
      game.see = see;
      game.isRunning = false;
      return { n, slices, ms: performance.now() - start };
    }""")
    page.emulate_media(reduced_motion="no-preference")
    assert looks["n"] <= looks["ms"] / 250 + 1


def test_twenty_pictures_in_a_processor_second_of_the_page_and_no_long_task(page, browser):
    begin(page, "data=spirals&optimizer=adam")
    page.bring_to_front()
    browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    pictures = page.evaluate("""() => new Promise((finish) => {
      const from = game.pictures;
      game.run();
      const look = () => game.pictures < from + 40 ? setTimeout(look, 20)
        : finish(game.pictures - from);
      look();
    })""")
    page.click(".playground-run")
    ms = tasks_of(browser.stop_tracing())
    assert pictures / (sum(ms) / 1000) > 20, f"{pictures} pictures in {sum(ms):.0f} ms"
    assert calibration.reference_seconds(max(ms)) < 50  # a slower machine may take longer


def test_on_a_phone_it_is_touched_and_nothing_is_wider_than_the_window(recorded):
    page = recorded("", viewport=SIZES[360], has_touch=True, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    slider = page.locator('[data-key="rate"]')
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    assert page.evaluate("game.experiment.rate > 1")
    assert page.evaluate("""() => [...root.querySelectorAll("button:not([hidden]), select")]
      .filter((e) => e.checkVisibility()).every((e) => e.getBoundingClientRect().height >= 24)""")


def test_forced_colours_have_bars_and_curves(recorded):
    page = recorded("", forced_colors="active")
    assert page.evaluate("getComputedStyle(game.find('size-bar')).backgroundColor") not in (
        "rgba(0, 0, 0, 0)", "")
    colours = page.evaluate("[game.colours.train, game.colours.ink, game.colours.paper]")
    assert len({*colours}) == 3
    assert page.evaluate("() => document.querySelectorAll('.playground canvas').length > 3")


def test_a_page_whose_storage_is_full_from_the_start_still_draws(recorded):
    page = recorded("", script=FULL_STORAGE)
    assert page.evaluate("game.pictures") > 0 and page.evaluate("game.earlier.length") == 0


def test_a_page_from_a_file_says_that_python_cannot_start(browser, site):
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.address(NAME, "file"))
    page.evaluate(HELPERS)
    page.click(".playground-start")
    until(page, "!game.find('message').hidden")
    assert said(page).startswith("Python cannot start in a page that was opened as a file.")
    assert page.locator(".playground-start").is_enabled()
    context.close()
