"""A long table: the same rows live and stored, escaped, whole without scripts; mistakes."""

import json

import pytest

from lessons.widgets.tables.browse import MAX_BYTES, MIME_TYPE, browse
from lessons.widgets.tables.html import to_html
from tests.lessons.widgets.test_sphinx import NASTY, Page

COLUMNS = {"what": "What", "where": "Where", "kind": NASTY}
ROWS = [
    {"what": "loss", "where": ("chapter 5", "05-loss-functions#mse"), "kind": "a"},
    {"what": NASTY, "where": (NASTY, 'https://example.org/?a=1&b="x"'.replace('"', "'")),
     "kind": NASTY},
    {"what": "step", "where": "nowhere", "kind": "a"},
]


def make(**changes):
    settings = {"rows": ROWS, "name": "words", "title": NASTY, "columns": COLUMNS,
                "filters": ["kind"]} | changes
    return browse(settings.pop("rows"), **settings)


def test_a_kernel_shows_all_rows_and_a_page_what_it_needs(monkeypatch):
    monkeypatch.delenv("LESSONS_RECORD", raising=False)
    live = make()._repr_mimebundle_()
    page = Page(live["text/html"])
    assert page.open == [] and len(page.all("tr")) == 4 and not page.all("b")
    assert page.all("a")[0]["href"] == "05-loss-functions.ipynb#mse" and MIME_TYPE not in live
    monkeypatch.setenv("LESSONS_RECORD", "1")
    stored = make()._repr_mimebundle_()
    assert json.loads(json.dumps(stored[MIME_TYPE])) == make().payload
    assert stored["text/plain"] == f"{NASTY} (3 rows)"


def test_every_text_is_escaped_and_every_cell_has_its_heading_and_role():
    html = to_html(make().payload)
    page = Page(html)
    assert page.open == [] and not page.all("b") and page.text("p").startswith(NASTY)
    assert [a["role"] for a in page.all("th", scope="row")] == ["rowheader"] * 3
    assert [a["data-heading"] for a in page.all("td")] == ["Where", NASTY] * 3
    assert [a["href"] for a in page.all("a")] == [
        "05-loss-functions.html#mse", "https://example.org/?a=1&b='x'"]
    assert not [a for tag, a in page.tags if "src" in a]


def test_the_search_and_each_filter_have_labels_and_wait_for_the_script():
    page = Page(to_html(make().payload))
    assert {a["for"] for a in page.all("label")} == {"browse-words-search", "browse-words-2"}
    (controls,) = page.all("div", **{"class": "browse-controls"})
    assert "hidden" in controls
    assert [a["value"] for a in page.all("option")] == ["", "a", NASTY]
    assert page.all("output")[0]["aria-live"] == "polite" and page.text("output") == "3 rows"
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("changes, words", [
    ({"name": "All words"}, "small letters"),
    ({"title": " "}, "give a title"),
    ({"rows": []}, "one row or more"),
    ({"columns": {"what": "What"}, "filters": []}, "two columns or more"),
    ({"columns": COLUMNS | {"who": "Who"}}, "row 0 has no 'who'"),
    ({"filters": ["who"]}, "filter 'who' is no column"),
    ({"rows": ROWS[::2]}, "filter 'kind' has 1 values"),
    ({"rows": [{"what": str(i), "where": "", "kind": str(i)} for i in range(61)]}, "61 values"),
    ({"rows": [ROWS[0] | {"what": 3}]}, "row 0, 'what': 3 is neither a text"),
    ({"rows": [ROWS[0] | {"what": ("x", "javascript:alert(1)")}]}, "neither a page nor an https"),
    ({"rows": [ROWS[0] | {"what": ("x", "http://example.org")}]}, "neither a page nor an https"),
    ({"rows": [ROWS[0] | {"what": (" ", "index")}]}, "its text is empty"),
    ({"rows": [ROWS[0] | {"what": "x" * MAX_BYTES}], "filters": []}, "make two tables"),
])
def test_an_authors_mistake_names_the_table(changes, words):
    with pytest.raises(ValueError, match=words) as caught:
        make(**changes)
    assert str(caught.value).startswith("table ")
