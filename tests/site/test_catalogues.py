"""Catalogues on the built site: choices and a word hide what does not fit, Reset brings it back."""

import pytest

from lessons.widgets.catalogues.browse import MIME_TYPE, Catalogue
from tests.site.stored import outputs, pages_with
from tests.site.test_explorers import unfolded

pytestmark = pytest.mark.cells

PAGES = pages_with(MIME_TYPE)


@pytest.mark.parametrize("mode", ["served", "file"])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_shows_what_fits(shared, name, mode):
    page = unfolded(shared(name, mode))
    for payload in outputs(name, MIME_TYPE):
        made, where = Catalogue(payload), page.locator(f"#catalogue-{payload['name']}")
        word, said = where.locator('input[type="search"]'), where.locator("output")
        reset = where.locator(".catalogue-reset")
        n = len(payload["entries"])

        def expect(fitting, where=where, said=said, n=n):
            assert where.locator("li:visible").count() == fitting
            assert said.inner_text() == (f"{n} entries" if fitting == n
                                         else f"{fitting} of {n} entries")

        expect(n)
        assert reset.is_disabled()
        for choice in payload["choices"]:
            field, option = where.locator(f'[data-key="{choice["key"]}"]'), choice["options"][-1]
            field.select_option(option)
            expect(len(made.fitting(**{choice["key"]: option})))
            visible = where.locator(".catalogue-group:visible").count()
            assert visible == len({e["group"] for e in made.fitting(**{choice["key"]: option})})
            field.select_option("")
        word.fill("zzzz")
        expect(0)
        reset.click()
        expect(n)
        assert word.input_value() == ""


def test_there_is_a_page_with_a_catalogue():
    assert "reading" in PAGES
