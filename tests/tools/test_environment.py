"""Set-up: what it installs from where, what it leaves alone, and what it says when it fails."""

import sys
import threading
import urllib.error

import pytest

from tools import environment

INDEX = environment.CPU_INDEX


@pytest.fixture
def pip(monkeypatch, tmp_path):
    """An environment that exists but was never filled; returns the pip commands of `setup`."""
    commands = []
    monkeypatch.delenv("GPU", raising=False)
    monkeypatch.setattr(environment, "VENV", str(tmp_path))
    monkeypatch.setattr(environment, "runs", lambda python: True)
    monkeypatch.setattr(environment, "run_pip", lambda command, log: commands.append(command))
    monkeypatch.setattr(environment, "installed_torch", lambda python: "")
    monkeypatch.setattr(environment, "answers", lambda url, wait_s: True)
    monkeypatch.setattr(sys, "platform", "linux")
    return commands


def test_a_second_run_installs_nothing(pip, capsys):
    assert environment.main([]) == environment.main([]) == 0
    assert len(pip) == 1
    assert capsys.readouterr().out.count("Ready") == 1


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_changed_file_installs_again(pip, monkeypatch, tmp_path, name):
    environment.main([])
    for each in ("requirements.txt", "pyproject.toml"):
        text = environment.read(environment.os.path.join(environment.ROOT, each))
        (tmp_path / each).write_text(text + "\n# changed\n" * (each == name), encoding="utf-8")
    before = environment.fingerprint()
    monkeypatch.setattr(environment, "ROOT", str(tmp_path))
    assert environment.fingerprint() != before
    environment.main([])
    assert len(pip) == 2


def test_linux_takes_torch_without_cuda(pip):
    environment.main([])
    assert pip[0][-2:] == ["--extra-index-url", INDEX]


def test_without_the_cpu_index_one_line_says_so(pip, monkeypatch, capsys):
    monkeypatch.setattr(environment, "answers", lambda url, wait_s: False)
    environment.main([])
    assert INDEX not in pip[0]
    assert capsys.readouterr().out.count("PyTorch's CPU index does not answer") == 1


@pytest.mark.parametrize("case", ["macOS", "GPU wanted", "torch is there"])
def test_the_cpu_index_is_not_asked_where_it_does_not_matter(pip, monkeypatch, case):
    if case == "macOS":
        monkeypatch.setattr(sys, "platform", "darwin")
    elif case == "GPU wanted":
        monkeypatch.setenv("GPU", "1")
    else:
        monkeypatch.setattr(environment, "installed_torch", lambda python: environment.torch_pin())
    monkeypatch.setattr(environment, "answers", lambda url, wait_s: pytest.fail("asked"))
    environment.main([])
    assert INDEX not in pip[0]


def test_a_silent_index_costs_no_more_than_the_wait(monkeypatch):
    answer = threading.Event()  # never comes, unless the wait is over
    monkeypatch.setattr(
        environment.urllib.request, "urlopen", lambda url, timeout: answer.wait(600)
    )
    assert not environment.answers("https://example.org", 0.2)
    answer.set()


@pytest.mark.parametrize("error", [urllib.error.URLError("no name"), TimeoutError(), OSError()])
def test_an_index_that_fails_is_no_answer(monkeypatch, error):
    def fail(url, timeout):
        raise error

    monkeypatch.setattr(environment.urllib.request, "urlopen", fail)
    assert not environment.answers("https://example.org", 5)


def test_a_failure_of_pip_shows_the_end_of_its_log(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "ROOT", str(tmp_path))
    log = tmp_path / "setup.log"
    code = "[print('line', i) for i in range(20)]; raise SystemExit(3)"
    with pytest.raises(environment.Problem, match="line 19") as caught:
        environment.run_pip([sys.executable, "-c", code], str(log))
    assert "make setup" in str(caught.value) and "line 3\n" not in str(caught.value)
    assert log.read_text().count("line") == 20


@pytest.mark.parametrize(("said", "advice"), [
    ("WARNING: Retrying (Retry(total=0)) after connection broken", "Check the network"),
    ("ERROR: [Errno 28] No space left on device", "Make room on the disk"),
    ("ERROR: Cannot uninstall numpy 1.0, RECORD file not found", "Delete the folder .venv"),
    ("ERROR: Can not perform a '--user' install.", "Put right what pip says"),
    ("ERROR: Invalid requirement: 'six =='", "Put right what pip says"),
])
def test_the_advice_is_about_what_pip_said(tmp_path, monkeypatch, said, advice):
    monkeypatch.setattr(environment, "ROOT", str(tmp_path))
    code = f"print({said!r}); raise SystemExit(1)"
    with pytest.raises(environment.Problem) as caught:
        environment.run_pip([sys.executable, "-c", code], str(tmp_path / "log"))
    end = str(caught.value).splitlines()[-1]
    assert said in str(caught.value)
    assert end.startswith(advice) and end.endswith("make setup")


def test_a_failure_leaves_no_stamp(pip, monkeypatch, tmp_path):
    def fail(command, log):
        raise environment.Problem("no network")

    monkeypatch.setattr(environment, "run_pip", fail)
    assert environment.main([]) == 1
    assert not (tmp_path / "stamp").exists()


def test_an_old_python_uses_a_newer_one_that_is_there(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(environment, "runs", lambda python: True)
    there = {"python3.12": "/somewhere/python3.12"}
    monkeypatch.setattr(environment.shutil, "which", there.get)
    assert environment.choose_python() == "/somewhere/python3.12"
    assert "Python 3.9; using /somewhere/python3.12" in capsys.readouterr().out


def test_a_wrong_browser_variable_is_named(monkeypatch, capsys):
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    assert environment.main(["browser"]) == 1
    assert "CHROMIUM=/no/such/browser" in capsys.readouterr().err


def test_a_browser_that_playwright_fetched_is_found(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    own = [place for place in environment.browser_places() if place.startswith(str(tmp_path))]
    monkeypatch.setattr(environment, "browser_places", lambda: own)
    for number in (1100, 1200):
        program = tmp_path / f"chromium-{number}" / "chrome-linux" / "chrome"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    assert environment.browser() == str(program)
