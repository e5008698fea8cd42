"""The two widgets of the small GPT: escaped, whole without scripts, and an author's mistakes."""

import json
import re

import pytest

from lessons.studies.page_live.shown import record
from lessons.widgets.prompts import ask, html as prompts
from lessons.widgets.trainings import html as trainings, show
from tests.lessons.widgets.test_sphinx import NASTY

READ, RUNS = record()["prompt"], record()["tiny"]


def both(**changes):
    given = {"name": "one", "title": "Try"} | changes
    return (ask.prompt(READ, **given), prompts), (show.training(RUNS, mean_of=10, **given),
                                                  trainings)


def test_recorded_and_live_show_the_same(monkeypatch):
    for made, _ in both():
        live = made._repr_mimebundle_()
        assert set(live) == {"text/html", "text/plain"} and "<script" not in live["text/html"]
        assert "here:" in live["text/html"], "how to do it by hand"
    monkeypatch.setenv("LESSONS_RECORD", "1")
    for (made, _), kind in zip(both(), (ask.MIME_TYPE, show.MIME_TYPE), strict=True):
        assert json.loads(json.dumps(made._repr_mimebundle_()[kind])) == made.payload


def test_nothing_of_an_author_or_a_model_is_read_as_html():
    for made, html in both(title=NASTY):
        assert NASTY not in html.to_html(made.payload)
        assert NASTY not in html.plain(made.payload)
    read = READ | {"text": NASTY, "tokens": [[0, NASTY]] * len(READ["tokens"]),
                   "top": [[i, NASTY] for i, _ in READ["top"]]}
    assert NASTY not in prompts.to_html({"name": "a", "title": "T", "read": read})
    runs = [RUNS[0] | {"samples": [[0, NASTY]]}]
    assert NASTY not in trainings.to_html({"name": "a", "title": "T", "mean_of": 10, "runs": runs})


def test_without_scripts_nothing_can_be_pressed_and_that_is_said():
    for made, html in both():
        page = html.to_html(made.payload)
        fields = re.findall("<(?:button|input)[^>]*>", page)
        assert len(fields) > 4 and all(" disabled" in field for field in fields)
        assert "Scripts are off" in page


@pytest.mark.parametrize("change, said", [({"name": "Two Words"}, "small letters"),
                                          ({"title": " "}, "give a title")])
def test_mistakes_of_authors(change, said):
    with pytest.raises(ValueError, match=said):
        ask.prompt(READ, **({"name": "one", "title": "Try"} | change))
    with pytest.raises(ValueError, match=said):
        show.training(RUNS, mean_of=10, **({"name": "one", "title": "Try"} | change))


def test_records_that_lack_something():
    with pytest.raises(ValueError, match="lacks logits"):
        ask.prompt({k: v for k, v in READ.items() if k != "logits"}, name="a", title="T")
    with pytest.raises(ValueError, match="one run or more"):
        show.training([], mean_of=10, name="a", title="T")
