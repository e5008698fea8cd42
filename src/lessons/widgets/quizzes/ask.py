"""Quiz questions with immediate feedback, in a kernel and on the website.

A choice explains itself: every wrong one says what is wrong about it. Answers that are numbers
are computed by the author's cell, so they cannot differ from what the chapter shows.

jupyterquiz was tried first: it gives every question a random id, so a notebook is never built
twice alike, sets its own colours, and tells a screen reader nothing.
"""

import hashlib
from typing import Any, NoReturn

from lessons.page import in_page
from lessons.recording import recording
from lessons.widgets.base import check_name, check_recorded_once, live_view, markdown
from lessons.widgets.quizzes.said import verdict

MIME_TYPE = "application/vnd.lessons.quiz+json"


class Quiz:
    """One question. Made by `quiz`; shows itself as a cell's last value."""

    def __init__(self, question: str, name: str, options: list[dict[str, Any]]):
        self.question, self.name, self.options = question, name, options

    @property
    def payload(self) -> dict[str, Any]:
        """What the website needs: the question and the options in the order shown."""
        return {"name": self.name, "question": self.question, "options": self.options}

    def feedback(self, index: int) -> str:
        """Return what the reader is told about the option with this number."""
        option = self.options[index]
        return f"{verdict(option)} {option['why']}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        letters = [f"{chr(65 + i)}. {option['text']}" for i, option in enumerate(self.options)]
        text = "\n".join([self.question, *letters])
        if in_page():
            from lessons.widgets.quizzes.html import to_html

            return {"text/html": to_html(self.payload), "text/plain": text}
        if not recording():
            from lessons.widgets.quizzes.live import widget  # a built book needs no widgets

            return live_view(widget(self.payload), text)
        lines = [f"**Quiz.** {markdown(self.question)}", *(f"- {markdown(x)}" for x in letters)]
        text_markdown = "\n\n".join(lines)
        return {MIME_TYPE: self.payload, "text/markdown": text_markdown, "text/plain": text}


def quiz(question: str, *, name: str, right: str, why: str, wrong: dict[str, str]) -> Quiz:
    """Make a quiz question.

    Parameters
    ----------
    question : str
        Plain text; code stands between backticks.
    name : str
        Chapter and question, such as ``"gradient-descent/edge"``.
    right, why : str
        The right choice and the reason.
    wrong : dict of str to str
        Two or more wrong choices, each with what is wrong about it. The order on the page
        depends on the name only.

    Raises
    ------
    ValueError
        For an author's mistake: names the quiz and says what to change.

    Examples
    --------
    >>> q = quiz("What is 2 + 2?", name="sums/two", right=str(2 + 2), why="Count.",
    ...          wrong={"3": "One too few.", "5": "One too many."})
    >>> [option["text"] for option in q.options]
    ['3', '4', '5']
    >>> q.feedback(0)
    'Not quite. One too few.'
    """
    def fail(what: str) -> NoReturn:
        raise ValueError(f"quiz {name!r}: {what}")

    check_name("quiz", name)
    if not isinstance(wrong, dict):
        fail("give the wrong choices as a dict: choice, and what is wrong about it")
    for text in (question, right, why, *wrong, *wrong.values()):
        if not isinstance(text, str):
            fail(f"{text!r} is not text; format a number, as in f'{{x:.3g}}'")
    if not question.strip() or not why.strip() or not right.strip():
        fail("the question, the right choice and its reason must not be empty")
    if len(wrong) < 2:
        fail("give two or more wrong choices")
    # Compared as a reader sees them: code marks and outer spaces do not tell two choices apart.
    seen = [text.replace("`", "").strip() for text in (right, *wrong)]
    if seen[0] in seen[1:]:
        fail(f"{right!r} is both right and wrong: two computed choices may have come out equal")
    if len(set(seen)) < len(seen):
        fail("two wrong choices look the same")
    empty = [text for text, reason in wrong.items() if not reason.strip() or not text.strip()]
    if empty:
        fail(f"say what is wrong about {empty[0]!r}")
    options = [{"text": right, "right": True, "why": why}]
    options += [{"text": t, "right": False, "why": reason} for t, reason in wrong.items()]
    # Ordered by a hash of name and place: shuffled, and the same in every build.
    keys = [hashlib.sha256(f"{name}/{i}".encode()).hexdigest() for i in range(len(options))]
    order = sorted(range(len(options)), key=keys.__getitem__)
    made = Quiz(question, name, [options[i] for i in order])
    check_recorded_once("quiz", name, made.payload)
    return made
