"""A kernel, and what it starts, writes in its own folder only; each way out is shown to be shut."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.notebooks import kernels

OUT = {  # what a cell may not do, from the folder book/
    "open": "open('../text/a', 'w')",
    "append": "open('../text/kept', 'a')",
    "bytes": "open(b'../text/a', 'wb')",
    "descriptor": "os.open('../text/a', os.O_WRONLY | os.O_CREAT)",
    "path": "pathlib.Path('..').resolve().joinpath('a').write_text('x')",
    "link": "os.symlink('../text', 'way'); open('way/a', 'w')",
    "folder": "os.mkdir('../text/new')",
    "remove": "os.remove('../text/kept')",
    "rename away": "os.rename('../text/kept', 'kept')",
    "rename to": "open('a', 'w').close(); os.replace('a', '../text/kept')",
    "tree": "shutil.rmtree('../text')",
    "hard link": "open('a', 'w').close(); os.link('a', '../text/a')",
    "array": "import numpy; numpy.save('../text/a', numpy.ones(2))",
    "home": "open(os.path.expanduser('~/a'), 'w')",
    "program": "subprocess.run([sys.executable, '-c', \"open('../text/a', 'w')\"], check=True)",
    "copy": "import multiprocessing as m; p = m.get_context('fork').Process(target=open, "
            "args=('../text/a', 'w')); p.start(); p.join(); sys.exit(p.exitcode)",
}
IN = """
open('a', 'w').close(); os.mkdir('b'); os.rename('a', 'b/a'); shutil.rmtree('b')
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, 'a').write_text('x')
    os.makedirs(folder + '/b/c')
open(os.devnull, 'w').close(); open('../text/kept').read()
"""


@pytest.fixture
def root(tmp_path):
    """The folder of a book, which has the name of a cache."""
    for name in ("book", "text", "home", "elsewhere", "ipython"):
        (tmp_path / "jupyter" / name).mkdir(parents=True)
    (tmp_path / "jupyter/text/kept").write_text("kept")
    return tmp_path / "jupyter"


@pytest.fixture
def run(root, monkeypatch):
    """Return a function that runs code as a kernel would."""
    monkeypatch.setenv("TMPDIR", str(root / "elsewhere"))
    monkeypatch.setenv("HOME", str(root / "home"))
    env = kernels.environment(root, str(root / "ipython"))
    head = "import os, pathlib, shutil, subprocess, sys, tempfile\n"

    def run(code):
        return subprocess.run([sys.executable, "-c", head + code], cwd=root / "book", env=env,
                              capture_output=True, text=True)

    return run


@pytest.mark.parametrize("way", OUT)
def test_a_notebook_cannot_write_outside_its_folder(run, root, way):
    done = run(OUT[way])
    assert done.returncode != 0
    assert "PermissionError: a notebook may not change " in done.stderr
    assert [path.read_text() for path in Path(root, "text").iterdir()] == ["kept"]
    assert not list(Path(root, "home").iterdir())


def test_a_notebook_may_write_beside_itself_and_for_a_time(run):
    assert run(IN).stderr == ""
