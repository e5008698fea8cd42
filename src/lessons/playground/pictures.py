"""One figure of a run, for a live kernel: its curve, what it has learned, its units, its layers."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from lessons import plots
from lessons.playground import views
from lessons.playground.run import Point, Run

SIZE, DPI = (9.0, 6.0), 80
#: Fixed: to fit them to the labels would cost as much as all else.
SPACES = {"left": 0.1, "right": 0.98, "top": 0.95, "bottom": 0.09, "wspace": 0.24, "hspace": 0.35}
MOST_UNITS = 64
MARKS = "osD^vP*Xph"  # a shape for each class


def unpacked(text: str, *shape: int) -> np.ndarray:
    """Return bytes in base64 as numbers from 0 to 1.

    Examples
    --------
    >>> unpacked(views.packed(np.array([0.0, 2.0]), 0, 2), 2)
    array([0., 1.])
    """
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape) / 255


@plots.style()
def picture(run: Run, layer: int | None = None, older: Sequence[Sequence[Point]] = ()) -> bytes:
    """Return a PNG of a run.

    Parameters
    ----------
    run : Run
        The run.
    layer : int, optional
        The hidden layer whose units are shown.
    older : sequence of curves
        `Run.points` of earlier runs, drawn pale.
    """
    figure = Figure(figsize=SIZE, dpi=DPI)
    figure.set_layout_engine("none")
    FigureCanvasAgg(figure)
    curve, learned, sizes, units = figure.subplots(2, 2, gridspec_kw=SPACES).ravel()
    looked = views.look(run, 60, layer)
    draw_curve(curve, run, older)
    draw_sizes(sizes, run)
    draw_learned(learned, run, looked)
    draw_units(units, looked.get("units"), layer)
    written = io.BytesIO()
    figure.savefig(written, format="png", pil_kwargs={"compress_level": 1})
    return written.getvalue()


def draw_curve(ax: Axes, run: Run, older: Sequence[Sequence[Point]]) -> None:
    """Draw the losses, those of earlier runs, and where settings changed."""
    for points in older:
        ax.plot([p[0] for p in points], [p[1] for p in points], color=plots.GRID, zorder=1)
    for column, color, style, name in ((1, plots.TRAIN, "-", "training"),
                                       (2, plots.VALID, "--", "validation")):
        losses = [float(p[column] or 0) for p in run.points]
        ax.plot([p[0] for p in run.points], losses, style, color=color, label=name)
    for step, _ in run.changes:
        ax.axvline(step, color=plots.MUTED, linewidth=0.8, linestyle=":")
    ax.set(xlabel="step", ylabel="loss")
    if all(min(p[1:3]) > 0 for p in run.points):
        log_axis(ax)
    ax.legend(loc="upper right")


def log_axis(ax: Axes) -> None:
    """Make a logarithmic axis with labels also within a power of ten."""
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(LogFormatter())
    ax.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))


def draw_sizes(ax: Axes, run: Run) -> None:
    """Draw the norms of gradient and update of each layer."""
    numbers = np.arange(1, len(run.sizes))
    ax.set(xlabel="layer", ylabel="norm, last step", xticks=numbers,
           xlim=(0.5, len(numbers) + 0.5))
    if run.layers and all(row["gradient"] > 0 and row["update"] > 0 for row in run.layers):
        for key, color, mark in (("gradient", plots.GRAD, "o"), ("update", plots.PATH, "s")):
            ax.plot(numbers, [row[key] for row in run.layers], mark + "-", color=color, label=key)
        log_axis(ax)
        ax.legend()


def draw_learned(ax: Axes, run: Run, looked: dict[str, Any]) -> None:
    """Draw the decision surface, the line, or digits and what is made of them."""
    problem = run.problem
    if "examples" in looked:
        draw_examples(ax, looked["examples"])
        return
    box = views.domain(problem)
    X, y = problem.x_scale.outward(problem.X), problem.y
    ax.set(xlabel=problem.features[0], xlim=box["x"], ylim=box["y"])
    if "line" in looked:
        ax.plot(X[:, 0], problem.y_scale.outward(y)[:, 0], "o", color=plots.MUTED, markersize=3)
        ax.plot(looked["line"]["x"], looked["line"]["y"], color=plots.TRAIN)
        ax.set_ylabel("value")
        return
    ax.grid(visible=False)
    surface, n = looked["surface"], looked["surface"]["n"]
    values = unpacked(surface["classes"] or surface["bytes"], n, n)
    if surface["classes"]:
        values = values * 255 / max(1, len(problem.labels or []) - 1)
    ax.imshow(values, cmap=plots.SIGNED.reversed(), vmin=0, vmax=1, alpha=0.6, aspect="auto",
              extent=(*box["x"], *box["y"]))
    if problem.labels:
        for k, label in enumerate(problem.labels):
            color = plots.SIGNED.reversed()(k / (len(problem.labels) - 1))
            ax.plot(*X[y == k, :2].T, MARKS[k], color=color, markeredgecolor=plots.INK,
                    markeredgewidth=0.5, markersize=4, label=label)
        ax.legend(loc="upper right")
    else:
        ax.plot(*X[:, :2].T, "o", color=plots.INK, markersize=3)
    ax.set_ylabel(problem.features[1])


def draw_examples(ax: Axes, examples: list[dict[str, Any]]) -> None:
    """Draw digits over what the network says of them, or draws."""
    tiles = [unpacked(each["image"], 8, 8) for each in examples[:6]]
    rows = [np.concatenate([np.pad(t, 1, constant_values=0.3) for t in tiles], axis=1)]
    if "output" in examples[0]:
        outputs = [unpacked(each["output"], 8, 8) for each in examples[:6]]
        rows.append(np.concatenate([np.pad(t, 1, constant_values=0.3) for t in outputs], axis=1))
    ax.imshow(np.concatenate(rows), cmap="gray", vmin=0, vmax=1)
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[], title="above as they are, below as drawn again"
           if len(rows) > 1 else "")
    if len(rows) == 1:
        ax.set_xticks(np.arange(6) * 10 + 4.5, [
            f"{each['guess']}\n{100 * each['probability']:.0f} %" for each in examples[:6]])
        ax.set_xlabel("what the network says")


def draw_units(ax: Axes, units: dict[str, Any] | None, layer: int | None) -> None:
    """Draw what each unit of a hidden layer sees."""
    if not units:
        ax.set_axis_off()
        return
    ax.set_title(f"what the units of hidden layer {(layer or 0) + 1} see")
    if "curves" in units:
        for row in units["curves"][:MOST_UNITS]:
            ax.plot(units["x"], row, "-")
        ax.set(xlabel="x", ylabel="activation")
        return
    n = units["n"]
    tiles = [np.pad(unpacked(text, n, n), 1, constant_values=np.nan)
             for text in units["bytes"][:MOST_UNITS]]
    wide = int(np.ceil(np.sqrt(2 * len(tiles))))
    tiles += [np.full_like(tiles[0], np.nan)] * (-len(tiles) % wide)
    rows = [np.concatenate(tiles[i : i + wide], axis=1) for i in range(0, len(tiles), wide)]
    ax.imshow(np.concatenate(rows), cmap=plots.SIGNED.reversed(), vmin=0, vmax=1)
    ax.set_axis_off()
