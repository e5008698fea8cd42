"""The folder ``_static/python`` of the site: everything that a page needs to run Python.

The files of Pyodide come from a cache outside of ``_build``; what is missing there is fetched once.
Every file is compared with its pinned SHA-256 sum before it is kept, and again before it is used.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from tools.pyodide.product import programs
from tools.pyodide.sources import Source, Unreachable, all_sources, from_registry
from tools.pyodide.wheel import SOURCE, large_wheels, package_of, wheel_of

HERE = Path(__file__).parent
PINS: dict[str, Any] = json.loads((HERE / "pins.json").read_text(encoding="utf-8"))
FOLDER = Path("_static/python")  # below the site's
MANIFEST = "manifest.json"
START = ("lessons", "numpy")  # what every page's Python has
#: Packages that come when a cell needs them: the buttons count their megabytes. Each before those
#: that need it.
LATE = ("matplotlib", "scipy", "threadpoolctl", "scikit-learn", "gymnasium")
SQUEEZED = {".mjs", ".wasm"}  # what web hosts compress; the others are zip files
#: The page's half of the runtime; its other half is in the wheel.
SCRIPTS = sorted(path for path in (SOURCE / "live").iterdir() if path.suffix in {".js", ".css"})
#: The one that pages load at once learns from the build what a start would load.
STARTER, NO_SIZES = "starter.js", "const SIZES = {};"


def pinned(pins: dict[str, Any] = PINS) -> dict[str, Any]:
    """Return the entry of each pinned package, of those in no distribution of Pyodide as well."""
    return dict(pins["lock"]["packages"] | pins.get("registry", {}))


def sums(pins: dict[str, Any] = PINS) -> dict[str, str]:
    """Return the pinned SHA-256 sum of every file."""
    return pins["core"] | sums_of(pinned(pins))


def sums_of(packages: dict[str, Any]) -> dict[str, str]:
    """Return the SHA-256 sum of the file of each package."""
    return {package["file_name"]: package["sha256"] for package in packages.values()}


def cache_folder() -> Path:
    """Return where the files of this version are kept between builds."""
    cache = user_cache_path("training-large-models", appauthor=False)
    return cache / "pyodide" / str(PINS["version"])


def is_right(path: Path, wanted: str) -> bool:
    """Tell whether a file is there with this SHA-256 sum."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == wanted


def gather(cache: Path, wanted: dict[str, str], sources: Iterable[Source],
           what: str = "Pyodide") -> str:
    """Fetch what a cache lacks; return "" when all is there, else why not, in a line."""
    reasons = []
    missing = [name for name, digest in wanted.items() if not is_right(cache / name, digest)]
    if missing:
        print(f"Fetching {len(missing)} files of {what}, once: {cache} keeps them.", flush=True)
    for source in sources if missing else ():
        try:
            for name, data in source(missing):
                if hashlib.sha256(data).hexdigest() != wanted[name]:
                    raise Unreachable(f"{name} does not have its pinned SHA-256 sum: refused")
                keep(cache / name, data)
        except Unreachable as reason:
            reasons.append(str(reason))
        missing = [name for name in missing if not is_right(cache / name, wanted[name])]
        if not missing:
            break
    return ("; ".join(reasons) or f"no source has {missing[0]}") if missing else ""


def keep(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(data)
            file.close()
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def assemble(html: Path, cache: Path | None = None, sources: Iterable[Source] | None = None,
             pins: dict[str, Any] = PINS) -> str:
    """Write the folder for Python into a built site.

    Parameters
    ----------
    html
        The folder of the site.
    cache, sources, pins
        Where files are kept, where they come from, and which they are, if not as usual.

    Returns
    -------
    str
        "" when all is there; else one line that says that the site has no Python, and why.
    """
    folder, version = html / FOLDER, str(pins["version"])
    large = large_wheels()
    wheels = dict([wheel_of(), *large.values()])
    key = key_of([*wheels], pins)
    if made_with(folder) == key:
        return ""
    shutil.rmtree(folder, ignore_errors=True)
    for script in SCRIPTS:
        keep(folder / script.name, script.read_bytes())
    for file, data in programs().items():
        keep(folder / file, data)
    cache = cache_folder() if cache is None else cache
    registry = sums_of(pins.get("registry", {}))
    distribution = {file: sum_ for file, sum_ in sums(pins).items() if file not in registry}
    try:
        reason = gather(cache, distribution, all_sources(version) if sources is None else sources) \
            or gather(cache, registry, [from_registry], "packages")
    except OSError as error:
        reason = f"{cache} cannot be written: {error.strerror or error}"
    if reason:
        line = f"The site is built without Python in its pages: {reason}"
        keep(folder / MANIFEST, json.dumps({"missing": line}).encode())
        return line
    files = {file: (cache / file).read_bytes() for file in sums(pins)}
    files |= {**wheels, "NOTICE.txt": (HERE / "NOTICE.txt").read_bytes()}
    lock = json.dumps(lock_with(wheels, pins), sort_keys=True).encode()
    for file, data in {**files, f"lock-{key}.json": lock}.items():
        keep(folder / version / file, data)
    sets = sizes(json.loads(lock)["packages"], list(pins["core"]), files)
    paths = {path.relative_to(SOURCE).as_posix(): package_of(path) for path in large}
    manifest = {"key": key, "folder": version, "lock": f"lock-{key}.json", "files": paths,
                "sets": sets}
    keep(folder / STARTER, starter(sets))
    keep(folder / MANIFEST, json.dumps(manifest).encode())  # last: what it names is there
    return ""


def starter(sets: dict[str, dict[str, Any]]) -> bytes:
    """Return the script that gives cells their buttons, with the megabytes that a start loads."""
    text = (SOURCE / "live" / STARTER).read_text(encoding="utf-8")
    mb = {name: round(sets[name]["sent"] / 1e6, 2) for name in sets
          if name in ("start", *LATE) or name.startswith(f"{SOURCE.name}-")}
    if NO_SIZES not in text:
        raise ValueError(f"{STARTER} has no line {NO_SIZES!r}")
    return text.replace(NO_SIZES, f"const SIZES = {json.dumps(mb)};").encode()


def key_of(wheels: list[str], pins: dict[str, Any]) -> str:
    """Return a short name for everything that the folder is made of."""
    parts = [json.dumps([wheels, pins], sort_keys=True).encode(), *programs().values()]
    parts += [path.read_bytes() for path in (Path(__file__), HERE / "NOTICE.txt", *SCRIPTS)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def made_with(folder: Path) -> str:
    """Return the key of what a site has; "" if it has no Python."""
    try:
        return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("key", ""))
    except (FileNotFoundError, ValueError):
        return ""


def missing_line(html: Path) -> str:
    """Return the line that says why a built site has no Python in its pages; "" if it has."""
    try:
        manifest = json.loads((html / FOLDER / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "The site has no Python in its pages: run `make book`"
    return str(manifest.get("missing", ""))


def lock_with(wheels: dict[str, bytes], pins: dict[str, Any]) -> dict[str, Any]:
    """Return Pyodide's lock with all that is pinned, the book's package and its large files."""
    ours = {}
    for file, data in wheels.items():
        name, version = file.split("-")[:2]
        name, is_book = name.replace("_", "-"), name == SOURCE.name
        ours[name] = {
            "name": name, "version": version, "file_name": file, "install_dir": "site",
            "sha256": hashlib.sha256(data).hexdigest(), "package_type": "package",
            "imports": [name] if is_book else [], "depends": ["numpy"] if is_book else [],
            "unvendored_tests": False}
    return {**pins["lock"], "packages": pinned(pins) | ours}


def sizes(packages: dict[str, Any], core: list[str],
          files: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """Return for "start", and for each other package with its needs, what a page loads.

    Each has the bytes that are sent, as web hosts compress them, and the bytes that arrive. What
    one of `LATE` brings counts there alone: code that needs scikit-learn names SciPy as well.
    """

    def entry(names: set[str], more: list[str]) -> dict[str, Any]:
        loaded = [*more, *(packages[name]["file_name"] for name in names)]
        return {"packages": sorted(names), "bytes": sum(len(files[file]) for file in loaded),
                "sent": sum(sent(file, files[file]) for file in loaded)}

    start = set().union(*(needs(name, packages) for name in START))
    others = {name: needs(name, packages) - start for name in packages if name not in start}
    for name, each in others.items():
        each -= set().union(*(needs(late, packages) for late in LATE if late in each - {name}))
    return {"start": entry(start, core), **{name: entry(set_, []) for name, set_ in others.items()}}


def needs(package: str, packages: dict[str, Any]) -> set[str]:
    """Return a package of a lock file, and all that it needs."""
    return {package}.union(*(needs(name.lower(), packages)
                             for name in packages[package]["depends"]))


def sent(name: str, data: bytes) -> int:
    """Return how many bytes of a file a host sends that compresses as `make serve` does."""
    return len(gzip.compress(data, 6)) if Path(name).suffix in SQUEEZED else len(data)
