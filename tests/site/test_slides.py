"""Slides of a real chapter in a browser without a network."""

import re

import pytest
from playwright.sync_api import expect

from tests.site.unchanged import opened
from tools.slides.deck import write
from tools.website import build as builder

PAGE = "04-gradient-descent"


@pytest.fixture
def slides(browser, tmp_path):
    opened.add(PAGE)
    deck = write(builder.ROOT, PAGE[:2], tmp_path)
    context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    page, left, wrong = context.new_page(), [], []
    page.on("request", lambda r: r.url.startswith(("file:", "data:")) or left.append(r.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(deck.as_uri())
    yield page
    context.close()
    assert left == [] and wrong == []


def test_keys_move_answers_wait_and_sliders_redraw(slides):
    here = slides.locator("section.here")
    place = slides.locator("#place")
    n_slides = slides.locator("section").count()
    assert n_slides > 20 and place.inner_text() == f"1 / {n_slides}"
    slides.keyboard.press("End")
    assert place.inner_text() == f"{n_slides} / {n_slides}"
    slides.keyboard.press("Home")
    slides.keyboard.press("ArrowRight")
    slides.keyboard.press("ArrowLeft")
    assert place.inner_text() == f"1 / {n_slides}"

    while not here.locator("figure.explorer").count():
        slides.keyboard.press("ArrowDown")
    figure = here.locator("figure.explorer")
    expect(figure).to_have_attribute("data-ready", "true")
    before, said = figure.locator("g.moving").first.inner_html(), figure.locator("output")
    sentence = said.inner_text()
    figure.locator("input[type=range]").first.focus()
    number = place.inner_text()
    slides.keyboard.press("End")  # the slider's, not the deck's
    assert place.inner_text() == number
    assert figure.locator("g.moving").first.inner_html() != before
    assert said.inner_text() != sentence
    slides.keyboard.press("Escape")

    while not here.locator("ol.choices .answer").count():
        slides.keyboard.press("ArrowDown")
    answer, number = here.locator(".right .answer"), place.inner_text()
    expect(answer).to_be_hidden()
    slides.keyboard.press("Space")
    expect(answer).to_be_visible()
    assert place.inner_text() == number
    slides.keyboard.press("Space")
    assert place.inner_text() != number


def test_every_slide_fits_and_can_be_read_from_afar(slides):
    small = slides.evaluate("""() => {
      const all = [...document.querySelectorAll("section")];
      return all.flatMap((slide, i) => {
        for (const other of all) other.classList.toggle("here", other === slide);
        slide.classList.add("shown");
        const text = "h1, h2, p, li, label, output, select, figcaption";
        const words = [...slide.querySelectorAll(text)];
        const sizes = words.filter((e) => e.checkVisibility() && e.textContent.trim())
          .map((e) => parseFloat(getComputedStyle(e).fontSize));
        return slide.scrollHeight > slide.clientHeight || slide.scrollWidth > slide.clientWidth ||
          Math.min(...sizes) < 24 ? [`slide ${i + 1}: ${Math.min(...sizes)} px`] : [];
      });
    }""")
    assert small == []


def test_one_slide_is_one_printed_page_and_themes_change(slides):
    n_slides = slides.locator("section").count()
    pdf = slides.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == n_slides
    html = slides.locator("html")
    expect(html).to_have_attribute("data-theme", "light")
    slides.keyboard.press("d")
    expect(html).to_have_attribute("data-theme", "dark")
