"""The question bank: every quiz of the book, once, as learning platforms import it."""

import re
import xml.etree.ElementTree as ET
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

from lessons.widgets.quizzes.ask import MIME_TYPE, quiz
from tools.readers.copies import for_readers
from tools.readers.plain import Book
from tools.website import bank, build as builder

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = 'Is ]]> & "x" < `a<b & c]]>` or <script>, in $x<y$?'


def asked(**changes):
    made = quiz(HOSTILE, name="signs/hostile", right="`]]>` & so on",
                why="Because <b> is & stays text: 3 $ and 4 $.",
                wrong={"ü €  ∞": "No & never.", "```\nfor x in y:\n    x < 1\n```": "</text>"})
    return bank.Asked("03 Signs / marks & <more>", deepcopy(made.payload) | changes)


def test_hostile_text_is_escaped_and_comes_back():
    xml = bank.written([asked()])
    (again,) = bank.read(xml)
    assert bank.as_shown(again) == bank.as_shown(asked())
    assert ET.fromstring(xml).findtext("question/category/text").endswith(
        "/Training Large Models/03 Signs // marks & <more>")
    shown = ET.fromstring(xml).findtext("question/questiontext/text")
    assert shown == ('Is ]]&gt; &amp; "x" &lt; <code>a&lt;b &amp; c]]&gt;</code> or '
                     r"&lt;script&gt;, in \(x&lt;y\)?")


def test_code_of_several_lines_keeps_them():
    assert bank.html_of("Look:\n```python\na < 1\n  b\n```") == "Look:\n<pre>a &lt; 1\n  b</pre>"


def test_one_answer_is_right_and_says_so_and_the_others_say_what_is_wrong():
    question = ET.fromstring(bank.written([asked()]))[1]
    answers = {a.get("fraction"): a.findtext("feedback/text") for a in question.iter("answer")}
    assert [a.get("fraction") for a in question.iter("answer")].count("100") == 1
    assert answers["100"] == "Right." and answers["0"].startswith("Not quite. ")
    assert question.findtext("generalfeedback/text").startswith("Because &lt;b&gt;")


@pytest.mark.parametrize(("changes", "said"), [
    ({"options": asked().quiz["options"][:2]}, "2 choices"),
    ({"options": [o | {"right": False} for o in asked().quiz["options"]]}, "0 right choices"),
    ({"options": [o | {"right": True} for o in asked().quiz["options"]]}, "3 right choices"),
    ({"options": [o | {"why": " "} for o in asked().quiz["options"]]}, "is empty"),
    ({"question": "What is \x08?"}, "control character"),
])
def test_a_broken_quiz_is_named(changes, said):
    with pytest.raises(bank.BankError, match=rf"'signs/hostile'.*{said}"):
        bank.written([asked(**changes)])


def test_a_quiz_that_is_there_twice_is_named():
    with pytest.raises(bank.BankError, match="'signs/hostile' is there twice"):
        bank.written([asked(), asked()])


@pytest.mark.parametrize(("old", "new", "said"), [
    ('fraction="0"', 'fraction="50"', "fractions"),
    ('fraction="100"', 'fraction="90"', "fractions"),
    ("</quiz>", "", "no XML"),
    ('type="multichoice"', 'type="essay"', "no multiple choice"),
    ("<single>true", "<single>false", "one answer"),
    ("$course$/top/Training", "$course$/top/Another", "does not belong"),
])
def test_a_file_that_moodle_would_read_otherwise_is_refused(old, new, said):
    xml = bank.written([asked()])
    assert old in xml
    with pytest.raises(bank.BankError, match=said):
        bank.read(xml.replace(old, new))


def test_every_quiz_of_the_texts_is_in_it_once(tmp_path):
    found = bank.read(bank.write(ROOT / "book", tmp_path).read_text(encoding="utf-8"))
    names = [one.quiz["name"] for one in found]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "text").glob("*.md"))
    in_texts = re.findall(r'^quiz\(\n(?:.*\n)*?    name="([^"]+)"', texts, re.MULTILINE)
    assert sorted(names) == sorted(in_texts) and len(names) > 100
    chapters = [path.stem[:2] for path in sorted((ROOT / "text").glob("[0-9][0-9]-*.md"))]
    categories = list(dict.fromkeys(one.category for one in found))
    assert [c[:2] for c in categories[:len(chapters)]] == chapters
    assert categories[len(chapters):] == [
        "Errata of the article", "Reading", "Tools that look inside a training"]


def test_a_notebook_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "01-odd.ipynb").write_text("{")
    with pytest.raises(bank.BankError, match=r"01-odd\.ipynb cannot be read"):
        list(bank.asked_in(tmp_path))


def test_a_broken_quiz_stops_the_build(monkeypatch, tmp_path):
    cell = nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output(
        "display_data", {MIME_TYPE: asked(question=" ").quiz})])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "01-odd.ipynb")
    monkeypatch.setattr(builder, "HTML", tmp_path)
    with pytest.raises(builder.SiteError, match="signs/hostile"):
        builder.write_bank(tmp_path)
    assert not (tmp_path / bank.NAME).exists()


def test_copies_of_a_page_lead_to_the_file_and_to_the_figures(tmp_path):
    source = "The [file](site:question-bank.xml), and [Edge](figure:04-gradient-descent#edge)."
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(source)])
    site, here = (for_readers(nb, Book(tmp_path, url), "").cells[0].source
                  for url in ("https://a.github.io/b/", ""))
    assert site == ("The [file](https://a.github.io/b/question-bank.xml), and "
                    "[Edge](https://a.github.io/b/04-gradient-descent.html#explorer-edge).")
    assert here == ("The file (after `make book`: `_build/html/question-bank.xml`), and "
                    "[Edge](04-gradient-descent.ipynb).")
