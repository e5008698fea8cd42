"""Python in a page: started, stopped, fed with everything that can go wrong, on strict hosts too.

Most tests share one page that has nothing but the script, under the rules of a host that forbids
inline scripts, `eval` and other hosts.
"""

import gzip
import threading
from contextlib import suppress
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from threadpoolctl import threadpool_limits

import lessons
from lessons.data import texts
from lessons.live.session import Session
from tests.site.conftest import HANG_MS, SIZES, Watch, watched
from tools.pyodide.assemble import SCRIPTS, assemble, missing_line
from tools.website.server import Handler

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Python</title>
<link rel="icon" href="data:,"><p>Python</p><script src="_static/python/live.js"></script></html>"""
RULES = "default-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'"
HELPERS = """() => {
  window.python = lessonsPython.kernel();
  window.run = (given) => Promise.race([
    python.run(given.code ?? given, (item) => (window.last = item), 0, given.packages),
    new Promise((finish, fail) => setTimeout(fail, HANG_MS, new Error("hangs")))]);
  window.settled = () => new Promise((finish) => {
    const look = () => (python.message || python.state === "ready") &&
      finish([python.state, python.message]);
    python.addEventListener("state", look);
    look();
  });
}""".replace("HANG_MS", str(HANG_MS))
AT_HOME = "Run the chapter on your machine with “make lab” instead."


class Host(ThreadingHTTPServer):
    """A web host that sends rules for the security of its pages, and notes what it sent."""

    daemon_threads = True

    def __init__(self, folder, rules=RULES):
        self.rules, self.answers = rules, []
        super().__init__(("127.0.0.1", 0), partial(Strict, directory=str(folder)))
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def served(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Strict(Handler):
    def send_response(self, code, message=None):
        self.server.answers.append((self.path.rpartition("/")[2].partition("?")[0], code))
        super().send_response(code, message)

    def end_headers(self):
        self.send_header("Content-Security-Policy", self.server.rules)
        super().end_headers()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with one page and Python's files; without these, the line that `make book` says."""
    folder = tmp_path_factory.mktemp("python")
    if line := assemble(folder):
        pytest.fail(line, pytrace=False)
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    return folder


@pytest.fixture
def host(folder):
    """Return a function that starts a host of the folder, or of another one, with rules."""
    hosts = []

    def start(place=folder, rules=RULES):
        hosts.append(Host(place, rules))
        return hosts[-1]

    yield start
    for each in hosts:
        each.shutdown()
        each.server_close()


def opened(context, host, script=""):
    """Open the page of a host in a context, with the helpers; return it and what it notes."""
    page, watch = watched(context, host)
    if script:
        page.add_init_script(script)
    page.goto(f"{host.served}/page.html")
    page.evaluate(HELPERS)
    return page, watch


@pytest.fixture(scope="module")
def shared_page(folder, browser):
    """The page that most tests share, and what it notes."""
    host = Host(folder)
    context = browser.new_context(viewport=SIZES[1280])
    yield opened(context, host)
    context.close()
    host.shutdown()
    host.server_close()


@pytest.fixture
def page(shared_page):
    """The shared page, with Python ready; a test may not lead to any error of the page."""
    page, watch = shared_page
    if page.evaluate("python.state") != "ready":
        page.evaluate("python.start()")
        assert page.evaluate("settled()") == ["ready", ""]
    yield page
    assert watch == Watch()


@pytest.fixture
def fresh(browser):
    """Return a function that opens a new page at a host; none may have asked anybody else."""
    contexts, watches = [], []

    def start(host, script=""):
        contexts.append(browser.new_context(viewport=SIZES[1280]))
        page, watch = opened(contexts[-1], host, script)
        watches.append(watch)
        return page

    yield start
    for context in contexts:
        context.close()
    assert not any(watch.foreign for watch in watches)


def run(page, code):
    """Run a cell in the page; return whether it came to its end, its text and its error."""
    result = page.evaluate("run", code)
    text = "".join(item["data"] for item in result["shown"] if item["kind"] == "text/plain")
    error = "".join(item["data"] for item in result["shown"] if item["kind"] == "text/x-error")
    return result["ok"], text, error + result["message"]


def test_nothing_is_loaded_before_the_reader_asks_and_the_size_is_known(host, fresh):
    server = host()
    page = fresh(server)
    assert [name for name, _ in server.answers] == ["page.html", "live.js"]
    assert page.evaluate("python.state") == "off"
    small, large = (page.evaluate("(more) => lessonsPython.megabytes(...more)", more)
                    for more in ([], ["matplotlib"]))
    assert 8 < small < 12 and 18 < large < 24
    assert [name for name, _ in server.answers][2:] == ["manifest.json"]


def test_the_script_is_small():
    (script,) = [path for path in SCRIPTS if path.name == "live.js"]
    assert len(gzip.compress(script.read_bytes())) < 4000


TRAINED = """
import numpy as np
from lessons.engine import losses, nn
from lessons.engine.optim import Adam
rng = np.random.default_rng(0)
X = rng.normal(size=(64, 8)); y = (X[:, 0] * X[:, 1] > 0).astype(int)
net = nn.MLP([8, 16, 2], rng)
steps = Adam(net.parameters(), lr=0.01)
for step in range(60):
    loss = losses.cross_entropy(net(X), y)
    steps.zero_grad(); loss.backward(); steps.step()
    if step % 20 == 0: print(step, round(float(loss.data), 4))
np.linalg.norm(net.parameters()[0].data).round(4), X[:2, :3]
"""


def test_numbers_are_those_of_python_on_this_machine(page):
    here = []
    assert Session(lambda kind, data, words: here.append(data)).run(TRAINED), here
    assert run(page, TRAINED) == (True, "".join(here), "")
    assert "array([[" in here[-1]


#: Products beside their definition; and who has made them: numpy adds one number after another, so
#: that each 1 after a large number is lost. Ours sums 256, then the next 256, then both.
PRODUCTS = """
import numpy as np
rng = np.random.default_rng(0)
def whole(kind, *shape): return rng.integers(-8, 9, shape).astype(kind)
def right(a, b):
    summed = (a[..., :, :, None] * b[..., None, :, :]).sum(-2)
    return (a @ b).dtype == a.dtype and np.array_equal(a @ b, summed)
def all_right(kind):
    a, b, batch = whole(kind, 70, 300), whole(kind, 300, 9), whole(kind, 3, 5, 70)
    odd = np.frombuffer(b"x" + a.tobytes(), kind, offset=1).reshape(a.shape)
    cut = whole(kind, 40, 610)[::2, ::-2]
    square = whole(kind, 9, 9)
    squared = square @ square
    np.matmul(square, square, out=square)
    return [right(a, b), right(b.T, a.T), right(a[:, ::-3], b[:100]), right(batch, a),
            right(odd, b), right(cut, cut.T), right(a[:0], b), right(a[:, :0], b[:0]),
            right(a[:1], b[:, :1]), np.array_equal(square, squared),
            np.array_equal(a @ b[:, 0], (a @ b)[:, 0]), np.array_equal(a[0] @ b, (a @ b)[0])]
def split(kind):
    values = np.ones((1, 512), kind); values[0, 0], values[0, 255] = 2 / np.finfo(kind).eps, 0
    return float((values @ np.ones((512, 1), kind))[0, 0] - values[0, 0])
print([all(all_right(kind)) for kind in ("f4", "f8", "i4", "c16")], split("f4"), split("f8"))
"""


def test_products_of_matrices_are_right_and_ours(page):
    assert run(page, PRODUCTS) == (True, "[True, True, True, True] 256.0 256.0\n", "")


def test_products_after_the_memory_has_grown(page):
    code = """for n in (2000, 4000, 6000):
    a = np.ones((n, n), "f4")
    print((a[-2:] @ a[:, -2:]).sum())"""
    assert run(page, PRODUCTS + code)[1].endswith("8000.0\n16000.0\n24000.0\n")


def test_without_our_products_numpys_own_serve(host, fresh):
    page = fresh(host())
    page.route("**/product-*", lambda route: route.abort())
    with page.expect_console_message(lambda said: said.text.startswith("Products of matrices")):
        assert run(page, PRODUCTS) == (True, "[True, True, True, True] 0.0 0.0\n", "")


def test_names_stay_and_cells_wait_for_each_other(page):
    results = page.evaluate("""() => Promise.all(
        ["import time; time.sleep(0.3); a = 1", "a += 1", "print(a)"].map(run))""")
    assert [result["ok"] for result in results] == [True] * 3
    assert results[2]["shown"][0]["data"] == "2\n"
    assert page.evaluate("window.last.data") == "2\n", "also told as it came"


def test_a_script_of_the_page_asks_functions_of_the_book(page):
    asked = page.evaluate("""() => Promise.all([
      python.ask("lessons.words", "number", "seven"),
      python.ask("os", "getcwd"),
      python.ask("lessons.live.errors", "cell_of", "<cell 12>")])""")
    assert [answer["ok"] for answer in asked] == [False, False, True]
    assert "os is no module of the book" in asked[1]["message"]
    assert (asked[2]["value"], asked[2]["message"]) == ("12", "")
    assert run(page, "40 + 2") == (True, "42\n", "")


def test_a_figure_comes_as_a_picture_with_words(page):
    code = "import matplotlib.pyplot as plt\nfrom lessons import plots\n_ = plt.plot([1, 4, 2])\n"
    result = page.evaluate("run", code + "_ = plt.gca().set(title='Loss', xlabel='step')")
    ((kind, words, data),) = [(i["kind"], i["words"], i["data"]) for i in result["shown"]]
    assert (result["ok"], kind, words) == (True, "image/svg+xml", "Figure: Loss, step")
    assert data.startswith("<?xml") and "</svg>" in data


@pytest.mark.parametrize("code, said", [
    ("1 / 0", "line 1\n    1 / 0\nZeroDivisionError: division by zero"),
    ("x = (", "'(' was never closed"),
    ("input()", "input() cannot ask here: write the value into the code"),
    ("def f(n): return f(n + 1)\nf(0)", "A function calls itself without an end"),
    ("import numpy as np; np.ones((10**5, 10**5))", "It needs more memory than a page has"),
    ("import numpy as np; np.ones(5 * 10**8)", "It needs more memory than a page has"),
    ("import torch", "PyTorch is not part of the Python in this page. Run this cell in Binder"),
    ("from lessons.gpt import model", "PyTorch is not part of the Python in this page"),
    ("while True: print('again')", "printed more than 100,000 characters and was ended"),
    ("raise SystemExit", "SystemExit"),
])
def test_what_goes_wrong_is_one_clear_message_and_the_page_goes_on(page, code, said):
    life = page.evaluate("python.life")
    ok, _, error = run(page, code)
    assert not ok and said in error and error.count("\n") < 16
    assert run(page, "40 + 2") == (True, "42\n", "")
    assert page.evaluate("python.life") == life


def test_stop_ends_an_endless_loop_at_once_and_says_what_is_lost(page):
    run(page, "kept = 1")
    results = page.evaluate("""async () => {
      const life = python.life;
      const printed = new Promise((finish) => (window.finish = finish));
      const endless = python.run("print('begun')\\nwhile True: pass", window.finish);
      const waiting = python.run("print('never')");
      await printed;
      const start = performance.now(), said = python.stop();
      const results = await Promise.all([endless, waiting]);
      return { said, results, ms: performance.now() - start, state: python.state,
        grown: python.life > life };
    }""")
    assert results["said"].startswith("Stopped. Python starts again; what earlier cells made is")
    assert [result["message"] for result in results["results"]] == [results["said"]] * 2
    assert [item["data"] for item in results["results"][0]["shown"]] == ["begun\n"]
    assert not any(result["ok"] for result in results["results"])
    assert results["ms"] < 1000 and results["state"] == "starting" and results["grown"]
    ok, _, error = run(page, "kept")
    assert not ok and "NameError: name 'kept' is not defined" in error


def test_stop_while_python_starts(page):
    page.evaluate("python.stop(); python.stop()")
    assert run(page, "print('here')") == (True, "here\n", "")


def test_a_breakdown_is_said_and_python_starts_again(shared_page):
    page, watch = shared_page
    code = "def f(x):\n    return [*map(f, [x])]\nf(1)"  # deeper than the browser's own stack
    ok, _, error = run(page, code)
    assert not ok and error.startswith("Python broke down, and starts again.")
    assert run(page, "40 + 2") == (True, "42\n", "")
    assert watch.errors and not watch.foreign
    watch.errors.clear()  # Pyodide tells the console of it


def state_of(page):
    """Ask for Python and return what it is after that, and what a cell gets to hear."""
    result = page.evaluate("run", "1 + 1")
    state, message = page.evaluate("settled()")
    assert not result["ok"] and result["message"] == message
    return state, message


def test_a_page_from_a_file(folder, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto((folder / "page.html").as_uri())
    page.evaluate(HELPERS)
    assert state_of(page) == (
        "failed", "Python cannot start in a page that was opened as a file. It can where “python3 "
        f"-m http.server” serves the folder. {AT_HOME}")
    assert page.evaluate("lessonsPython.megabytes()") is None
    context.close()


def test_the_ways_out_that_a_page_offers_are_named(folder, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto((folder / "page.html").as_uri())
    page.evaluate("""() => { document.body.innerHTML =
      '<a href="https://mybinder.org/v2/x">B</a><a href="https://colab.research.google.com/x">C</a>'
    }""")
    page.evaluate(HELPERS)
    assert state_of(page)[1].endswith(
        "Run the chapter in Binder or in Colab or on your machine with “make lab” instead.")
    context.close()


def test_a_browser_without_webassembly(host, fresh):
    page = fresh(host(), "delete window.WebAssembly")
    state, message = state_of(page)
    assert state == "failed" and "WebAssembly is missing or blocked" in message
    assert message.endswith(AT_HOME)


def test_a_host_whose_rules_forbid_webassembly(host, fresh):
    page = fresh(host(rules=RULES.replace(" 'wasm-unsafe-eval'", "")))
    state, message = state_of(page)
    assert state == "failed" and "WebAssembly is missing or blocked" in message


def test_a_host_whose_rules_forbid_workers(host, fresh):
    page = fresh(host(rules=f"{RULES}; worker-src 'none'"))
    assert state_of(page) == ("failed", f"Python could not start. {AT_HOME}")


@pytest.mark.parametrize("manifest", ["", '{"missing": "The site is built without Python"}'])
def test_a_site_without_the_files(host, fresh, folder, tmp_path, manifest):
    (tmp_path / "_static/python").mkdir(parents=True)
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    script = "_static/python/live.js"
    (tmp_path / script).write_bytes((folder / script).read_bytes())
    if manifest:
        (tmp_path / "_static/python/manifest.json").write_text(manifest)
    page = fresh(host(tmp_path))
    assert state_of(page) == (
        "failed", f"This copy of the book comes without Python for its pages. {AT_HOME}")
    assert page.evaluate("lessonsPython.megabytes()") is None


@pytest.mark.parametrize("part", ["manifest.json", "pyodide.mjs", "*.asm.wasm", "numpy-*"])
def test_files_that_do_not_arrive_and_another_try(host, fresh, part):
    page = fresh(host())
    page.route(f"**/{part}", lambda route: route.abort())
    assert state_of(page) == ("failed", f"Python's files did not arrive. {AT_HOME}")
    if part == "numpy-*":  # once is enough
        page.unroute(f"**/{part}")
        assert run(page, "40 + 2") == (True, "42\n", "")


def test_a_package_that_does_not_arrive(page):
    page.evaluate("python.stop()")
    page.route("**/matplotlib-*", lambda route: route.abort())
    ok, _, error = run(page, "import matplotlib")
    assert not ok and error.startswith("What this needs did not arrive.")
    page.unroute("**/matplotlib-*")
    assert run(page, "import matplotlib as m; print(m.__name__)") == (True, "matplotlib\n", "")


#: A function of the book that imports SciPy only when it runs.
LATE = "from lessons.studies import compare\nprint(f'{compare.interval([1, 2, 3])[1]:.3f}')"


def test_a_package_that_a_function_imports_late(page):
    page.evaluate("python.stop()")
    ok, _, error = run(page, LATE)
    assert not ok and error.endswith(
        "\nModuleNotFoundError: No module named 'scipy'\nSciPy comes to a page when a cell asks "
        "for it. Write `import scipy` as the first line of this cell, and run it again.")
    known = {"code": LATE, "packages": ["scipy"]}
    page.route("**/scipy-*", lambda route: route.abort())
    ok, _, error = run(page, known)
    assert not ok and error.startswith("What this needs did not arrive.")
    page.unroute("**/scipy-*")
    assert not page.evaluate("python.arrived.has('scipy')")
    assert run(page, known) == (True, "2.484\n", "")
    assert page.evaluate("python.arrived.has('scipy') && !python.arrived.has('scikit-learn')")


def test_a_large_file_of_the_book_comes_with_the_cell_that_reads_it(page):
    page.evaluate("python.stop()")
    code = "from lessons.data import texts\nlen(texts.passages())"
    ok, _, error = run(page, code)
    assert not ok and error.endswith("or run this cell on your machine with `make lab`.")
    known = {"code": code, "packages": ["lessons-passages"]}
    assert run(page, known) == (True, f"{len(texts.passages())}\n", "")
    assert page.evaluate("python.arrived.has('lessons-passages')")


def test_a_large_file_that_a_script_of_a_page_asks_for(page):
    path = "studies/census/census.csv.gz"
    bring = f"python.bring('{path}')"
    page.route("**/lessons_census-*", lambda route: route.abort())
    assert page.evaluate(bring)["message"].startswith("What this needs did not arrive.")
    page.unroute("**/lessons_census-*")
    assert [page.evaluate(bring) for _ in range(2)] == 2 * [{"ok": True, "message": ""}]
    size = (Path(lessons.__file__).parent / path).stat().st_size
    code = f"from lessons.live import imports\n(imports.BOOK / {path!r}).stat().st_size"
    assert run(page, code) == (True, f"{size}\n", "")
    assert not page.evaluate("python.bring('no/such.file')")["ok"]


def test_silence_is_said_after_half_a_minute_and_taken_back(host, fresh):
    page = fresh(host())
    held = []
    page.route("**/pyodide.mjs", lambda route: held.append(route))
    page.clock.install()
    page.evaluate("void python.start()")
    while not held:
        page.wait_for_timeout(100)
    page.clock.fast_forward(29_000)
    assert page.evaluate("[python.state, python.message]") == ["starting", ""]
    page.clock.fast_forward(2_000)
    assert page.evaluate("[python.state, python.message]") == [
        "starting",
        f"Python has given no sign for 30 seconds. It may still come. {AT_HOME}"]
    held[0].continue_()
    assert run(page, "40 + 2") == (True, "42\n", "")
    assert page.evaluate("[python.state, python.message]") == ["ready", ""]


def test_the_next_page_takes_all_from_the_browsers_cache(host, browser):
    server = host()
    context = browser.new_context()  # without routing, which would turn the cache off
    for _ in range(2):
        page = context.new_page()
        page.goto(f"{server.served}/page.html")
        page.evaluate(HELPERS)
        server.answers.clear()
        assert run(page, "40 + 2") == (True, "42\n", "")
        page.close()
    context.close()
    assert {code for _, code in server.answers} <= {304}, "the second time"


def test_two_pages_have_a_python_each(host, browser):
    server = host()
    context = browser.new_context()
    pages = [opened(context, server)[0] for _ in range(2)]
    for number, page in enumerate(pages):
        assert run(page, f"mine = {number}")[0]
    assert [run(page, "mine")[1] for page in pages] == ["0\n", "1\n"]
    context.close()


def test_a_page_of_the_book_can_start_python(site, page_of_book):
    assert not missing_line(site.folder)
    loaded = page_of_book.evaluate("performance.getEntriesByType('resource')"
                                   ".map((entry) => entry.name)")
    names = [urlsplit(name).path.rpartition("/")[2] for name in loaded if "/python/" in name]
    assert names == ["starter.js"]
    page_of_book.add_script_tag(url=f"{site.served}/_static/python/live.js")
    page_of_book.evaluate(HELPERS)
    assert run(page_of_book, "import lessons; lessons.__version__")[:2] == (
        True, f"{lessons.__version__!r}\n")


@pytest.fixture
def page_of_book(tab):
    return tab("how-to-use")


#: A network for the digits, 64-128-10 on batches of 64, and the seconds that some steps take.
MLP = """
import time
import numpy as np
from lessons.engine import losses, nn
from lessons.engine.optim import Adam
rng = np.random.default_rng(0)
X, y = rng.random((64, 64)), rng.integers(0, 10, 64)
net = nn.MLP([64, 128, 10], rng)
optimizer = Adam(net.parameters(), lr=0.001)
def seconds(n_steps):
    start = time.perf_counter()
    for _ in range(n_steps):
        loss = losses.cross_entropy(net(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return time.perf_counter() - start
print(seconds(30))
"""


def processor_s():
    """Return the processor seconds of this process, its browser, and all others it has started."""
    here = psutil.Process()
    found = sum(here.cpu_times()[:4])  # with those of children that have ended
    for child in here.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            found += sum(child.cpu_times()[:2])
    return found


def speeds(page, code=MLP, n_turns=4, n_steps=150):
    """Return steps in a processor second in the page and by this process, in turns; the best.

    The code defines ``seconds``, which takes a number of steps.
    """
    here = Session(lambda kind, data, words: None)
    assert here.run(code) and run(page, code)[0]
    spent = {"page": [], "native": []}
    with threadpool_limits(1):
        for _ in range(n_turns):
            for name, steps in (("page", lambda code: run(page, code)), ("native", here.run)):
                start = processor_s()
                steps(f"_ = seconds({n_steps})")
                spent[name].append(processor_s() - start)
    return tuple(n_steps / min(each) for each in spent.values())


def test_a_small_network_trains_at_a_quarter_of_the_native_speed_or_more(page):
    in_page, native = speeds(page)  # benchmarks/python_in_page.json: more than a third
    assert in_page > native / 4, f"{in_page:.0f} of {native:.0f} steps in a processor second"
