"""How long would it take on your machine? Work in operations, turned into time.

An estimate is a small table. In a kernel its times are those of the reader's machine
(`lessons.machines.card`); on the website the reader chooses a machine once, and every estimate of
the book follows (``estimate.js``).
"""

import math
from collections.abc import Mapping
from html import escape
from typing import Any, NoReturn

from lessons.machines.card import my_machine
from lessons.machines.hardware import Machine
from lessons.page import in_page
from lessons.recording import recording
from lessons.widgets.base import SHORT_NAME, is_short_name
from lessons.widgets.estimates.counting import SHARE, count, how, times
from lessons.widgets.estimates.html import to_html

MIME_TYPE = "application/vnd.lessons.estimate+json"


class Estimate:
    """A table of work and time. Made by `estimate`; a cell's last value."""

    def __init__(self, payload: dict[str, Any], machine: Machine):
        self.payload, self.machine = payload, machine

    def times(self, machine: Machine | None = None) -> list[str]:
        """Return the time of each row in words, on this machine or another."""
        return times(self.payload, machine or self.machine)

    def _lines(self) -> list[tuple[str, str, str]]:
        rows = [(label, count(flops), time) for (label, flops, _), time in
                zip(self.payload["rows"], self.times(), strict=True)]
        return [("", "operations", "time"), *rows]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        said = f"On {self.machine.name}. {how(self.machine, self.payload['share'])}"
        lines = self._lines()
        widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
        text = "\n".join([self.payload["title"], *(
            f"{a:{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in lines), said])
        cells = ["".join(f"<td>{escape(cell)}</td>" for cell in line) for line in lines]
        table = "".join(f"<tr>{row}</tr>" for row in cells)
        title = escape(self.payload["title"])
        html = f"<p><strong>{title}</strong></p><table>{table}</table><p>{escape(said)}</p>"
        if in_page():
            return {"text/html": to_html(self.payload), "text/plain": text}
        shown = {"text/html": html, "text/plain": text}
        if recording():
            return {MIME_TYPE: self.payload, **shown}
        return shown


def estimate(
    rows: Mapping[str, float | tuple[float, float]], *, name: str,
    title: str = "How long would it take?", share: float = SHARE, machine: Machine | None = None,
) -> Estimate:
    """Estimate how long work takes on the reader's machine.

    Parameters
    ----------
    rows : dict
        What is done, and its operations; or a pair of operations and of numbers read from memory.
    name : str
        Short and unique on the page, such as ``"gpt-run"``.
    title : str
        The question that the table answers.
    share : float
        What part of the machine's rate of arithmetic is reached.
    machine : lessons.machines.hardware.Machine, optional
        Another machine than the reader's, such as ``hardware.accelerators()["H100 SXM 80GB"]``.

    Raises
    ------
    ValueError
        For an author's mistake: names the estimate and says what to change.

    Examples
    --------
    >>> from lessons.machines import hardware
    >>> gpt3 = estimate({"GPT-3": 3.14e23}, name="gpt3", machine=hardware.recorded_machine())
    >>> gpt3.times()
    ['140,000 years']
    """
    def fail(what: str) -> NoReturn:
        raise ValueError(f"estimate {name!r}: {what}")

    if not is_short_name(name):
        fail(SHORT_NAME)
    if not rows:
        fail("give one row or more, such as {'GPT-3': 3.14e23}")
    if not 0 < share <= 1:
        fail(f"share is a part of the rate, above 0 and at most 1, got {share}")
    works = {k: work if isinstance(work, tuple) else (work, 0) for k, work in rows.items()}
    for label, work in works.items():
        if len(work) != 2 or not all(0 <= w < math.inf for w in work) or not max(work) > 0:
            fail(f"{label!r}: give operations, or (operations, numbers read), positive and finite")
    payload = {
        "name": name, "title": title, "share": share,
        "rows": [[label, float(flops), float(read)] for label, (flops, read) in works.items()],
    }
    return Estimate(payload, machine or my_machine())
