"""Quizzes: order, feedback, escaping, and an author's mistakes."""

import json
from html.parser import HTMLParser

import pytest

from lessons.widgets.quizzes.ask import MIME_TYPE, quiz
from lessons.widgets.quizzes.html import to_html
from lessons.widgets.quizzes.live import widget


def make(**changes):
    settings = {"name": "sums/two", "right": "4", "why": "Count.",
                "wrong": {"3": "One too few.", "5": "One too many."}} | changes
    return quiz(settings.pop("question", "What is `2 + 2`?"), **settings)


def test_one_choice_is_right_and_the_order_depends_on_the_name_only():
    orders = {tuple(o["text"] for o in make(name=f"sums/q{i}").options) for i in range(20)}
    assert len(orders) > 2
    assert make().options == make().options
    assert sum(o["right"] for o in make().options) == 1


@pytest.mark.parametrize("changes, words", [
    ({"right": "3"}, "both right and wrong"),
    ({"wrong": {"3": "few"}}, "two or more wrong"),
    ({"wrong": {"3": "few", "5": " "}}, "what is wrong about '5'"),
    ({"why": ""}, "must not be empty"),
    ({"name": "Two"}, "chapter/question"),
    ({"name": 2}, "chapter/question"),
    ({"right": 4}, "4 is not text; format a number"),
    ({"wrong": {"3": None, "5": "One too many."}}, "None is not text"),
    ({"wrong": ["3", "5"]}, "as a dict"),
    ({"right": "`3` "}, "both right and wrong"),
    ({"wrong": {"3": "few", "`3`": "few"}}, "look the same"),
])
def test_an_authors_mistake_names_the_quiz(changes, words):
    with pytest.raises(ValueError, match=words) as caught:
        make(**changes)
    assert "quiz" in str(caught.value)


def test_recorded_output_tells_no_answer_in_text(monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    bundle = make()._repr_mimebundle_()
    assert json.loads(json.dumps(bundle[MIME_TYPE])) == make().payload
    assert "Count." not in bundle["text/markdown"] + bundle["text/plain"]


def test_two_recorded_quizzes_cannot_share_a_name(monkeypatch):
    make(name="sums/live"), make(name="sums/live", question="Changed in a live kernel?")
    monkeypatch.setenv("LESSONS_RECORD", "1")
    make(name="sums/twice"), make(name="sums/twice")  # the same cell, run again
    with pytest.raises(ValueError, match="quiz 'sums/twice': another quiz has this name"):
        make(name="sums/twice", question="Another question?")


def test_recorded_markdown_shows_the_text_as_written(monkeypatch):
    monkeypatch.setenv("LESSONS_RECORD", "1")
    bundle = make(name="sums/marks", question="Is a_1 < *b*, or `c_d` $5?")._repr_mimebundle_()
    assert r"Is a\_1 \< \*b\*, or `c_d` \$5?" in bundle["text/markdown"]


def test_html_is_escaped_and_carries_every_explanation():
    page = to_html(make(question='Is 1 < 2 & "3"?', why="Use `a<b`.").payload)
    seen = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            seen.append((tag, dict(attributes)))

    Reader().feed(page)
    radios = [attributes for tag, attributes in seen if tag == "input"]
    assert [r["data-right"] for r in radios].count("true") == 1
    assert len(radios) == page.count('<span class="quiz-said" hidden>') == 3
    assert "<strong>Right.</strong> Use <code>a&lt;b</code>.</span>" in page
    assert "1 &lt; 2 &amp; &quot;3&quot;" in page


def test_a_live_quiz_escapes_what_it_shows():
    q = make(question="Is 1 < 2?", why="<b>Yes</b>, `a<b`.")
    question, radio, answer = widget(q.payload).children
    assert "1 &lt; 2" in question.value
    radio.index = [o["right"] for o in q.options].index(True)
    assert "&lt;b&gt;Yes&lt;/b&gt;, <code>a&lt;b</code>" in answer.value
    radio.index = None
    assert answer.value == ""


def test_a_live_quiz_answers_at_once(monkeypatch):
    monkeypatch.delenv("LESSONS_RECORD", raising=False)
    q = make()
    _, radio, answer = widget(q.payload).children
    assert radio.index is None and answer.value == ""
    for i, option in enumerate(q.options):
        radio.index = i
        assert ("Right." if option["right"] else "Not quite.") in answer.value
    assert "application/vnd.jupyter.widget-view+json" in q._repr_mimebundle_()
