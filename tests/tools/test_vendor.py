"""Files of others that the site serves are the ones that their folder's list says."""

import hashlib

import pytest

from tools.website.build import ROOT

VENDOR = ROOT / "book" / "_static" / "vendor"
FOLDERS = sorted(path.name for path in VENDOR.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", FOLDERS)
def test_files_are_those_of_the_list(name):
    folder = VENDOR / name
    listed = {}
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, path = line.split(maxsplit=1)
        listed[path] = digest
    files = [
        p for p in folder.rglob("*") if p.is_file() and p.name not in ("README.md", "SHA256SUMS")
    ]
    found = {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    assert found == listed
    assert "LICENSE" in found


def test_katex_is_the_version_that_its_page_names():
    page = (VENDOR / "katex" / "README.md").read_text()
    version = page.splitlines()[0].removeprefix("# KaTeX ")
    assert f'version:"{version}"' in (VENDOR / "katex" / "katex.min.js").read_text()
