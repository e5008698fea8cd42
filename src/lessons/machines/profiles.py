"""Profiles: which operation took the time, from the events that a profiler noted."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

NOISE_US = 1.0  # clocks are rounded: an event may end that much after the one that called it


class Event(NamedTuple):
    """An operation: its name, and when it began and ended, in microseconds."""

    name: str
    start: float
    end: float


def read_trace(path: str | Path) -> list[Event]:
    """Return the operations of a trace that ``torch.profiler`` exported, in the order of time.

    Parameters
    ----------
    path : str or Path
        Written by ``export_chrome_trace``; the calls that the processor made are read.

    Raises
    ------
    ValueError
        If the file is no such trace, or holds no operation.
    """
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))["traceEvents"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is no trace: write one with export_chrome_trace") from None
    found = [Event(row["name"], row["ts"], row["ts"] + row["dur"]) for row in rows
             if row.get("ph") == "X" and row.get("cat") in ("cpu_op", "user_annotation")]
    if not found:
        raise ValueError(f"{path} holds no operation: was anything run under the profiler?")
    return sorted(found, key=lambda event: (event.start, -event.end))


def innermost(events: Iterable[Event]) -> list[Event]:
    """Cut the time into pieces, each named after the innermost event that was going on.

    Parameters
    ----------
    events : iterable of Event
        Of one thread: of two that overlap, one called the other and lasts longer.

    Returns
    -------
    list of Event
        Pieces in the order of time, none over another. Time outside of all events has none.

    Raises
    ------
    ValueError
        If two events overlap and neither is inside the other.

    Examples
    --------
    >>> calls = [Event("linear", 0, 10), Event("mm", 2, 9)]
    >>> [tuple(piece) for piece in innermost(calls)]
    [('linear', 0, 2), ('mm', 2, 9), ('linear', 9, 10)]
    """
    pieces: list[Event] = []
    open_events: list[Event] = []
    now = 0.0

    def until(time: float) -> None:
        nonlocal now
        if open_events and time > now:
            pieces.append(Event(open_events[-1].name, now, time))
        now = max(now, time)

    def close(time: float) -> None:
        while open_events and open_events[-1].end <= time:
            until(open_events[-1].end)
            open_events.pop()

    for event in sorted(events, key=lambda e: (e.start, -e.end)):
        close(event.start)
        if open_events and event.end > open_events[-1].end:
            if event.end > open_events[-1].end + NOISE_US:
                raise ValueError(f"{event.name} begins inside {open_events[-1].name} and ends "
                                 "after it: give the events of one thread at a time")
            event = event._replace(end=open_events[-1].end)
        until(event.start)
        now = event.start
        open_events.append(event)
    close(float("inf"))
    return pieces


def own_times(events: Iterable[Event]) -> dict[str, float]:
    """Return the microseconds that each name took itself, without what it called; most first.

    Examples
    --------
    >>> own_times([Event("linear", 0, 10), Event("mm", 2, 9)])
    {'mm': 7, 'linear': 3}
    """
    return _added((piece.name, piece.end - piece.start) for piece in innermost(events))


def total_times(events: Iterable[Event]) -> dict[str, float]:
    """Return the microseconds from begin to end of each name's events; most first.

    What an event called is in it, so these numbers must not be added up.

    Examples
    --------
    >>> total_times([Event("linear", 0, 10), Event("mm", 2, 9)])
    {'linear': 10, 'mm': 7}
    """
    return _added((event.name, event.end - event.start) for event in events)


def _added(rows: Iterable[tuple[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for name, time in rows:
        sums[name] = sums.get(name, 0) + time
    return dict(sorted(sums.items(), key=lambda row: -row[1]))
