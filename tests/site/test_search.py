"""The search of the book: English, Chinese, names in code, what is mistyped, by keyboard alone."""

import gzip
import re

import pytest
from playwright.sync_api import expect

from tests.site.test_pages import PAGES, SETTLED, shape
from tools.website.search import NAME

MOST_BYTES = 330_000  # of the index, as it is sent
ASK = """(query) => {
  const field = document.querySelector(".bd-search-container input");
  field.value = query;
  field.form.requestSubmit();
  return [...document.querySelectorAll("#search-results ol li")].slice(0, 3).map(
    (line) => line.textContent);
}"""
SAID = "#search-results [role=status]"


@pytest.fixture(params=["served", "file"])
def asked(request, shared):
    """Give a search page, served and as a file: all tests ask the same two."""
    return shared("search", request.param)


@pytest.mark.parametrize(("query", "first"), [
    ("learning rate", "Glossary › learning rate"),
    ("learning-rate schedule", "Glossary › learning-rate schedule"),
    ("Adam", "Glossary › Adam"),
    ("optimizers", "Glossary › optimiser"),
    ("KL", "Glossary › KL divergence"),
    ("softmax", "Glossary › softmax"),
    ("学习率", "Glossary › learning rate"),
    ("注意力", "Glossary › attention"),
    ("缩放定律", "Glossary › scaling law"),
    ("过拟合", "Glossary › overfitting"),
    ("What does the learning rate do?", "4. Gradient descent › What does the learning rate do?"),
    ("gradeint descent", "Glossary › gradient descent"),
])
def test_the_first_result_is_what_a_reader_means(asked, query, first):
    assert asked.evaluate(ASK, query)[0].startswith(first)


@pytest.mark.parametrize(("query", "words"), [
    ("cross_entropy", "cross_entropy"),
    ("lessons.nn", "lessons.engine.nn"),
    ("bias-variance", "variance"),
    ("注意", "注意力"),
])
def test_names_in_code_parts_of_chinese_words_and_pairs_are_found(asked, query, words):
    assert words in " ".join(asked.evaluate(ASK, query))


def test_an_english_term_is_searched_with_its_chinese_name(asked):
    found = asked.evaluate(ASK, "反向传播")
    assert found[1].startswith("3. Backpropagation")
    expect(asked.locator(SAID)).to_contain_text("“backpropagation” was searched too")
    assert asked.locator("#search-results ol li").first.locator("[lang=zh]").count()


def test_what_was_mended_is_said_and_what_is_not_there_gets_a_way_on(asked):
    asked.evaluate(ASK, "gradeint descent")
    expect(asked.locator(SAID)).to_contain_text("nothing has “gradeint”")
    assert asked.evaluate(ASK, "zzzqq") == []
    expect(asked.locator(SAID)).to_have_text("No places.")
    expect(asked.locator("#search-results a[href='glossary.html']")).to_be_visible()
    asked.evaluate(ASK, "Adam")
    expect(asked.locator("#search-results a[href='glossary.html']")).to_be_hidden()


@pytest.mark.parametrize("query", ["<img src=x onerror=alert(1)>", "(((", "[a-", "\\", "*", " "])
def test_whatever_is_typed_is_text(asked, query):
    asked.evaluate(ASK, query)
    assert asked.locator("#search-results img").count() == 0


def test_the_keyboard_alone_is_enough(page, site):
    page.goto(site.address("search"))
    page.keyboard.type("warm-up")
    expect(page.locator("#search-results ol li").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    link = page.evaluate("document.activeElement.href")
    assert link == page.locator("#search-results ol a").first.evaluate("e => e.href")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(link)


def test_a_page_of_results_breaks_no_rule(page, site):
    page.goto(site.address("search") + "?q=学习率")
    page.evaluate(SETTLED)
    assert shape(page) == []


def test_only_the_search_page_loads_the_index_and_it_is_small(site):
    for name in PAGES:
        text = (site.folder / f"{name}.html").read_text(encoding="utf-8")
        assert (NAME in text) == (name == "search")
        assert not re.search(r'src="[^"]*(searchindex|searchtools)\.js', text)
    assert len(gzip.compress((site.folder / NAME).read_bytes(), 6)) <= MOST_BYTES
