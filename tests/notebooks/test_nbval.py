"""nbval is shown to fail: on a wrong output, a changed explorer, another processor."""

import re
import shutil
import subprocess

import nbformat
import pytest

from lessons.widgets.explorers.compare import TOLERANCE_PX, record_differences, svg_differs
from lessons.widgets.explorers.explorer import MIME_TYPE
from lessons.widgets.explorers.record import pack, unpack
from tools.notebooks import kernels, test as runner
from tools.notebooks.__main__ import main
from tools.notebooks.cells import code_cells, dumps, load

PATH = '<path d="M 1.5 2 L 3 {}" style="opacity: 0.5"/><text x="{}" y="2">0.{}</text>'

PAGES = {
    "counts": "print(6 * 7)",
    "figure": "import matplotlib.pyplot as plt\n\nplt.figure(figsize=(1, 1))\nplt.show()",
    "shuffled": "import os\n\nprint(os.getpid())",
    "measured": "import os\n\nprint('cell took', os.getpid() / 7, 'ms')",
    "busy": "import time\n\nwhile time.process_time() < 1.2:\n    pass",
    "processor": "import os\n\nprint(os.environ.get('ATEN_CPU_CAPABILITY'))",
    "explorer": """from lessons.widgets import explore, slider


def draw(ax, x):
    ax.plot([0, 1], [0, x])
    return f"The line ends at {x:g}."


explore(draw, name="line", title="A line", alt="A line that rises to the right",
        x=slider([0.5, 1.0, 1.5], label="end"))""",
}


def record():
    """Return what an explorer of two states records."""
    return {
        "name": "line", "title": "A line", "controls": [{"key": "x", "texts": ["1", "2"]}],
        "panels": [{"clip_id": "clip-line-0", "frame": PATH.format(0, 0, 1)}],
        "default": {"panels": [PATH.format(4, 0, 1)], "sentence": "At 1."},
        "states": [[PATH.format(4, 0, 1), "At 1."], [PATH.format(5, 0, 1), "At 2."]],
    }


def test_svg_is_compared_by_value():
    assert not svg_differs(PATH.format(4, 0, 1), PATH.format(4 + TOLERANCE_PX / 2, 0.1, 1))
    assert svg_differs(PATH.format(4, 0, 1), PATH.format(4 + 2 * TOLERANCE_PX, 0, 1))
    assert svg_differs(PATH.format(4, 0, 1), PATH.format("4 L 5 5", 0, 1))


def test_labels_and_opacities_are_no_coordinates():
    one = PATH.format(4, 0, 1)
    assert svg_differs(one, PATH.format(4, 0, 2))
    assert svg_differs(one, one.replace("opacity: 0.5", "opacity: 0.6"))


def set_sentence(r):
    r["states"][1][-1] = "At 3."


def move_far(r):
    r["states"][1][0] = PATH.format(7, 0, 1)


def drop_state(r):
    del r["states"][1]


def drop_panel(r):
    del r["panels"][0]


def move_frame(r):
    r["panels"][0]["frame"] = PATH.format(9, 0, 1)


def rename_texts(r):
    r["controls"][0]["texts"] = ["1", "3"]


def drop_title(r):
    del r["title"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (set_sentence, "sentence of state 1 differs: 'At 2.', now 'At 3.'"),
        (move_far, "picture of state 1 differs"),
        (drop_state, "2 states stored, 1 computed"),
        (drop_panel, "1 panels stored, 0 computed"),
        (move_frame, "frame of panel 0 differs"),
        (rename_texts, "controls differs"),
        (drop_title, "title differs"),
    ],
)
def test_a_changed_explorer_is_said(change, said):
    stored, computed = record(), record()
    assert record_differences(stored, computed) == []
    change(computed)
    assert record_differences(stored, computed) == [said]


@pytest.mark.parametrize("shift, said", [(0.1, []), (5, ["picture of state 0 differs"])])
def test_rounding_is_forgiven_and_a_moved_line_is_not(shift, said):
    stored, computed = record(), record()
    computed["states"][0][0] = PATH.format(4 + shift, 0, 1)
    assert record_differences(stored, computed) == said


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """Build a few pages, and store damaged copies beside them; return the root."""
    root = tmp_path_factory.mktemp("nbval") / "Bücher [2026] & it's 50%/book #1"
    (root / "text").mkdir(parents=True)
    for name, code in PAGES.items():
        tags = ":tags: [measured]\n\n" if name == "measured" else ""
        text = f"# T\n\n```{{code-cell}}\n{tags}{code}\n```\n"
        (root / "text" / f"{name}.md").write_text(text)
    assert main(["build"], root) == 0

    def store(new, old, change):
        nb = load(root / "book" / f"{old}.ipynb")
        change(code_cells(nb.cells)[0])
        (root / "book" / f"{new}.ipynb").write_text(dumps(nb))
        (root / "text" / f"{new}.md").write_text((root / "text" / f"{old}.md").read_text())

    def edit_states(change):
        def edit(cell):
            data = cell.outputs[0].data
            states = unpack(data[MIME_TYPE])
            change(states["states"])
            data[MIME_TYPE] = pack(states)

        return edit

    store("wrong-text", "counts", lambda cell: cell.outputs[0].update(text="43\n"))
    store("measured-words", "measured", lambda cell: cell.outputs[0].update(text="took 3 ms\n"))
    store("measured-nan", "measured", lambda cell: cell.outputs[0].update(text="cell took nan ms"))
    store("missing-output", "counts", lambda cell: cell.outputs.clear())
    store("missing-figure", "figure", lambda cell: cell.outputs.clear())
    store("missing-payload", "explorer", lambda cell: cell.outputs[0].data.pop(MIME_TYPE))
    store("wrong-sentence", "explorer",
          edit_states(lambda states: states[2].__setitem__(-1, "The line ends at 9.")))
    store("swapped-pictures", "explorer",
          edit_states(lambda states: states[0].__setitem__(0, states[2][0])))
    return root


WRONG = {
    "wrong-text": "43\n",
    "measured-words": "took # ms",
    "measured-nan": "cell took nan ms",
    "missing-output": "Unexpected output fields from running code: {'stdout'}",
    "missing-figure": "Unexpected output fields from running code: {'text/plain'}",
    "missing-payload": "number of explorers differs",
    "wrong-sentence": "sentence of state 2 differs: 'The line ends at 9.', now",
    "swapped-pictures": "explorer 'line': picture of state 0 differs",
    "shuffled": "Cell outputs differ",
}


def test_nbval_fails_on_what_is_wrong_and_on_nothing_else(damaged, capfd):
    files = sorted(damaged.glob("book/*.ipynb"))
    assert runner.test(files, damaged, jobs=2, native=True) == 1
    said, at_the_end = capfd.readouterr()
    assert all(f"{name} gave something else\n" in at_the_end for name in WRONG)
    failed = re.findall(r"^FAILED book/(\S+).ipynb::Cell 0", said, re.MULTILINE)
    assert sorted(failed) == sorted(WRONG)
    assert f"{len(WRONG)} failed, {len(files) - len(WRONG)} passed" in said
    sections = re.split(r"^_+ \S*book/(\S+).ipynb::Cell 0 _+$", said, flags=re.MULTILINE)
    reports = dict(zip(sections[1::2], sections[2::2], strict=True))
    for name, words in WRONG.items():
        assert words in reports[name]


def test_an_output_of_one_processor_fails_on_another(damaged, capfd):
    assert main(["test", "processor", "--native"], damaged) == 0
    assert "1 passed" in capfd.readouterr().out
    assert main(["test", "processor"], damaged) == 1
    said = capfd.readouterr().out
    assert "FAILED book/processor.ipynb::Cell 0" in said


def test_the_processor_time_of_a_kernel_is_measured_and_limited(damaged, capfd, monkeypatch):
    monkeypatch.setattr(runner, "reference_seconds", lambda seconds, *speeds: seconds)
    assert main(["test", "busy"], damaged) == 0
    said = re.search(r"^  busy +(\d+\.\d) processor seconds of 30$", capfd.readouterr().out, re.M)
    assert 1 <= float(said[1]) < 15
    monkeypatch.setattr(kernels, "CHAPTER_LIMIT_S", 1)
    assert main(["test", "busy"], damaged) == 1
    said = capfd.readouterr().err
    assert re.fullmatch(r"busy took \d+\.\d processor seconds, at most 1: shorten .*\n", said)


def test_a_notebook_that_passed_is_left_out_until_it_or_its_code_changes(
        damaged, tmp_path, capfd, monkeypatch):
    root = tmp_path / "authors"
    (root / "book").mkdir(parents=True)
    for name in ("counts", "wrong-text"):
        shutil.copy(damaged / f"book/{name}.ipynb", root / "book")
    prose = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("No code")])
    nbformat.write(prose, root / "book/prose.ipynb")  # there is nothing to run, ever
    (root / "src/lessons").mkdir(parents=True)
    (root / "requirements.txt").write_text("numpy==2\n")
    (root / ".gitignore").write_text("_build/\n")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    monkeypatch.setenv("SKIP_WHAT_PASSED", "1")

    def ran():
        status = runner.test(sorted(root.glob("book/*.ipynb")), root, jobs=1)
        said = capfd.readouterr().out
        return status, [name for name in ("counts", "wrong-text") if f"  {name} " in said]

    with monkeypatch.context() as patch:  # stopped by the author before the end
        patch.setattr(runner, "nbval", lambda *args: (2, {"counts": 1.0, "wrong-text": 1.0}, set()))
        assert ran()[0] == 1
    assert ran() == (1, ["counts", "wrong-text"])
    assert ran() == (1, ["wrong-text"])  # what failed is not forgotten
    (root / "requirements.txt").write_text("numpy==3\n")
    assert ran() == (1, ["counts", "wrong-text"])
    (root / "book/wrong-text.ipynb").write_bytes((root / "book/counts.ipynb").read_bytes())
    assert ran() == (0, ["wrong-text"])
    assert ran() == (0, [])
    monkeypatch.delenv("SKIP_WHAT_PASSED")
    assert ran() == (0, ["counts", "wrong-text"])


def test_kernels_run_alone_and_without_personal_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")  # native is native all the same
    env = kernels.environment(tmp_path, "start-up", portable=True)
    assert "PYTEST_ADDOPTS" not in env
    assert env["OMP_NUM_THREADS"] == env["OPENBLAS_NUM_THREADS"] == "1"
    assert env["LESSONS_RECORD"] == "1"
    assert env["IPYTHONDIR"] == "start-up"
    assert env["ATEN_CPU_CAPABILITY"] == "default"
    assert "ATEN_CPU_CAPABILITY" not in kernels.environment(tmp_path, "start-up")


def test_the_longest_notebook_starts_first(tmp_path, monkeypatch):
    for name, n_bytes in (("a", 3), ("b", 2), ("c", 1)):
        (tmp_path / f"{name}.ipynb").write_text("x" * n_bytes)
    commands = []

    class Done:
        returncode = 0

    def run(command, **_):
        commands.append(command)
        return Done

    monkeypatch.setattr(runner.subprocess, "run", run)
    monkeypatch.setattr(runner, "warm_up", lambda env: None)
    files = sorted(tmp_path.glob("*.ipynb"))
    runner.nbval(files, tmp_path, 2)
    kernels.write_seconds(tmp_path, {"b": 9.0})
    kernels.write_seconds(tmp_path, {"c": 1.0})
    runner.nbval(files, tmp_path, 2)
    orders = [[p[-7] for p in c if p.endswith(".ipynb")] for c in commands]
    assert orders == [["a", "b", "c"], ["b", "c", "a"]]
