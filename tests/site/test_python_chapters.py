"""Numbers in the page are those in the book: cells that can run there, in order, in a browser.

What a cell prints is compared with what is stored in the notebook, as nbval compares it: of a cell
tagged ``measured`` the words only. Explorers draw their first state here; that the others are right
says the test of the stored ones. All chapters take half an hour of processor time, so most of them
are for the weekly run.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from lessons.live.needs import Cells
from tests.site.conftest import ARGUMENTS, SIZES, patient
from tests.site.test_python import PAGE, Host, opened, processor_s
from tools import environment
from tools.notebooks.cells import code_cells, load
from tools.notebooks.nbval import without_numbers
from tools.pyodide.assemble import assemble
from tools.website.build import ROOT
from tools.website.cells import PageCell, page_cells

pytestmark = pytest.mark.cells

BOOK = ROOT / "book"
CHAPTERS = sorted(path.stem for path in BOOK.glob("[0-9]*.ipynb"))
#: What runs on each push: chapters whose cells take little time in a page, some 20 s together.
ALWAYS = {"12-images", "14-language", "18-algorithm-trends", "20-after-pretraining",
          "21-many-processes", "23-inside-and-careful", "25-planning-a-run"}
#: Cells, by a line of theirs, whose numbers differ somewhat, and why: their words are compared, and
#: that no number is more than `FACTOR` times the stored one, or less than its part.
KNOWN = {
    'name = "faster and faster"':
        "6,000 steps at a large rate: numpy's own kernels of two processors differ by half",
    'print("loss after 300 steps      best rate    five seeds")':
        "300 steps at a large rate: numpy's own kernels of two processors differ by 3 percent",
    'print("bends: left of 1, right of 3    within 0.1 of the truth: at 0, at 4")': "10,000 steps",
    'print("loss at step 80", *(f"{s:>16s}" for s in surfaces))': "RMSProp jumps about a minimum",
    'print("loss after 80 steps  ", *(f"{turn:5d}°" for turn in turns))': "the same",
    'for name, table in [("x", x), ("y", y)]:': "numpy's whole numbers have 32 bits in a page",
}
FACTOR = 3
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
CODE = re.compile(r"Code for your progress page: \w{4}\n")  # in a page it counts at once
FORGET = """for _ in [n for n in globals() if n not in {"__name__", "__builtins__", "display"}]:
    del globals()[_]"""


@dataclass(frozen=True)
class Outcome:
    """What came of a cell: whether it ran, what was wrong, processor seconds."""

    place: int
    ran: bool
    problem: str
    seconds: float


def outcomes(page, name):
    """Run the cells of a chapter that can run in a page; yield what came of each cell.

    Of a cell that cannot, what remains for the sake of later ones must run.
    """
    nb = load(BOOK / f"{name}.ipynb")
    cells = page_cells(nb.cells)
    graph = Cells([cell.code for cell in cells])
    wanted = {n for place, cell in enumerate(cells) if not cell.lacks for n in graph.needs(place)}
    for place, (cell, stored) in enumerate(zip(cells, code_cells(nb.cells), strict=True)):
        start, problem = processor_s(), ""
        if not cell.lacks:
            problem = difference(page.evaluate("run", given(cell, cell.code)), cell, stored)
        elif place in wanted:
            result = page.evaluate("run", given(cell, cell.helping))
            problem = "".join(item["data"] for item in result["shown"]
                              if item["kind"] == "text/x-error")
        yield Outcome(place, not cell.lacks, problem, processor_s() - start)


def given(cell, code):
    """Return code of a cell as the page runs it."""
    return {"code": code, "packages": list(cell.packages)}


def difference(result, cell: PageCell, stored):
    """Say how the result of a cell differs from what is stored, or ""."""
    def of(kind):
        return "".join(item["data"] for item in result["shown"] if item["kind"] == kind)

    lines = cell.code.splitlines()
    printed, error = of("text/plain"), of("text/x-error") + result["message"]
    wanted = CODE.sub("", "".join(o.text for o in stored.outputs if o.output_type == "stream"))
    raised = [f"{o.ename}: {o.evalue}" for o in stored.outputs if o.output_type == "error"]
    if bool(raised) != bool(error) or any(text not in error for text in raised):
        return error or f"no error, but {raised}"
    n_shown = sum(item["kind"] in {"text/html", "image/svg+xml", "image/png"}
                  for item in result["shown"])
    n_wanted = sum(o.output_type in {"display_data", "execute_result"} for o in stored.outputs)
    if n_shown != n_wanted:
        return f"{n_shown} pictures and widgets, not {n_wanted}"
    if KNOWN.keys() & set(lines) and (far := far_apart(printed, wanted)):
        return far
    if "measured" in cell.tags or KNOWN.keys() & set(lines):
        printed, wanted = (without_numbers([{"text": text}])[0]["text"]
                           for text in (printed, wanted))
    pairs = zip(printed.splitlines(), wanted.splitlines(), strict=False)
    first = next((f"{a!r}, not {b!r}" for a, b in pairs if a != b), "more or fewer lines")
    return "" if printed == wanted else first


def far_apart(printed, wanted):
    """Say which numbers of two texts are far from each other, or "".

    Examples
    --------
    >>> far_apart("after 10 steps 2e-04", "after 10 steps 3e-04"), far_apart("1", "4")
    ('', '1, not 4')
    """
    pairs = [[float(number.replace(",", "")) for number in pair]
             for pair in zip(NUMBER.findall(printed), NUMBER.findall(wanted), strict=False)]
    return next((f"{a:g}, not {b:g}" for a, b in pairs if max(a, b) > FACTOR * min(a, b)), "")


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """A page with Python, for all chapters."""
    folder = tmp_path_factory.mktemp("chapters")
    if line := assemble(folder):
        pytest.fail(line, pytrace=False)
    yield from page_in(browser, folder)


def page_in(browser, folder):
    """Serve a page with Python from a folder; yield it."""
    (folder / "page.html").write_text(PAGE, encoding="utf-8")
    host = Host(folder)
    context = browser.new_context(viewport=SIZES[1280])
    yield opened(context, host)[0]
    context.close()
    host.shutdown()
    host.server_close()


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=() if name in ALWAYS else pytest.mark.weekly) for name in CHAPTERS])
def test_cells_print_in_the_page_what_they_print_in_the_book(page, name):
    page.evaluate("run", FORGET)
    found = list(outcomes(page, name))
    assert [f"cell {o.place + 1}: {o.problem}" for o in found if o.problem] == []


def test_the_cells_that_are_known_to_differ_are_there():
    codes = "\n".join(cell.source for name in CHAPTERS
                      for cell in code_cells(load(BOOK / f"{name}.ipynb").cells))
    assert [line for line in KNOWN if line not in codes.splitlines()] == []


def main(names, folder):
    """Print a table of chapters: cells, of these run and equal, processor seconds."""
    assert not assemble(folder)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=environment.browser(), args=ARGUMENTS)
        patient(browser)
        for page in page_in(browser, folder):
            page.evaluate("run", "import matplotlib.pyplot")
            for name in names:
                page.evaluate("run", FORGET)
                found = list(outcomes(page, name))
                ran = [o for o in found if o.ran]
                print(f"{name} | {len(found)} | {len(ran)} | {sum(not o.problem for o in ran)} | "
                      f"{sum(o.seconds for o in ran):.1f}")
                for o in sorted(ran, key=lambda o: -o.seconds):
                    if o.problem or o.seconds > 5:
                        print(f"    cell {o.place + 1}: {o.seconds:.1f} s {o.problem}")
                sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[2:], Path(sys.argv[1]))
