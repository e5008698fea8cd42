"""A linter for model cards: what is missing, empty, or said without what makes it checkable.

A card is Markdown with one heading ``## name`` for each section.

References
----------
Mitchell et al., Model Cards for Model Reporting, FAT* 2019, arXiv:1810.03993.
"""

import re
from collections.abc import Callable, Iterator

#: Sections that a card must have, and what each must answer.
SECTIONS = {
    "Model": "what it is, which version, who made it, when, under which licence",
    "Intended use": "what it was made for, and by whom it should be used",
    "Not for": "uses that it must not be put to",
    "Training data": "which examples, from where, of whom, how chosen",
    "Test data": "which examples measured it, and that they are others",
    "Results": "numbers, with how many examples and how sure",
    "Results by group": "the same numbers for each group of people that it concerns",
    "Risks": "what it gives away, whom it may harm, what is not known",
}
EMPTY = re.compile(r"\b(todo|tbd|fixme|lorem ipsum)\b|\.\.\.|^\s*n/?a\.?\s*$", re.I | re.M)
PROMISE = re.compile(r"\b(unbiased|bias-free|100 ?% (safe|fair|accurate)|fully (safe|private|fair)"
                     r"|completely (safe|private|fair)|no bias)\b", re.I)
PERCENT = re.compile(r"\d+(\.\d+)? ?%|\b0\.\d+\b")
COUNT = re.compile(r"\bn ?= ?\d|\d[\d,]* (examples|people|images|rows|persons|women|men)\b", re.I)
SURE = re.compile(r"±|\bto\b|interval|standard error|seeds", re.I)


def sections(card: str) -> dict[str, str]:
    """Return the text under each heading of a card.

    Raises
    ------
    ValueError
        If a heading comes twice.

    Examples
    --------
    >>> sections("## Model\\nA reader of digits.\\n## Risks\\nMany.")
    {'Model': 'A reader of digits.', 'Risks': 'Many.'}
    """
    found: dict[str, str] = {}
    for part in re.split(r"^## +", card, flags=re.M)[1:]:
        name, _, text = part.partition("\n")
        if name.strip() in found:
            raise ValueError(f"the heading {name.strip()!r} comes twice: join the two")
        found[name.strip()] = text.strip()
    return found


def _missing(parts: dict[str, str]) -> Iterator[str]:
    for name, asks in SECTIONS.items():
        if name not in parts:
            yield f"{name}: the section is missing ({asks})"
        elif len(parts[name].split()) < 3 or EMPTY.search(parts[name]):
            yield f"{name}: nothing is said yet ({asks})"


def _promises(parts: dict[str, str]) -> Iterator[str]:
    for name, text in parts.items():
        for found in PROMISE.finditer(text):
            yield f"{name}: {found.group(0)!r} is a promise; say what was measured, on whom"


def _numbers(parts: dict[str, str]) -> Iterator[str]:
    for name in ("Results", "Results by group"):
        text = parts.get(name, "")
        if not text:
            continue
        if not PERCENT.search(text):
            yield f"{name}: holds no measured number"
        elif not COUNT.search(text):
            yield f"{name}: of how many examples? Write n = 449, or 449 images"
        elif not SURE.search(text):
            yield f"{name}: how sure? Give ±, an interval, or the spread over seeds"


def _groups(parts: dict[str, str]) -> Iterator[str]:
    lines = [line for line in parts.get("Results by group", "").splitlines()
             if PERCENT.search(line)]
    if lines and len(lines) < 2:
        yield "Results by group: one group is no comparison; give each group a line"
    for line in lines:
        if not COUNT.search(line):
            yield f"Results by group: how many are in this group? {line.strip()[:40]!r}"


def _privacy(parts: dict[str, str]) -> Iterator[str]:
    text = "\n".join(parts.values())
    says = re.search(r"epsilon|ε|differential(ly)? priva", text, re.I)
    if says and not (re.search(r"(epsilon|ε) ?[=≤] ?\d", text, re.I)
                     and re.search(r"(delta|δ) ?[=≤] ?(1e|10|0\.0)", text, re.I)):
        yield "privacy is claimed: give epsilon and delta, both as numbers"
    if says and not re.search(r"poisson|sampl", text, re.I):
        yield "privacy is claimed: say how batches were drawn; the accountant assumes it"


def _same_data(parts: dict[str, str]) -> Iterator[str]:
    train, test = parts.get("Training data", ""), parts.get("Test data", "")
    if train and train == test:
        yield "Test data: the same words as for the training data; were they the same examples?"


RULES: list[Callable[[dict[str, str]], Iterator[str]]] = [
    _missing, _promises, _numbers, _groups, _privacy, _same_data]


def lint(card: str) -> list[str]:
    """Return a line for each fault of a card; none if it finds nothing.

    It reads words, not truth: a card that lies well passes.

    Examples
    --------
    >>> lint("## Model\\nA fully fair reader of digits.")[-1]
    "Model: 'fully fair' is a promise; say what was measured, on whom"
    >>> len(lint(""))
    8
    """
    parts = sections(card)
    return [fault for rule in RULES for fault in rule(parts)]
