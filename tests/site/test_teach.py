"""The page for teachers: the file of all quizzes, and the figures that it names."""

import re
from html import unescape

from tools.slides.deck import questions
from tools.website import bank, build as builder


def html(site, page):
    return (site.folder / f"{page}.html").read_text(encoding="utf-8")


def test_the_page_hands_out_every_quiz_of_the_site(site):
    assert f'href="{bank.NAME}"' in html(site, "teach")
    file = (site.folder / bank.NAME).read_text(encoding="utf-8")
    found = [one.quiz["name"] for one in bank.read(file)]
    shown = [name for page in site.folder.glob("*.html") for name in re.findall(
        r'<fieldset class="quiz"[^>]* data-name="([^"]+)"', page.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(shown) and len(found) == len(set(found))


def test_each_chapter_has_a_figure_with_its_title_and_a_question(site):
    text = (builder.ROOT / "text/teach.md").read_text(encoding="utf-8")
    titles = re.findall(r"\[([^\]]+)\]\(figure:([\w-]+)#([\w-]+)\)", text)
    for title, page, name in titles:
        (caption,) = re.findall(rf'id="explorer-{name}-title">([^<]+)<', html(site, page))
        assert unescape(caption) == title, page
    chapters = sorted(path.stem for path in (builder.ROOT / "text").glob("[0-9][0-9]-*.md"))
    assert [page for _, page, _ in titles] == chapters
    assert questions(builder.ROOT).keys() == {(page, name) for _, page, name in titles}
