"""The doors of the house: set-up, Makefile, README, CI, pins and licences."""

import ast
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import jupytext
import pytest

import lessons
from tools import environment, suite
from tools.notebooks.key import data_of
from tools.website.build import SiteError
from tools.website.server import open_server

ROOT = Path(__file__).resolve().parents[2]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name):
    return dict(re.findall(r"^([\w-]+)==([\w.+]+)", read(name), re.MULTILINE))


def makefile_targets():
    return set(re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.MULTILINE))


def test_an_old_python_gets_one_line_that_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    monkeypatch.setattr(environment, "VENV", str(tmp_path / "none"))
    assert environment.main([]) == 1
    said = capsys.readouterr().err
    assert "Python 3.9 is too old" in said and "make setup PYTHON=" in said


def test_a_missing_venv_module_names_the_package(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(environment, "VENV", str(tmp_path / "none"))
    monkeypatch.setattr(environment, "quiet", lambda *command: 1)
    monkeypatch.setattr(environment, "runs", lambda python: False)
    assert environment.main([]) == 1
    assert "python3-venv" in capsys.readouterr().err


def test_set_up_needs_no_new_syntax():
    ast.parse(read("tools/environment.py"), feature_version=(3, 7))


def test_the_cpu_index_is_given_up_quickly():
    assert not environment.answers("https://127.0.0.1:9/none", 1)


def test_a_missing_browser_is_said_and_fails(monkeypatch, capsys):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    monkeypatch.setattr(environment, "browser_places", lambda: ())
    assert environment.main(["browser"]) == 1
    assert "Install one" in capsys.readouterr().err


def test_ci_fails_without_a_browser(tmp_path):
    tools = ["bash", "python3", "dirname", "make", "git", "id"]
    for name in tools:
        if path := shutil.which(name):
            (tmp_path / name).symlink_to(path)
    env = {"PATH": str(tmp_path), "CHROMIUM": "/no/such/browser", "HOME": str(tmp_path)}
    done = subprocess.run(["bash", ".ci/run"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode != 0
    assert "chromium" in done.stdout + done.stderr


def test_the_suite_knows_which_tests_of_the_package_read_texts():
    reading = [path for path in (ROOT / "tests/lessons").rglob("*.py")
               if 'ROOT / "text"' in path.read_text(encoding="utf-8")]
    assert sorted(path.relative_to(ROOT).as_posix() for path in reading) == sorted(suite.READ_TEXTS)


def test_ci_skips_nothing_that_passed_before():
    assert "\nmake test ALL=1" in read(".ci/run")


def test_a_busy_port_gets_one_line(monkeypatch):
    with open_server(0) as busy:
        port = busy.server_address[1]
        with pytest.raises(SiteError, match=str(port)):
            open_server(port)


def test_make_help_lists_every_target():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in makefile_targets():
        assert re.search(rf"^  {target}\b", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "text/how-to-use.md"])
def test_commands_and_paths_in_the_documents_exist(name):
    text = read(name)
    used = set(re.findall(r"(?:^|`)(?:[A-Z]+=\S+ )?make ([a-z-]+)", text, re.MULTILINE))
    assert used and used <= makefile_targets()
    for path in re.findall(r"`((?:text|book|src|tests|tools|binder|benchmarks)/[\w/.-]*)`", text):
        if "NN" not in path:
            assert (ROOT / path).exists(), path
    for module in re.findall(r"python -m (tools\.\w+)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_versions_agree():
    assert f"version: {lessons.__version__}" in read("CITATION.cff")
    assert f"## {lessons.__version__} " in read("CHANGELOG.md")


def test_pins_are_exact_and_binder_has_the_same():
    required, binder = pins("requirements.txt"), pins("binder/requirements.txt")
    lines = [line.split("#")[0].strip() for line in read("requirements.txt").splitlines()]
    loose = [line for line in lines if line and "==" not in line and not line.startswith("--edit")]
    assert not loose
    assert required["torch"] == "2.13.0"
    assert {n: v.removesuffix("+cpu") for n, v in binder.items()}.items() <= required.items()


def test_installed_versions_are_the_pinned_ones():
    for name, pin in pins("requirements.txt").items():
        assert version(name).split("+")[0] == pin, name


def imports_of(source):
    """Return the top-level names that a Python source imports from outside its own package."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


def test_everything_imported_is_pinned():
    folders = ("src", "tools", "tests", "benchmarks", "experiments")
    files = [f for d in folders for f in (ROOT / d).rglob("*.py")]
    sources = [f.read_text(encoding="utf-8") for f in files]
    for file in (ROOT / "book").glob("*.ipynb"):
        notebook = jupytext.read(file)
        sources += [
            c.source for c in notebook.cells if c.cell_type == "code" and "%" not in c.source
        ]
    names = {name for source in sources for name in imports_of(source)}
    names -= sys.stdlib_module_names | {"lessons", "tools", "tests", "benchmarks", "experiments"}
    dists = packages_distributions()
    pinned = {plain(name) for name in pins("requirements.txt")}
    loose = {name for name in names if pinned.isdisjoint(map(plain, dists.get(name, [])))}
    assert "numpy" in names and not loose


def plain(name):
    """Return a package's name in the one spelling that indexes use."""
    return re.sub(r"[-_.]+", "-", name).lower()


def ownerless(package):
    """Yield a line for each data file of a package that no module beside it reads.

    A record is read by ``load("its study")``, tables by their ending or name, all else by its name.
    """
    for folder in sorted(path.parent for path in package.rglob("__init__.py")):
        code = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
        for file in data_of(folder):
            read = rf"""["`]{re.escape(file.name)}"""
            if file.name == "record.json":
                read = rf'load\("{folder.name}"\)'
            elif file.suffix == ".csv":
                read += r'|"\.csv"'
            if not re.search(read, code):
                yield (f"{file.relative_to(package).as_posix()}: no module of its folder reads it, "
                       "so that no notebook is built again when it changes: move it to the study "
                       "that owns it")


def test_every_record_stands_beside_the_module_that_reads_it():
    assert list(ownerless(ROOT / "src/lessons")) == []


def test_a_record_that_no_study_owns_is_said(tmp_path):
    for name, text in {"__init__.py": "", "one/__init__.py": "", "one/cases.py": 'load("one")',
                       "one/record.json": "", "two/__init__.py": 'load("one")',
                       "two/record.json": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (said,) = ownerless(tmp_path)
    assert said.startswith("two/record.json: no module of its folder reads it")


def test_what_decays_is_said_in_one_place():
    files = [file for folder in ("src", "experiments") for file in (ROOT / folder).rglob("*.py")
             if '"weight_decay":' in file.read_text(encoding="utf-8")]
    assert files == [ROOT / "src/lessons/train/optimiser.py"]


def test_licences_are_there():
    assert "MIT" in read("LICENSE")
    assert "Attribution 4.0 International" in read("LICENSE-CONTENT")


def test_no_file_names_a_place_of_one_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    names = [n for n in listed.stdout.splitlines() if "/vendor/" not in n]
    assert names
    # Put together here, so that this file does not name them itself.
    words = ["/" + "work/main", "/" + "root/", "/opt/" + "wheels", "artifact" + "ory"]
    words += ["py" + "pi.org", "python" + "hosted.org", "registry" + ".npmjs", "ana" + "conda.org"]
    for name in names:
        text = (ROOT / name).read_bytes().decode("utf-8", errors="ignore")
        assert not [word for word in words if word in text], name


def test_shell_scripts_parse():
    for name in [".ci/run", "binder/postBuild", ".github/weekly-issue.sh"]:
        subprocess.run(["bash", "-n", name], cwd=ROOT, check=True)
