"""Guesses: words about the distance, what is recorded, the live widget, an author's mistakes."""

import json

import numpy as np
import pytest

from lessons.widgets.guesses.ask import MIME_TYPE, guess
from lessons.widgets.guesses.html import curve_svg, to_html
from lessons.widgets.guesses.live import widget
from lessons.widgets.guesses.scale import Scale
from tests.lessons.widgets.pages import Reader


def number(**changes):
    settings = {"name": "sums/size", "truth": 250.0, "between": (1, 1000), "log": True,
                "unit": "steps", "why": "Because."} | changes
    return guess(settings.pop("question", "How many is `a < b`?"), **settings)


def choice(**changes):
    settings = {"name": "sums/which", "options": ["up", "down"], "truth": "up"} | changes
    return guess("Which way?", **settings)


def curve(**changes):
    settings = {"name": "sums/curve", "x": [1, 10, 100], "truth": [1.0, 10.0, 100.0], "log": True,
                "between": (1, 100), "log_x": True, "n_points": 3, "unit": "kg"} | changes
    return guess("What shape?", **settings)


@pytest.mark.parametrize("scale, mine, truth, words", [
    (Scale(1, 1000, log=True), 10, 250, "too low by a factor of 25"),
    (Scale(1, 1000, log=True), 250, 10, "too high by a factor of 25"),
    (Scale(1, 1e6, log=True), 1e6, 1.23, "too high by a factor of 8.1 × 10⁵"),
    (Scale(1, 1000, log=True), 240, 250, "right to within ten per cent"),
    (Scale(1, 1000, log=True), 250.1, 250.2, "exactly right"),
    (Scale(0, 100, unit="%"), 60, 40, "too high by 20 %"),
    (Scale(0, 100, unit="%"), 39.5, 40, "a little too low by 0.5 %"),
    (Scale(-10, 10), -4, 4, "too low by 8"),
])
def test_how_far_off_in_plain_words(scale, mine, truth, words):
    assert scale.off(mine, truth) == words


def test_the_slider_ends_where_the_author_says_and_shows_what_it_means():
    p = number().payload
    assert (p["texts"][0], p["texts"][-1]) == ("1 steps", "1,000 steps")
    assert p["places"] == sorted(p["places"]) and p["places"][-1] == 1
    assert len(p["texts"]) == len(p["said"]) == len(p["places"]) == 101
    assert p["said"][0].endswith(" Too low by a factor of 250.")
    assert p["truth"] == "250 steps"


def test_a_whole_truth_is_asked_for_in_whole_numbers():
    texts = number(truth=np.int64(7), between=(1, 20), unit="").payload["texts"]
    assert texts == [str(n) for n in range(1, 21)]


def test_feedback_says_guess_truth_distance_and_reason():
    asked = number()
    i = asked.payload["texts"].index("1 steps")
    assert asked.feedback(i) == ("Your guess: 1 steps. Computed: 250 steps. "
                                 "Too low by a factor of 250. Because.")
    assert asked.feedback(None) == "Computed: 250 steps. Because."
    assert choice().feedback(1) == "Your guess: down. Computed: up. Not quite."
    assert choice().feedback(0).endswith("Right.")


def test_a_curve_is_compared_at_its_worst_point():
    asked, last = curve(), 40
    assert asked.feedback([0, 20, last]) == "Close at every point."
    assert asked.feedback([0, last, last]) == "Farthest off at 10: too high by a factor of 10."
    assert asked.feedback(None) == "The computed curve is drawn."
    assert [p["truth"] for p in asked.payload["points"]] == ["1 kg", "10 kg", "100 kg"]


def test_a_curve_draws_its_truth_only_when_it_is_revealed():
    p = curve().payload
    assert 'class="truth" points=""' in curve_svg(p, [0, 0, 0])
    line = curve_svg(p, [0, 20, 40], reveal=True)
    mine = line.split('class="mine" points="')[1].split('"')[0]
    assert f'class="truth" points="{mine}"' in line, "a right guess lies on the truth"


@pytest.mark.parametrize("make", [number, choice, curve])
def test_what_is_recorded_tells_no_answer_outside_its_own_type(make, monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    asked = make(name=f"sums/{make.__name__}-recorded")
    bundle = asked._repr_mimebundle_()
    assert json.loads(json.dumps(bundle[MIME_TYPE])) == asked.payload
    text = bundle["text/markdown"] + bundle["text/plain"]
    assert asked.payload["question"].split("?")[0].split()[0] in text
    assert "250" not in text and "kg" not in text and "omputed" not in text
    assert text.count("up") == text.count("down"), "all options are shown alike"


def test_two_recorded_guesses_cannot_share_a_name(monkeypatch):
    number(name="sums/live"), number(name="sums/live", truth=3.0)  # changed in a live kernel
    monkeypatch.setenv("LESSONS_RECORD", "1")
    number(name="sums/twice"), number(name="sums/twice")
    with pytest.raises(ValueError, match="guess 'sums/twice': another guess has this name"):
        number(name="sums/twice", truth=3.0)


@pytest.mark.parametrize("make", [number, choice, curve])
def test_the_page_has_native_labelled_controls_and_escapes_everything(make):
    asked = make(why="</script><b>")
    page = Reader(to_html(asked.payload))
    inputs = [a for tag, a in page.tags if tag == "input"]
    assert {a["type"] for a in inputs} == {"radio" if make is choice else "range"}
    assert all(make is choice or a["aria-label"] and a["aria-valuetext"] for a in inputs)
    assert not any(tag == "b" for tag, _ in page.tags)
    assert len([tag for tag, _ in page.tags if tag == "script"]) == 1
    assert make is not number or "a < b" in page.texts


@pytest.mark.parametrize("make, moves", [(number, [3]), (choice, [1]), (curve, [1, 2, 40])])
def test_a_live_guess_says_the_same_as_the_page(make, moves, monkeypatch):
    monkeypatch.delenv("LESSONS_RECORD", raising=False)
    asked = make()
    assert "application/vnd.jupyter.widget-view+json" in asked._repr_mimebundle_()
    *boxes, buttons, said = widget(asked.payload).children[2 if make is curve else 1 :]
    make_button, skip = buttons.children
    assert make_button.disabled == (make is choice) and said.value == ""
    for box, value in zip(boxes, moves, strict=True):
        box.value = value
    make_button.click()
    answer = moves if make is curve else moves[0]
    assert said.value == f'<p role="status">{asked.feedback(answer)}</p>'
    skip.click()
    assert said.value == f'<p role="status">{asked.feedback(None)}</p>'


@pytest.mark.parametrize("make, changes, words", [
    (number, {"name": "Two"}, "chapter/question"),
    (number, {"question": " "}, "must be text"),
    (number, {"why": None}, "must be text"),
    (number, {"hides": "all"}, "hides is 'all'"),
    (number, {"between": None}, "either options"),
    (number, {"options": ["a", "b"]}, "either options"),
    (number, {"between": (5, 5)}, "two finite numbers"),
    (number, {"between": (1, np.inf)}, "two finite numbers"),
    (number, {"between": (0, 10)}, "begins above 0"),
    (number, {"truth": 2000.0}, "truth 2000 lies outside between"),
    (number, {"truth": np.nan}, "not a finite number"),
    (number, {"truth": "250"}, "'250' is not a finite number"),
    (choice, {"truth": "left"}, "'left' is not among the options"),
    (choice, {"options": ["up"]}, "two or more"),
    (choice, {"options": ["up", "up"]}, "no two alike"),
    (choice, {"options": ["up", 3]}, "options are texts"),
    (curve, {"x": [1, 2]}, "3 values of the truth for 2 values of x"),
    (curve, {"x": [1, 1, 2]}, "x must rise"),
    (curve, {"n_points": 4}, "2 to 3 points"),
    (curve, {"truth": [1.0, 10.0, 101.0]}, "lies outside between"),
])
def test_an_authors_mistake_names_the_guess(make, changes, words):
    with pytest.raises(ValueError, match=f"guess .*{words}"):
        make(**changes)
