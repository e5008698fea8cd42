"""Where the buttons of a page lead: to copies of it that are made for readers (`tools.readers`).

Colab opens notebooks of a branch on GitHub only: the workflow ``site.yml`` writes the copies to a
branch of their own, so that those in ``book/`` stay as they are. In Binder, ``binder/postBuild``
writes them to the folder that ``make lab`` uses too.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

from tools.readers.copies import BRANCH
from tools.readers.lab import FOLDER

_PLACE = re.compile(r"(?<=/blob/)[^/]+/(?:.*/)?(?=[^/]+\.ipynb$)")


def lead_to_copies(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Change where the buttons of one page lead."""
    for group in context.get("header_buttons", ()):
        for button in group.get("buttons", ()):
            if button.get("text") == "Colab":
                button["url"] = _PLACE.sub(f"{BRANCH}/", button["url"])
            if button.get("text") == "Binder":
                button["url"] = button["url"].replace("/tree/book/", f"/tree/{FOLDER}/")
            if button.get("javascript") == "window.print()":
                # No script stands in a page: reading.js prints where this link is followed.
                del button["javascript"]
                button |= {"type": "link", "url": "#"}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the change with Sphinx, after the theme has made its buttons."""
    app.connect("html-page-context", lead_to_copies, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
