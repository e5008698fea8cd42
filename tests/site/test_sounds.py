"""Sounds on the built site: one is in sight, the chosen one plays, a line follows it."""

import pytest

from lessons.widgets.sounds.listen import MIME_TYPE
from tests.site.stored import outputs, pages_with
from tests.site.test_explorers import unfolded

pytestmark = pytest.mark.cells

PAGES = pages_with(MIME_TYPE)


@pytest.mark.parametrize("mode", ["served", "file"])
@pytest.mark.parametrize("name", PAGES)
def test_a_chosen_sound_is_the_one_in_sight_and_plays(shared, name, mode):
    page = unfolded(shared(name, mode))
    for payload in outputs(name, MIME_TYPE):
        figure = page.locator(f"#sounds-{payload['name']}")
        figure.scroll_into_view_if_needed()
        ones, radios = figure.locator(".sounds-one"), figure.locator('input[type="radio"]')
        assert ones.count() == radios.count() == len(payload["sounds"])
        assert figure.locator("audio").evaluate_all("fs => fs.every((f) => f.paused)")
        radios.first.focus()
        for i, sound in list(enumerate(payload["sounds"]))[1:]:
            page.keyboard.press("ArrowRight")
            assert [one.is_visible() for one in ones.all()] == [
                j == i for j in range(ones.count())]
            audio = ones.nth(i).locator("audio")
            assert audio.get_attribute("src").endswith(sound["wav"])
            page.wait_for_function(
                """([id, i]) => { const a = document.querySelectorAll(`#${id} audio`)[i];
                return a.duration > 0 && (a.currentTime > 0 || a.ended); }""",
                arg=[f"sounds-{payload['name']}", i])
            assert audio.evaluate("a => a.duration") == pytest.approx(sound["seconds"], abs=0.01)
            if "picture" in sound:
                line = ones.nth(i).locator(".sounds-now")
                assert "translateX" in line.evaluate("l => l.style.transform")
        playing = "fs => fs.filter((f) => !f.paused && !f.ended).length"
        assert figure.locator("audio").evaluate_all(playing) <= 1


def test_there_is_a_page_with_sounds():
    assert PAGES
