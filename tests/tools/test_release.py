"""A release holds what it promises, twice the same; a version that nobody wrote down is refused."""

import hashlib
import subprocess
import tarfile
import zipfile

import pytest

import lessons
from tools import release

VERSION = lessons.__version__


@pytest.fixture
def house(tmp_path):
    """A small repository in which everything was built."""
    for name, text in {
        "CHANGELOG.md": f"# Changes\n\n## Unreleased\n\nNew.\n\n## {VERSION} (2026)\n\n- One.\n\n"
                        "## 0.0.1\n\n- Old.\n",
        "CITATION.cff": f"title: T\nversion: {VERSION}\n", "text/01.md": "# One\n",
        "_build/colab/01.ipynb": "{}", "_build/colab/02.ipynb": "{}", "_build/pdf/book.pdf": "%PDF",
        "_build/offline/book.zip": "PK", ".gitignore": "_build/\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    return tmp_path


def test_a_release_holds_sources_notebooks_pdf_and_site_with_their_sums(house, capsys):
    assert release.main([f"v{VERSION}"], house) == 0
    folder, stem = house / "_build/release", f"training-large-models-{VERSION}"
    names = {file.name for file in folder.iterdir()}
    assert names == {f"{stem}.tar.gz", f"{stem}-notebooks.zip", "book.pdf", "book.zip",
                     "SHA256SUMS"}
    with tarfile.open(folder / f"{stem}.tar.gz") as tar:
        assert f"{stem}/text/01.md" in tar.getnames()
        assert not [name for name in tar.getnames() if "_build" in name]
    with zipfile.ZipFile(folder / f"{stem}-notebooks.zip") as packed:
        assert packed.namelist() == [f"{stem}/01.ipynb", f"{stem}/02.ipynb"]
    sums = dict(line.split("  ")[::-1] for line in capsys.readouterr().out.splitlines())
    assert sums == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
                    for name in names - {"SHA256SUMS"}}
    assert (house / "_build/release-notes.md").read_text() == "- One.\n"


def test_a_release_made_again_is_the_same(house):
    first = {file.name: file.read_bytes() for file in release.gather(house, VERSION).iterdir()}
    for file in house.glob("_build/colab/*"):
        file.touch()
    again = {file.name: file.read_bytes() for file in release.gather(house, VERSION).iterdir()}
    assert first == again


@pytest.mark.parametrize("name, old, new, said", [
    ("CITATION.cff", VERSION, "7.7.7", "CITATION.cff say"),
    ("CHANGELOG.md", f"## {VERSION}", "## 7.7.7", "CHANGELOG.md say"),
    ("_build/pdf/book.pdf", None, None, r"no _build/pdf/\*.pdf: run make pdf first"),
    ("_build/offline/book.zip", None, None, "run make offline first"),
])
def test_what_is_missing_is_said(house, name, old, new, said):
    file = house / name
    if old:
        file.write_text(file.read_text().replace(old, new))
    else:
        file.unlink()
    with pytest.raises(release.ReleaseError, match=said):
        release.gather(house, f"v{VERSION}")


def test_a_tag_of_another_version_is_refused(capsys):
    assert release.main(["v99.0"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("src/lessons/__init__.py and CITATION.cff and CHANGELOG.md say nothing")
    assert release.main([]) == 2
