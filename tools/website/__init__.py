"""The site: built, served, and, as a Sphinx extension, what its pages have that others lack.

`math` typesets formulas by our own copy of KaTeX, `folds` turns dropdowns into native
``<details>`` and joins hidden cells in a row, `assets` lets a page load what it needs and no more,
`learner` connects pages to a learner's progress, `launch` leads the Colab button to the copies made
for Colab, `addresses` says where pages are, `search` writes what the search page looks through.
"""

from typing import Any


def setup(app: Any) -> dict[str, Any]:
    """Register the parts with Sphinx."""
    for part in ("math", "folds", "assets", "learner", "launch", "addresses", "cells", "search"):
        app.setup_extension(f"{__name__}.{part}")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
