"""From MyST to plain Markdown, for front ends that know none: links, sources, numbered formulas."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pybtex.database import Entry, parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

_ROLE = re.compile(r"\{(doc|term|cite:p|cite:t)\}`([^`]+)`")
_OF_SITE = re.compile(r"\[([^\]]+)\]\((figure|section|site):([\w./-]+)(?:#([\w-]+))?\)")
_TARGET = re.compile(r"(?P<text>.*?)\s*<(?P<target>[^<>]+)>", re.DOTALL)
_SOURCES = re.compile(r"^```\{bibliography\}\n.*?^```$", re.MULTILINE | re.DOTALL)
_CITED = re.compile(r"\{cite:[pt]\}`([^`]+)`")
_LABEL = re.compile(r"\$\$ \(([\w-]+)\)")
_EQUATION = re.compile(r"\{eq\}`([\w-]+)`")
_FENCE = re.compile(r"^(?P<colons>:{3,})(?:\{(?P<kind>[\w-]+)\} *(?P<title>.*))?$")
_OPTION = re.compile(r"^:[\w-]+:")


def anchor_of(term: str) -> str:
    """Return the place of a term on the page of the glossary.

    Examples
    --------
    >>> anchor_of("learning rate")
    'term-learning-rate'
    >>> anchor_of("vector–Jacobian product")  # as Sphinx does it
    'term-vectorJacobian-product'
    """
    ascii_only = unicodedata.normalize("NFKD", term).encode("ascii", "ignore").decode()
    return "term-" + re.sub(r"[^a-zA-Z0-9._]+", "-", ascii_only).strip("-")


@dataclass(frozen=True)
class Book:
    """What links need to know: the folder of the notebooks, and the website if there is one.

    Attributes
    ----------
    folder : Path
        Holds the notebooks, ``glossary.md`` and ``references.bib``.
    site : str
        The address of the website, ending with a slash. If it is empty, links lead to the
        notebook beside this one.
    """

    folder: Path
    site: str = ""

    @cached_property
    def titles(self) -> dict[str, str]:
        """The title of each page, by its name."""
        found = {}
        for path in sorted(self.folder.glob("*.*")):
            if path.suffix in {".md", ".ipynb"}:
                heading = re.search(r'(?:^|")# ([^"\n\\]+)', path.read_text(encoding="utf-8"))
                found[path.stem] = heading[1] if heading else path.stem
        return found

    @cached_property
    def terms(self) -> dict[str, str]:
        """The terms of the glossary, by their small letters."""
        path = self.folder / "glossary.md"
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        terms = re.findall(r"^(\S.*)\n  \S", text, re.MULTILINE)
        return {term.lower(): term for term in terms}

    @cached_property
    def sources(self) -> dict[str, Entry]:
        """The sources, by the key under which the text cites them."""
        path = self.folder / "references.bib"
        return dict(parse_file(path).entries) if path.is_file() else {}

    def address(self, page: str, anchor: str = "") -> str:
        """Return the address of a page, or of a place on it."""
        where = f"{self.site}{page}.html" if self.site else f"{page}.ipynb"
        return f"{where}#{anchor}" if anchor else where

    def link(self, kind: str, inside: str) -> str:
        """Return what a role becomes; `inside` is what stands between its backticks."""
        inside = " ".join(inside.split())
        if kind.startswith("cite"):
            cited = [self.citation(key.strip(), kind == "cite:t") for key in inside.split(",")]
            return " and ".join(cited) if kind == "cite:t" else f"({'; '.join(cited)})"
        split = _TARGET.fullmatch(inside)
        text, target = (split["text"], split["target"]) if split else (inside, inside)
        if kind == "doc":
            return f"[{text if split else self.titles.get(target, target)}]({self.address(target)})"
        term = self.terms.get(target.lower(), target)
        anchor = anchor_of(term) if self.site else anchor_of(term).removeprefix("term-")
        return f"[{text}]({self.address('glossary', anchor)})"

    def link_of_site(self, text: str, scheme: str, target: str, name: str | None) -> str:
        """Return what a link to a figure, a section or a file of the website becomes.

        Examples
        --------
        >>> Book(Path(), "https://a.b/").link_of_site("Edge", "figure", "04-x", "edge")
        '[Edge](https://a.b/04-x.html#explorer-edge)'
        >>> Book(Path()).link_of_site("the file", "site", "a.xml", None)
        'the file (after `make book`: `_build/html/a.xml`)'
        """
        if scheme != "site":
            place = f"explorer-{name}" if scheme == "figure" else name or ""
            return f"[{text}]({self.address(target, place if self.site else '')})"
        if self.site:
            return f"[{text}]({self.site}{target})"
        return f"{text} (after `make book`: `_build/html/{target}`)"

    def citation(self, key: str, in_text: bool) -> str:
        """Return authors and year of a source, linked to where it can be read if that is known."""
        entry = self.sources.get(key)
        if entry is None:
            return key
        year, people = entry.fields.get("year", "undated"), authors(entry)
        words = f"{people} ({year})" if in_text else f"{people}, {year}"
        url = url_of(entry)
        return f"[{words}]({url})" if url else words

    def source_list(self, keys: list[str]) -> str:
        """Return the list of the sources with these keys, in the order of their authors."""
        style, backend = _style_and_backend()
        entries = [self.sources[key] for key in sorted(set(keys)) if key in self.sources]
        return "\n".join(f"- {' '.join(done.text.render(backend).split())}"
                         for done in style.format_entries(entries))


@cache  # pybtex looks through all that is installed for each
def _style_and_backend() -> tuple[Any, Any]:
    return (find_plugin("pybtex.style.formatting", "plain")(),
            find_plugin("pybtex.backends", "markdown")())


def authors(entry: Entry) -> str:
    """Return the family names of the authors of a source, as a sentence names them."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [str(Text.from_latex(" ".join(p.prelast_names + p.last_names))) for p in people]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names) or str(Text.from_latex(entry.fields["title"]))


def url_of(entry: Entry) -> str:
    """Return where a source can be read; empty if it does not say."""
    fields = entry.fields
    if "doi" in fields:
        return f"https://doi.org/{fields['doi']}"
    return f"https://arxiv.org/abs/{fields['eprint']}" if "eprint" in fields else fields.get(
        "url", "")


def links(source: str, book: Book, cited: list[str]) -> list[tuple[str, str]]:
    """Return each role, link of the site and list of sources of a cell, with what it becomes."""
    pairs = [(m[0], book.link(m[1], m[2])) for m in _ROLE.finditer(source)]
    pairs += [(m[0], book.link_of_site(*m.groups())) for m in _OF_SITE.finditer(source)]
    return pairs + [(m[0], book.source_list(cited)) for m in _SOURCES.finditer(source)]


def replaced(source: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return a text in which the second of each pair stands for the first.

    Examples
    --------
    >>> replaced("a b", [("a", "c")])
    'c b'
    """
    for old, new in pairs:
        source = source.replace(old, new)
    return source


def cited_in(sources: list[str]) -> list[str]:
    """Return the keys of all sources that these cells cite.

    Examples
    --------
    >>> cited_in(["As {cite:p}`a1,b2` show", "and {cite:t}`c3`."])
    ['a1', 'b2', 'c3']
    """
    return [key.strip() for source in sources for m in _CITED.finditer(source)
            for key in m[1].split(",")]


def equation_numbers(sources: list[str]) -> dict[str, int]:
    """Return the number of each labelled formula of a page, by its label.

    Examples
    --------
    >>> equation_numbers(["$$ a $$ (first)", "$$ b $$ (second)"])
    {'first': 1, 'second': 2}
    """
    labels = [label for source in sources for label in _LABEL.findall(source)]
    return {label: i for i, label in enumerate(labels, 1)}


def numbered(source: str, numbers: dict[str, int]) -> str:
    r"""Return a text with the numbers of formulas written out.

    Examples
    --------
    >>> print(numbered("$$ a $$ (first)\n\nsee {eq}`first`", {"first": 1}))
    $$ a \tag{1}$$
    <BLANKLINE>
    see (1)
    """
    tagged = _LABEL.sub(lambda m: rf"\tag{{{numbers[m[1]]}}}$$", source)
    return _EQUATION.sub(lambda m: f"({numbers.get(m[1], m[1])})", tagged)


def blocks(source: str) -> str:
    """Return a text without the fences of MyST: notes become quotes, cards and tabs paragraphs.

    Examples
    --------
    >>> print(blocks(":::{admonition} Note\\n:class: tip\\nRead this.\\n:::"))
    > **Note**
    >
    > Read this.
    """
    done, open_kinds, options = [], [], False
    for line in source.split("\n"):
        fence = _FENCE.match(line)
        if fence and fence["kind"]:
            open_kinds.append(fence["kind"])
            options = True
            if fence["title"] and fence["kind"] not in ("grid", "tab-set"):
                done.append(_quoted(f"**{fence['title']}**\n", open_kinds))
        elif fence and open_kinds:
            open_kinds.pop()
            done.append("")
        elif options and _OPTION.match(line):
            continue
        else:
            options = options and not line.strip()
            done.append(_quoted(line, open_kinds))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(done)).strip("\n")


def _quoted(text: str, kinds: list[str]) -> str:
    if "admonition" not in kinds:
        return text
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
