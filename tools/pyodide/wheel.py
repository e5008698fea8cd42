"""The package `lessons` as a wheel for the page: the same bytes from the same files, always.

Its larger data files are wheels of their own, which a page fetches when a cell reads one.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from pathlib import Path

import lessons
from tools.environment import content

SOURCE = Path(lessons.__file__).parent
LARGEST_BYTES = 50_000  # of a data file that travels with the package
MOST_BYTES = 4_000_000  # of one that comes when a cell reads it: texts and sounds
APART = {".pyc", ".js", ".css"}  # what Python in a page never reads
RECORD = "record.json"  # of a study: all together 0.6 MB, and half of the chapters' cells read one
#: A module with such a line cannot run in a page: Pyodide has no PyTorch. Another takes its place
#: that fails with the same error.
TORCH = re.compile(r"^(import|from) torch\b", re.MULTILINE)
WITHOUT_TORCH = b"import torch\n"
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can hold
WHEEL = """Wheel-Version: 1.0
Generator: training-large-models
Root-Is-Purelib: true
Tag: py3-none-any
"""


def members(source: Path = SOURCE) -> list[Path]:
    """Return the files of the package that travel: modules, records, and data that is small."""
    return [path for path in all_files(source) if travels(path)]


def large_files(source: Path = SOURCE) -> list[Path]:
    """Return the data files of the package that do not travel with it."""
    return [path for path in all_files(source) if not travels(path)]


def all_files(source: Path) -> list[Path]:
    """Return all that Python may read in a package."""
    return sorted(path for path in source.rglob("*")
                  if path.is_file() and path.suffix not in APART)


def travels(path: Path) -> bool:
    """Tell whether a file comes to a page with the package."""
    return (path.suffix == ".py" or path.name == RECORD
            or path.stat().st_size <= LARGEST_BYTES)


def package_of(path: Path) -> str:
    """Return the name of the package in which a large file comes to a page; "" if in none.

    Examples
    --------
    >>> package_of(SOURCE / "data/spoken_digits.npz")
    'lessons-spoken-digits'
    """
    stem = path.name.partition(".")[0].replace("_", "-")
    return f"{SOURCE.name}-{stem}" if path.stat().st_size <= MOST_BYTES else ""


def content_of(path: Path) -> bytes:
    """Return what the wheel holds in place of a file: the same, except for PyTorch."""
    data = content(str(path)) if path.suffix == ".py" else path.read_bytes()
    return WITHOUT_TORCH if path.suffix == ".py" and TORCH.search(data.decode()) else data


def wheel_of(source: Path = SOURCE, version: str = lessons.__version__) -> tuple[str, bytes]:
    """Return the name and the bytes of the wheel of the package."""
    return packed(source.name, version, source, members(source))


def large_wheels(source: Path = SOURCE,
                 version: str = lessons.__version__) -> dict[Path, tuple[str, bytes]]:
    """Return for each large file that can come to a page the name and the bytes of its wheel."""
    return {path: packed(package_of(path).replace("-", "_"), version, source, [path])
            for path in large_files(source) if package_of(path)}


def packed(name: str, version: str, source: Path, paths: list[Path]) -> tuple[str, bytes]:
    """Return the name and the bytes of a wheel with files of the package.

    The name holds the book's version and, as the wheel's build tag, a digest of what is inside: a
    browser never takes an older wheel for this one.
    """
    info = f"{name}-{version}.dist-info"
    files = {path.relative_to(source.parent).as_posix(): content_of(path) for path in paths}
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode())
    files[f"{info}/WHEEL"] = WHEEL.encode()
    lines = [f"{file},sha256={digest(data)},{len(data)}" for file, data in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,\n"]).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file, data in files.items():
            member = zipfile.ZipInfo(file, DATE)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    whole = hashlib.sha256(b"".join(file.encode() + data for file, data in files.items()))
    tag = f"0{whole.hexdigest()[:10]}"
    return f"{name}-{version}-{tag}-py3-none-any.whl", written.getvalue()


def digest(data: bytes) -> str:
    """Return a SHA-256 sum as the list of a wheel has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
