"""What the search page looks through: the words of every section, figure and entry of the glossary.

Sphinx's own index knows pages only, and only whole words: its page fetches every chapter that it
found to show a line of it. This one is a single script, which works from files too. ``search.js``
looks through it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

NAME = "search-index.js"
FIGURE = re.compile(
    r'<figure class="\w+" id="([^"]+)".*?<figcaption[^>]*>(.*?)</figcaption>', re.DOTALL)
#: Strings and comments, whose words are no names.
WORDS_IN_CODE = re.compile(r"""#[^\n]*|[fr]?("{3}.*?"{3}|"[^"\n]*"|'[^'\n]*')""", re.DOTALL)
CODE_NAME = re.compile(r"[A-Za-z_][\w.]*\w")
SIGNS = {"cdot": "·", "times": "×", "le": "≤", "ge": "≥", "sum": "Σ", "sqrt": "√", "approx": "≈",
         "in": "∈", "infty": "∞", "partial": "∂", "nabla": "∇", "to": "→", "log": "log ",
         "ln": "ln ", "dots": "…", "ldots": "…", "cdots": "…"}
#: Cells whose code names the answer to what the page asks.
ASKED = {"tag_quiz", "tag_guess", "tag_solution"}


@dataclass
class Part:
    """A place that a result leads to.

    Attributes
    ----------
    anchor, title
        Where it is in the page, and what it is called. The head of a page has neither.
    text
        Its sentences.
    names
        What stands in its code and formulas.
    kind
        ``""`` for a section, ``"term"`` or ``"figure"``.
    """

    anchor: str = ""
    title: str = ""
    text: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    kind: str = ""

    def packed(self, page: int) -> list:
        """Return what the index holds of it."""
        text = re.sub(r"\s+", " ", " ".join(self.text)).strip()
        text = re.sub(r" (?=[.,;])", "", text)  # where a citation stood
        return [page, self.anchor, self.title, text, " ".join(sorted(self.names)), self.kind]


def names_of(code: str) -> set[str]:
    """Return the names in a piece of code that look like code: dotted, joined or capital inside.

    Examples
    --------
    >>> code = 'a = nn.MLP(x)  # of lessons.engine\\ny = losses.cross_entropy(a, "b.c")'
    >>> sorted(names_of(code))
    ['losses.cross_entropy', 'nn.MLP']
    """
    names = CODE_NAME.findall(WORDS_IN_CODE.sub("", code))
    return {name for name in names if re.search(r"\w[._]\w|[a-z][A-Z]", name)}


def readable(formula: str) -> str:
    r"""Return a formula in LaTeX with less of its notation.

    Examples
    --------
    >>> readable(r"\operatorname{softmax}(\mathbf{z})_i = \frac{e^{z_i}}{n}")
    'softmax(z)_i = e^z_i n'
    """
    plain = re.sub(r"\\(?:math\w+|operatorname\*?|text\w*|left|right|frac|begin|end|q?quad|[,;! ])",
                   "", formula)
    plain = re.sub(r"\\([a-z]+)", lambda sign: SIGNS.get(sign[1], sign[1]), plain)
    return re.sub(r"[{}\\$&]", "", plain.replace("}{", " ")).strip()


class Reader:
    """Takes the parts of one page out of its document.

    Parameters
    ----------
    titles
        Of all pages, by name: links show them.
    with_outputs
        Whether to read what cells print, as in lists that cells make.
    """

    def __init__(self, titles: dict[str, nodes.title], with_outputs: bool) -> None:
        self.titles, self.with_outputs = titles, with_outputs

    def parts(self, document: nodes.document) -> Iterator[Part]:
        """Yield the head of a page, its sections, figures and terms, in their order."""
        yield from self.section(document, Part())

    def section(self, node: nodes.Element, part: Part) -> Iterator[Part]:
        """Yield a part and all that stand in it."""
        inner: list[Part] = []
        for child in node.children:
            if not isinstance(child, nodes.title):
                self.take(child, part, inner)
            elif part.anchor:
                part.title = self.sentence(child)
        yield part
        yield from inner

    def take(self, node: nodes.Node, part: Part, inner: list[Part]) -> None:
        """Add what a node says to its part, and to `inner` what is a part of its own."""
        classes = set(node.get("classes", ())) if isinstance(node, nodes.Element) else set()
        if isinstance(node, nodes.section):
            # The first section of a document is the page itself.
            is_page = isinstance(node.parent, nodes.document)
            own = part if is_page else Part(node["ids"][0])
            inner += [p for p in self.section(node, own) if p is not part]
        elif isinstance(node, nodes.definition_list_item) and (term := self.term(node)):
            inner.append(term)
        elif "cell_output" in classes and not self.with_outputs:
            for raw in node.findall(nodes.raw):
                self.take(raw, part, inner)
        elif isinstance(node, nodes.raw):
            inner += [Part(unescape(name), unescape(title), kind="figure")
                      for name, title in FIGURE.findall(node.astext())]
        elif isinstance(node, nodes.literal_block):
            part.names |= names_of(node.astext())
        elif isinstance(node, nodes.TextElement):
            part.text.append(self.sentence(node))
        elif isinstance(node, nodes.Element) and not isinstance(node, nodes.Invisible):
            for child in node.children:
                if not (classes & ASKED and "cell_input" in child["classes"]):
                    self.take(child, part, inner)

    def term(self, item: nodes.Element) -> Part | None:
        """Return an entry of the glossary; None for an item of another list."""
        terms = [node for node in item.children if isinstance(node, nodes.term) and node["ids"]]
        if not terms or "glossary" not in item.parent.get("classes", ()):
            return None
        part = Part(terms[0]["ids"][0], ", ".join(term.astext() for term in terms), kind="term")
        for child in item.children:
            if not isinstance(child, nodes.term):
                self.take(child, part, [])
        return part

    def sentence(self, node: nodes.Node) -> str:
        """Return the words of a node; links by what they show, formulas with less notation."""
        if isinstance(node, nodes.Text):
            return node.astext()
        if isinstance(node, (nodes.math, nodes.math_block)):
            return readable(node.astext())
        if isinstance(node, addnodes.pending_xref):
            if node.get("refdomain") == "cite":
                return ""
            title = self.titles.get(node.get("reftarget", ""))
            if title is not None and not node.get("refexplicit"):
                return title.astext()
        if isinstance(node, nodes.raw):
            return ""
        return "".join(map(self.sentence, node.children))


def index(env: BuildEnvironment, pages: list[str]) -> dict[str, list]:
    """Return what is written for these pages: their names and titles, and all their parts."""
    packed = []
    heads = []
    for number, page in enumerate(pages):
        chapter = env.toc_secnumbers.get(page, {}).get("", ())
        heads.append([page, ". ".join([*map(str, chapter), env.titles[page].astext()])])
        reader = Reader(env.titles, with_outputs=not chapter)
        packed += [part.packed(number) for part in reader.parts(env.get_doctree(page))]
    return {"pages": heads, "parts": packed}


def write_index(app: Sphinx, error: Exception | None) -> None:
    """Write the index beside the pages; the search page loads it, no other does."""
    if error or app.builder.format != "html":
        return
    pages = [page for page in app.env.toctree_includes.get(app.config.root_doc, ())
             if page in app.env.found_docs]
    pages = [app.config.root_doc, *pages] if pages else sorted(app.env.found_docs)
    data = json.dumps(index(app.env, pages), ensure_ascii=False, separators=(",", ":"))
    Path(app.outdir, NAME).write_text(f"var searchIndex = {data};\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the writer of the index with Sphinx."""
    app.connect("build-finished", write_index)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
