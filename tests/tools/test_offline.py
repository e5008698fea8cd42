"""The zip of the site, and what is said when the PDF or the zip cannot be made."""

import os
from zipfile import ZipFile

import pytest

from tools.environment import Problem
from tools.offline import archive, pdf
from tools.offline.__main__ import main
from tools.website.build import SiteError


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    (folder / "_static").mkdir(parents=True)
    (folder / "index.html").write_text("<p>Hello</p>")
    (folder / "_static" / "a.js").write_text("1")
    (folder / ".buildinfo").write_text("of the build")
    return folder


def test_the_same_site_is_the_same_zip(site, tmp_path):
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    assert archive.make(site, first) == 3
    for path in site.rglob("*"):
        os.utime(path, (1e9, 1e9))
    (site / "index.html").chmod(0o600)
    archive.make(site, second)
    assert first.read_bytes() == second.read_bytes()
    with ZipFile(first) as zipped:
        assert zipped.namelist() == [f"{archive.NAME}/{name}" for name in (
            "README.txt", "_static/a.js", "index.html")]
        assert {info.external_attr >> 16 for info in zipped.infolist()} == {0o100644}
        assert "python3 -m http.server" in zipped.read(f"{archive.NAME}/README.txt").decode()


@pytest.mark.parametrize("command", ["pdf", "zip"])
def test_without_a_built_site_one_line_says_what_to_do(command, tmp_path, capsys):
    assert main([command], site=tmp_path) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: there is no built site") and "run `make book` first" in said
    assert said.count("\n") == 1


def test_without_a_browser_one_line_says_what_to_do(site, tmp_path, monkeypatch):
    def none():
        raise Problem("No Chromium or Chrome found. Install one.")

    monkeypatch.setattr(pdf, "browser", none)
    with pytest.raises(SiteError, match="Install one"):
        pdf.make(site, tmp_path / "book.pdf")
    assert not (tmp_path / "book.pdf").exists()


def test_parts_are_those_of_the_table_of_contents(site):
    toc = {"root": "index", "parts": [
        {"chapters": [{"file": "absent"}]},
        {"caption": "Back", "chapters": [{"file": "progress"}, {"file": "about"}]}]}
    for name in ("progress", "about"):
        (site / f"{name}.html").touch()
    assert pdf.parts_of(toc, site) == [
        {"caption": "", "pages": ["index"]}, {"caption": "Back", "pages": ["about"]}]
