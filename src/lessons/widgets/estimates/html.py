"""How an estimate looks on the website: a table, and the choice of a machine above it."""

from html import escape
from typing import Any

from lessons.machines import hardware
from lessons.machines.card import rates
from lessons.widgets.estimates.counting import count, how, times


def known_machines() -> list[hardware.Machine]:
    """Return the machines that the website offers, the one that made this edition first."""
    return [hardware.recorded_machine(), *hardware.accelerators().values()]


def to_html(payload: dict[str, Any]) -> str:
    """Return an estimate as a table with a choice of machines, for ``estimate.js``.

    Without scripts it shows the times of the first machine.

    Examples
    --------
    >>> from lessons.widgets.estimates.table import estimate
    >>> gpt3 = estimate({"GPT-3": 3.14e23}, name="gpt3", machine=hardware.recorded_machine())
    >>> "140,000 years" in to_html(gpt3.payload)
    True
    """
    machines = known_machines()
    first, share, mine = machines[0], payload["share"], f"estimate-{payload['name']}"
    rows = "".join(
        f'<tr data-flops="{flops!r}" data-numbers="{numbers!r}"><th scope="row">{escape(label)}'
        f'</th><td>{count(flops)}</td><td class="estimate-time">{time}</td></tr>'
        for (label, flops, numbers), time in zip(
            payload["rows"], times(payload, first), strict=True)
    )
    options = "".join(
        f'<option value="{escape(m.name)}" data-rates="{rates(m)}">{escape(m.name)}</option>'
        for m in machines
    )
    return (
        f'<div class="estimate" id="{mine}" data-share="{share!r}" role="group" '
        f'aria-labelledby="{mine}-title"><p class="estimate-title" id="{mine}-title">'
        f'{escape(payload["title"])}</p><div class="estimate-machine">'
        f'<label for="{mine}-machine">On</label><select id="{mine}-machine" autocomplete="off">'
        f'{options}<option value="own">my own machine</option></select>'
        f'<label class="estimate-own" for="{mine}-own" hidden>with</label>'
        f'<input class="estimate-own" id="{mine}-own" hidden autocomplete="off" spellcheck="false" '
        f'placeholder="{rates(first)}"></div>'
        '<table class="table"><thead><tr><th scope="col">Work</th><th scope="col">Operations</th>'
        f'<th scope="col">Time</th></tr></thead><tbody>{rows}</tbody></table>'
        f'<output class="estimate-how" aria-live="polite">{escape(how(first, share))}</output>'
        "</div>"
    )
