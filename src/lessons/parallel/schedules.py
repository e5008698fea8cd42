"""Which pass a stage of a pipeline does next."""


def order(rank: int, size: int, n_micro: int, schedule: str) -> list[tuple[str, int]]:
    """Return what a stage does, in order: ("F", i) and ("B", i) for each micro-batch i.

    Parameters
    ----------
    schedule : {"GPipe", "1F1B"}
        All forward passes first; or backward as soon as possible, so that a stage keeps the
        activations of at most ``size - rank`` micro-batches.

    Raises
    ------
    ValueError
        For another schedule, or no micro-batch.

    Examples
    --------
    >>> [f"{kind}{i}" for kind, i in order(1, 2, 3, "1F1B")]
    ['F0', 'B0', 'F1', 'B1', 'F2', 'B2']
    """
    if schedule not in ("GPipe", "1F1B") or n_micro < 1:
        raise ValueError(f"a schedule is GPipe or 1F1B, with 1 or more micro-batches, got "
                         f"{schedule!r} and {n_micro}")
    ahead = n_micro if schedule == "GPipe" else min(n_micro, size - rank)
    steps = [("F", i) for i in range(ahead)]
    for i in range(n_micro):
        steps.append(("B", i))
        if i + ahead < n_micro:
            steps.append(("F", i + ahead))
    return steps
