"""Reading without scripts, with an older browser, from a link, and on paper."""

import pytest
from playwright.sync_api import expect

from tests.site.conftest import SIZES, watched
from tests.site.test_explorers import PAGES

NAME = "04-gradient-descent"


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_the_page_says_what_does_not_work(shared, name):
    page = shared(name, "plain")
    line = page.locator("article > .no-scripts")
    expect(line).to_have_count(1)
    expect(line).to_be_visible()
    assert line.inner_text().startswith("Scripts are off in this browser: figures show their first")
    for widget, words in (("figure.explorer", "first state"), ("fieldset.quiz", "cannot answer")):
        notes = page.locator(f"{widget} .no-scripts")
        assert notes.count() == page.locator(widget).count()
        assert all(words in note.text_content() for note in notes.all())
    expect(page.locator("figure.explorer").first.locator(".no-scripts")).to_be_attached()
    assert page.locator("figure.explorer :is(input, select, button):enabled").count() == (
        page.locator(".explorer-turn").count())  # not in sight here


def test_with_scripts_nobody_is_told_that_they_are_off(shared):
    page = shared(NAME)
    assert page.locator(".no-scripts").count() > 5
    assert page.locator(".no-scripts:visible").count() == 0


@pytest.mark.parametrize("fault", [
    "delete window.DecompressionStream;",
    "window.atob = () => 'not what was packed';",
])
def test_where_the_states_cannot_be_unpacked_the_controls_are_off_and_it_is_said(tab, fault):
    page = tab(NAME, script=fault)
    page.locator(".guess-skip:visible").evaluate_all("buttons => buttons.forEach(b => b.click())")
    for found in page.locator("figure.explorer").all():
        shown = found.locator(".explorer-controls").inner_text()
        found.scroll_into_view_if_needed()
        note = found.locator(".explorer-note")
        expect(note).to_be_visible()
        assert "cannot unpack" in note.inner_text()
        fields = found.locator("[data-key], .explorer-play, .explorer-reset")
        assert fields.count() == found.locator(":is([data-key], .explorer-play, .explorer-reset)"
                                               ":disabled").count() > 0
        for field in found.locator("[data-key]").all():
            assert field.input_value() == field.get_attribute("data-default")
        assert found.locator(".explorer-controls").inner_text() == shown


def test_an_address_shows_the_figure_that_a_guess_folds_away(tab):
    page = tab("index")
    page.goto(page.url.replace("index.html", f"{NAME}.html#explorer-learning-rate"))
    found = page.locator("#explorer-learning-rate")
    expect(found).to_be_in_viewport()
    assert found.bounding_box()["y"] >= 40  # below the bar above the page
    guess = page.locator("fieldset.guess[data-hides]").first
    assert guess.get_attribute("data-shown") is None  # a link is no answer
    guess.locator(".guess-skip").click()
    guess.locator(".guess-again").click()
    expect(found).not_to_be_visible()


def test_an_address_opens_the_fold_that_it_leads_into(tab):
    page = tab(NAME)
    page.locator(".tag_solution pre").first.evaluate("e => { e.id = 'inside'; }")
    expect(page.locator("#inside")).not_to_be_visible()
    page.evaluate("location.hash = 'inside'")
    expect(page.locator("#inside")).to_be_in_viewport()


def test_on_paper_solutions_stand_and_folded_code_does_not(tab):
    page = tab(NAME)
    solutions = page.locator(".tag_solution pre")
    others = page.locator("details.hide:not(.tag_solution > *)")
    assert solutions.count() >= 7 and others.count() >= 5
    assert not any(pre.is_visible() for pre in solutions.all())
    page.emulate_media(media="print")
    for pre in solutions.all():
        expect(pre).to_be_visible()
        assert pre.bounding_box()["height"] > 10
    assert not any(fold.is_visible() for fold in others.all())
    assert page.evaluate("""() => [...document.querySelectorAll(".tag_solution summary")].map(
      (e) => getComputedStyle(e, "::after").content)""") == ['"A solution"'] * page.locator(
          ".tag_solution summary").count()


def test_on_paper_solutions_stand_in_an_older_browser_too(tab):
    page = tab(NAME, script="CSS.supports = () => false;")  # as where ::details-content is unknown
    folds = page.locator(".tag_solution > details.hide")
    folds.nth(1).evaluate("fold => { fold.open = true; }")
    before = folds.evaluate_all("folds => folds.map((fold) => fold.open)")
    assert sum(before) == 1 < len(before)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert all(folds.evaluate_all("folds => folds.map((fold) => fold.open)"))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert folds.evaluate_all("folds => folds.map((fold) => fold.open)") == before


def test_sources_are_downloaded_and_pages_printed(browser, site):
    context = browser.new_context(viewport=SIZES[1280])
    page = context.new_page()
    page.goto(site.address("glossary"))
    page.locator(".dropdown-download-buttons > button").click()
    with page.expect_download() as download:
        page.locator(".dropdown-download-buttons a").first.click()
    assert download.value.suggested_filename == "glossary.md"
    page.evaluate("window.print = () => (window.printed = true)")
    page.locator(".dropdown-download-buttons > button").click()
    page.locator(".btn-download-pdf-button").click()
    assert page.evaluate("printed") and "#" not in page.url
    context.close()


@pytest.mark.parametrize(("words", "page_name", "part"), [
    ("KV cache", "10-small-gpt.html", "Writing fast: the key-value cache"),
    ("学习率", "glossary.html", "learning rate"),
])
def test_a_search_leads_to_the_part_of_a_page(tab, words, page_name, part):
    page = tab("index")
    page.goto(page.url.replace("index.html", f"search.html?q={words}"))
    found = page.locator(f'#search-results a[href*="{page_name}#"]', has_text=part).first
    expect(found).to_be_visible()
    found.click()
    page.wait_for_url(f"**/{page_name}#*")
    expect(page.locator(f"[id='{page.evaluate('location.hash.slice(1)')}']")).to_be_in_viewport()


def test_a_wrong_address_leads_on(browser, site):
    context = browser.new_context(viewport=SIZES[360])
    page, watch = watched(context, site)
    answer = page.goto(f"{site.served}/kv-cache2.html")
    assert answer.status == 404
    expect(page.locator("h1")).to_contain_text("No such page")
    page.get_by_role("link", name="Search the book for “kv cache”").click()
    page.wait_for_url("**/search.html?q=kv%20cache")
    expect(page.locator("#search-results li").first).to_be_visible()
    assert all("404" in error for error in watch.errors) and not watch.foreign
    context.close()
