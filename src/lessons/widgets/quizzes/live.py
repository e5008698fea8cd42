"""A quiz in a live kernel: ipywidgets (versions 7 and 8)."""

from typing import Any

import ipywidgets

from lessons.widgets.base import marked
from lessons.widgets.quizzes.said import verdict


def widget(payload: dict[str, Any]) -> ipywidgets.VBox:
    """Return radio buttons that answer at once."""
    question = ipywidgets.HTML(f"<strong>{marked(payload['question'])}</strong>")
    options = [(option["text"].replace("`", ""), i) for i, option in enumerate(payload["options"])]
    radio = ipywidgets.RadioButtons(
        options=options, index=None, layout=ipywidgets.Layout(width="auto")
    )
    answer = ipywidgets.HTML()

    def tell(_change: Any) -> None:
        if radio.value is None:
            answer.value = ""
            return
        option = payload["options"][radio.value]
        said = marked(f"{verdict(option)} {option['why']}")
        answer.value = f'<p role="status">{said}</p>'

    radio.observe(tell, names="value")
    return ipywidgets.VBox([question, radio, answer])
