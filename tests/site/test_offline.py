"""Pages on paper, the book as one PDF, and the site unpacked from its zip."""

import os
import shutil
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZipFile

import pytest
import yaml
from pikepdf import Pdf
from playwright.sync_api import expect

from tests.site.conftest import SIZES, Watch, watched
from tests.site.unchanged import opened
from tools.offline import archive, pdf

NAME = "04-gradient-descent"
PAPER = {"width": 794, "height": 1123}  # A4 in CSS pixels
#: What can only be pressed or followed on a screen.
DEAD = ("button, input[type=range], textarea, .bd-sidebar-primary, .bd-sidebar-secondary, "
        ".bd-header-article, .prev-next-footer, .headerlink, .copybtn, .py-bar, .backrefs, "
        "form.exercise-code")


@pytest.fixture(scope="module")
def paper(browser, site):
    """Give a page in dark mode as it is printed: the events that printing sends are sent."""
    context = browser.new_context(viewport=PAPER, color_scheme="dark")
    page, watch = watched(context, site)

    def show(name):
        page.emulate_media(media="screen")
        page.goto(site.address(name))
        assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
        page.evaluate("() => { dispatchEvent(new Event('beforeprint')); }")
        page.emulate_media(media="print")
        return page

    yield show
    context.close()
    assert watch == Watch()


def visible(page, selector):
    """Return the texts of what matches and takes room on the paper."""
    return page.locator(selector).evaluate_all(
        "all => all.filter((e) => e.checkVisibility({ visibilityProperty: true })"
        " && e.getBoundingClientRect().width > 1).map((e) => e.outerHTML.slice(0, 80))")


@pytest.mark.parametrize("name", [NAME, "10-small-gpt", "playground", "questions"])
def test_paper_is_light_whole_and_free_of_what_can_be_pressed(paper, name):
    page = paper(name)
    assert visible(page, DEAD) == []
    assert page.evaluate("() => document.documentElement.dataset.theme") == "light"
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") \
        == "rgb(255, 255, 255)"
    assert page.evaluate("() => getComputedStyle(document.querySelector('article p')).color") \
        == "rgb(0, 0, 0)"
    # Nothing sticks out of the page or of its own box.
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PAPER["width"]
    cut = page.locator("article pre").evaluate_all(
        "all => all.filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)"
        ".map((e) => e.textContent.slice(0, 60))")
    assert cut == []
    page.evaluate("() => { dispatchEvent(new Event('afterprint')); }")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"


def test_on_paper_controls_are_words_and_quizzes_are_answered_at_the_end(paper):
    page = paper(NAME)
    explorer = page.locator("#explorer-learning-rate")
    expect(explorer.locator("svg").first).to_be_visible()
    expect(explorer.locator(".explorer-sentence")).to_be_visible()
    slider = explorer.locator("input[type=range]").first
    value = explorer.locator(".explorer-value").first
    expect(value).to_be_visible()
    assert value.inner_text() == slider.get_attribute("aria-valuetext")
    quizzes = page.locator("fieldset.quiz")
    answers = page.locator(".quiz-answers li")
    assert answers.count() == quizzes.count() >= 5
    right = quizzes.first.locator('input[data-right="true"] + span').inner_text()
    assert answers.first.inner_text().startswith(f"{right}. ")
    expect(answers.first).to_be_visible()
    expect(page.locator(".cell.await .cell_output").first).to_be_visible()
    page.evaluate("() => { dispatchEvent(new Event('afterprint')); }")
    assert answers.count() == 0


def test_on_paper_addresses_follow_the_words(paper):
    page = paper("questions")
    after = "e => [e.href, getComputedStyle(e, '::after').content]"
    href, content = page.locator("article p a.external[href^=http]").first.evaluate(after)
    assert content in ('" (" attr(href) ")"', f'" ({href})"')
    page = paper(NAME)
    _, content = page.locator(".citation a.external").first.evaluate(after)
    assert content == "none"  # it says the address itself


def toc_of(folder):
    """Write the table of contents of a tiny book; return the folder."""
    parts = [{"caption": "Foundations", "chapters": [
        {"file": "03-backpropagation"}, {"file": NAME}]},
        {"caption": "Back matter", "chapters": [{"file": "progress"}, {"file": "playground"}]}]
    (folder / "_toc.yml").write_text(yaml.safe_dump({"root": "about", "parts": parts}))
    (folder / "_config.yml").write_text("title: A tiny book\nauthor: Somebody\n")
    return folder


@pytest.fixture(scope="module")
def tiny(browser, site, tmp_path_factory):
    """Give a tiny book as one PDF, and the document of its page numbers, still open."""
    opened.update(("about", "03-backpropagation", NAME, "progress", "playground"))
    folder = tmp_path_factory.mktemp("pdf")
    context = browser.new_context(viewport=PAPER)

    @contextmanager
    def window():
        yield context

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "window", window)
        n_pages = pdf.make(site.folder, folder / "book.pdf", root=toc_of(folder))
    with Pdf.open(folder / "book.pdf") as book:
        assert len(book.pages) == n_pages
        yield book, context.pages[0]
    context.close()


def links(page):
    return [link for link in page.get("/Annots", []) if link.get("/Subtype") == "/Link"]


def page_of(book, name):
    """Return the number of the page, counted from 1, to which a name in the PDF leads."""
    where = [page.objgen for page in book.pages]
    return where.index(book.Root.Dests[name][0].objgen) + 1


def test_the_contents_of_the_pdf_lead_to_their_pages_and_say_their_numbers(tiny):
    book, numbers = tiny
    leads = [page_of(book, link.Dest) for link in links(book.pages[1])]
    assert len(leads) > 20 and leads == sorted(leads) and leads[0] == 3
    assert numbers.locator(".on-page").all_text_contents() == [str(n) for n in leads]
    # They were laid over the contents: both sheets have the same lines in the same places.
    numbers.evaluate("""() => { document.documentElement.className = '';
      for (const link of document.querySelectorAll('#contents a')) // or it is no link in the PDF
        document.body.append(
          Object.assign(document.createElement('p'), { id: link.hash.slice(1) }));
    }""")
    with Pdf.open(BytesIO(numbers.pdf(format="A4", tagged=True))) as sheets:
        assert [[float(x) for x in link.Rect] for link in links(sheets.pages[1])] \
            == [[float(x) for x in link.Rect] for link in links(book.pages[1])]
    assert any(str(form.get("/Subtype")) == "/Form"
               for form in book.pages[1].Resources.XObject.values())


def test_the_pdf_has_an_outline_of_parts_chapters_and_sections(tiny):
    book, _ = tiny
    with book.open_outline() as outline:
        top = outline.root
        assert [item.title for item in top][1:] == ["Foundations", "Back matter"]
        assert [item.title for item in top[1].children] == [
            "3. Backpropagation", "4. Gradient descent"]
        assert [item.title for item in top[2].children] == ["Playground"]
        assert "Exercises" in [item.title for item in top[1].children[1].children]
    assert str(book.docinfo["/Title"]) == "A tiny book"
    assert book.Root.MarkInfo.Marked  # for screen readers
    assert [float(x) for x in book.pages[0].MediaBox[2:]] == pytest.approx([595.3, 841.9], abs=1.5)


def test_what_a_drawing_uses_again_is_found_among_many_pages(page, site):
    names = ["03-backpropagation", NAME]
    opened.update(names)
    page.goto("about:blank")
    page.add_script_tag(path=pdf.HERE / "book.js")
    for name in names:
        html = (site.folder / f"{name}.html").read_text(encoding="utf-8")
        page.evaluate("([name, html]) => addPage(name, html)", [name, html])
    lost = page.locator("article use").evaluate_all("""(all) => all.map((use) =>
      [use.getAttribute("xlink:href"), use.closest("article")]).filter(([href, article]) =>
        !article.contains(document.getElementById(href.slice(1)))).map(([href]) => href)""")
    assert page.locator("article use").count() > 100
    assert lost == []


def test_links_between_chapters_stay_inside_the_pdf(tiny):
    book, _ = tiny
    first = page_of(book, f"/{NAME}")
    assert page_of(book, "/03-backpropagation") < first < page_of(book, "/playground")
    inside = [(i, page_of(book, link.Dest)) for i, page in enumerate(book.pages, 1)
              for link in links(page) if "/Dest" in link]
    assert any(2 < i < first <= leads for i, leads in inside)  # from one chapter into the next
    outside = {str(link.A.URI) for page in book.pages for link in links(page) if "/A" in link}
    assert any("arxiv.org" in address for address in outside)
    assert not [address for address in outside if not address.startswith("http")]


@pytest.fixture(scope="module")
def unpacked(site, tmp_path_factory):
    """Give the folder of an unpacked zip; Python and most pages are left out, as they are large."""
    folder = tmp_path_factory.mktemp("zip")
    large = shutil.ignore_patterns("314*", "_sources", "0[5-9]*", "[12][0-9]-*")
    shutil.copytree(site.folder, folder / "site", copy_function=os.link, ignore=large)
    archive.make(folder / "site", folder / "book.zip")
    with ZipFile(folder / "book.zip") as zipped:
        zipped.extractall(folder)
    return folder / archive.NAME


def test_the_unpacked_zip_works_without_server_and_network(unpacked, browser, site):
    context = browser.new_context(viewport=SIZES[1280], color_scheme="light")
    page, watch = watched(context, site)
    page.goto((unpacked / "search.html").as_uri() + "?q=momentum")
    found = page.locator(f'#search-results a[href*="{NAME}.html"]').first
    found.click()
    expect(page.locator("h1")).to_contain_text("Gradient descent")
    expect(page.locator(".katex").first).to_be_visible()
    assert page.evaluate("() => document.fonts.ready.then(() => document.fonts.check("
                         "'16px \"Source Serif 4\"'))")
    explorer = page.locator("#explorer-learning-rate")
    before = explorer.locator(".explorer-sentence").inner_text()
    page.locator(".guess-skip").first.click()
    explorer.locator("input[type=range]").first.press("End")
    expect(explorer.locator(".explorer-sentence")).not_to_have_text(before)
    quiz = page.locator("fieldset.quiz").first
    quiz.locator('input[data-right="true"]').check()
    expect(quiz.locator(".quiz-feedback")).to_contain_text("Right.")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto((unpacked / "progress.html").as_uri())
    expect(page.locator(".progress-panel tr", has_text="4. Gradient descent")).to_contain_text(
        "1 of")
    context.close()
    assert watch == Watch()
