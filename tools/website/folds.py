"""What a reader unfolds, native ``<details>`` with no script.

An admonition of the class ``dropdown`` becomes one; cells in a row whose code is hidden share one.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective


class fold(nodes.General, nodes.Element):
    """A ``<details>`` made from an admonition of the class ``dropdown``."""


class fold_title(nodes.General, nodes.TextElement):
    """The line of a `fold` that is always shown."""


class JoinHiddenCells(SphinxPostTransform):
    """Cells in a row that hide their code, with nothing to see between them, become one cell.

    The helpers of a figure, which stand right before it, so cost the reader no button of their own.
    Solutions stay alone: each is asked for by itself.
    """

    default_priority = 198  # right before MyST-NB puts what is hidden into ``<details>``
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Move the code of each hidden cell without output into the hidden cell after it."""
        for cell in list(self.document.findall(hides_code)):
            after = cell.next_node(descend=False, siblings=True)
            prints_nothing = len(cell) == 1
            if prints_nothing and after is not None and hides_code(after):
                after[0].insert(0, cell[0].children)
                cell.parent.remove(cell)


def hides_code(node: nodes.Node) -> bool:
    """Return whether a node is a cell whose code is hidden, and no solution."""
    return (
        isinstance(node, nodes.container)
        and node.get("hide_mode") in ("all", "input")
        and "tag_solution" not in node["classes"]
        and len(node) > 0
        and node[0].get("nb_element") == "cell_code_source"
    )


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


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, and what it becomes, with Sphinx."""
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(fold_title, html=(visit_fold_title, depart_fold_title))
    app.add_post_transform(FoldDropdowns)
    app.add_post_transform(JoinHiddenCells)
    app.add_directive("dropdown", Dropdown, override=True)  # in place of sphinx-design's
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
