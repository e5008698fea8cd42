"""Estimates on the site: the reader's machine is chosen once, and every estimate follows."""

import pytest
from playwright.sync_api import expect

from lessons.machines import hardware
from lessons.machines.card import rates
from lessons.widgets.estimates import html, table as estimate
from tests.site.conftest import FULL_STORAGE, NO_STORAGE
from tests.site.stored import outputs, pages_with

pytestmark = pytest.mark.cells

KEY = "training-large-models/machine"
PAGE = "07-hardware"
OWN = "1,234 GFLOP/s in 16 bit, 56.7 GB/s"
MINE = hardware.Machine("mine", 1234e9, 56.7e9, 2)


def stored(page):
    """Return the estimates of a notebook by name; nbval computes them again."""
    return {p["name"]: estimate.Estimate(p, html.known_machines()[0])
            for p in outputs(page, estimate.MIME_TYPE)}


PAGES = pages_with(estimate.MIME_TYPE)


def box(page, name):
    return page.locator(f"#estimate-{name}")


def times(found):
    return found.locator(".estimate-time").all_inner_texts()


def test_four_chapters_and_the_guide_have_an_estimate():
    assert "how-to-use" in PAGES and len(PAGES) >= 5


@pytest.mark.parametrize("mode", ["served", "file"])
@pytest.mark.parametrize("name", PAGES)
def test_the_page_computes_what_python_computes_for_every_machine(tab, name, mode):
    page = tab(name, mode)
    for short, asked in stored(name).items():
        assert times(box(page, short)) == asked.times()
    for short, asked in stored(name).items():
        found = box(page, short)
        select = found.locator("select")
        for machine in html.known_machines() if mode == "served" else [
                hardware.accelerators()["H100 SXM 80GB"]]:
            select.select_option(machine.name)
            assert times(found) == asked.times(machine), machine.name
            expect(found.locator("output")).to_have_text(
                estimate.how(machine, asked.payload["share"]))


def test_a_choice_holds_for_all_estimates_pages_and_tabs(tab):
    page, other = tab(PAGE), tab("10-small-gpt")
    first, second = (box(page, name) for name in list(stored(PAGE))[:2])
    first.locator("select").focus()
    page.keyboard.press("ArrowDown")
    chosen = first.locator("select").input_value()
    assert chosen == html.known_machines()[1].name
    expect(second.locator("select")).to_have_value(chosen)
    for seen in (other, tab("how-to-use")):
        expect(seen.locator(".estimate select").first).to_have_value(chosen)


def test_the_explorer_of_a_run_follows_where_it_has_the_machine(tab):
    page = tab(PAGE)
    found = page.locator('figure.explorer[data-name="run"]')
    found.scroll_into_view_if_needed()
    sentence = found.locator(".explorer-sentence")
    for name, words in [("B200 SXM", "× B200"), ("TPU v4", "× B200"), ("MI300X", "× MI300X")]:
        box(page, "card").locator("select").select_option(name)
        expect(sentence).to_contain_text(words)
    page.reload()
    expect(page.locator('figure.explorer[data-name="run"] .explorer-sentence')).to_contain_text(
        "× MI300X")


def test_ones_own_machine_is_typed_as_the_kernel_prints_it(tab):
    page = tab(PAGE)
    asked, found = stored(PAGE)["card"], box(page, "card")
    own, how = found.locator("input"), found.locator("output")
    expect(own).to_be_hidden()
    found.locator("select").select_option("own")
    expect(own).to_be_focused()
    expect(how).to_contain_text("Write it as python -m lessons.machines.card prints it")
    assert set(times(found)) == {"–"}
    for wrong in ("fast", "0 GFLOP/s in 32 bit, 12 GB/s", "12 GFLOP/s in 7 bit, 3 GB/s",
                  "1.2.3 GFLOP/s in 32 bit, 3 GB/s", "400 GFLOP/s in 32 bit"):
        own.fill(wrong)
        own.press("Enter")
        expect(own).to_have_attribute("aria-invalid", "true")
        expect(how).to_contain_text(f"for example “{rates(hardware.recorded_machine())}”")
        assert page.evaluate(f"localStorage.getItem('{KEY}')") is None
    assert rates(MINE) == OWN
    own.fill(f" {OWN}. ")
    assert times(found) == asked.times(MINE)
    own.press("Enter")
    expect(how).to_have_text(estimate.how(MINE, asked.payload["share"]))
    other = tab("how-to-use")
    assert times(other.locator(".estimate")) == stored("how-to-use")["your-machine"].times(MINE)
    expect(other.locator(".estimate input")).to_be_visible()


@pytest.mark.parametrize("kept", ["", "{", "Cray-1", "own", "<b>", OWN + " and more"])
def test_a_stored_choice_that_is_not_understood_changes_nothing(tab, kept):
    page = tab("how-to-use")
    page.evaluate("([k, v]) => localStorage.setItem(k, v)", [KEY, kept])
    page.reload()
    found = page.locator(".estimate")
    assert times(found) == stored("how-to-use")["your-machine"].times()
    found.locator("select").select_option("TPU v4")
    assert page.evaluate(f"localStorage.getItem('{KEY}')") == "TPU v4"


@pytest.mark.parametrize("script", [NO_STORAGE, FULL_STORAGE])
def test_estimates_work_where_nothing_can_be_stored(tab, script):
    page = tab(PAGE, script=script)
    asked, found = stored(PAGE)["card"], box(page, "card")
    found.locator("select").select_option("B200 SXM")
    assert times(found) == asked.times(hardware.accelerators()["B200 SXM"])
    expect(box(page, "real-runs").locator("select")).to_have_value("B200 SXM")


def test_erasing_the_progress_forgets_the_machine_too(tab):
    page = tab("how-to-use")
    page.locator(".estimate select").select_option("TPU v4")
    progress = tab("progress")
    progress.once("dialog", lambda dialog: dialog.accept())
    progress.locator(".progress-erase").click()
    assert page.evaluate(f"localStorage.getItem('{KEY}')") is None
    expect(page.locator(".estimate select")).to_have_value("one core of a server")


def test_without_scripts_the_recorded_machine_stands(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address(PAGE))
    for name, asked in stored(PAGE).items():
        assert times(box(page, name)) == asked.times()
    context.close()
