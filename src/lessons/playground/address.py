"""An experiment as a short text for an address, and back."""

from typing import Any
from urllib.parse import parse_qsl, quote

from lessons.playground.settings import DEFAULTS, Experiment, defaults_for, normalised
from lessons.playground.tables import checked, shown

MOST_CHARACTERS = 40_000


def text_of(experiment: Experiment) -> str:
    """Return what differs from the defaults, as ``key=value`` with ``&`` between them.

    Examples
    --------
    >>> text_of(normalised({"data": "spirals", "layers": [8, 4], "rate": 0.5}))
    'data=spirals&layers=8-4&rate=0.5'
    """
    experiment = normalised(experiment)
    usual = defaults_for(experiment) | {"optimizer": DEFAULTS["optimizer"]}
    parts: dict[str, str] = {"data": experiment["data"]}
    for key, value in experiment.items():
        if key == "layers" and value != usual[key]:
            parts[key] = "-".join(map(str, value))
        elif key not in ("points", "data") and value != usual[key]:
            parts[key] = f"{value:g}" if isinstance(value, float) else str(value)
    if "points" in experiment:
        parts.pop("n", None)
        parts |= points_as_text(experiment["points"])
    return "&".join(f"{key}={quote(value, safe=',;')}" for key, value in parts.items())


def points_as_text(points: dict[str, Any]) -> dict[str, str]:
    """Return points as texts: numbers of a point with commas, semicolons between points."""
    rows = zip(points["x"], points["y"], strict=True)
    texts = {"points": ";".join(",".join(f"{v:.6g}" for v in [*x, y]) for x, y in rows),
             "features": ",".join(points["features"])}
    return texts | ({"labels": ",".join(points["labels"])} if points["labels"] else {})


def experiment_of(text: str) -> Experiment:
    """Return the experiment that a text stands for.

    Raises
    ------
    ValueError
        If it is broken, or a value in it is none: one sentence for the reader.

    Examples
    --------
    >>> experiment_of("#data=moons&rate=0.5")["rate"], experiment_of("")["rate"]
    (0.5, 0.1)
    >>> experiment_of("data=moons&rate=red")
    Traceback (most recent call last):
    ValueError: the learning rate is a number from 1e-06 to 100, not red
    """
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        raise ValueError("this link is too long to be one of the playground's")
    text = text.lstrip("#?")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text),
                          errors="strict", max_num_fields=40)
    except ValueError:
        raise ValueError("this link is broken: it has parts that are not setting=value") from None
    found: dict[str, Any] = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("this link is broken: it sets the same thing twice")
    texts: dict[str, str] = {key: found.pop(key) for key in ("points", "features", "labels")
                             if key in found}
    if texts:
        found["points"] = points_of(texts)
    return normalised(found)


def points_of(texts: dict[str, str]) -> dict[str, Any]:
    """Return the points that texts of a link stand for."""
    try:
        rows = [[float(v) for v in row.split(",")] for row in texts.get("points", "").split(";")]
    except ValueError:
        raise ValueError("this link is broken: it holds points that are not numbers: "
                         + (shown(texts.get("points", "none")))) from None
    labels = texts["labels"].split(",") if "labels" in texts else None
    return checked({
        "x": [row[:-1] for row in rows], "labels": labels,
        "y": [int(row[-1]) if labels and row[-1] % 1 == 0 else row[-1] for row in rows],
        "features": texts["features"].split(",") if "features" in texts else None,
    })
