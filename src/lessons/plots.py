"""The one place for how figures look: colours by role, type size, panels, tick labels.

Every colour has a role and keeps it through the whole book. On the website the same
roles become CSS variables, so that figures follow the light and the dark theme.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from lessons.words import power_of_ten

INK = "#1f2328"
MUTED = "#57606a"
GRID = "#d0d7de"
TRAIN = "#0969a8"
VALID = "#c4500a"
GRAD = "#7b3fb3"
PATH = "#0b7a5c"
WARN = "#b3261e"
PAPER = "#ffffff"

#: Role of each colour; ``book.css`` gives every role a light and a dark value.
ROLES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    TRAIN: "train",
    VALID: "valid",
    GRAD: "grad",
    PATH: "path",
    WARN: "warn",
    PAPER: "paper",
    "#000000": "ink",  # what matplotlib draws in if it is told nothing
}

#: Colours and line styles for several curves in one panel: never told apart by colour alone.
CYCLE = mpl.cycler(
    color=[TRAIN, VALID, PATH, GRAD, WARN, MUTED],
    linestyle=["-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1))],
)

#: How far from the view, in views, the points of a path may lie.
REACH = 1e6

#: Signed quantities in pictures: negative, zero, positive.
SIGNED = LinearSegmentedColormap.from_list("signed", [VALID, "#f6f8fa", TRAIN])

STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 12,
    "axes.prop_cycle": CYCLE,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11.5,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "figure.figsize": (7.0, 3.4),
    "font.size": 11,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 4.5,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
}


def use_style() -> None:
    """Give all later figures of this session the look of the book."""
    mpl.rcdefaults()  # whatever the reader's own settings are, such as LaTeX for all text
    mpl.rcParams.update(STYLE)


@lru_cache(maxsize=1)
def _settings() -> dict:
    with mpl.rc_context():
        use_style()
        settings = dict(mpl.rcParams.copy())
    del settings["backend"]  # asking for it would choose one
    return settings


@contextmanager
def style() -> Iterator[None]:
    """Give figures the look of the book for a while, and none of the reader's own settings.

    Examples
    --------
    >>> with mpl.rc_context({"lines.linewidth": 9}), style():
    ...     mpl.rcParams["lines.linewidth"]
    1.8
    """
    with mpl.rc_context():
        dict.update(mpl.rcParams, _settings())  # checked already, and it is done for every state
        yield


def panels(n_panels: int = 1, height: int = 290) -> tuple[Figure, list[Axes]]:
    """Return a figure of `n_panels` equal cells, each holding one axes.

    Sizes are in CSS pixels: 480 wide for a single panel, 360 for each of several.
    The cells do not overlap, so a page can put them side by side or one below the other.

    Examples
    --------
    >>> figure, axes = panels(2)
    >>> len(axes)
    2
    """
    width = 480 if n_panels == 1 else 360 * n_panels
    with style():
        figure = Figure(figsize=(width / 72, height / 72), dpi=72, layout="constrained")
        cells = np.atleast_1d(figure.subfigures(1, n_panels))
        return figure, [cell.subplots() for cell in cells]


def contours(
    ax: Axes, f: Callable[[np.ndarray, np.ndarray], np.ndarray], xlim: tuple[float, float],
    ylim: tuple[float, float], levels: int | Sequence[float], n_points: int = 81,
) -> None:
    """Draw level lines of ``f(x, y)`` and mark the axes ``w₁`` and ``w₂``.

    Parameters
    ----------
    f : callable
        Takes two arrays of shape (n_points, n_points), returns one.
    levels : int or sequence of float
        Passed to `Axes.contour`.
    """
    x = np.linspace(*xlim, n_points)
    y = np.linspace(*ylim, n_points)
    ax.contour(x, y, f(*np.meshgrid(x, y)), levels=levels, colors=MUTED, linewidths=0.7)
    ax.set(xlim=xlim, ylim=ylim, xlabel="w₁", ylabel="w₂")
    ax.grid(False)


def graph(
    ax: Axes, nodes: Mapping[str, tuple[float, float]], edges: Sequence[tuple[str, ...]], *,
    values: Mapping[str, Any] | None = None, colors: Mapping[str, str] | None = None,
    fontsize: float = 9.5,
) -> None:
    """Draw boxes joined by arrows: a graph of concepts, or of a computation.

    Parameters
    ----------
    nodes : dict
        Name of each node and the ``(x, y)`` of its middle, in the units of the axes. The limits
        of the axes must be set before.
    edges : sequence of tuple
        ``(from, to)`` or ``(from, to, what)``: an arrow between two names, and its label.
    values : dict, optional
        A second line of text for some of the nodes.
    colors : dict, optional
        Colour of some of the nodes; the others are drawn in ink.

    Examples
    --------
    >>> figure, (ax,) = panels(1)
    >>> _ = ax.set(xlim=(0, 2), ylim=(0, 1))
    >>> graph(ax, {"w": (0.5, 0.5), "loss": (1.5, 0.5)}, [("w", "loss", "squared")])
    >>> [text.get_text() for text in ax.texts if text.get_text()]
    ['squared', 'w', 'loss']
    """
    values, colors = values or {}, colors or {}
    for start, end, *what in edges:
        (x0, y0), (x1, y1) = nodes[start], nodes[end]
        arrow = {"arrowstyle": "-|>", "color": MUTED, "shrinkA": 18, "shrinkB": 20, "lw": 1}
        ax.annotate("", (x1, y1), (x0, y0), arrowprops=arrow)
        if what:
            ax.text((x0 + x1) / 2, (y0 + y1) / 2, what[0], ha="center", va="center", color=MUTED,
                    fontsize=fontsize - 1, bbox={"fc": PAPER, "ec": "none", "pad": 1})
    for name, (x, y) in nodes.items():
        text = f"{name}\n{values[name]}" if name in values else name
        color = colors.get(name, INK)
        box = {"boxstyle": "round,pad=0.35", "fc": PAPER, "ec": color, "lw": 1.2}
        ax.text(x, y, text, ha="center", va="center", color=color, fontsize=fontsize, bbox=box)


def keep_in_reach(line: Line2D) -> None:
    """Bring infinite points of `line`, and very far ones, to a finite distance.

    They move along the ray from the middle of the view, to a million times its size. What
    is visible stays as it was, and a path that leaves for infinity still shows which way
    it left. Gaps (NaN) stay gaps.
    """
    ax = line.axes
    if line.get_transform() != ax.transData:
        return
    points = np.column_stack([np.asarray(v, dtype=float) for v in line.get_data(orig=False)])
    finite = np.nan_to_num(points, nan=np.nan, posinf=1e300, neginf=-1e300)
    to_view = ax.transScale + ax.transLimits  # the view becomes the unit square
    offset = to_view.transform(finite) - 0.5
    distance = np.abs(offset).max(axis=1, initial=0)
    far = (distance > REACH) | np.isinf(points).any(axis=1)
    if far.any():
        factor = np.minimum(1, REACH / distance[far])
        points[far] = to_view.inverted().transform(0.5 + offset[far] * factor[:, None])
        line.set_data(points.T)


def plain_log_labels(ax: Axes) -> None:
    """Label the logarithmic axes of `ax` in plain characters instead of mathtext.

    Labels that an author wrote stay.
    """
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log" and axis.isDefault_majfmt:
            axis.set_major_formatter(FuncFormatter(power_of_ten))
        if axis.get_scale() == "log" and axis.isDefault_minfmt:
            axis.set_minor_formatter(NullFormatter())
