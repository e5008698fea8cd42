"""Guesses, and a learner's progress, in a browser that starts with nothing each time."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lessons.exercises.base import chapters, load
from lessons.widgets.checks.check import code_of
from lessons.widgets.guesses import ask as guess
from tests.site.conftest import FULL_STORAGE, NO_STORAGE
from tests.site.stored import outputs, pages_with
from tools.website import build as builder

KEY = "training-large-models/progress"
PAGE, CHAPTER = "04-gradient-descent", "gradient-descent"
EMPTY = {"book": "training-large-models", "version": 1,
         "pages": {}, "quizzes": {}, "guesses": {}, "exercises": {}}


def guesses(page):
    """Return the guesses that a notebook stores, by name; nbval computes them again."""
    return {p["name"]: guess.Guess(p) for p in outputs(page, guess.MIME_TYPE)}


PAGES = pages_with(guess.MIME_TYPE)


def find(page, name):
    return page.locator(f'[data-name="{name}"]')


def kept(page):
    """Return what the browser has stored."""
    return json.loads(page.evaluate(f"localStorage.getItem('{KEY}')") or "null") or EMPTY


def told(box):
    return box.locator(".guess-feedback").inner_text().strip()


def plain(text):
    return " ".join(text.replace("`", "").split())


def one(kind):
    """Return name and guess of the first guess of a kind that hides something."""
    return next((n, g) for n, g in guesses(PAGE).items()
                if g.payload["kind"] == kind and g.payload["hides"])


def awaited(page, name):
    return page.locator(f".cell.await-guess-{name.replace('/', '-')} .cell_output")


def test_every_chapter_asks_for_two_guesses_or_more():
    chapters = [name for name in builder.toc_files() if name[:2].isdigit()]
    assert len(chapters) >= 11 and [c for c in chapters if len(guesses(c)) < 2] == []


def test_a_number_by_keyboard_is_compared_kept_and_unfolds_the_figure(tab):
    name, asked = one("number")
    page = tab(PAGE)
    box, hidden = find(page, name), awaited(page, name)
    expect(hidden).to_be_hidden()
    box.locator("input").focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert box.locator("input").get_attribute("aria-valuetext") == asked.payload["texts"][2]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(hidden).to_be_visible()
    assert told(box) == plain(asked.feedback(2))
    expect(box.locator(".guess-again")).to_be_focused()
    assert kept(page)["guesses"] == {name: 2}
    page.reload()
    assert told(find(page, name)) == plain(asked.feedback(2))
    expect(awaited(page, name)).to_be_visible()


def test_the_first_guess_counts(tab):
    name, asked = one("number")
    page = tab(PAGE)
    box = find(page, name)
    box.locator(".guess-make").click()
    first = kept(page)["guesses"][name]
    box.locator(".guess-again").click()
    expect(awaited(page, name)).to_be_hidden()
    assert told(box) == ""
    box.locator("input").press("End")
    box.locator(".guess-make").click()
    assert told(box) == plain(asked.feedback(len(asked.payload["texts"]) - 1))
    assert kept(page)["guesses"] == {name: first}


def test_a_choice_by_pointer_needs_a_choice(tab):
    name, asked = one("choice")
    page = tab(PAGE)
    box = find(page, name)
    expect(box.locator(".guess-make")).to_be_disabled()
    box.locator("label").nth(1).click()
    box.locator(".guess-make").click()
    assert told(box) == plain(asked.feedback(1))
    expect(awaited(page, name)).to_be_visible()


def test_a_curve_by_pointer_and_keyboard(tab):
    name, asked = one("curve")
    page = tab(PAGE)
    box = find(page, name)
    middle = (len(asked.payload["texts"]) - 1) // 2
    answer = [middle] * len(asked.payload["points"])
    grip = box.locator(".grip").first
    grip.scroll_into_view_if_needed()
    at = grip.bounding_box()
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 1000)  # far below the plot: the point stops at its end
    page.mouse.up()
    expect(box.locator("input").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    answer[0], answer[1] = 0, middle + 1
    box.locator(".guess-make").click()
    assert told(box) == plain(asked.feedback(answer))
    assert kept(page)["guesses"] == {name: answer}
    rows = box.locator("tbody tr").evaluate_all(
        "rows => rows.map((r) => [...r.cells].map((c) => c.textContent))")
    texts = asked.payload["texts"]
    assert rows == [[p["x"], texts[i], p["truth"], p["off"][i]]
                    for p, i in zip(asked.payload["points"], answer, strict=True)]
    page.reload()
    assert told(find(page, name)) == plain(asked.feedback(answer))


#: Asks again what was answered in a visit before; gives what guesses without an answer say.
ASK_AGAIN = """() => {
  for (const button of document.querySelectorAll(".guess-again")) button.click();
  return [...document.querySelectorAll(".guess-feedback")].map((e) => e.textContent).join("");
}"""


@pytest.mark.cells
@pytest.mark.parametrize("name", PAGES)
def test_show_me_tells_what_python_computed(shared, name):
    page = shared(name, "file")
    assert page.evaluate(ASK_AGAIN) == ""
    asked = guesses(name)
    for short, guess_ in asked.items():
        box = page.query_selector(f'[data-name="{short}"]')
        box.query_selector(".guess-skip").click()
        assert box.query_selector(".guess-feedback").inner_text().strip() == plain(
            guess_.feedback(None)), short
    expect(page.locator(".cell.await:not(.shown)")).to_have_count(0)
    assert {kept(page)["guesses"][short] for short in asked} == {None}


def test_without_scripts_and_on_paper_nothing_is_folded(browser, site, tab):
    page = tab(PAGE)
    page.emulate_media(media="print")
    context = browser.new_context(java_script_enabled=False)
    bare = context.new_page()
    bare.goto(site.address(PAGE))
    for name, asked in guesses(PAGE).items():
        for seen in (page, bare):
            assert plain(asked.feedback(None)) in plain(find(seen, name).inner_text())
            if asked.payload["hides"]:
                expect(awaited(seen, name)).to_be_visible()
    context.close()


def test_only_the_first_answer_to_a_quiz_counts(tab):
    page = tab(PAGE)
    quiz = page.locator("fieldset.quiz").first
    for right in ("false", "true"):
        quiz.locator(f'input[data-right="{right}"]').first.check()
    assert kept(page)["quizzes"] == {quiz.get_attribute("data-name"): "wrong"}
    page.goto(page.url.replace(PAGE, "progress"))
    row = page.locator("tbody tr", has_text="Gradient descent")
    assert "1 of " in row.inner_text() and ", 0 right" in row.inner_text()


def test_a_page_is_marked_as_read_and_all_tabs_see_it(tab):
    page, other = tab(PAGE), tab("index")
    link = other.locator(f'nav.bd-links a[href="{PAGE}.html"]')
    page.locator(".page-read").click()
    expect(page.locator(".page-read")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("nav.bd-links a.current .page-mark")).to_have_text(", read")
    expect(link).to_contain_text(", read")
    page.locator(".page-read").click()
    assert kept(page) == EMPTY
    page.locator("fieldset.quiz input").first.check()
    expect(link).to_contain_text(", begun")


def test_a_code_solves_its_own_exercise_only(tab):
    page = tab(PAGE)
    names = [f"{CHAPTER}/{name}" for name in load(CHAPTER)]
    first = page.locator(f'form[data-name="{names[0]}"]')
    for typed, words in [("", "four letters"), (code_of(names[1]), "not the code of this")]:
        first.locator("input").fill(typed)
        first.locator("button").click()
        expect(first.locator("output")).to_contain_text(words)
    code = code_of(names[0]).lower()
    first.locator("input").fill(f" {code[:2]} {code[2:]}")
    first.locator("input").press("Enter")
    expect(first.locator("output")).to_have_text("Solved.")
    assert kept(page)["exercises"] == {names[0]: "solved"}
    page.goto(page.url.replace(PAGE, "exercises"))
    solved = page.locator(f'a[href="{PAGE}.html#exercise-{names[0].split("/")[1]}"]')
    expect(solved).to_contain_text(", solved")
    solved.click()
    expect(page.locator("p:target strong").first).to_be_in_viewport()


def test_the_progress_page_takes_codes(tab):
    page = tab("progress")
    names = [f"{c}/{n}" for c in chapters() for n in load(c)]
    codes = page.evaluate("names => names.map(lessonsProgress.codeOf)", names)
    assert codes == [code_of(name) for name in names]
    assert len(set(codes)) == len(codes), "two exercises have one code: rename one"
    form, status = page.locator(".progress-code"), page.locator(".progress-status")
    for typed, words in [("ZZZZ", "No exercise has the code ZZZZ"), ("", "left empty"),
                         (codes[0], "Solved: exercise"), (codes[0], "Already noted")]:
        form.locator("input").fill(typed)
        form.locator("button").click()
        expect(status).to_contain_text(words)
    assert list(kept(page)["exercises"]) == [names[0]]


def test_the_index_names_every_exercise_of_the_chapters(tab):
    page = tab("exercises")
    links = page.locator('article a[href*="#exercise-"]').evaluate_all(
        "links => links.map((a) => a.getAttribute('href'))")
    found = [h.partition(".html#exercise-")[::2] for h in links]
    assert sorted(f"{a[3:]}/{b}" for a, b in found) == sorted(
        f"{c}/{n}" for c in chapters() for n in load(c))


def test_export_erase_and_import_give_back_everything(tab, tmp_path):
    page = tab(PAGE)
    page.locator("fieldset.quiz input").first.check()
    find(page, one("curve")[0]).locator(".guess-make").click()
    page.locator(".page-read").click()
    before = kept(page)
    page.goto(page.url.replace(PAGE, "progress"))
    with page.expect_download() as download:
        page.locator(".progress-export").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)
    assert json.loads(file.read_text()) == before

    for more in ("machine", "playground"):
        page.evaluate("(key) => localStorage.setItem(key, 'x')", KEY.replace("progress", more))
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.locator(".progress-erase").click()
    assert kept(page) == before, "erasing asks first"
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(".progress-erase").click()
    expect(page.locator(".progress-status")).to_contain_text("Erased")
    assert not [key for key in page.evaluate("Object.keys(localStorage)")
                if key.startswith(KEY.partition("/")[0])]

    page.locator(".progress-file").set_input_files(file)
    expect(page.locator(".progress-status")).to_contain_text("Imported: 3 entries added")
    assert kept(page) == before
    page.locator(".progress-file").set_input_files(file)
    expect(page.locator(".progress-status")).to_contain_text("here already")


def test_an_import_changes_nothing_that_is_here(tab, tmp_path):
    page = tab("progress")
    mine = EMPTY | {"quizzes": {"a/one": "right"}, "guesses": {"a/two": 3}}
    page.evaluate("([k, v]) => localStorage.setItem(k, v)", [KEY, json.dumps(mine)])
    file = tmp_path / "other.json"
    file.write_text(json.dumps(EMPTY | {"quizzes": {"a/one": "wrong", "b/two": "wrong"},
                                        "guesses": {"a/two": None}}))
    page.locator(".progress-file").set_input_files(file)
    expect(page.locator(".progress-status")).to_contain_text("1 entry added")
    assert kept(page) == mine | {"quizzes": {"a/one": "right", "b/two": "wrong"}}


def test_progress_of_an_edition_before_still_counts(tab):
    """Names of quizzes, guesses and exercises, once published, stay."""
    file = Path(__file__).with_name("progress-of-2026-11-25.json")
    stored = json.loads(file.read_text(encoding="utf-8"))
    page = tab("progress")
    page.locator(".progress-file").set_input_files(file)
    expect(page.locator(".progress-status")).to_contain_text("entries added")
    assert kept(page) == stored
    rows = page.locator(".progress-panel tbody tr").all()
    assert len(rows) >= len(stored["pages"]) == 11
    seen = dict.fromkeys(("guesses", "quizzes", "exercises"), 0)
    for row in rows:
        for kind, cell in zip(seen, row.locator("td").all()[1:], strict=True):
            seen[kind] += int(cell.inner_text().split(" of ")[0].replace("–", "0"))
    assert seen == {kind: len(stored[kind]) for kind in seen}
    assert len(page.locator("nav.bd-links .page-mark.read").all()) >= 11


DAMAGED = [
    (json.dumps(EMPTY)[:-5], "not complete JSON"),
    ('{"cells": []}', "not the progress of this book"),
    (json.dumps(EMPTY | {"version": 9}), "newer version"),
    (json.dumps(EMPTY | {"version": "1"}), "version is missing or wrong"),
    (json.dumps(EMPTY | {"quizzes": []}), "the part “quizzes” is missing or damaged"),
    (json.dumps(EMPTY | {"quizzes": {"a/b": 1}}), "the entry “a/b” under “quizzes” is damaged"),
    (json.dumps(EMPTY | {"pages": {"<b>": "read"}}), "the entry “<b>” under “pages” is damaged"),
    (" " * 1_000_001, "far larger than a progress file"),
]


def test_a_foreign_or_damaged_file_changes_nothing(tab, tmp_path):
    page = tab("progress")
    page.evaluate("lessonsProgress.record('pages', '04-gradient-descent', 'read')")
    status = page.locator(".progress-status")
    for i, (text, words) in enumerate(DAMAGED):
        file = tmp_path / f"file{i}.json"
        file.write_text(text)
        page.locator(".progress-file").set_input_files(file)
        expect(status).to_contain_text(f"file{i}.json was not imported: ")
        expect(status).to_contain_text(words)
        expect(status).to_contain_text("Nothing here was changed")
        assert kept(page) == EMPTY | {"pages": {PAGE: "read"}}


@pytest.mark.parametrize("script, words", [
    (NO_STORAGE, "does not let this page store anything"),
    (FULL_STORAGE, "storage is full"),
])
def test_a_page_works_where_nothing_can_be_stored(tab, script, words):
    name, asked = one("number")
    page = tab(PAGE, script=script)
    find(page, name).locator(".guess-skip").click()
    assert told(find(page, name)) == plain(asked.feedback(None))
    page.locator(".page-read").click()
    expect(page.locator(".page-read")).to_have_text("Read")
    page.goto(page.url.replace(PAGE, "progress"))
    if script == FULL_STORAGE:
        page.evaluate("lessonsProgress.record('pages', '01-concepts', 'read')")
    expect(page.locator(".progress-trouble")).to_contain_text(words)


def test_damaged_storage_is_put_aside_and_said(tab):
    page = tab("progress")
    for text, words in [("{", "put aside"), (json.dumps(EMPTY | {"version": 2}), "newer version")]:
        page.evaluate("([k, v]) => { localStorage.clear(); localStorage.setItem(k, v); }",
                      [KEY, text])
        page.reload()
        expect(page.locator(".progress-trouble")).to_contain_text(words)
        page.evaluate("lessonsProgress.record('pages', '04-gradient-descent', 'read')")
        expect(page.locator("tbody tr", has_text="Gradient descent")).to_contain_text("✓ read")
        aside = page.evaluate(f"localStorage.getItem('{KEY}/damaged')")
        assert (aside or page.evaluate(f"localStorage.getItem('{KEY}')")) == text
