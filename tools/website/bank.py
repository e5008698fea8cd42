r"""All quizzes of the book as one file that learning platforms import: Moodle XML.

The format is that of Moodle's importer (docs.moodle.org, "Moodle XML format"; in its repository
``question/format/xml/format.php``): one category a chapter, multiple choice with one right answer,
what is said of each choice as its feedback, the reason as the general feedback. Texts are HTML:
code stands in ``<code>``, code of several lines in ``<pre>``, formulas between ``\(`` and ``\)``.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any, NamedTuple

from lessons.widgets.quizzes.ask import MIME_TYPE
from lessons.widgets.quizzes.said import verdict
from tools.notebooks.cells import load
from tools.readers.plain import Book

NAME = "question-bank.xml"
TOP = "Training Large Models"
SINGLE = {"single": "true", "shuffleanswers": "true", "answernumbering": "abc",
          "showstandardinstruction": "0"}
_PART = re.compile(r"```(?:\w*\n)?(?P<block>.*?)```|`(?P<code>[^`]+)`|\$(?P<tex>[^$\n]+)\$",
                   re.DOTALL)
#: What XML 1.0 cannot hold, however it is written.
_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class BankError(Exception):
    """A quiz that cannot be asked elsewhere, or a file that is no bank; its text says which."""


class Asked(NamedTuple):
    """One quiz, and the category it belongs to."""

    category: str
    quiz: dict[str, Any]


def html_of(text: str) -> str:
    r"""Return a text of a quiz as Moodle shows it.

    A lone dollar is money; two around something that begins and ends without a space are a
    formula.

    Examples
    --------
    >>> html_of("Is `a < b` or $a^2$?")
    'Is <code>a &lt; b</code> or \\(a^2\\)?'
    >>> html_of("from 2 $ to 3 $")
    'from 2 $ to 3 $'
    """
    done, end = [], 0
    for m in _PART.finditer(text):
        if m["tex"] is not None and m["tex"] != m["tex"].strip():
            continue
        done.append(escape(text[end:m.start()], quote=False))
        if m["tex"] is not None:
            done.append(rf"\({escape(m['tex'], quote=False)}\)")
        elif m["code"] is not None:
            done.append(f"<code>{escape(m['code'], quote=False)}</code>")
        else:
            done.append(f"<pre>{escape(m['block'].strip(chr(10)), quote=False)}</pre>")
        end = m.end()
    return "".join(done) + escape(text[end:], quote=False)


def text_of(html: str) -> str:
    """Return the text of a quiz again from what `html_of` wrote.

    Examples
    --------
    >>> text_of(html_of("Is `a < b` or $a^2$ & `<pre>`?"))
    'Is `a < b` or $a^2$ & `<pre>`?'
    """
    for tag, mark in (("pre", "```"), ("code", "`")):
        html = html.replace(f"<{tag}>", mark).replace(f"</{tag}>", mark)
    return unescape(re.sub(r"\\\((.*?)\\\)", r"$\1$", html))


def asked_in(book: Path) -> Iterator[Asked]:
    """Yield every quiz of the notebooks of a folder, page by page, in the order of the pages.

    Raises
    ------
    BankError
        For a notebook that cannot be read.
    """
    titles = Book(book).titles
    for path in sorted(book.glob("*.ipynb")):
        nb = load(path)
        if nb is None:
            raise BankError(f"book/{path.name} cannot be read: run `make notebooks`")
        number = path.stem.partition("-")[0]
        category = f"{number} {titles[path.stem]}" if number.isdigit() else titles[path.stem]
        for cell in nb.cells:
            for output in cell.get("outputs", []):
                if MIME_TYPE in output.get("data", {}):
                    yield Asked(category, output["data"][MIME_TYPE])


def faults(asked: list[Asked]) -> Iterator[str]:
    """Yield a line for each quiz that a learning platform could not ask as the book does."""
    seen: set[str] = set()
    for _, quiz in asked:
        name = quiz.get("name") or "without a name"
        options = quiz.get("options", [])
        texts = [quiz.get("question", "")]
        texts += [option.get(key, "") for option in options for key in ("text", "why")]
        if name in seen:
            yield f"quiz {name!r} is there twice"
        seen.add(name)
        if not all(isinstance(text, str) and text.strip() for text in texts):
            yield f"quiz {name!r}: the question, a choice or a reason is empty"
        elif any(_FORBIDDEN.search(text) for text in texts):
            yield f"quiz {name!r} holds a control character, which XML cannot"
        if len(options) < 3:
            yield f"quiz {name!r} has {len(options)} choices, three or more are needed"
        n_right = sum(bool(option.get("right")) for option in options)
        if n_right != 1:
            yield f"quiz {name!r} has {n_right} right choices, must be one"


def written(asked: list[Asked]) -> str:
    """Return the quizzes as Moodle XML.

    Raises
    ------
    BankError
        Names every broken quiz.
    """
    if broken := list(faults(asked)):
        raise BankError("\n".join(broken))
    root, here = ET.Element("quiz"), ""
    for category, quiz in asked:
        if category != here:
            question = ET.SubElement(root, "question", type="category")
            # A slash would begin a category inside the category.
            path = "/".join(part.replace("/", "//") for part in ("top", TOP, category))
            _text(ET.SubElement(question, "category"), f"$course$/{path}")
            here = category
        question = ET.SubElement(root, "question", type="multichoice")
        _text(ET.SubElement(question, "name"), quiz["name"])
        _html(question, "questiontext", quiz["question"])
        right = next(option for option in quiz["options"] if option["right"])
        _html(question, "generalfeedback", right["why"])
        for tag, value in {"defaultgrade": "1", "penalty": "0.3333333", "hidden": "0",
                           "idnumber": quiz["name"], **SINGLE}.items():
            ET.SubElement(question, tag).text = value
        for option in quiz["options"]:
            answer = ET.SubElement(question, "answer", format="html",
                                   fraction="100" if option["right"] else "0")
            _text(answer, html_of(option["text"]))
            said = verdict(option) + ("" if option["right"] else f" {option['why']}")
            _html(answer, "feedback", said)
        label = ET.SubElement(ET.SubElement(question, "tags"), "tag")
        _text(label, quiz["name"].partition("/")[0])
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _text(parent: ET.Element, text: str) -> None:
    ET.SubElement(parent, "text").text = text


def _html(parent: ET.Element, tag: str, text: str) -> None:
    _text(ET.SubElement(parent, tag, format="html"), html_of(text))


def read(xml: str) -> list[Asked]:
    """Return the quizzes of a bank; the order of the choices is kept.

    Raises
    ------
    BankError
        For what is no XML, a question of another kind, or fractions that do not make one answer
        right: Moodle refuses a question with one answer whose best fraction is not 100.
    """
    try:
        root = ET.fromstring(xml)
    except ET.ParseError as error:
        raise BankError(f"the bank is no XML: {error}") from None
    asked, category = [], ""
    for question in root:
        if question.get("type") == "category":
            path = question.findtext("category/text", "").replace("//", "\0").split("/")
            if path[:3] != ["$course$", "top", TOP]:
                raise BankError(f"the category {'/'.join(path)} does not belong to this book")
            category = path[-1].replace("\0", "/")
            continue
        name = question.findtext("name/text", "")
        if question.get("type") != "multichoice" or not name or not category:
            raise BankError(f"question {name!r} is no multiple choice in a category")
        if any(question.findtext(tag) != value for tag, value in SINGLE.items()):
            raise BankError(f"question {name!r} is not set to one answer, shuffled")
        why = text_of(question.findtext("generalfeedback/text", ""))
        options = []
        for answer in question.findall("answer"):
            option = {"text": text_of(answer.findtext("text", "")),
                      "right": answer.get("fraction") == "100"}
            said = text_of(answer.findtext("feedback/text", ""))
            option["why"] = why if option["right"] else said.removeprefix(f"{verdict(option)} ")
            options.append(option)
        fractions = sorted(a.get("fraction") or "none" for a in question.findall("answer"))
        if fractions[-1:] != ["100"] or set(fractions[:-1]) != {"0"}:
            raise BankError(f"question {name!r} has the fractions {', '.join(fractions)}; one must "
                            "be 100 and the others 0")
        quiz = {"name": name, "question": text_of(question.findtext("questiontext/text", "")),
                "options": options}
        asked.append(Asked(category, quiz))
    return asked


def as_shown(asked: Asked) -> list[Any]:
    """Return what a reader sees of a quiz, to compare two."""
    options = [(html_of(o["text"]), html_of(o["why"]), o["right"]) for o in asked.quiz["options"]]
    return [asked.category, asked.quiz["name"], html_of(asked.quiz["question"]), options]


def write(book: Path, folder: Path) -> Path:
    """Write the bank of a book, read it again, and return its path.

    Raises
    ------
    BankError
        For broken quizzes, or if what is read again is not what was asked.
    """
    asked = list(asked_in(book))
    xml = written(asked)
    for one, again in zip(asked, read(xml), strict=True):
        if as_shown(one) != as_shown(again):
            raise BankError(f"quiz {one.quiz['name']!r} is not the same when it is read again")
    path = folder / NAME
    path.write_text(xml, encoding="utf-8")
    return path
