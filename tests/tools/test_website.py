"""Building the site: addresses, launch buttons, ports, what makes a build fail or start afresh."""

import gzip
import re
import shutil
import socket
import struct
import subprocess
import threading
import time
import urllib.request
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from docutils import nodes

from lessons.widgets.registry import REGISTRY
from tools.notebooks.cells import compose, dumps, load, parse
from tools.website import assets, build as builder, server as servers
from tools.website.__main__ import main

URL = "https://github.com/owner/name"


@pytest.fixture
def small_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book of one page in a folder with an odd name, with this book's settings and look."""
    tmp_path /= "Bücher [2026] & it's 50%/book #1"
    for name in ("_config.yml", "tools", "book/_templates", "book/references.bib",
                 ".github/pictures"):
        source, target = builder.ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, target)
    (tmp_path / "book/_static").mkdir(parents=True)
    for name in ("book.css", "favicon.svg"):
        shutil.copy(builder.ROOT / "book/_static" / name, tmp_path / "book/_static" / name)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    write_page(tmp_path, "# A page\n\nHello.\n")
    monkeypatch.setattr(builder, "ROOT", tmp_path)
    monkeypatch.setattr(builder, "HTML", tmp_path / "_build/html")
    monkeypatch.setattr(builder, "COPIES", tmp_path / "_build/colab")
    monkeypatch.setattr(builder, "CONFIG", tmp_path / "_build/_config.yml")
    monkeypatch.setattr(builder, "KEY_ALL", tmp_path / "_build/site-key")
    monkeypatch.setenv("BOOK_REPOSITORY_URL", "")
    return tmp_path


def write_page(root: Path, text: str) -> None:
    notebook = compose(parse(text), [], key="")
    (root / "book/index.ipynb").write_text(dumps(notebook), encoding="utf-8")


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/owner/name",
        "https://github.com/owner/name.git",
        "git@github.com:owner/name.git",
        "ssh://git@github.com/owner/name.git",
    ],
)
def test_address_from_the_git_remote(small_book, monkeypatch, remote):
    monkeypatch.delenv("BOOK_REPOSITORY_URL")
    subprocess.run(["git", "init", "-q", str(small_book)], check=True)
    assert builder.repository_url() is None
    subprocess.run(["git", "-C", str(small_book), "remote", "add", "origin", remote], check=True)
    assert builder.repository_url() == URL


def test_address_from_elsewhere_gives_no_button(small_book, monkeypatch):
    monkeypatch.delenv("BOOK_REPOSITORY_URL")
    subprocess.run(["git", "init", "-q", str(small_book)], check=True)
    git = ["git", "-C", str(small_book), "remote", "add", "origin", "https://example.org/o/n"]
    subprocess.run(git, check=True)
    assert builder.repository_url() is None


def test_given_address_wins_and_is_checked(monkeypatch):
    monkeypatch.setenv("BOOK_REPOSITORY_URL", URL + "/")
    assert builder.repository_url() == URL
    monkeypatch.setenv("BOOK_REPOSITORY_URL", "")
    assert builder.repository_url() is None
    monkeypatch.setenv("BOOK_REPOSITORY_URL", "github.com/owner")
    with pytest.raises(builder.SiteError, match="https://github.com/owner/name"):
        builder.repository_url()


def test_launch_buttons_only_with_an_address(small_book, monkeypatch):
    assert builder.build()
    page = builder.HTML / "index.html"
    assert "mybinder.org" not in page.read_text()
    assert "colab" not in page.read_text().lower()

    monkeypatch.setenv("BOOK_REPOSITORY_URL", URL)
    assert builder.build(), "a new address starts a new build"
    text = page.read_text()
    assert "https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/lab/index.ipynb" in text
    colab = "https://colab.research.google.com/github/owner/name/blob/colab/index.ipynb"
    assert f'href="{colab}"' in text
    assert "blob/main" not in text
    assert (small_book / "book/index.ipynb").is_file()


def test_the_download_is_the_copy_for_readers(small_book, monkeypatch):
    write_page(small_book, "# A page\n\nSee {doc}`index`.\n")
    assert builder.build()
    download = builder.HTML / "_sources/index.ipynb"
    assert load(download).cells[-1].source.endswith("See [A page](index.ipynb).")

    monkeypatch.setenv("BOOK_REPOSITORY_URL", URL)
    monkeypatch.setenv("BOOK_COMMIT", "abc123")
    assert builder.build()
    first, *_, last = load(download).cells
    assert f"lessons[torch] @ {URL}/archive/abc123.zip" in first.source
    assert last.source.endswith("See [A page](https://owner.github.io/name/index.html).")
    assert download.read_bytes() == (builder.COPIES / "index.ipynb").read_bytes()


def test_a_notebook_that_somebody_ran_is_refused(small_book, capsys):
    """As JupyterLab leaves it: live widgets in place of the recorded figures."""
    page, path = parse("# A page\n\n```{code-cell}\n1\n```\n"), small_book / "book/index.ipynb"
    notebook = compose(page, page.cells[1:], key="")
    path.write_text(dumps(notebook), encoding="utf-8")
    builder.check_ready()
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="live")]
    path.write_text(dumps(notebook), encoding="utf-8")
    assert main(["build"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "book/index.ipynb" in said and "`make notebooks CH=index`" in said


@pytest.mark.parametrize("damage", [
    lambda text: text.replace("Hello", "Goodbye"),
    lambda text: text[: len(text) // 2],
    lambda text: text.replace('"outputs": "', '"outputs": "0'),
])
def test_a_notebook_that_somebody_edited_or_broke_is_refused(small_book, damage):
    path = small_book / "book/index.ipynb"
    before = path.read_text(encoding="utf-8")
    path.write_text(damage(before), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before
    with pytest.raises(builder.SiteError, match="make pull CH=index"):
        builder.check_ready()


def test_a_warning_fails_every_build_until_it_is_put_right(small_book, capfd):
    write_page(small_book, "# A page\n\nSee {ref}`nowhere`.\n")
    assert not builder.build()
    assert "nowhere" in capfd.readouterr().err
    assert not builder.build(), "a second build must not hide the warning"
    write_page(small_book, "# A page\n\nHello again.\n")
    assert builder.build()
    assert "Hello again" in (builder.HTML / "index.html").read_text()
    capfd.readouterr()
    assert builder.build()
    assert capfd.readouterr().out == "The site is up to date.\n"


def test_hidden_cells_in_a_row_share_one_fold_and_solutions_do_not(small_book):
    cells = ["helper", "shown", "figure", "between", "solution", "second"]
    tags = {"shown": "hide-cell", "figure": "hide-input", "solution": "solution, hide-cell"}
    text = "# A page\n"
    for cell in cells:
        text += "\nWords.\n" if cell == "between" else ""
        text += f"\n```{{code-cell}}\n:tags: [{tags.get(cell, 'hide-cell')}]\n\n{cell}_\n```\n"
    page = parse(text)
    executed = [nbformat.v4.new_code_cell(cell + "_", execution_count=1) for cell in cells]
    for cell in executed[1:3]:
        cell.outputs = [nbformat.v4.new_output("stream", text=f"printed by {cell.source}\n")]
    notebook = compose(page, executed, key="")
    (small_book / "book/index.ipynb").write_text(dumps(notebook), encoding="utf-8")
    assert builder.build()
    page = (builder.HTML / "index.html").read_text(encoding="utf-8")
    folds = re.findall(r'<details class="[^"]*hide above-input.*?</details>', page, re.DOTALL)
    inside = [[cell for cell in cells if f">{cell}_<" in fold] for fold in folds]
    assert inside == [["helper", "shown"], ["figure"], ["between"], ["solution"], ["second"]]
    assert "printed by shown_" in folds[0], "what a hidden cell prints stays hidden with it"
    assert "printed by figure_" not in folds[1], "what a shown cell prints stays in sight"


def test_a_file_of_another_host_is_refused():
    file = SimpleNamespace(filename="https://example.org/x.js")
    with pytest.raises(RuntimeError, match="page index .*//example.org/x.js: store the file"):
        assets.choose_assets(
            None, "index", "page.html", {"css_files": [], "script_files": [file]}, None
        )


def test_a_later_build_writes_the_addresses_of_the_first():
    script = SimpleNamespace(filename=f"_static/{assets.STARTER}")
    context = {
        "body": '<div class="cell py-cell">', "script_files": [script],
        "css_files": [SimpleNamespace(filename=f"_static/{name}")
                      for name in ("mystnb.a1.css", "x.css")],
        # What Sphinx does once the file is there.
        "css_tag": lambda file: f'<link href="{file.filename}?v=1">',
        "js_tag": lambda file: f'<script src="{file.filename}?v=2">'}
    assets.choose_assets(None, "index", "page.html", context, None)
    assert context["layered_css"] == ["_static/mystnb.a1.css", "_static/x.css?v=1"]
    assert context["js_tag"](script) == f'<script src="_static/{assets.STARTER}">'
    assert context["js_tag"](SimpleNamespace(filename="_static/a.js")).endswith('a.js?v=2">')


def test_an_address_is_escaped_once():
    link = nodes.reference(refuri="playground.html#data=line&amp;rate=1")
    doctree = nodes.section("", link, nodes.reference(refid="here"))
    assets.mend_addresses(None, doctree)
    assert link["refuri"] == "playground.html#data=line&rate=1"


@pytest.mark.parametrize("widget", REGISTRY, ids=lambda widget: widget.folder)
def test_without_scripts_a_page_says_what_each_of_its_widgets_lacks(widget):
    context = {"body": f'<div class="{widget.css_class} wide">', "js_tag": str}
    assets.choose_assets(None, "index", "page.html", context, None)
    assert widget.without_scripts.strip()
    assert context["without_scripts"] == [widget.without_scripts]


def test_a_missing_page_is_named(small_book, capsys):
    (small_book / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n  - file: 99-lost\n"
    )
    assert main(["build"]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "book/99-lost.ipynb" in message
    assert "make notebooks" in message


def test_a_change_of_the_look_rebuilds_every_page():
    config = builder.yaml.safe_dump(builder.merged_config(None))
    assert builder.shaping_key(config) == builder.shaping_key(config)
    assert builder.shaping_key(config) != builder.shaping_key(config + "x: 1\n")


def test_a_port_in_use(monkeypatch, capsys, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(builder.SiteError, match=f"port {port} is in use.*--port"):
            servers.open_server(port, tmp_path)
        monkeypatch.setattr(servers, "PORT", port)
        with servers.open_server(None, tmp_path) as server:
            assert port < server.server_address[1] < port + 20
        assert f"Port {port} is in use" in capsys.readouterr().out


@pytest.mark.parametrize("port", ["70000", "-1", "abc", "80 90", "", "٣"])
def test_what_is_no_port_gets_one_line_before_anything_is_built(monkeypatch, capsys, port):
    monkeypatch.setattr("tools.website.__main__.build", lambda: pytest.fail("built"))
    assert main(["serve", "--port", port]) == 1
    message = f"error: {port!r} is no port: choose a number from 0 to 65535 with --port\n"
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("port", [-1, 65536])
def test_no_server_opens_at_what_is_no_port(tmp_path, port):
    with pytest.raises(builder.SiteError, match=f"^{port} is no port"):
        servers.open_server(port, tmp_path)


def test_a_reader_who_leaves_early_and_a_rebuilt_page(tmp_path, capfd):
    page = tmp_path / "page.html"
    page.write_text("old " * 2_000_000)
    with servers.open_server(0, tmp_path) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = server.server_address
        with socket.create_connection(address) as reader:  # asks, and is gone
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            reader.sendall(b"GET /page.html HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)  # the answer is under way
        for text in ("old", "new"):
            page.write_text(text)
            request = urllib.request.Request(
                f"http://{address[0]}:{address[1]}/page.html", headers={"Accept-Encoding": "gzip"})
            with urllib.request.urlopen(request) as answer:
                assert gzip.decompress(answer.read()) == text.encode()
        server.shutdown()
    assert "Exception" not in capfd.readouterr().err


def test_what_the_browser_has_is_not_sent_again_until_it_is_rebuilt(tmp_path):
    page = tmp_path / "program.wasm"
    page.write_bytes(b"old " * 1000)
    with servers.open_server(0, tmp_path) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address

        def ask(tag=""):
            headers = {"Accept-Encoding": "gzip"} | ({"If-None-Match": tag} if tag else {})
            with closing(HTTPConnection(host, port)) as connection:
                connection.request("GET", "/program.wasm", headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()

        status, headers, body = ask()
        assert (status, headers["Content-Type"]) == (200, "application/wasm")
        assert gzip.decompress(body) == page.read_bytes()
        assert ask(headers["ETag"])[::2] == (304, b"")
        page.write_bytes(b"new " * 1000)
        assert ask(headers["ETag"])[0] == 200
        server.shutdown()
