"""The package `lessons` as a wheel for the page: the same bytes from the same files, always."""

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
LARGEST_BYTES = 50_000  # of a data file; larger ones are texts and sounds
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
    apart = {".pyc", ".js", ".css"}
    return sorted(path for path in source.rglob("*") if path.is_file() and path.suffix not in apart
                  and (path.suffix == ".py" or path.name == RECORD
                       or path.stat().st_size <= LARGEST_BYTES))


def content_of(path: Path) -> bytes:
    """Return what the wheel holds in place of a file: the same, except for PyTorch."""
    data = content(str(path)) if path.suffix == ".py" else path.read_bytes()
    return WITHOUT_TORCH if path.suffix == ".py" and TORCH.search(data.decode()) else data


def wheel_of(source: Path = SOURCE, version: str = lessons.__version__) -> tuple[str, bytes]:
    """Return the name and the bytes of the wheel.

    The name holds the book's version and, as the wheel's build tag, a digest of what is inside: a
    browser never takes an older wheel for this one.
    """
    info = f"{source.name}-{version}.dist-info"
    files = {path.relative_to(source.parent).as_posix(): content_of(path)
             for path in members(source)}
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {source.name}\nVersion: {version}\n".encode())
    files[f"{info}/WHEEL"] = WHEEL.encode()
    lines = [f"{name},sha256={digest(data)},{len(data)}" for name, data in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,\n"]).encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, DATE)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    whole = hashlib.sha256(b"".join(name.encode() + data for name, data in files.items()))
    tag = f"0{whole.hexdigest()[:10]}"
    return f"{source.name}-{version}-{tag}-py3-none-any.whl", written.getvalue()


def digest(data: bytes) -> str:
    """Return a SHA-256 sum as the list of a wheel has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
