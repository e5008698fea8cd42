"""A small web server for the built site, on this machine only."""

import errno
import gzip
import re
from contextlib import suppress
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

from tools.website.build import HTML, SiteError

PORT = 8000
LAST_PORT = 65535


@lru_cache(maxsize=100)
def zipped(path: Path, changed_ns: int) -> bytes:
    """Return a file compressed; `changed_ns` tells a rebuilt file from the one that was kept."""
    return gzip.compress(path.read_bytes(), compresslevel=6)


class Handler(SimpleHTTPRequestHandler):
    """Serve files as a web host does: text compressed, and asked for again after a rebuild."""

    protocol_version = "HTTP/1.1"
    compressed = {".html", ".css", ".js", ".mjs", ".wasm", ".svg", ".json", ".txt", ".ipynb"}
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript",
                      ".wasm": "application/wasm"}  # not every system's table has them

    def send_head(self) -> BinaryIO | None:  # the base class names it
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.endswith("/"):
            path = path / "index.html"
        wanted = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (wanted and path.is_file() and path.suffix in self.compressed):
            return super().send_head()
        changed_ns = path.stat().st_mtime_ns
        tag = f'"{changed_ns:x}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.send_header("ETag", tag)
            self.end_headers()
            return None
        body = zipped(path, changed_ns)
        self.send_response(200)
        self.send_header("ETag", tag)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return None

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Answer a wrong address with the page that a web host takes for it."""
        page = Path(self.directory, "404.html")
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle(self) -> None:
        """Answer; a reader who leaves a page before it is there is no error."""
        with suppress(ConnectionError):
            super().handle()

    def end_headers(self) -> None:
        """Let the browser keep nothing without asking."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        """Stay quiet: the terminal is for what the reader should do next."""


def no_port(given: object) -> SiteError:
    """Return the error for what is no number of a port."""
    return SiteError(f"{given} is no port: choose a number from 0 to {LAST_PORT} with --port")


def port_of(text: str) -> int:
    """Return the port that a person asks for.

    Raises
    ------
    SiteError
        If there is no such port.

    Examples
    --------
    >>> port_of("9000")
    9000
    """
    if not re.fullmatch(r"\d{1,5}", text, re.ASCII) or int(text) > LAST_PORT:
        raise no_port(repr(text))
    return int(text)


def open_server(port: int | None, folder: Path = HTML) -> ThreadingHTTPServer:
    """Return a server for a folder, on this machine only.

    Parameters
    ----------
    port
        The port to use. None means 8000, or the next free one of twenty. 0 means any free one.

    Raises
    ------
    SiteError
        If the port is taken, not allowed, or no port at all.
    """
    if port is not None and not 0 <= port <= LAST_PORT:
        raise no_port(port)
    handler = partial(Handler, directory=str(folder))
    for candidate in range(PORT, PORT + 20) if port is None else [port]:
        try:
            server = ThreadingHTTPServer(("127.0.0.1", candidate), handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            if port is None:
                print(f"Port {candidate} is in use; trying the next one.", flush=True)
            continue
        server.daemon_threads = True
        return server
    if port is None:
        raise SiteError(f"ports {PORT} to {PORT + 19} are all in use: choose one with --port")
    raise SiteError(f"port {port} is in use or not allowed: choose another with --port")


def serve(port: int | None) -> None:
    """Serve the built site until Ctrl-C."""
    with open_server(port) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        print(f"The book is at {address} - open it in a browser; Ctrl-C stops it.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")
