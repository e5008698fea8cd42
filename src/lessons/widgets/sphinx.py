"""The website's renderer of all widgets.

Sphinx finds `Renderer` through the entry point group ``myst_nb.mime_renderers``. What it writes
works without a kernel, a server or a library.
"""

from typing import Any

from lessons.widgets.registry import REGISTRY


class Renderer:
    """A MyST-NB plugin that turns the book's own MIME types into HTML."""

    mime_priority_overrides = tuple(("html", widget.mime_type, 1) for widget in REGISTRY)

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[Any] | None:
        """Return one raw HTML node for a widget, else nothing."""
        from docutils import nodes  # only there when a book is built

        widget = next((w for w in REGISTRY if w.mime_type == data.mime_type), None)
        if inline or widget is None:
            return None
        return [nodes.raw("", widget.to_html(data.content), format="html")]
