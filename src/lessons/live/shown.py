"""What a page gets to see of a value: a widget's HTML, a figure's picture, or else a text."""

import sys
from typing import Any

from lessons.live.values import pretty


def shown(value: Any) -> tuple[str, str, str]:
    """Return how a page shows a value: MIME type, data, and a picture's words.

    Examples
    --------
    >>> shown({"loss": 0.5})
    ('text/plain', "{'loss': 0.5}", '')
    """
    if "matplotlib.figure" in sys.modules:
        from matplotlib.figure import Figure

        from lessons.live import figures

        if isinstance(value, Figure):
            figures.forget(value)
            return figures.picture(value)
    if not isinstance(value, type) and hasattr(value, "_repr_mimebundle_"):
        bundle = value._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if "text/html" in data:
            return "text/html", data["text/html"], data.get("text/plain", "")
    return "text/plain", pretty(value), ""
