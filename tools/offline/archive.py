"""The site as a zip: unpacked, it opens from the disk, without a server and without a network."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tools.website.build import ROOT, SiteError

NAME = "training-large-models"
FILE = ROOT / "_build" / "offline" / f"{NAME}.zip"
#: What only builds read.
LEFT_OUT = (".buildinfo", "objects.inv", "sitemap.xml")
BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time, for a zip: the same files are the same bytes
README = """Training Large Models, to read without a network

Open index.html in a browser. Figures, quizzes, formulas, the search and your progress work.

Python in the pages needs a server, since browsers give it nothing from the disk. Type, in this
folder,

    python3 -m http.server

("py -m http.server" on Windows) and open http://localhost:8000. That needs no network either.
Your progress is kept apart there: the page "Your progress" exports and imports it.
"""


def make(site: Path, file: Path = FILE) -> int:
    """Write the zip, the same bytes for the same site; return the number of its files.

    Raises
    ------
    SiteError
        If the site is not built.
    """
    if not (site / "index.html").is_file():
        raise SiteError(f"there is no built site in {site}: run `make book` first")
    paths = sorted(path for path in site.rglob("*") if path.is_file() and path.name not in LEFT_OUT)
    file.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(file, "w") as zipped:
        put(zipped, "README.txt", README.encode())
        for path in paths:
            put(zipped, path.relative_to(site).as_posix(), path.read_bytes())
    return len(paths) + 1


def put(zipped: ZipFile, name: str, content: bytes) -> None:
    """Add a file that everybody may read, without the date of its making."""
    info = ZipInfo(f"{NAME}/{name}", BEGINNING)
    info.external_attr = 0o100644 << 16
    zipped.writestr(info, content, ZIP_DEFLATED, 9)
