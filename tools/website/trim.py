"""The theme's style sheet without rules for classes that nothing in the book has.

It brings all of Bootstrap and of Font Awesome: two thirds of what a first visit would send for it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import tinycss2
from sphinx.application import Sphinx

import lessons
from tools.editor import assemble as editor
from tools.pyodide import assemble as pyodide

SHEET = "_static/styles/pydata-sphinx-theme.css"
WORD = re.compile(r"[\w-]+")
CLASSES = re.compile(r'class="([^"]*)"')


def named(folder: Path) -> set[str]:
    """Return what could be a class: those of all pages, and every word of all code.

    Scripts and Python in a page give classes to what they make. The folders that come after the
    site's own build are left out, so that every build gives the same sheet.
    """
    pages = [path.read_text(encoding="utf-8") for path in folder.glob("*.html")]
    words = {word for page in pages for found in CLASSES.findall(page) for word in found.split()}
    package = Path(lessons.__file__).parent  # its scripts for Python in a page come later
    code = [path for path in folder.glob("_static/**/*.js")
            if path.name != "fontawesome.js"  # no page loads it: it names all icons
            and not {pyodide.FOLDER, editor.FOLDER} & {*path.relative_to(folder).parents}]
    code += [*package.rglob("*.py"), *package.glob("live/*.js")]
    return words.union(*(WORD.findall(path.read_text(encoding="utf-8")) for path in code))


def trimmed(css: str, words: set[str]) -> str:
    """Return a style sheet without what can match nothing.

    Parameters
    ----------
    css
        A style sheet.
    words
        What may be a class. A selector that asks for another one goes.

    Examples
    --------
    >>> trimmed(".a{top:0}.b,.a .c,p:not(.d){top:1px}@media print{.b{top:2px}}", {"a", "c"})
    '.a{top:0}.a .c,p:not(.d){top:1px}'
    """
    return "".join(kept(rule, words)
                   for rule in tinycss2.parse_stylesheet(css, skip_comments=False))


def kept(rule: Any, words: set[str]) -> str:
    """Return a rule as text, without selectors that match nothing; nothing if none is left."""
    if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
        inner = "".join(kept(each, words) for each in tinycss2.parse_rule_list(rule.content))
        head = tinycss2.serialize(rule.prelude)
        return f"@{rule.at_keyword}{head}{{{inner}}}" if inner.strip() else ""
    if rule.type != "qualified-rule":
        return str(rule.serialize())
    selectors: list[list[Any]] = [[]]
    for token in rule.prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    left = [tinycss2.serialize(each) for each in selectors if classes_of(each) <= words]
    return f"{','.join(left)}{{{tinycss2.serialize(rule.content)}}}" if left else ""


def classes_of(selector: list[Any]) -> set[str]:
    """Return the classes that a selector asks for; those in ``:is()`` and ``:not()`` do not count.

    Nor do those that begin with ``bs-``: Bootstrap's script puts them together from parts.
    """
    return {name.value for dot, name in zip(selector, selector[1:], strict=False)
            if dot == "." and name.type == "ident" and not name.value.startswith("bs-")}


def trim(app: Sphinx, exception: Exception | None) -> None:
    """Trim the style sheet of a site that has been built."""
    if app.builder.format != "html" or exception:
        return
    sheet = Path(app.outdir, SHEET)
    css = trimmed(sheet.read_text(encoding="utf-8"), named(Path(app.outdir)))
    sheet.write_text(css, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", trim, priority=901)  # files have been copied then
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
