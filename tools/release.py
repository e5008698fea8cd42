"""The files of a release: ``python -m tools.release v0.1.0`` gathers them in ``_build/release``.

The sources as Git has them, the notebooks as readers run them, what `make pdf` and `make offline`
made, the notes of the version, and SHA256SUMS. Built twice from one commit, sources and notebooks
are the same bytes.
"""

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import lessons

ROOT = Path(__file__).resolve().parents[1]
NAME = "training-large-models"
#: Made before by other commands: which files, and by which command.
MADE = {"_build/pdf/*.pdf": "make pdf", "_build/offline/*.zip": "make offline"}
COPIES = ("_build/colab/*.ipynb", "make book")


class ReleaseError(Exception):
    """What has to be put right before a release; its text says how."""


def notes(root: Path, version: str) -> str:
    """Return what CHANGELOG.md says about a version.

    Raises
    ------
    ReleaseError
        If it, CITATION.cff or the package is of another version.
    """
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(version)}\b.*\n(?s:(.*?))(?=^## |\Z)", changes, re.M)
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    wrong = [] if lessons.__version__ == version else ["src/lessons/__init__.py"]
    wrong += [] if re.search(rf"^version: {re.escape(version)}$", citation, re.M) else [
        "CITATION.cff"]
    wrong += [] if found else ["CHANGELOG.md"]
    if wrong or found is None:
        raise ReleaseError(f"{' and '.join(wrong)} say nothing of version {version}: name it "
                           "there, or tag another version")
    return found[1].strip() + "\n"


def files(root: Path, pattern: str, command: str) -> list[Path]:
    """Return files that a command has made; none at all is a `ReleaseError`."""
    if found := sorted(root.glob(pattern)):
        return found
    raise ReleaseError(f"there is no {pattern}: run {command} first")


def write_sources(root: Path, path: Path, prefix: str) -> None:
    """Write the files of the newest commit as a .tar.gz that holds no time of its own."""
    git = ["git", "archive", "--format=tar", f"--prefix={prefix}/", "HEAD"]
    tar = subprocess.run(git, cwd=root, capture_output=True, check=True).stdout
    path.write_bytes(gzip.compress(tar, mtime=0))


def write_notebooks(notebooks: list[Path], path: Path, prefix: str) -> None:
    """Write notebooks as a .zip, all with one date."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in notebooks:
            entry = zipfile.ZipInfo(f"{prefix}/{file.name}")  # of 1980, the first that zip knows
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)


def gather(root: Path, tag: str) -> Path:
    """Gather the files of the release `tag`, such as ``v0.1.0``; return their folder."""
    version = tag.removeprefix("v")
    said, prefix = notes(root, version), f"{NAME}-{version}"
    made = [file for pattern, command in MADE.items() for file in files(root, pattern, command)]
    copies = files(root, *COPIES)
    folder = root / "_build/release"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_sources(root, folder / f"{prefix}.tar.gz", prefix)
    write_notebooks(copies, folder / f"{prefix}-notebooks.zip", prefix)
    for file in made:
        shutil.copy(file, folder)
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
            for file in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")
    (root / "_build/release-notes.md").write_text(said, encoding="utf-8")
    return folder


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Gather the files of a release and list them; return the exit status."""
    if len(arguments) != 1:
        print("usage: python -m tools.release v0.1.0", file=sys.stderr)
        return 2
    try:
        folder = gather(root, arguments[0])
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    print((folder / "SHA256SUMS").read_text(encoding="utf-8"), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
