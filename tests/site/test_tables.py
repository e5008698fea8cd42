"""Long tables on the built site: the search finds what Python finds, by keyboard and without."""

import pytest
from playwright.sync_api import expect

from lessons.widgets.tables.browse import MIME_TYPE
from lessons.widgets.tables.cells import text_of
from tests.site.stored import outputs, pages_with

pytestmark = pytest.mark.cells

PAGES = pages_with(MIME_TYPE)


def matching(payload, words="", column=None, value=None):
    """Return how many rows have all the words, and the value in the column."""
    texts = [[text_of(cell) for cell in row] for row in payload["rows"]]
    return sum(all(word in " ".join(row).lower() for word in words.lower().split())
               and (column is None or row[column] == value) for row in texts)


@pytest.mark.parametrize("mode", ["served", "file"])
@pytest.mark.parametrize("name", PAGES)
def test_a_search_and_a_filter_leave_the_rows_that_match(shared, name, mode):
    page = shared(name, mode)
    for payload in outputs(name, MIME_TYPE):
        box, n = page.locator(f"#browse-{payload['name']}"), len(payload["rows"])
        rows, said = box.locator("tbody tr:visible"), box.locator("output")
        expect(said).to_have_text(f"{n} rows")
        word = text_of(payload["rows"][n // 2][0]).split()[0]
        box.get_by_label("Search").focus()
        page.keyboard.type(word.upper())
        found = matching(payload, word)
        assert rows.count() == found > 0
        expect(said).to_have_text(f"{n} rows" if found == n else f"{found} of {n} rows")
        page.keyboard.type(" zzzz nowhere")
        assert rows.count() == 0
        expect(said).to_have_text(f"0 of {n} rows")
        box.get_by_role("button", name="Reset").press("Enter")
        assert rows.count() == n
        for column in payload["filters"]:
            value = text_of(payload["rows"][-1][column])
            box.locator(f'select[data-column="{column}"]').select_option(value)
            assert rows.count() == matching(payload, column=column, value=value)
            box.get_by_role("button", name="Reset").click()
        expect(said).to_have_text(f"{n} rows")


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_rows_are_boxes_and_still_a_table(shared, name):
    page = shared(name, "phone")
    for payload in outputs(name, MIME_TYPE):
        box = page.locator(f"#browse-{payload['name']}")
        assert box.evaluate("b => b.scrollWidth <= b.clientWidth + 1")
        first = box.locator("tbody tr").first
        assert first.evaluate("r => getComputedStyle(r).display") == "block"
        assert box.get_by_role("row").count() == len(payload["rows"]) + 1
        assert box.get_by_role("columnheader").count() == len(payload["columns"])


def test_there_is_a_page_with_a_long_table():
    assert "ledger" in PAGES
