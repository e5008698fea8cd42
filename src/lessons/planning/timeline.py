"""What several ranks do when: their events, given a time by rates.

An event is what `lessons.parallel.collectives.Rank` notes: ``("work", operations)``,
``("send", to, bytes)`` or ``("receive", source)``. Sending goes on beside work; a rank waits only
where it receives what has not arrived.
"""

from collections.abc import Sequence

Span = tuple[str, float, float]


def replay(events: Sequence[Sequence[tuple]], flops_per_s: float, bytes_per_s: float,
           latency_s: float = 0.0) -> list[list[Span]]:
    """Return for each rank its spans ``(kind, start, end)`` in seconds: work, send or wait.

    Parameters
    ----------
    events : list of list of tuple
        Those of each rank, in order.
    flops_per_s, bytes_per_s : float
        Of each rank, and of the one wire on which it sends, one message after the other.
    latency_s : float
        What each message takes besides.

    Raises
    ------
    ValueError
        If a rate is not positive, or ranks wait for messages that nobody sends.

    Examples
    --------
    >>> replay([[("work", 2.0), ("send", 1, 3)], [("receive", 0), ("work", 1.0)]], 1.0, 1.0)
    [[('work', 0.0, 2.0), ('send', 2.0, 5.0)], [('wait', 0.0, 5.0), ('work', 5.0, 6.0)]]
    """
    if not (flops_per_s > 0 and bytes_per_s > 0 and latency_s >= 0):
        raise ValueError(f"rates are above 0, got {flops_per_s} and {bytes_per_s}")
    n = len(events)
    now, free, at = [0.0] * n, [0.0] * n, [0] * n
    arrivals: dict[tuple[int, int], list[float]] = {}
    spans: list[list[Span]] = [[] for _ in range(n)]
    moved = True
    while moved:
        moved = False
        for rank in range(n):
            while at[rank] < len(events[rank]):
                kind, *what = events[rank][at[rank]]
                if kind == "work":
                    end = now[rank] + what[0] / flops_per_s
                    spans[rank].append(("work", now[rank], end))
                    now[rank] = end
                elif kind == "send":
                    start = max(now[rank], free[rank])
                    free[rank] = start + what[1] / bytes_per_s + latency_s
                    spans[rank].append(("send", start, free[rank]))
                    arrivals.setdefault((rank, what[0]), []).append(free[rank])
                else:
                    there = arrivals.get((what[0], rank))
                    if not there:
                        break
                    arrived = there.pop(0)
                    if arrived > now[rank]:
                        spans[rank].append(("wait", now[rank], arrived))
                        now[rank] = arrived
                at[rank] += 1
                moved = True
    stuck = [rank for rank in range(n) if at[rank] < len(events[rank])]
    if stuck:
        raise ValueError(f"ranks {stuck} wait for messages that nobody sends")
    return spans


def length(spans: Sequence[Sequence[Span]]) -> float:
    """Return when the last rank is done, in seconds."""
    return max((end for row in spans for _, _, end in row), default=0.0)


def idle(spans: Sequence[Sequence[Span]]) -> float:
    """Return the share of the time in which ranks do not work, the mean over ranks.

    Examples
    --------
    >>> idle([[("work", 0.0, 1.0)], [("wait", 0.0, 1.0), ("work", 1.0, 2.0)]])
    0.5
    """
    whole = length(spans) * len(spans)
    worked = sum(end - start for row in spans for kind, start, end in row if kind == "work")
    return 1 - worked / whole if whole else 0.0


def pipeline_events(orders: Sequence[Sequence[tuple[str, int]]], forward: float = 1.0,
                    backward: float = 2.0, n_bytes: int = 0) -> list[list[tuple]]:
    """Return the events of a pipeline whose stages do F and B in these orders.

    Examples
    --------
    >>> [len(row) for row in pipeline_events([[("F", 0), ("B", 0)]] * 2)]
    [4, 4]
    """
    last = len(orders) - 1
    events: list[list[tuple]] = []
    for stage, order in enumerate(orders):
        row: list[tuple] = []
        for kind, _ in order:
            comes, goes = (stage - 1, stage + 1) if kind == "F" else (stage + 1, stage - 1)
            if 0 <= comes <= last:
                row.append(("receive", comes))
            row.append(("work", forward if kind == "F" else backward))
            if 0 <= goes <= last:
                row.append(("send", goes, n_bytes))
        events.append(row)
    return events
