"""The Colab button opens a copy of the page that is made for Colab (`tools.readers`).

Colab opens notebooks of a branch on GitHub only. The workflow ``site.yml`` writes the copies to a
branch of their own, so that those in ``book/`` stay as they are.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

from tools.readers.copies import BRANCH

_PLACE = re.compile(r"(?<=/blob/)[^/]+/(?:.*/)?(?=[^/]+\.ipynb$)")


def lead_to_copies(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Change where the Colab button of one page leads."""
    for group in context.get("header_buttons", ()):
        for button in group.get("buttons", ()):
            if button.get("text") == "Colab":
                button["url"] = _PLACE.sub(f"{BRANCH}/", button["url"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the change with Sphinx, after the theme has made its buttons."""
    app.connect("html-page-context", lead_to_copies, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
