"""What a network makes of its inputs: surfaces, curves, pictures, and what each unit sees.

Pictures travel as bytes in base64, 0 to 255, the first row at the top: a grid of 40 by 40 numbers
is 2 kB, and a page turns it into pixels at once.
"""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np

from lessons.engine.losses import softmax
from lessons.engine.tensor import Tensor
from lessons.playground.problem import Problem
from lessons.playground.run import SHOWN, Run
from lessons.playground.settings import CLASSES

MARGIN = 0.1  # around the points, as a part of their range
N_CURVE = 81
N_EXAMPLES, N_EXCITING = 12, 16
Range = tuple[float, float]


def packed(values: np.ndarray, low: float, high: float) -> str:
    """Return numbers as bytes in base64: 0 for `low` and below, 255 for `high` and above.

    Examples
    --------
    >>> list(base64.b64decode(packed(np.array([0.0, 0.5, 2.0]), 0, 1)))
    [0, 128, 255]
    """
    return packed_rows(values.reshape(1, -1), [(low, high)])[0]


def packed_rows(rows: np.ndarray, ranges: list[Range]) -> list[str]:
    """Return each row of numbers as bytes in base64, each with a range of its own."""
    low, high = np.array(ranges).T[:, :, None]
    width = np.where(high > low, high - low, 1.0)
    scaled = np.nan_to_num((rows - low) / width, nan=0.0).clip(0, 1)
    return [base64.b64encode(row.tobytes()).decode()
            for row in (255 * scaled + 0.5).astype(np.uint8)]


def range_of(values: np.ndarray) -> Range:
    """Return the smallest and the largest value, both finite, with four digits."""
    finite = np.nan_to_num(values, nan=0.0, posinf=1e9, neginf=-1e9)
    return float(f"{finite.min():.4g}"), float(f"{finite.max():.4g}")


def domain(problem: Problem) -> dict[str, Range]:
    """Return which part of the plane shows all points, in the reader's units.

    Of a line ``y`` is the range of the numbers to predict.
    """
    X = problem.x_scale.outward(np.concatenate([problem.X, problem.X_val]))
    sides = [X[:, 0]]
    if problem.shape == "plane":
        sides.append(X[:, 1])
    else:
        y = problem.y_scale.outward(np.concatenate([problem.y, problem.y_val]))
        sides.append(y[:, 0])
    found = []
    for side in sides:
        low, high = float(side.min()), float(side.max())
        more = MARGIN * (high - low) or 1.0
        found.append((float(f"{low - more:.4g}"), float(f"{high + more:.4g}")))
    return dict(zip("xy", found, strict=True))


def grid(problem: Problem, n: int) -> np.ndarray:
    """Return the middles of n by n squares, as inputs of the network; other columns at 0.

    Shape (n * n, d), row by row from the top.
    """
    shown = domain(problem)
    middles = (np.arange(n) + 0.5) / n
    x, y = (low + middles * (high - low) for low, high in (shown["x"], shown["y"]))
    points = np.tile(problem.x_scale.shift, (n * n, 1)) * np.ones((1, problem.X.shape[1]))
    points[:, 0], points[:, 1] = np.tile(x, n), np.repeat(y[::-1], n)
    return problem.x_scale.inward(points)


def along(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return places on the line in the reader's units, shape (n,), and as inputs, (n, 1)."""
    x = np.linspace(*domain(problem)["x"], N_CURVE)
    return x, problem.x_scale.inward(x[:, None])


def hidden(run: Run, X: np.ndarray, layer: int) -> np.ndarray:
    """Return what the units of a hidden layer give, shape (n, width)."""
    activation: Any = run.net.activation
    x = Tensor(X)
    for each in run.net.layers[: layer + 1]:
        x = activation(each(x))
    return x.data


def probabilities(run: Run, X: np.ndarray) -> np.ndarray:
    """Return for each class how sure the network is: 0 to 1, of other losses its scores, cut."""
    scores = run.net(X)
    if run.experiment["loss"] == "cross_entropy":
        return softmax(scores).data
    p = np.nan_to_num(scores.data).clip(0, 1)
    return p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9)


def look(run: Run, resolution: int = 40, layer: int | None = None) -> dict[str, Any]:
    """Return what the network makes of all inputs, and what the units of a hidden layer see.

    Raises
    ------
    ValueError
        If there is no such hidden layer, or the resolution is none.
    """
    n_hidden = len(run.sizes) - 2
    if layer is not None and not 0 <= layer < n_hidden:
        raise ValueError(f"no hidden layer {layer}: this network has {n_hidden}, counted from 0")
    if not 4 <= resolution <= 200:
        raise ValueError(f"a picture has from 4 to 200 squares a side, not {resolution}")
    kinds: dict[str, Callable[[Run, int, int | None], dict[str, Any]]] = {
        "plane": plane, "line": curve, "pixels": pixels}
    with np.errstate(all="ignore"):
        return kinds[run.problem.shape](run, int(resolution), layer)


def plane(run: Run, n: int, layer: int | None) -> dict[str, Any]:
    """Return the decision surface on n by n squares, and that of each unit on half as many."""
    X = grid(run.problem, n)
    surface: dict[str, Any] = {"n": n, "classes": None, "range": (0.0, 1.0)}
    if run.problem.task == CLASSES:
        p = probabilities(run, X)
        if p.shape[1] == 2:
            surface["bytes"] = packed(p[:, 1], 0, 1)
        else:
            surface["bytes"] = packed(p.max(axis=1), 0, 1)
            winners = p.argmax(axis=1).astype(np.uint8)
            surface["classes"] = base64.b64encode(winners.tobytes()).decode()
    else:
        targets = run.problem.y_scale.outward(np.concatenate([run.problem.y, run.problem.y_val]))
        low, high = surface["range"] = range_of(targets)
        surface["bytes"] = packed(run.problem.y_scale.outward(run.net(X).data), low, high)
    found: dict[str, Any] = {"surface": surface}
    if layer is not None:
        half = max(4, n // 2)
        seen = hidden(run, grid(run.problem, half), layer)
        found["units"] = {"layer": layer, "n": half, **as_pictures(seen.T)}
    return found


def as_pictures(rows: np.ndarray) -> dict[str, Any]:
    """Return rows of numbers as pictures, each from its smallest to its largest number."""
    rows = np.nan_to_num(rows, nan=0.0, posinf=1e9, neginf=-1e9)
    ranges = [(float(f"{low:.4g}"), float(f"{high:.4g}"))
              for low, high in zip(rows.min(axis=1), rows.max(axis=1), strict=True)]
    return {"ranges": ranges, "bytes": packed_rows(rows, ranges)}


def curve(run: Run, _n: int, layer: int | None) -> dict[str, Any]:
    """Return the curve of the network over the line, and that of each unit."""
    x, X = along(run.problem)
    found: dict[str, Any] = {"line": {
        "x": rounded(x), "y": rounded(run.problem.y_scale.outward(run.net(X).data)[:, 0])}}
    if layer is not None:
        found["units"] = {"layer": layer, "x": rounded(x),
                          "curves": [rounded(row) for row in hidden(run, X, layer).T]}
    return found


def rounded(values: np.ndarray) -> list[float]:
    """Return finite numbers with four digits."""
    values = np.nan_to_num(values, nan=0.0, posinf=1e9, neginf=-1e9)
    return [float(f"{v:.4g}") for v in values]


def pixels(run: Run, _n: int, layer: int | None) -> dict[str, Any]:
    """Return some validation images with what the network says, and what its units see."""
    problem = run.problem
    X = problem.X_val[:N_EXAMPLES]
    images = [packed(image, 0, 1) for image in X]
    found: dict[str, Any] = {}
    if problem.labels:
        p = probabilities(run, X)
        found["examples"] = [
            {"image": image, "label": problem.labels[y], "guess": problem.labels[row.argmax()],
             "probability": rounded(row.max(keepdims=True))[0]}
            for image, y, row in zip(images, problem.y_val, p, strict=False)]
    else:
        out = run.net(X).data
        found["examples"] = [{"image": image, "output": packed(row, 0, 1)}
                             for image, row in zip(images, out, strict=True)]
    if layer == 0:
        weights = np.nan_to_num(run.net.layers[0].W.data.T)
        ranges = [(-each, each) for each in rounded(np.abs(weights).max(axis=1).clip(1e-9))]
        found["units"] = {"layer": 0, "n": 8, "what": "weights", "ranges": ranges,
                          "bytes": packed_rows(weights, ranges)}
    elif layer is not None:
        seen = hidden(run, problem.X[:SHOWN], layer)
        top = np.argsort(-seen, axis=0, kind="stable")[:N_EXCITING]  # (n, width)
        found["units"] = {"layer": layer, "n": 8, "what": "images",
                          **as_pictures(problem.X[top].mean(axis=0))}
    return found
