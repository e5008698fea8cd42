"""The pictures of the README: there, small, described, and of what the book shows now."""

import re

import pytest

from tools.website import build, pictures

README = (build.ROOT / "README.md").read_text(encoding="utf-8")


def test_no_picture_is_stale():
    assert pictures.stale() == [], "run `make pictures`: what these show has changed"


def test_a_change_of_what_is_shown_makes_a_picture_stale(monkeypatch, tmp_path):
    first, *others = pictures.PICTURES
    moved = pictures.Picture(first.page, first.explorer, (*first.moves, ("units", 1)))
    monkeypatch.setattr(pictures, "PICTURES", (moved, *others))
    assert pictures.stale() == [first.explorer]
    style = tmp_path / "book.css"
    style.write_text("p {}", encoding="utf-8")
    monkeypatch.setattr(pictures, "PICTURES", (first, *others))
    monkeypatch.setattr(pictures, "STYLES", (style,))
    assert pictures.stale() == [picture.explorer for picture in pictures.PICTURES]


def test_an_explorer_that_is_not_there_is_named():
    with pytest.raises(build.SiteError, match="04-gradient-descent has 0 explorers named 'none'"):
        pictures.key(pictures.Picture("04-gradient-descent", "none"))


def test_the_readme_shows_each_in_both_themes_and_says_what_is_seen():
    shown = set(re.findall(r'\.github/pictures/[\w-]+\.webp', README))
    kept = {str(file.relative_to(build.ROOT).as_posix())
            for picture in pictures.PICTURES for file in map(picture.file, pictures.THEMES)}
    assert shown == kept
    assert all(len(alt) > 30 for alt in re.findall(r'<img [^>]*alt="([^"]*)"', README))
    assert len(re.findall("<img ", README)) == len(pictures.PICTURES)


def test_they_are_small_and_nothing_else_lies_beside_them():
    files = {file for picture in pictures.PICTURES for file in map(picture.file, pictures.THEMES)}
    assert set(pictures.FOLDER.iterdir()) == files | {pictures.KEYS}
    assert all(file.stat().st_size < 50_000 for file in files)
