"""Predict, then reveal: the reader guesses, then sees the guess beside what Python computed.

A guess is a number on a slider, a choice, or a curve drawn with a few points. The truth is an
argument that the author's cell computes. Everything that can be said about a guess is worked out
here and recorded, so the website (``guess.js``) and a live kernel say the same.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from lessons.page import in_page
from lessons.recording import recording
from lessons.widgets.base import check_name, check_recorded_once, live_view, markdown
from lessons.widgets.guesses.said import sentences
from lessons.widgets.guesses.scale import Scale
from lessons.words import number

MIME_TYPE = "application/vnd.lessons.guess+json"
N_STOPS = 101  # of the slider of a number
N_LEVELS = 41  # of a point of a curve
MAX_HANDLES = 7
CLOSE_HEIGHT = 3  # a point of a curve within so many hundredths of the axis is close

Fail = Callable[[str], NoReturn]  # raises the ValueError that names the guess


class Guess:
    """A question about a result that comes next. Made by `guess`; a cell's last value."""

    def __init__(self, payload: dict[str, Any]):
        self.payload = payload

    def feedback(self, answer: Any) -> str:
        """Return what a reader is told about an answer: see `said.sentences`."""
        return sentences(self.payload, answer)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        p = self.payload
        options = p["texts"] if p["kind"] == "choice" else []
        text = "\n".join([p["question"], *(f"- {option}" for option in options)])
        if in_page():
            from lessons.widgets.guesses.html import to_html

            return {"text/html": to_html(p), "text/plain": text}
        if not recording():
            from lessons.widgets.guesses.live import widget  # a built book needs no widgets

            return live_view(widget(p), text)
        lines = [f"**Guess.** {markdown(p['question'])}", *(f"- {markdown(o)}" for o in options)]
        return {MIME_TYPE: p, "text/markdown": "\n\n".join(lines), "text/plain": text}


def guess(
    question: str,
    *,
    name: str,
    truth: Any,
    why: str = "",
    options: Sequence[str] | None = None,
    between: tuple[float, float] | None = None,
    log: bool = False,
    unit: str = "",
    x: Sequence[float] | None = None,
    log_x: bool = False,
    labels: tuple[str, str] = ("x", "y"),
    n_points: int = 5,
    hides: str | None = None,
) -> Guess:
    """Ask for a guess: a choice (`options`), a number (`between`) or a curve (`between`, `x`).

    Parameters
    ----------
    question : str
        Plain text; code stands between backticks.
    name : str
        Chapter and question, such as ``"gradient-descent/edge"``.
    truth : str, number or sequence of numbers
        What the cell has computed: one of the `options`, a number, or the curve's values at `x`.
    why : str
        What to say after the reveal, in a sentence or two.
    options : sequence of str, optional
        The choices, in the order shown.
    between : tuple of two numbers, optional
        The ends of the slider, or of the curve's vertical axis.
    log : bool
        Use a logarithmic scale, and say how far off a guess is as a factor.
    unit : str
        Unit of the number, or of the curve's values.
    x : sequence of numbers, optional
        Where the curve is known, rising. The reader moves `n_points` of these, evenly chosen.
    log_x, labels
        Whether the horizontal axis is logarithmic; what the two axes show.
    hides : {"next"}, optional
        Keep the next output on the page folded until the reader has guessed, or skipped.

    Raises
    ------
    ValueError
        For an author's mistake: names the guess and says what to change.

    Examples
    --------
    >>> g = guess("How many bits does a kilobyte have?", name="units/kilobyte", truth=8 * 1000,
    ...           between=(100, 1_000_000), log=True, unit="bits")
    >>> g.feedback(g.payload["texts"].index("1,000 bits"))
    'Your guess: 1,000 bits. Computed: 8,000 bits. Too low by a factor of 8.'
    >>> g.feedback(None)
    'Computed: 8,000 bits.'
    """
    def fail(what: str) -> NoReturn:
        raise ValueError(f"guess {name!r}: {what}")

    check_name("guess", name)
    if not isinstance(question, str) or not question.strip() or not isinstance(why, str):
        fail("the question, and why if given, must be text")
    if hides not in (None, "next"):
        fail(f"hides is {hides!r}; it is 'next', or left out")
    if options is not None and between is None:
        details = _choice(fail, truth, list(options))
    elif between is not None and options is None:
        scale = _scale(fail, between, log, unit)
        if x is None:
            details = _number(fail, truth, scale)
        else:
            details = _curve(fail, truth, scale, x, log_x, n_points) | {"labels": list(labels)}
    else:
        fail("give either options (a choice) or between (a number, or with x a curve)")
    made = Guess({"name": name, "question": question, "why": why, "hides": hides} | details)
    check_recorded_once("guess", name, made.payload)
    return made


def _scale(fail: Fail, between: tuple[float, float], log: bool, unit: str) -> Scale:
    low, high = between
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        fail(f"between is {between!r}; give two finite numbers, the smaller first")
    if log and low <= 0:
        fail(f"a logarithmic scale begins above 0, not at {low!r}")
    return Scale(low, high, log, unit)


def _choice(fail: Fail, truth: str, options: list[str]) -> dict[str, Any]:
    if not all(isinstance(option, str) and option.strip() for option in options):
        fail("options are texts; format a number, as in f'{x:.3g}'")
    if len(options) < 2 or len(set(options)) < len(options):
        fail("give two or more options, and no two alike")
    if truth not in options:
        fail(f"the truth {truth!r} is not among the options")
    verdicts = ["Right." if option == truth else "Not quite." for option in options]
    return {"kind": "choice", "texts": options, "truth": truth,
            **_compared(options, truth, verdicts)}


def _compared(texts: list[str], truth: str, verdicts: list[str]) -> dict[str, Any]:
    """Return what is said about each possible answer, and to those who only want to see."""
    said = [f"Your guess: {text}. Computed: {truth}. {verdict}"
            for text, verdict in zip(texts, verdicts, strict=True)]
    return {"said": said, "shown": f"Computed: {truth}."}


def _inside(fail: Fail, value: Any, scale: Scale) -> float:
    if isinstance(value, str) or not math.isfinite(value):
        fail(f"the truth {value!r} is not a finite number")
    if not scale.low <= value <= scale.high:
        fail(f"the truth {value:.4g} lies outside between: make the scale wider")
    return float(value)


def _number(fail: Fail, truth: Any, scale: Scale) -> dict[str, Any]:
    whole = isinstance(truth, int | np.integer)
    truth = _inside(fail, truth, scale)
    stops = scale.stops(N_STOPS, whole)
    texts, verdicts = ([f(v) for v in stops] for f in (
        scale.write, lambda v: _sentence(scale.off(v, truth))))
    return {
        "kind": "number", "texts": texts, "truth": scale.write(truth),
        **_compared(texts, scale.write(truth), verdicts),
        "places": [round(scale.place(v), 3) for v in stops],
        "truth_place": round(scale.place(truth), 3),
    }


def _curve(
    fail: Fail, truth: Sequence[Any], scale: Scale, x: Sequence[float], log_x: bool, n_points: int
) -> dict[str, Any]:
    x, truth = list(x), list(truth)
    if len(x) != len(truth):
        fail(f"{len(truth)} values of the truth for {len(x)} values of x")
    if not 2 <= n_points <= min(MAX_HANDLES, len(x)):
        fail(f"n_points is {n_points}; draw with 2 to {min(MAX_HANDLES, len(x))} points here")
    if any(b <= a for a, b in zip(x, x[1:], strict=False)):
        fail("x must rise")
    truth = [_inside(fail, value, scale) for value in truth]
    across, levels = _scale(fail, (x[0], x[-1]), log_x, ""), scale.stops(N_LEVELS)
    points = []
    for i in np.linspace(0, len(x) - 1, n_points).round().astype(int).tolist():
        off = [scale.off(v, truth[i]) for v in levels]
        errors = [round(100 * abs(scale.place(v) - scale.place(truth[i]))) for v in levels]
        points.append({
            "x": number(x[i]), "place": round(across.place(x[i]), 3),
            "truth": scale.write(truth[i]), "off": off, "errors": errors,
            # What to say if this is the worst point.
            "said": ["Close at every point." if error <= CLOSE_HEIGHT else
                     f"Farthest off at {number(x[i])}: {words}."
                     for words, error in zip(off, errors, strict=True)],
        })
    line = [[round(across.place(a), 3), round(scale.place(b), 3)]
            for a, b in zip(x, truth, strict=True)]
    middle = scale.stops(3)[1]
    ticks = [[0, number(scale.low)], [round(scale.place(middle), 3), number(middle)],
             [1, number(scale.high)]]
    return {"kind": "curve", "texts": [scale.write(v) for v in levels], "points": points,
            "shown": "The computed curve is drawn.", "line": line, "ticks": ticks,
            "unit": scale.unit}


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
