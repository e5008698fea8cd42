"""How the playground looks on the website: pictures on the left, curves, and all its controls."""

import json
from html import escape
from typing import Any

#: Settings that are dragged: label, scale, ends of the slider, step. On a logarithmic scale the
#: ends are powers of ten; "zero" begins with 0; "powers" are those of two.
SLIDERS: dict[str, tuple[str, str, float, float, float]] = {
    "n": ("Examples", "tens", 20, 2000, 10),
    "noise": ("Noise", "linear", 0, 1, 0.01),
    "split": ("Share for validation", "linear", 0.05, 0.8, 0.05),
    "scale": ("Initial scale", "log", -2, 1, 0.05),
    "rate": ("Learning rate", "log", -5, 1, 0.02),
    "momentum": ("Momentum", "linear", 0, 0.99, 0.01),
    "batch": ("Batch size", "powers", 0, 11, 1),
    "decay": ("Weight decay", "zero", -5.1, 0, 0.1),
}
SPEEDS = {"fast": "as fast as it goes", "20": "20 steps a second", "4": "4 steps a second"}
WORDS = {"gradient": "Gradient", "update": "Update", "weights": "Weights"}
EXAMPLE = "x, y, class\n0.5, 1.2, red\n-0.3, 0.4, blue"


def slider(name: str, mine: str, value: str = "") -> str:
    """Return a slider with its label and its value.

    Examples
    --------
    >>> '<label for="p-rate">Learning rate</label>' in slider("rate", "p")
    True
    """
    label, scale, low, high, step = SLIDERS[name]
    return (f'<div class="playground-control"><label for="{mine}-{name}">{label}</label>'
            f'<output for="{mine}-{name}" aria-live="off">{escape(value)}</output>'
            f'<input type="range" id="{mine}-{name}" data-key="{name}" data-scale="{scale}" '
            f'min="{low}" max="{high}" step="{step}" autocomplete="off"></div>')


def choice(name: str, label: str, options: list[dict[str, Any]], mine: str) -> str:
    """Return a choice with its label.

    Examples
    --------
    >>> choice("loss", "Loss", [{"name": "a", "label": "a < b"}], "p").count("a &lt; b")
    1
    """
    inside = "".join(f'<option value="{escape(o["name"])}">{escape(o["label"])}</option>'
                     for o in options)
    return (f'<div class="playground-control"><label for="{mine}-{name}">{label}</label>'
            f'<select id="{mine}-{name}" data-key="{name}" autocomplete="off">{inside}</select>'
            "</div>")


def to_html(payload: dict[str, Any]) -> str:
    """Return the playground with its recorded run, for ``playground.js``.

    Examples
    --------
    >>> from lessons.widgets.playground.play import play
    >>> html = to_html(play({"data": "moons", "layers": [2]}, steps=2).payload)
    >>> html.count("<canvas"), "Train here" in html, "no-scripts" in html
    (3, True, True)
    """
    mine = f"playground-{escape(payload['name'])}"
    record = json.dumps(payload, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<section class="playground" id="{mine}" aria-label="Playground" data-state="recorded">'
        '<p class="no-scripts">Scripts are off: the playground trains and draws nothing. Recorded: '
        f'{escape(payload["advance"]["said"])}</p>'
        f"{_bar(mine)}{_message()}"
        f'<div class="playground-grid">{_pictures(mine)}{_curves(mine)}{_setup(payload, mine)}'
        f"</div>{_after(mine)}"
        f'<script type="application/json" class="playground-record">{record}</script></section>'
    )


def _button(name: str, text: str, more: str = "") -> str:
    return f'<button type="button" class="playground-{name}"{more}>{text}</button>'


def _bar(mine: str) -> str:
    speeds = "".join(f'<option value="{k}">{text}</option>' for k, text in SPEEDS.items())
    return (
        '<div class="playground-bar">'
        + _button("start", 'Train here<span class="playground-size"></span>')
        + _button("run", "Run", " hidden") + _button("step", "One step", " hidden")
        + _button("reset", "Reset", " hidden") + _button("stop", "Stop", " hidden")
        + f'<label class="playground-speed" hidden for="{mine}-speed">Speed '
        f'<select id="{mine}-speed" autocomplete="off">{speeds}</select></label>'
        '<progress class="playground-load" max="1" value="0" hidden '
        'aria-label="Python is loaded"></progress>'
        '<span class="playground-note"></span></div>'
    )


def _message() -> str:
    return ('<div class="playground-message" role="alert" hidden><p></p>'
            + _button("back", "Go back", " hidden")
            + _button("gentle", "Reset with a tenth of the rate", " hidden")
            + _button("close", "Close") + "</div>")


def _pictures(mine: str) -> str:
    return (
        '<div class="playground-seen"><div class="playground-picture">'
        '<canvas class="playground-surface" role="img" aria-label="Data and network"></canvas>'
        '<p class="playground-caption"></p></div>'
        f'<div class="playground-own" hidden>{_own(mine)}</div>'
        '<div class="playground-units" role="group" aria-label="What each hidden unit sees"></div>'
        "</div>"
    )


def _own(mine: str) -> str:
    return (
        f'<label for="{mine}-class">A click adds a point of</label>'
        f'<select id="{mine}-class" autocomplete="off"><option value="0">class 1</option>'
        '<option value="1">class 2</option></select>'
        + _button("clear-points", "Remove all points")
        + '<p class="playground-hint">A click on a point removes it. With the keyboard: arrow keys '
        "move the cross, Enter adds, Delete removes.</p>"
        "<details><summary>Paste a table</summary>"
        f'<label for="{mine}-table">Columns of numbers, and a class in the last one</label>'
        f'<textarea id="{mine}-table" rows="5" spellcheck="false" autocomplete="off" '
        f'placeholder="{EXAMPLE}"></textarea>'
        + _button("use-table", "Use this table") + "</details>"
    )


def _curves(mine: str) -> str:
    readouts = "".join(
        f'<div><dt>{label}</dt><dd class="playground-{name}">–</dd></div>'
        for name, label in (("now-step", "Step"), ("now-training", "Training"),
                            ("now-validation", "Validation"), ("now-accuracy", "Accuracy")))
    live = "".join(slider(name, mine) for name in ("rate", "momentum", "batch", "decay"))
    heads = "".join(f'<th scope="col">{text}</th>' for text in WORDS.values())
    return (
        f'<div class="playground-curves"><dl class="playground-readouts">{readouts}</dl>'
        '<canvas class="playground-loss" role="img" aria-label="Loss"></canvas>'
        '<canvas class="playground-share" role="img" aria-label="Accuracy"></canvas>'
        '<p class="playground-key"><span data-of="train">training</span>'
        '<span data-of="valid">validation</span><span data-of="old">earlier</span>'
        '<span data-of="mark">changed</span></p>'
        '<fieldset class="playground-live"><legend>Drag these while it trains</legend>'
        f"{live}</fieldset>"
        '<div class="playground-flow"><table><caption>Size by layer, in the last step</caption>'
        f'<thead><tr><th scope="col">Layer</th>{heads}</tr></thead><tbody></tbody></table></div>'
        "</div>"
    )


def _setup(payload: dict[str, Any], mine: str) -> str:
    options = payload["options"]
    seed = (f'<div class="playground-control"><label for="{mine}-seed">Seed</label>'
            f'<span><input type="number" id="{mine}-seed" data-key="seed" min="0" max="9999" '
            f'step="1" autocomplete="off">{_button("dice", "Another")}</span></div>')
    layers = ('<div class="playground-control playground-widths" role="group" '
              'aria-label="Widths of the hidden layers"><span>Layers</span><span></span>'
              f'<span>{_button("add", "Add")}{_button("remove", "Remove")}</span></div>')
    data = (choice("data", "Data", options["data"], mine) + slider("n", mine)
            + slider("noise", mine) + slider("split", mine) + seed)
    unused = (f'<p class="playground-hint playground-unused" id="{mine}-unused" hidden>Without a '
              "hidden layer there is nothing to activate.</p>")
    network = (layers + choice("activation", "Activation", options["activations"], mine) + unused
               + slider("scale", mine))
    training = (choice("loss", "Loss", options["losses"], mine)
                + choice("optimizer", "Optimiser", options["optimizers"], mine))
    parts = {"Data": data, "Network": network, "Training": training}
    inside = "".join(f"<fieldset><legend>{name}</legend>{part}</fieldset>"
                     for name, part in parts.items())
    return (f'<div class="playground-setup">{inside}<p class="playground-hint">A change here '
            "begins a new run. The old one stays in the list, and as a pale curve while data and "
            "loss are the same.</p></div>")


def _after(mine: str) -> str:
    return (
        '<p class="playground-said" aria-live="polite"></p>'
        '<div class="playground-earlier" hidden><p class="playground-head" '
        f'id="{mine}-earlier">Earlier runs</p><ul aria-labelledby="{mine}-earlier"></ul>'
        + _button("forget", "Forget them") + "</div>"
        '<div class="playground-share-it">'
        + _button("link", "Copy the link") + _button("engine", "Copy as Python", " disabled")
        + _button("torch", "Copy as PyTorch", " disabled")
        + '<span class="playground-copied" role="status"></span>'
        f'<div class="playground-program" hidden><label for="{mine}-program">'
        "Select it and copy it</label>"
        f'<textarea id="{mine}-program" readonly rows="12" spellcheck="false"></textarea></div>'
        "</div>"
    )
