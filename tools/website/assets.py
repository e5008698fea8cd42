"""Sphinx extension of this book: formulas by our own copy of KaTeX, and pages that load little.

Three things, each a few lines:

- a math renderer named ``katex``: a formula becomes an element of class ``tex`` that holds the
  LaTeX source, and ``_static/math.js`` typesets it when the page loads;
- ``admonition`` with the class ``dropdown`` becomes a native ``<details>``, with no script;
- a page lists only the style sheets and scripts that its own text needs.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.math import get_node_equation_number

KATEX = "vendor/katex"

#: What a page loads, and the pattern in its text that asks for it. Anything in the folder
#: ``_static`` that is named neither here nor in `EVERY_PAGE` is loaded by no page.
ON_DEMAND = {
    rf"{KATEX}/katex.min.css": r'class="[^"]*\btex\b',
    rf"{KATEX}/katex.min.js": r'class="[^"]*\btex\b',
    "math.js": r'class="[^"]*\btex\b',
    "explore.js": r'<figure[^>]*class="[^"]*\bexplorer\b',
    "quiz.js": r'class="[^"]*\bquiz\b',
    "guess.js": r'class="[^"]*\bguess\b',
    "estimate.js": r'class="[^"]*\bestimate\b|data-key="chip"',
    "progress-page.js": r'class="[^"]*\bprogress-panel\b',
    "clipboard.min.js": r'class="[^"]*\bhighlight\b',
    "copybutton.js": r'class="[^"]*\bhighlight\b',
    "copybutton.css": r'class="[^"]*\bhighlight\b',
    "sphinx-design.min.css": r'class="[^"]*\bsd-',
    "design-tabs.js": r'class="[^"]*\bsd-tab-set\b',
    "mystnb": r'class="[^"]*\bcell\b',
}
EVERY_PAGE = ("book.css", "progress.js")

NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|alignat|gather)\}")


def visit_math(writer: Any, node: nodes.math) -> None:
    """Write an inline formula as its LaTeX source in ``span.math > span.tex``."""
    writer.body.append(writer.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    writer.body.append(f'<span class="tex">{writer.encode(node.astext())}</span></span>')
    raise nodes.SkipNode


def visit_displaymath(writer: Any, node: nodes.math_block) -> None:
    """Write a display formula, with its number and permalink when it has a label."""
    writer.body.append(writer.starttag(node, "div", CLASS="math notranslate nohighlight"))
    writer.body.append(f'<span class="tex">{writer.encode(display_source(node))}</span>')
    if node["number"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, _("Link to this equation"))
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def display_source(node: nodes.math_block) -> str:
    r"""Return the LaTeX of a display formula, as KaTeX wants it.

    Sphinx numbers the formulas, so the numbered environments lose their own numbers. A blank
    line separates formulas of one block; ``\\`` breaks a line outside an environment too.
    """
    source = node.astext().strip()
    if node["nowrap"]:
        return NUMBERED.sub(r"\\\1{\2*}", source)
    parts = [part.strip() for part in source.split("\n\n") if part.strip()]
    if len(parts) == 1 and (r"\\" not in source or r"\begin" in source):
        return source
    return r"\begin{aligned}" + r"\\".join(parts) + r"\end{aligned}"


class fold(nodes.General, nodes.Element):
    """A ``<details>`` made from an admonition of the class ``dropdown``."""


class fold_title(nodes.General, nodes.TextElement):
    """The line of a `fold` that is always shown."""


class Dropdown(SphinxDirective):
    """``:::{dropdown} Title``: an admonition of the class ``dropdown``, open with ``:open:``."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {
        "open": directives.flag,
        "name": directives.unchanged,
        "class": directives.class_option,
    }

    def run(self) -> list[nodes.Node]:
        """Return the admonition."""
        classes = ["dropdown", *self.options.get("class", [])]
        classes += ["open"] if "open" in self.options else []
        inline, messages = self.state.inline_text(self.arguments[0], self.lineno)
        box = nodes.admonition("", nodes.title(self.arguments[0], "", *inline), classes=classes)
        self.set_source_info(box)
        self.add_name(box)
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box, *messages]


class FoldDropdowns(SphinxPostTransform):
    """Turn every admonition of the class ``dropdown`` into a `fold`."""

    default_priority = 200
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Replace the admonitions of this document in place."""
        for old in list(self.document.findall(nodes.Admonition)):
            if "dropdown" not in old.get("classes", ()):
                continue
            new = fold(classes=["admonition", *old["classes"]], ids=old["ids"])
            title = old[0] if isinstance(old[0], nodes.title) else None
            label = old.tagname.capitalize()
            new += fold_title("", "", *(title.children if title else [nodes.Text(label)]))
            new += old.children[1:] if title else old.children
            old.replace_self(new)


def visit_fold(writer: Any, node: fold) -> None:
    """Open the element; the class ``open`` opens it for the reader too."""
    is_open = {"open": "open"} if "open" in node["classes"] else {}
    writer.body.append(writer.starttag(node, "details", **is_open))


def depart_fold(writer: Any, node: fold) -> None:
    """Close the element."""
    writer.body.append("</details>\n")


def visit_fold_title(writer: Any, node: fold_title) -> None:
    """Open the line that is always shown."""
    writer.body.append('<summary class="admonition-title">')


def depart_fold_title(writer: Any, node: fold_title) -> None:
    """Close the line that is always shown."""
    writer.body.append("</summary>\n")


def forget_found_assets(app: Sphinx, config: Any) -> None:
    """Drop what Jupyter Book found by searching ``_static``: it would load on every page."""
    config.html_css_files = []
    config.html_js_files = []


def add_own_assets(app: Sphinx) -> None:
    """Register our files; `choose_assets` then decides page by page."""
    if app.builder.format != "html":
        return
    app.add_css_file(f"{KATEX}/katex.min.css", priority=400)
    # progress.js first: others ask it what was done. estimate.js after what it moves.
    scripts = ("progress.js", f"{KATEX}/katex.min.js", "math.js", "explore.js", "quiz.js",
               "guess.js", "estimate.js", "progress-page.js")
    for name in scripts:
        app.add_js_file(name, loading_method="defer")
    app.add_css_file("book.css", priority=900)


def choose_assets(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Keep the style sheets and scripts that the text of this page asks for.

    Style sheets that are not ours move to ``layered_css``: the template imports them into a
    cascade layer, below ``book.css``.

    Raises
    ------
    RuntimeError
        If something asks for a file from another host: pages must work without a network.
    """
    # Docutils marks the list of sources with two roles that contradict each other.
    body = context["body"] = (
        context.get("body", "")
        .replace('<div role="list" class="citation-list">', '<div class="citation-list">')
        .replace(' role="doc-biblioentry"', "")
    )
    for kind in ("css_files", "script_files"):
        context[kind] = [file for file in context.get(kind, []) if is_wanted(file, body)]
        for file in context[kind]:
            if "//" in str(file.filename or ""):
                raise RuntimeError(
                    f"page {pagename} asks another host for {file.filename}: "
                    "store the file under book/_static/vendor instead"
                )
    ours = [file for file in context["css_files"] if is_ours(file)]
    links = [context["css_tag"](file) for file in context["css_files"] if file not in ours]
    context["layered_css"] = [re.search(r'href="([^"]+)"', link)[1] for link in links]
    context["css_files"] = ours


def is_wanted(file: Any, body: str) -> bool:
    """Return whether a page with this text needs this style sheet or script."""
    name = str(getattr(file, "filename", file) or "").removeprefix("_static/")
    for asset, pattern in ON_DEMAND.items():
        if name == asset or (asset == "mystnb" and name.startswith("mystnb.")):
            return re.search(pattern, body) is not None
    return True


def is_ours(file: Any) -> bool:
    """Return whether a style sheet is the book's, or KaTeX's, rather than the theme's."""
    name = str(file.filename).removeprefix("_static/")
    return name in EVERY_PAGE or name.startswith("vendor/")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    app.add_html_math_renderer("katex", (visit_math, None), (visit_displaymath, None))
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(fold_title, html=(visit_fold_title, depart_fold_title))
    app.add_post_transform(FoldDropdowns)
    app.add_directive("dropdown", Dropdown, override=True)  # in place of sphinx-design's
    # Jupyter Book sets this for an extension that we leave out.
    app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", forget_found_assets)
    app.connect("builder-inited", add_own_assets)
    # 900: after the theme and every other extension have added theirs
    app.connect("html-page-context", choose_assets, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
