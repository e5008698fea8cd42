"""From a built notebook to a deck: which slides there are, and the one file that holds them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from nbformat import NotebookNode

from lessons.widgets import explorers
from lessons.widgets.base import marked
from lessons.widgets.explorers.explorer import MIME_TYPE as EXPLORER
from lessons.widgets.explorers.html import to_html as explorer_html
from lessons.widgets.guesses.ask import MIME_TYPE as GUESS
from lessons.widgets.guesses.html import curve_svg
from lessons.widgets.guesses.said import sentences
from lessons.widgets.quizzes.ask import MIME_TYPE as QUIZ
from tools.notebooks.cells import digest_outputs, load, stamp_of, was_edited
from tools.readers.plain import Book, cited_in, equation_numbers, links, numbered, replaced

HERE = Path(__file__).parent
MOST = 430  # characters of prose on a slide: more would be too small at the back of a room
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z*$])")
_PALETTE = re.compile(r'^(?::root,\n)?html\[data-theme="(?:light|dark)"\] \{[^}]*--c-ink: #[^}]*\}',
                      re.MULTILINE)
_FONT = re.compile(r'url\((fonts/[\w-]+\.woff2)\)')
_FORMULA = re.compile(r"(?P<code>`[^`]+`)|\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$\n]+)\$",
                      re.DOTALL)
_ASK = re.compile(r"\(figure:([\w-]+)#([\w-]+)\) *\| *([^|]+?) *\|")


class DeckError(Exception):
    """A chapter that has no slides; its text says what to do."""


def chapter_named(root: Path, number: str) -> Path:
    """Return the notebook of a chapter.

    Raises
    ------
    DeckError
        If there is no such chapter, or its notebook is not as it was built.
    """
    texts = sorted((root / "text").glob("[0-9][0-9]-*.md"))
    named = [path.stem for path in texts if path.stem.partition("-")[0] == number.zfill(2)]
    if not named:
        first, last = (path.stem.partition("-")[0] for path in (texts[0], texts[-1]))
        raise DeckError(f"there is no chapter {number!r}: write one of {first} to {last}, as in "
                        f"`make slides CH={first}`, or leave CH out for all")
    path = root / "book" / f"{named[0]}.ipynb"
    nb = load(path)
    if nb is None or was_edited(nb) or stamp_of(nb).get("outputs") != digest_outputs(nb.cells):
        how = "is missing" if nb is None else "was run or edited after it was built"
        raise DeckError(f"book/{path.name} {how}: run `make notebooks CH={number.zfill(2)}` first")
    return path


def questions(root: Path) -> dict[tuple[str, str], str]:
    """Return what to ask before an explorer is moved, by page and name: from text/teach.md."""
    path = root / "text" / "teach.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return {(page, name): ask for page, name, ask in _ASK.findall(text)}


class Prose:
    """Turns the Markdown of a notebook into HTML without links, its formulas for KaTeX."""

    def __init__(self, nb: NotebookNode, book: Book):
        sources = [cell.source for cell in nb.cells if cell.cell_type == "markdown"]
        self.book, self.cited = book, cited_in(sources)
        self.numbers = equation_numbers(sources)
        self.md = MarkdownIt()
        for rule in ("link_open", "link_close"):
            self.md.add_render_rule(rule, lambda *_: "")

    def plain(self, source: str) -> str:
        """Return Markdown without what only Sphinx knows."""
        return numbered(replaced(source, links(source, self.book, self.cited)), self.numbers)

    def html(self, source: str) -> str:
        """Return the HTML of such Markdown; Markdown's marks mean nothing inside a formula."""
        formulas: list[str] = []

        def put_aside(match: re.Match) -> str:
            if match["code"]:
                return match[0]
            source = (match["display"] or match["inline"]).strip()
            tex = f'<span class="tex">{escape(source)}</span>'
            formulas.append(f'<div class="math">{tex}</div>' if match["display"] else tex)
            return f"\ue000{len(formulas) - 1}\ue001"

        html = self.md.render(_FORMULA.sub(put_aside, source))
        return re.sub("\ue000(\\d+)\ue001", lambda m: formulas[int(m[1])], html)

    def slides(self, source: str, heading: str) -> Iterator[str]:
        """Yield slides of a few sentences each."""
        sentences_: list[str] = []
        size = 0
        for sentence in _SENTENCE.split(" ".join(self.plain(source).split())):
            if sentences_ and size + len(sentence) > MOST:
                yield self._slide(heading, sentences_)
                sentences_, size = [], 0
            sentences_.append(sentence)
            size += len(sentence)
        if sentences_:
            yield self._slide(heading, sentences_)

    def _slide(self, heading: str, sentences_: list[str]) -> str:
        body = "".join(self.html(sentence) for sentence in sentences_)
        return f'<h2>{escape(heading)}</h2><div class="prose">{body}</div>'


def slides(nb: NotebookNode, page: str, book: Book, asks: dict[tuple[str, str], str]
           ) -> Iterator[str]:
    """Yield the HTML of each slide of a chapter, in its order.

    The chapter's question, every explorer, guess and quiz, and the summary.
    """
    prose = Prose(nb, book)
    title, _, opening = nb.cells[0].source.partition("\n")
    title = escape(f"{int(page[:2])}. {title.removeprefix('# ')}")
    yield (f'<h1>{title}</h1><p class="keys">→ or Space goes on and shows the answer · ← goes back '
           "· ↓ skips an answer<br>f full screen · d light or dark · a all answers · p print "
           "· Esc leaves a slider</p>")
    yield from prose.slides(opening, title.partition(". ")[2])
    summary = ""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            if found := re.search(r"^## Summary\n(.*?)(?=^## |\Z)", cell.source, re.M | re.S):
                summary = found[1]
            continue
        for output in cell.outputs:
            data = output.get("data", {})
            if EXPLORER in data:
                payload = data[EXPLORER]
                html = explorer_html(payload)
                name = re.findall(r'data-name="([^"]+)"', html)[0]
                ask = asks.get((page, name), "")
                yield f'<p class="ask">{prose.html(ask)[3:-5]}</p>{html}' if ask else html
            elif GUESS in data:
                yield guess_slide(data[GUESS])
            elif QUIZ in data:
                yield quiz_slide(data[QUIZ])
    yield from prose.slides(summary, "Summary")


def quiz_slide(quiz: dict[str, Any]) -> str:
    """Return a quiz: the choices, and hidden which is right and why."""
    options = "".join(
        f'<li class="{"right" if option["right"] else "wrong"}">{marked(option["text"])}'
        f'<span class="answer">{marked(option["why"])}</span></li>' for option in quiz["options"])
    return f'<h2>{marked(quiz["question"])}</h2><ol class="choices">{options}</ol>'


def guess_slide(guess: dict[str, Any]) -> str:
    """Return a guess: what can be guessed, and hidden what was computed."""
    texts, body = guess["texts"], ""
    if guess["kind"] == "choice":
        body = "".join(f"<li>{marked(text)}</li>" for text in texts)
        body = f'<ol class="choices">{body}</ol>'
    elif guess["kind"] == "number":
        body = f'<p class="between">Between {marked(texts[0])} and {marked(texts[-1])}</p>'
    else:
        body = curve_svg(guess, [0] * len(guess["points"]), reveal=True)
    said = marked(sentences(guess, None))
    return f'<h2>{marked(guess["question"])}</h2>{body}<p class="answer truth">{said}</p>'


def document(title: str, found: list[str], root: Path) -> str:
    """Return the deck: one HTML document with all it needs inside.

    Raises
    ------
    DeckError
        If book.css has no palette of two themes, which the figures need.
    """
    static = root / "book" / "_static"
    palette = _PALETTE.findall((static / "book.css").read_text(encoding="utf-8"))
    if len(palette) != 2:
        raise DeckError("book/_static/book.css has no light and dark palette at its beginning")
    widget = Path(explorers.__file__).parent
    sheets = [*palette, (widget / "explore.css").read_text(encoding="utf-8")]
    scripts = [(widget / "explore.js").read_text(encoding="utf-8")]
    body = "".join(
        f'<section id="slide-{i}" aria-label="Slide {i} of {len(found)}">{html}</section>'
        for i, html in enumerate(found, 1))
    if 'class="tex"' in body:
        sheets.insert(0, katex_sheet(static / "vendor" / "katex"))
        scripts.append((static / "vendor/katex/katex.min.js").read_text(encoding="utf-8"))
        scripts.append((static / "math.js").read_text(encoding="utf-8"))
    sheets.append((HERE / "deck.css").read_text(encoding="utf-8"))
    scripts.append((HERE / "deck.js").read_text(encoding="utf-8"))
    assert not any("</script" in script for script in scripts)
    inside = "".join(f"<script>{script}</script>" for script in scripts)
    return (
        '<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{''.join(sheets)}</style></head><body><main>{body}"
        '</main><nav aria-label="Slides"><button id="back" aria-label="Back">‹</button>'
        '<span id="place"></span><button id="on" aria-label="On">›</button></nav>'
        f"{inside}</body></html>\n")


def katex_sheet(folder: Path) -> str:
    """Return the style sheet of KaTeX with its fonts inside."""
    def inside(match: re.Match) -> str:
        data = base64.b64encode((folder / match[1]).read_bytes()).decode()
        return f"url(data:font/woff2;base64,{data})"

    return _FONT.sub(inside, (folder / "katex.min.css").read_text(encoding="utf-8"))


def write(root: Path, number: str, folder: Path) -> Path:
    """Write the deck of a chapter; return its path.

    Raises
    ------
    DeckError
        For an unknown chapter, or one that is not built.
    """
    path = chapter_named(root, number)
    nb, book = load(path), Book(root / "book")
    assert nb is not None
    found = list(slides(nb, path.stem, book, questions(root)))
    folder.mkdir(parents=True, exist_ok=True)
    deck = folder / f"{path.stem}.html"
    deck.write_text(document(book.titles[path.stem], found, root), encoding="utf-8")
    return deck
