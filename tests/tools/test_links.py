"""The link check: the name of each answer, no network, and that no test needs one."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools import links, suite


class Handler(BaseHTTPRequestHandler):
    asked: list = []

    def do_HEAD(self):
        self.asked.append((self.command, self.path))
        status = {"/page": 200, "/moved": 302, "/headless": 405, "/shy": 403}.get(self.path, 404)
        if self.path == "/slow":
            self.server.stopped.wait(30)
            return
        if self.path == "/headless" and self.command == "GET":
            status = 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/page")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as started:
        started.stopped = threading.Event()
        threading.Thread(target=started.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{started.server_address[1]}"
        started.stopped.set()
        started.shutdown()


@pytest.fixture(autouse=True)
def ask_this_machine_itself(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    Handler.asked.clear()


@pytest.fixture
def closed():
    with socket.socket() as once:
        once.bind(("127.0.0.1", 0))
        port = once.getsockname()[1]
    return f"http://127.0.0.1:{port}/page"


@pytest.mark.parametrize("path, how, why", [
    ("/page", "ok", ""), ("/headless", "ok", ""), ("/lost", "gone", "status 404"),
    ("/moved", "moved", "to http://127.0.0.1"), ("/shy", "unclear", "status 403"),
    ("/slow", "unclear", "no answer within 0.3 s"),
])
def test_each_answer_has_its_name(server, path, how, why):
    answer = links.ask(server + path, timeout_s=0.3 if path == "/slow" else 20)
    assert answer.how == how and answer.why.startswith(why)


def test_a_refused_connection_is_gone(closed):
    answer = links.ask(closed)
    assert answer.how == "gone" and "refused" in answer.why


def bibliography(tmp_path, *urls):
    path = tmp_path / "references.bib"
    path.write_text("".join(f"@misc{{key{i}, title={{T}}, url={{{url}}}}}\n"
                            for i, url in enumerate(urls)))
    return path


def test_a_gone_source_is_named_and_fails(server, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(links, "PAUSE_S", 0)
    bib = bibliography(tmp_path, server + "/page", server + "/lost", server + "/page")
    assert links.main([], [server + "/page"], bib) == 1
    said = capsys.readouterr().out
    assert f"gone     key1: {server}/lost (status 404)" in said
    assert "2 sources asked: 1 answered, 0 from another place, 0 would not tell, 1 gone" in said
    assert Handler.asked.count(("HEAD", "/page")) == 2, "the probe, and the source once"
    assert links.main([], [server + "/page"], bibliography(tmp_path, server + "/moved")) == 0


def test_without_a_network_nothing_is_checked_and_that_is_said(closed, server, tmp_path, capsys):
    bib = bibliography(tmp_path, server + "/page")
    assert links.main([], [closed, closed], bib) == 2
    assert "No network" in capsys.readouterr().out and not Handler.asked


def test_no_part_of_the_suite_asks_the_network():
    commands = [command for _, command in (suite.PARTS | suite.WEEKLY).values()]
    assert not [command for command in commands if "tools.links" in command]
