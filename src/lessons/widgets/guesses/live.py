"""A guess in a live kernel: ipywidgets (versions 7 and 8) that answer as the website does."""

from typing import Any

import ipywidgets

from lessons.widgets.base import marked
from lessons.widgets.guesses.html import curve_svg
from lessons.widgets.guesses.said import sentences

#: Front ends bring no style for our drawing, so in a live kernel it carries its own.
_LIVE_STYLE = (
    "<style>.lessons-guess polyline{fill:none;stroke-width:2.5}.lessons-guess .mine{stroke:#7b3fb3;"
    "stroke-dasharray:6 4}.lessons-guess .truth{stroke:#0969a8}.lessons-guess .dot{fill:#7b3fb3}"
    ".lessons-guess .grip{fill:none}.lessons-guess .grid{stroke:#d0d7de}</style>"
)


def widget(payload: dict[str, Any]) -> ipywidgets.VBox:
    """Return a recorded guess as ipywidgets."""
    p = payload
    wide = {"layout": ipywidgets.Layout(width="32em", max_width="100%"),
            "style": {"description_width": "10em"}}
    middle, picture = (len(p["texts"]) - 1) // 2, ipywidgets.HTML()
    stops = [(text, i) for i, text in enumerate(p["texts"])]
    if p["kind"] == "choice":
        options = [(text.replace("`", ""), i) for text, i in stops]
        boxes = [ipywidgets.RadioButtons(options=options, index=None,
                                         layout=ipywidgets.Layout(width="auto"))]
    elif p["kind"] == "number":
        boxes = [ipywidgets.SelectionSlider(options=stops, value=middle, description="Your guess",
                                            **wide)]
    else:
        boxes = [ipywidgets.SelectionSlider(options=stops, value=middle, description=point["x"],
                                            **wide) for point in p["points"]]
    make = ipywidgets.Button(description="This is my guess", disabled=p["kind"] == "choice")
    skip, said = ipywidgets.Button(description="Show me"), ipywidgets.HTML()

    def draw(reveal: bool = False) -> None:
        if p["kind"] == "curve":
            drawing = curve_svg(p, [box.value for box in boxes], reveal)
            picture.value = f'{_LIVE_STYLE}<div class="lessons-guess">{drawing}</div>'

    def change(_change: Any) -> None:
        make.disabled = any(box.value is None for box in boxes)
        draw()

    def tell(answer: Any) -> None:
        said.value = f'<p role="status">{marked(sentences(p, answer))}</p>'
        draw(reveal=True)

    for box in boxes:
        box.observe(change, names="value")
    make.on_click(lambda _: tell([b.value for b in boxes] if p["kind"] == "curve"
                                 else boxes[0].value))
    skip.on_click(lambda _: tell(None))
    draw()
    question = ipywidgets.HTML(f"<strong>{marked(p['question'])}</strong>")
    drawn = [picture] if p["kind"] == "curve" else []
    return ipywidgets.VBox([question, *drawn, *boxes, ipywidgets.HBox([make, skip]), said])
