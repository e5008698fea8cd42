"""What make, set-up and the tools inherit: variables of other programs, odd folders, line ends."""

import os
import shutil
import subprocess
import sys

import pytest

from tools import environment, passed, suite
from tools.notebooks import kernels
from tools.notebooks.build import read_text
from tools.notebooks.key import key_of
from tools.website import build as site

ROOT = environment.ROOT
#: Each of these made some command of the Makefile fail, or compute something else.
HOSTILE = {
    "PYTHONPATH": "/others", "PYTHONHOME": "/others", "PYTHONSAFEPATH": "1", "PYTHONSTARTUP": "/x",
    "PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "0", "PYTHONINSPECT": "1",
    "PYTHONIOENCODING": "ascii", "PYTEST_ADDOPTS": "-x", "PYTEST_PLUGINS": "none",
    "MPLBACKEND": "none", "MATPLOTLIBRC": "/x", "JUPYTER_PATH": "/others",
    "JUPYTER_PREFER_ENV_PATH": "0", "GIT_DIR": "/others", "GIT_WORK_TREE": "/others",
    "GIT_INDEX_FILE": "/others",
}


def program(path, *lines):
    """Write a shell script that takes the place of a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def make(*arguments, **variables):
    env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=env | variables,
                          capture_output=True, text=True)


# --- make ------------------------------------------------------------------------------------


@pytest.fixture
def python(tmp_path):
    """A Python, in a folder with a space, that prints what it is asked and what it inherits."""
    return program(tmp_path / "it's my python" / "python3", 'echo "asked: $*"', "env")


def test_variables_of_other_programs_stop_at_make(python):
    keep = {"HOME": "/home/reader", "PIP_INDEX_URL": "https://example.org", "CHROMIUM": "/c",
            "GIT_SSH": "/s", "JUPYTER_CONFIG_DIR": "/j"}
    done = make("book", f"PYTHON={python}", f'PY="{python}"', "-j8", **HOSTILE | keep)
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("asked: ")] == [
        "asked: tools/environment.py", "asked: -m tools.website build"]
    inherited = [line.partition("=")[0] for line in lines]
    assert not HOSTILE.keys() & set(inherited)
    assert all(lines.count(f"{key}={value}") == 2 for key, value in keep.items())
    assert lines.count("PYTHONUTF8=1") == 2  # the same in every locale


@pytest.mark.parametrize("home", ["~/no such/python3", "/no such/python3"])
def test_a_python_that_is_not_there_is_named(home):
    done = make("setup", f"PYTHON={home}", HOME="/home/reader")
    said = done.stderr.splitlines()
    assert done.returncode and said[0].startswith(home.replace("~", "/home/reader") + " not found")


def test_a_python_in_the_home_folder(python):
    done = make("setup", f"PYTHON=~/{python.parent.name}/python3", HOME=str(python.parents[1]))
    assert done.stdout.startswith("asked: tools/environment.py\n")


@pytest.mark.parametrize(("user", "options"), [("0", " --allow-root"), ("1000", "")])
def test_lab_opens_for_root_too_and_says_what_that_means(python, tmp_path, user, options):
    program(tmp_path / "bin" / "id", f"echo {user}")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    said = make("lab", "PYTHON=true", f'PY="{python}"', PATH=path).stdout
    assert f"asked: -m tools.readers lab{options}\n" in said
    assert ("You are root" in said) is bool(options)


def test_ci_finds_its_folder_whatever_cdpath_says(tmp_path):
    (tmp_path / "elsewhere" / ".ci").mkdir(parents=True)
    for name in ("bash", "dirname"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    for name in ("python3", "git"):
        program(tmp_path / "bin" / name)
    program(tmp_path / "bin" / "make", 'echo "made in $PWD"')
    env = {"PATH": str(tmp_path / "bin"), "CDPATH": str(tmp_path / "elsewhere")}
    done = subprocess.run(["bash", ".ci/run"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout == f"made in {ROOT}\n"


# --- pip and Python ----------------------------------------------------------------------------


def test_pip_takes_over_where_packages_come_from_but_not_where_they_go(tmp_path, monkeypatch):
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = https://example.org/file\nproxy = https://proxy\n"
                        "target = /leak\nuser = true\nquiet = 3\n"
                        "extra-index-url =\n  https://one\n  https://two\n"
                        "[install]\nuser = true\nno-deps = true\nproxy = https://nearer\n"
                        "[download]\nindex-url = https://example.org/other\n")
    for key in [key for key in os.environ if key.startswith("PIP_")]:
        monkeypatch.delenv(key)
    for key, value in {"CONFIG_FILE": str(settings), "USER": "1", "TARGET": "/leak",
                       "PREFIX": "/leak", "REQUIRE_HASHES": "1", "DRY_RUN": "1",
                       "INDEX_URL": "https://example.org/variable"}.items():
        monkeypatch.setenv(f"PIP_{key}", value)
    found = {k: v for k, v in environment.pip_variables(sys.executable).items() if "PIP_" in k}
    assert found.pop("PIP_CONFIG_FILE") == os.devnull
    assert found.pop("PIP_EXTRA_INDEX_URL").split() == ["https://one", "https://two"]
    expected = {"PIP_INDEX_URL": "https://example.org/variable", "PIP_PROXY": "https://nearer"}
    assert expected.items() <= found.items()
    names = {"PIP_" + name.upper().replace("-", "_") for name in environment.PIP_SETTINGS}
    assert found.keys() <= names  # a machine may have settings of its own


def test_set_up_starts_pythons_without_variables_of_others(monkeypatch):
    for key, value in HOSTILE.items():
        monkeypatch.setenv(key, value)
    code = "import os; print([k for k in os.environ if k.startswith('PYTHON')])"
    assert environment.output(sys.executable, "-c", code) == "['PYTHONUTF8']\n"
    assert environment.quiet(sys.executable, "-c", "raise SystemExit(3)") == 3


def test_kernels_inherit_nothing_that_changes_what_they_compute(tmp_path, monkeypatch):
    for key, value in HOSTILE.items():
        monkeypatch.setenv(key, value)
    env = kernels.environment(tmp_path, "start-up")
    kept = {key for key in env if key.startswith(("PYTHON", "PYTEST_"))}
    assert kept == {"PYTHONPATH"} and "/others" not in env["PYTHONPATH"]
    code = ("import matplotlib as m; b = {'backend': 0}; print({**m.rcParams, **b} == "
            "{**m.rcParamsDefault, **b}, m.get_backend())")
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout.startswith("True ") and "inline" in done.stdout and not done.stderr


def test_a_long_folder_for_temporary_files_needs_no_long_address(tmp_path):
    assert kernels.address("/tmp/short")["transport"] == "ipc"
    assert kernels.address("/tmp/" + "long" * 25) == {"transport": "tcp"}


def test_tests_ask_this_machine_past_a_proxy(monkeypatch, capfd):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    code = "import urllib.request as u; print('past:', bool(u.proxy_bypass('127.0.0.1')))"
    monkeypatch.setitem(suite.PARTS, "one", ("a part", [sys.executable, "-c", code]))
    assert suite.run("one", skip=False).how == "passed"
    assert "past: True" in capfd.readouterr().out


# --- folders and line ends -----------------------------------------------------------------------


def test_a_folder_that_is_not_utf_8_is_said_in_one_line(monkeypatch, capsys, tmp_path):
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/B\xfccher")
    os.mkdir(folder)
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(os.path.join(ROOT, name), folder)
    monkeypatch.setattr(environment, "ROOT", folder)
    monkeypatch.setattr(environment, "VENV", os.path.join(folder, ".venv"))
    assert environment.main([]) == 1
    said = capsys.readouterr().err.strip()
    assert said.count("\n") == 0 and r"B\udcfccher" in said and "Rename the folder" in said


@pytest.fixture
def clone(tmp_path):
    """Return a clone of parts of this repository, made by a Git that writes line ends of Windows.

    The file `probe.txt` has no attributes, and shows that this Git does.
    """
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    for name in ("src/lessons", "text", ".ci", ".gitattributes", "requirements.txt",
                 "pyproject.toml", "Makefile", "book/_static/vendor"):
        source = site.ROOT / name
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, origin / name)
    with (origin / ".gitattributes").open("a") as file:
        file.write("probe.txt text !eol\n")
    (origin / "probe.txt").write_text("a\nb\n")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.autocrlf=true"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, "-C", str(origin), *command], check=True, capture_output=True)
    command = ["clone", "-q", "-c", "core.autocrlf=true", str(origin), str(clone)]
    subprocess.run(["git", *command], check=True)
    assert (clone / "probe.txt").read_bytes() == b"a\r\nb\r\n"
    return clone


def keys(root, monkeypatch):
    """Return every key that is made of files on the disk."""
    files = [root / "requirements.txt", root / "text/04-gradient-descent.md", root / "Makefile"]
    monkeypatch.setattr(site, "ROOT", root)
    found = [key_of(read_text(root, "04-gradient-descent").cells, root),
             passed.digest_of(files, root), site.key_of(files),
             *(environment.content(file) for file in files)]
    monkeypatch.undo()
    return found


def test_a_clone_with_line_ends_of_windows_is_not_stale_and_runs(clone, monkeypatch):
    expected = keys(site.ROOT, monkeypatch)
    assert keys(clone, monkeypatch) == expected
    assert b"\r" not in (clone / ".ci/run").read_bytes() + (clone / "Makefile").read_bytes()
    for file in clone.glob("book/_static/vendor/**/*.*"):
        assert file.read_bytes() == (site.ROOT / file.relative_to(clone)).read_bytes()
    texts = [*clone.glob("text/*.md"), *clone.rglob("*.py"), *clone.rglob("*.csv"),
             *clone.rglob("*.json"), clone / "requirements.txt", clone / "Makefile"]
    for file in texts:  # an editor, or an archive, that writes such ends
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert keys(clone, monkeypatch) == expected
