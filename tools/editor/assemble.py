"""The folder ``_static/editor`` of the site: CodeMirror and what it needs, as modules of our own.

Each file is compared with its pinned SHA-256 sum before it is kept in the cache, and again before
it is used. What it imports by the name of a package is then imported from the file beside it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from tools.pyodide.assemble import gather, keep
from tools.pyodide.sources import Source, from_folder, said

HERE = Path(__file__).parent
PINS: dict[str, Any] = json.loads((HERE / "pins.json").read_text(encoding="utf-8"))
FOLDER = Path("_static/editor")  # below the site's
OURS = HERE / "editor.js"
KEY = "key.txt"
#: A network of copies of all packages of this kind, file by file.
COPIES = "https://cdn.jsdelivr.net/npm/"
IMPORTS = re.compile(r"""^((?:import|export)\b[^"';]*?\bfrom )(["'])([^"'.][^"']*)\2""",
                     re.MULTILINE)


def sums(pins: dict[str, Any] = PINS) -> dict[str, str]:
    """Return the pinned sum of every file, by ``package@version/path``.

    Examples
    --------
    >>> [name for name in sums() if name.startswith("crelt")]
    ['crelt@1.0.7/index.js', 'crelt@1.0.7/LICENSE']
    """
    return {f"{name}@{pin['version']}/{path}": digest for name, pin in pins.items()
            for path, digest in pin["files"].items()}


def from_npm(names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield files of packages, which the client `npm` fetches as it is set up on this machine."""
    wanted: dict[str, list[str]] = {}
    for name in names:
        package, path = split(name)
        wanted.setdefault(package, []).append(path)
    with said("the package registry"), tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, *wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120,
                              cwd=folder)
        if done.returncode:
            raise OSError("npm fetches no packages "
                          f"({(done.stderr.strip().splitlines() or ['it said nothing'])[-1]})")
        for package, paths in wanted.items():
            name, _, version = package.rpartition("@")
            with tarfile.open(Path(folder, f"{short(name)}-{version}.tgz")) as archive:
                for path in paths:
                    member = archive.extractfile(f"package/{path}")
                    assert member is not None
                    yield f"{package}/{path}", member.read()


def split(name: str) -> tuple[str, str]:
    """Return a package with its version, and a path in it.

    Examples
    --------
    >>> split("@codemirror/state@6.7.6/dist/index.js")
    ('@codemirror/state@6.7.6', 'dist/index.js')
    """
    package, _, rest = name.rpartition("@")
    version, _, path = rest.partition("/")
    return f"{package}@{version}", path


def short(package: str) -> str:
    """Return the name of a package as that of a file.

    Examples
    --------
    >>> short("@codemirror/state")
    'codemirror-state'
    """
    return package.removeprefix("@").replace("/", "-")


def rewritten(code: str, names: Iterable[str]) -> str:
    """Return a module that imports packages from the files beside it.

    Raises
    ------
    ValueError
        If it imports a package that is not pinned.

    Examples
    --------
    >>> rewritten("import { a } from '@b/c';", ["@b/c"])
    "import { a } from './b-c.js';"
    """
    known = set(names)

    def replace(match: re.Match[str]) -> str:
        start, quote, name = match.groups()
        if name not in known:
            raise ValueError(f"the editor imports {name}, which tools/editor/pins.json lacks")
        return f"{start}{quote}./{short(name)}.js{quote}"

    return IMPORTS.sub(replace, code)


def assemble(html: Path, cache: Path | None = None, sources: Iterable[Source] | None = None,
             pins: dict[str, Any] = PINS) -> str:
    """Write the folder of the editor into a built site.

    Returns
    -------
    str
        "" when all is there; else one line that says that cells are edited in a plain text field.
    """
    folder = html / FOLDER
    parts = (json.dumps(pins, sort_keys=True).encode(), OURS.read_bytes(),
             Path(__file__).read_bytes())
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    if (folder / KEY).is_file() and (folder / KEY).read_text() == key:
        return ""
    shutil.rmtree(folder, ignore_errors=True)
    cache = user_cache_path("training-large-models", appauthor=False) / "editor" \
        if cache is None else cache
    try:
        reason = gather(cache, sums(pins), [from_folder(COPIES), from_npm]
                        if sources is None else sources, "the editor")
    except OSError as error:
        reason = f"{cache} cannot be written: {error.strerror or error}"
    if reason:
        return f"Code cells of the site are edited in a plain text field: {reason}"
    for name, pin in pins.items():
        for path in pin["files"]:
            data = (cache / f"{name}@{pin['version']}/{path}").read_bytes()
            if path.endswith(".js"):
                keep(folder / f"{short(name)}.js", rewritten(data.decode(), pins).encode())
            else:
                keep(folder / f"{short(name)}.LICENSE.txt", data)
    keep(folder / OURS.name, rewritten(OURS.read_text(encoding="utf-8"), pins).encode())
    keep(folder / KEY, key.encode())  # last: all is there
    return ""
