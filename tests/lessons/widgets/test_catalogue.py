"""Lists to choose from: what fits, the same in a kernel and in the page, an author's mistakes."""

import json

import pytest

from lessons.widgets.catalogues.browse import MIME_TYPE, browse
from lessons.widgets.catalogues.html import to_html
from lessons.widgets.catalogues.live import widget
from tests.lessons.widgets.test_sphinx import NASTY, Page

OAK = {"group": "trees", "title": "Oak", "by": "Linnaeus, 1753", "text": "Slow.",
       "tags": {"leaf": "lobed"}}
BIRCH = {"group": "trees", "title": NASTY, "text": "Quick & white.", "url": "https://example.org/b",
         "link": ("Chapter 1", "01-concepts"), "lang": "zh", "tags": {"leaf": "oval"}}
FERN = {"group": "others", "title": "Fern", "text": "Old.", "tags": {"leaf": "oval"}}


def make(entries=(OAK, BIRCH, FERN), **changes):
    settings = {"name": "plants", "title": "Which plant?",
                "choices": {"group": "kind", "leaf": "leaves"}} | changes
    return browse(entries, **settings)


@pytest.mark.parametrize("word, chosen, titles", [
    ("", {}, ["Oak", NASTY, "Fern"]),
    ("", {"leaf": "oval"}, [NASTY, "Fern"]),
    ("", {"leaf": "oval", "group": "trees"}, [NASTY]),
    (" LINNAEUS ", {}, ["Oak"]),
    ("linnaeus", {"leaf": "oval"}, []),
    ("", {"leaf": "", "group": ""}, ["Oak", NASTY, "Fern"]),
])
def test_what_fits_has_every_tag_and_the_word(word, chosen, titles):
    assert [entry["title"] for entry in make().fitting(word, **chosen)] == titles


def test_every_text_is_escaped_and_every_entry_stands_in_the_page():
    page = Page(to_html(make(title=NASTY).payload))
    assert page.open == [] and not page.all("b")
    assert len(page.all("li")) == 3 and page.text("p").startswith(NASTY)
    assert [li["data-leaf"] for li in page.all("li")] == ["lobed", "oval", "oval"]
    (out, link) = page.all("a")
    assert (out["href"], out["lang"], link["href"]) == (
        "https://example.org/b", "zh", "01-concepts.html")
    assert len(page.all("select")) == 2 and len(page.all("input", type="search")) == 1
    assert [o.get("value") for o in page.all("option")] == ["", None, None] * 2
    assert all("disabled" in a for a in page.all("select") + page.all("input"))


def test_a_live_catalogue_shows_what_fits():
    box = widget(make().payload)
    kind, leaf, word, said, shown = box.children
    assert shown.value.count("<li") == 3 and "3 of 3" in said.value
    leaf.value = "oval"
    assert shown.value.count("<li") == 2 and "01-concepts.ipynb" in shown.value
    word.value = "old"
    assert "Fern" in shown.value and "1 of 3" in said.value
    kind.value = "trees"
    assert "<li" not in shown.value and "0 of 3" in said.value


def test_recorded_and_plain_front_ends_have_every_entry(monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    stored = make()._repr_mimebundle_()
    assert json.loads(json.dumps(stored[MIME_TYPE])) == make().payload
    assert stored["text/markdown"].count("\n- ") == 3
    assert "(https://example.org/b)" in stored["text/markdown"]
    assert "[Chapter 1](01-concepts.ipynb)" in stored["text/markdown"]
    assert "Run this cell to choose" in stored["text/plain"]


@pytest.mark.parametrize("changes, words", [
    ({"name": "Two plants"}, "small letters"),
    ({"title": " "}, "give a title"),
    ({"entries": []}, "one entry or more"),
    ({"entries": [OAK | {"text": " "}, FERN]}, r"entry 1 \(Oak\) has no text"),
    ({"entries": [OAK | {"price": 3}, FERN]}, r"entry 1 \(Oak\) has 'price'; choose from"),
    ({"entries": [OAK, FERN | {"tags": {}}]}, r"entry 2 \(Fern\) has no tag 'leaf'"),
    ({"entries": [OAK, FERN | {"url": "example.org"}]}, "'example.org' is no address"),
    ({"entries": [OAK, FERN | {"link": ("Chapter 1",)}]}, "words and the name of a page"),
    ({"entries": [OAK, FERN, BIRCH]}, "entries of 'trees' do not stand together"),
    ({"entries": [BIRCH, FERN]}, "the same 'leaf': there is nothing to choose"),
])
def test_an_authors_mistake_names_the_catalogue(changes, words):
    with pytest.raises(ValueError, match=words) as caught:
        make(**changes)
    assert str(caught.value).startswith("catalogue ")
