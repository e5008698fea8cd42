"""A catalogue in a live kernel: ipywidgets (versions 7 and 8)."""

from typing import Any

import ipywidgets

from lessons.widgets.catalogues.fit import fitting
from lessons.widgets.catalogues.html import groups_html


def widget(payload: dict[str, Any]) -> ipywidgets.VBox:
    """Return a choice for each tag, a field for a word, and the entries that fit."""
    fields: dict[str, Any] = {
        one["key"]: ipywidgets.Dropdown(options=[("all", ""), *((o, o) for o in one["options"])],
                                        description=one["label"])
        for one in payload["choices"]}
    word = ipywidgets.Text(description="with the word")
    said, shown = ipywidgets.HTML(), ipywidgets.HTML()

    def show(_change: Any = None) -> None:
        found = fitting(payload, word.value, **{key: f.value for key, f in fields.items()})
        said.value = f'<p role="status">{len(found)} of {len(payload["entries"])} entries</p>'
        shown.value = groups_html(found, ".ipynb")

    for field in (*fields.values(), word):
        field.observe(show, names="value")
    show()
    return ipywidgets.VBox([*fields.values(), word, said, shown])
