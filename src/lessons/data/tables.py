"""Tables of facts, each row with its source and how sure it is."""

import csv
from importlib import resources
from typing import Any


def table(name: str) -> list[dict[str, Any]]:
    """Return a table of facts, one dict a row; numbers are floats, empty cells are None.

    Parameters
    ----------
    name : str
        Such as ``accelerators`` with their data-sheet rates, trained ``models`` from 1957 to today,
        or ``datasets`` that large models were trained on; a wrong name is answered with all. The
        columns ``source`` and ``mark`` say where a row comes from and how sure it is.

    Notes
    -----
    In the models, ``params_active`` is given where a token passes only a part of the
    parameters (mixtures of experts), ``train_tokens`` counts tokens seen, repetitions included,
    and ``flops_basis`` says whether ``train_flops`` was stated by the makers, is 6 × parameters ×
    tokens ("6ND"), or is a third party's estimate. What was not disclosed is empty. A ``mark``
    begins with "checked" (seen in the source), "from Epoch AI" (taken from their database) or
    "FLOPs disputed" (sources differ; ``flops_basis`` names the other values).

    Raises
    ------
    ValueError
        If there is no such table.

    Examples
    --------
    >>> [(row["name"], row["bandwidth_tb_s"]) for row in table("accelerators")][1]
    ('A100 SXM 40GB', 1.555)
    """
    folder = resources.files("lessons.data")
    names = sorted(path.name[:-4] for path in folder.iterdir() if path.name.endswith(".csv"))
    if name not in names:
        raise ValueError(f"no table {name!r}: choose from {names}")
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{key: _number(cell) for key, cell in row.items()} for row in csv.DictReader(file)]


def _number(cell: str) -> float | str | None:
    """Return a cell as a float if it is one, None if it is empty, and as text otherwise."""
    try:
        return float(cell) if cell else None
    except ValueError:
        return cell
