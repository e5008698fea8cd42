"""What passed before is skipped only while nothing that can make it fail has changed."""

import json
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest

from tests.site import unchanged
from tools import passed, suite

FILES = {
    "text/01-one.md": "# One\n\n```{code-cell}\n:tags: [stub]\nx = 1\n```\n",
    "book/01-one.ipynb": '{"cells": []}', "book/notation.md": "# Notation",
    "book/_static/book.css": "",
    "book/_templates/page.html": "", "src/lessons/nn.py": "", "src/lessons/record.json": "{}",
    "tests/lessons/test_nn.py": "", "tests/notebooks/bad/x.md": "", "tests/site/conftest.py": "",
    "tests/tools/test_a.py": "", "tools/notebooks/cells.py": "", "tools/website/math.py": "",
    "tools/environment.py": "", "requirements.txt": "numpy==2", "pyproject.toml": "",
    "_config.yml": "", "README.md": "", "experiments/long.py": "", "new/file.txt": "",
}
#: What each part does not depend on; everything else in `FILES`, it does.
FREE = {
    "types": {"text/01-one.md", "book/01-one.ipynb", "book/notation.md", "book/_static/book.css",
              "src/lessons/record.json", "tests/notebooks/bad/x.md", "README.md"},
    "lessons": {"text/01-one.md", "book/01-one.ipynb", "book/notation.md", "README.md",
                "experiments/long.py", "tools/notebooks/cells.py", "tools/website/math.py",
                "tools/environment.py", "tests/notebooks/bad/x.md", "tests/site/conftest.py",
                "tests/tools/test_a.py"},
    "tools": {"text/01-one.md", "book/01-one.ipynb", "book/notation.md", "README.md",
              "experiments/long.py", "tests/lessons/test_nn.py", "tests/site/conftest.py"},
    "site": {"text/01-one.md", "book/01-one.ipynb", "book/notation.md", "README.md",
             "experiments/long.py", "tests/lessons/test_nn.py", "tests/tools/test_a.py",
             "tests/notebooks/bad/x.md", "tools/notebooks/cells.py"},
}
FREE["answers"] = FREE["lessons"] - {"text/01-one.md"}


@pytest.fixture
def house(tmp_path):
    """Return the root of a small repository."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".gitignore").write_text("_build/\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("part", FREE)
def test_the_key_of_a_part_sees_all_that_can_make_it_fail(house, part):
    before = passed.key(part, house)
    assert before and before == passed.key(part, house)
    same = set()
    for name, text in FILES.items():
        (house / name).write_text(text.replace("x = 1", "x = 2") + "\n# more")
        if passed.key(part, house) == before:
            same.add(name)
        (house / name).write_text(text)
    assert same == FREE[part]
    (house / "pyproject.toml").unlink()
    assert passed.key(part, house) != before


def test_prose_changes_no_answer_but_a_tag_does(house):
    before, text = passed.key("answers", house), FILES["text/01-one.md"]
    (house / "text/01-one.md").write_text(text.replace("# One", "# Another"))
    assert passed.key("answers", house) == before
    (house / "text/01-one.md").write_text(text.replace("stub", "solution"))
    assert passed.key("answers", house) != before


def test_without_git_nothing_has_a_key_and_nothing_is_remembered(tmp_path):
    assert passed.key("lessons", tmp_path) == ""
    passed.remember({"lessons": ""}, tmp_path)
    assert passed.known(tmp_path) == {}
    (tmp_path / passed.FILE).write_text("{")
    assert passed.known(tmp_path) == {}


@pytest.fixture
def small(house, monkeypatch, capfd):
    """Return a function that runs a suite of one part, which notes that it ran."""
    ran = house / "_build/ran"
    command = [sys.executable, "-c", f"open({str(ran)!r}, 'a').write('x')"]
    monkeypatch.setattr(suite, "ROOT", house)
    monkeypatch.setattr(suite, "PARTS", {"lessons": ("a part", command)})
    monkeypatch.setattr(passed, "ROOT", house)
    for function in (passed.key, passed.known, passed.remember, passed.say):
        defaults = tuple(house for _ in function.__defaults__)
        monkeypatch.setattr(function, "__defaults__", defaults)
    for name in ("CI", "ALL"):
        monkeypatch.delenv(name, raising=False)
    (house / "_build").mkdir()

    def run(*names):
        ran.write_text("")
        status = suite.main([*names])
        said = capfd.readouterr()
        return status, ran.read_text() == "x", said.out

    return run


def test_what_passed_is_skipped_and_said_until_it_changes(small, house):
    assert small()[:2] == (0, True)
    status, ran, said = small()
    assert (status, ran) == (0, False)
    assert said.count("unchanged since it passed here: lessons (a part)") == 2  # and at the end
    assert "make test ALL=1 runs these too" in said
    (house / "src/lessons/nn.py").write_text("x = 1")
    assert small()[:2] == (0, True)
    assert small("lessons")[:2] == (0, True)  # asked for by name


@pytest.mark.parametrize("name", ["CI", "ALL"])
def test_ci_and_all_skip_nothing(small, monkeypatch, name):
    assert small()[1]
    monkeypatch.setenv(name, "1")
    assert small()[1]


def test_what_failed_runs_again(small, monkeypatch):
    fails = {"lessons": ("a part", [sys.executable, "-c", "raise SystemExit(3)"])}
    with monkeypatch.context() as patch:
        patch.setattr(suite, "PARTS", fails)
        assert small()[0] == 1
    assert small()[:2] == (0, True)


def test_the_last_lines_say_how_a_part_failed(small, monkeypatch):
    code = "print('begun'); print(*range(30), 'a ruined sum: é', sep='\\n'); raise SystemExit(1)"
    monkeypatch.setattr(suite, "PARTS", {
        "lessons": ("a part", [sys.executable, "-c", code]),
        "tools": ("another", [sys.executable, "-c", "print('all well')"])})
    status, _, said = small()
    _, summary = said.split("passed  tools", 1)
    assert status == 1 and "29\na ruined sum: é\n" in summary
    assert "begun" not in summary and "all well" not in summary
    assert "begun\n" in said and "all well\n" in said


def test_nobody_waits_for_what_a_part_left_behind(small, monkeypatch):
    child = "import time; time.sleep(1000)"
    code = ("import subprocess, sys\n"
            f"print(subprocess.Popen([sys.executable, '-c', {child!r}]).pid)")
    monkeypatch.setattr(suite, "PARTS", {"lessons": ("a part", [sys.executable, "-c", code])})
    status, _, said = small()
    left = psutil.Process(int(said.split("a part\n")[1].split()[0]))
    assert status == 0 and left.is_running()
    left.kill()


def test_a_suite_above_its_budget_fails_with_one_line(small, monkeypatch):
    monkeypatch.setattr(suite, "reference_seconds", lambda seconds, *speeds: 10 * suite.limit())
    status, _, said = small()
    assert status == 1
    assert f"the suite took {10 * suite.limit()} processor seconds, at most {suite.limit()}" in said
    assert suite.limit() == suite.BASE_LIMIT_S + suite.CHAPTER_LIMIT_S


@pytest.fixture
def plugin(house, monkeypatch):
    """Return a maker of the plugin of the site's tests, for a site of two pages."""
    html = house / "_build/html"
    html.mkdir(parents=True)
    for name in ("01-one.html", "search.html", "search-index.js"):
        (html / name).write_text("")
    monkeypatch.setattr(unchanged, "HTML", html)
    monkeypatch.setattr(unchanged, "ROOT", house)
    for function in (passed.key, passed.known, passed.remember):
        monkeypatch.setattr(function, "__defaults__", tuple(house for _ in function.__defaults__))
    monkeypatch.setattr(unchanged.weights, "three_pages", lambda: {"heaviest": "01-one"})
    return lambda **config: unchanged.Unchanged(SimpleNamespace(**config))


def passes(plugin, **pages):
    """Tell the plugin of tests that passed, with the pages that each noted; end the session."""
    for name, noted in pages.items():
        for when in ("setup", "call", "teardown"):
            plugin.pytest_runtest_logreport(SimpleNamespace(
                nodeid=name, when=when, passed=True, user_properties=[("pages", noted)]))
    plugin.pytest_sessionfinish(None)


def item(test, *fixtures):
    return SimpleNamespace(nodeid=test, fixturenames=fixtures)


def notebook(*cells):
    return json.dumps({"cells": [{"cell_type": kind, "source": text} for kind, text in cells]})


def test_a_test_of_cells_is_left_out_while_its_cells_are_the_same(plugin, house):
    prose, code = ("markdown", "One."), ("code", "1 + 1")
    page, built = house / "book/01-one.ipynb", house / "_build/html/01-one.html"
    page.write_text(notebook(prose, code))
    passes(plugin(), cells=[unchanged.cells_of("01-one")], page=["01-one"])

    def left_out():
        return {name for name in ("cells", "page")
                if plugin().is_unchanged(item(name, "browser"))}

    assert left_out() == {"cells", "page"}
    page.write_text(notebook(("markdown", "Another sentence."), code))
    built.write_text("<p>Another sentence.</p>")
    assert left_out() == {"cells"}
    page.write_text(notebook(prose, ("code", "1 + 2")))
    assert left_out() == set()


@pytest.mark.parametrize(("file", "left_out"), [
    ("_build/html/01-one.html", {"search"}),
    ("book/01-one.ipynb", {"search"}),
    ("_build/html/search-index.js", {"one"}),
    ("book/_static/book.css", set()),
    ("src/lessons/nn.py", set()),
    ("text/01-one.md", {"one", "search"}),
])
def test_a_test_of_the_site_is_left_out_while_its_pages_are_the_same(plugin, house, file, left_out):
    now = plugin()
    now.pytest_runtest_logreport(SimpleNamespace(
        nodeid="bad", when="call", passed=False, user_properties=[]))
    passes(now, one=["01-one"], search=["search"], gone=["gone"], bad=["01-one"])
    names = ("one", "search", "gone", "bad", "new")
    assert {n for n in names if plugin().is_unchanged(item(n, "browser"))} == {"one", "search"}
    assert not plugin().is_unchanged(item("one", "site"))  # without a browser, it is quick
    changed = '{"cells": [], "changed": "not the code"}'
    (house / file).write_text(changed)
    assert {n for n in names if plugin().is_unchanged(item(n, "browser"))} == left_out


def test_a_test_of_the_three_pages_runs_when_others_stand_for_the_book(plugin, monkeypatch):
    passes(plugin(), weight=[unchanged.THREE_PAGES])
    assert plugin().is_unchanged(item("weight", "browser"))
    monkeypatch.setattr(unchanged.weights, "three_pages", lambda: {"heaviest": "02-two"})
    assert not plugin().is_unchanged(item("weight", "browser"))


def test_what_passed_while_its_page_was_built_is_not_remembered(plugin, house):
    now, page = plugin(), house / "_build/html/01-one.html"
    page.write_text("built meanwhile")
    passes(now, one=["01-one"])
    page.write_text("")
    assert not plugin().is_unchanged(item("one", "browser"))


def test_one_process_reads_the_pages_for_all(plugin, house):
    now, node = plugin(), SimpleNamespace(workerinput={})
    now.pytest_configure_node(node)
    (house / "_build/html/01-one.html").write_text("later")
    assert plugin(workerinput=node.workerinput).pages == now.pages != plugin().pages
