"""No test asks another machine: what keeps them off it is shown to do so."""

import json
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tools import network, suite

ELSEWHERE = "192.0.2.1"  # kept for examples: no machine has it


@pytest.mark.parametrize("ask", [
    lambda: socket.create_connection((ELSEWHERE, 9), timeout=60),
    lambda: socket.create_connection(("2001:db8::1", 9), timeout=60),
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.gethostbyname("example.org"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (ELSEWHERE, 9)),
])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_python_asks_no_other_machine(ask):
    with pytest.raises(ConnectionError, match="is another machine: tests ask this one only"):
        ask()


SEEN = """
import errno, json, socket, subprocess, sys
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
out = socket.socket()
out.settimeout(60)
code = out.connect_ex(("192.0.2.1", 9))
print(json.dumps([[name for _, name in socket.if_nameindex()], errno.errorcode[code]]))
"""


@pytest.fixture(scope="module")
def cut():
    """Return what a process sees that `tools.network` started; and one that it started itself."""
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SEEN!r}], check=True)"
    command = [*suite.ALONE, sys.executable, "-c", nested]
    done = subprocess.run(command, cwd=suite.ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_suite_has_the_loopback_device_alone(cut):
    if cut.startswith("The network stays on"):  # macOS, or a container that forbids it
        assert not sys.platform.startswith("linux") or "not permitted" in cut or "denied" in cut
        return
    assert json.loads(cut) == [["lo"], "ENETUNREACH"]


def test_a_system_that_forbids_it_is_said_and_the_command_runs(monkeypatch, capsys):
    ran = []
    forbidden = SimpleNamespace(returncode=1, stderr="[Errno 1] Operation not permitted\n")
    monkeypatch.setattr(network.subprocess, "run", lambda command, **settings: forbidden)
    monkeypatch.setattr(network.os, "execvp", lambda name, command: ran.append(command))
    network.main(["ls", "-l"])
    assert ran == [["ls", "-l"]]
    assert capsys.readouterr().out.startswith("The network stays on ([Errno 1] Operation not")


def test_another_system_says_why_it_cannot(monkeypatch):
    monkeypatch.setattr(network.sys, "platform", "darwin")
    with pytest.raises(SystemExit, match="darwin has no network namespaces"):
        network.main([])


def test_every_part_but_the_book_is_cut_off(monkeypatch):
    started = {}

    class Nothing:
        returncode, stdout = 0, None

    def popen(command, **settings):
        started[popen.part] = command
        return Nothing()

    monkeypatch.setattr(suite.subprocess, "Popen", popen)
    monkeypatch.setattr(suite, "listen", lambda process, hear: ("", 0.0))
    monkeypatch.setattr(suite.passed, "key", lambda part: "")
    monkeypatch.setattr(suite.passed, "remember", lambda keys: None)
    for popen.part in suite.PARTS | suite.WEEKLY:
        suite.run(popen.part, skip=False)
    assert {name for name, command in started.items() if command[:2] != suite.ALONE} == {"book"}
