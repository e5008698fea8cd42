"""A math renderer named ``katex``, for our own copy of KaTeX.

A formula becomes an element of class ``tex`` that holds the LaTeX source, and ``_static/math.js``
typesets it when the page loads.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util.math import get_node_equation_number

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


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer with Sphinx."""
    app.add_html_math_renderer("katex", (visit_math, None), (visit_displaymath, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
