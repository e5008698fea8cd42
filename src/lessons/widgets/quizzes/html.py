"""How a quiz looks on the website: native radio buttons."""

from html import escape
from typing import Any

from lessons.widgets.base import marked
from lessons.widgets.quizzes.said import verdict


def to_html(payload: dict[str, Any]) -> str:
    """Return the question as a fieldset of native radio buttons, for ``quiz.js``.

    Examples
    --------
    >>> from lessons.widgets.quizzes.ask import quiz
    >>> q = quiz("Is 1 < 2?", name="sums/less", right="yes", why="It is.",
    ...          wrong={"no": "It is.", "at times": "Always."})
    >>> "1 &lt; 2" in to_html(q.payload)
    True
    """
    name = escape(payload["name"].replace("/", "-"))
    options = "".join(
        f'<label><input type="radio" name="quiz-{name}" value="{i}" autocomplete="off" '
        f'data-right="{str(option["right"]).lower()}"><span>{marked(option["text"])}</span>'
        f'<span class="quiz-said" hidden>{_said(option)}</span></label>'
        for i, option in enumerate(payload["options"])
    )
    return (
        f'<fieldset class="quiz" id="quiz-{name}" data-name="{escape(payload["name"])}">'
        f'<legend>{marked(payload["question"])}</legend>{options}'
        '<p class="no-scripts">Scripts are off: this quiz cannot answer.</p>'
        '<p class="quiz-feedback" role="status" aria-live="polite"></p>'
        '<button type="button" class="quiz-reset" hidden>Reset</button></fieldset>'
    )


def _said(option: dict[str, Any]) -> str:
    return f"<strong>{verdict(option)}</strong> {marked(option['why'])}"
