"""A backend of matplotlib that gives figures to the page: ``module://lessons.live.figures``."""

import base64
import io
from collections.abc import Callable

from matplotlib import rc_context
from matplotlib._pylab_helpers import Gcf
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

FigureCanvas = FigureCanvasAgg  # matplotlib looks for this name
LARGEST_SVG = 300_000  # characters; a figure with more of them travels as a PNG

#: Takes the MIME type, the picture (PNG in base64) and what it shows in words.
send: Callable[[str, str, str], None] | None = None


def show(block: bool | None = None) -> None:
    """Give all open figures to the page and close them; ``plt.show`` calls this."""
    for manager in Gcf.get_all_fig_managers():
        if send is not None:
            send(*picture(manager.canvas.figure))
    close()


def close() -> None:
    """Close all open figures."""
    Gcf.destroy_all()


def forget(figure: Figure) -> None:
    """Take a figure from those that are open, if it is one: it is shown by other means."""
    for manager in Gcf.get_all_fig_managers():
        if manager.canvas.figure is figure:
            Gcf.destroy(manager)


def picture(figure: Figure) -> tuple[str, str, str]:
    """Return a figure as MIME type, data, and words for those who do not see it.

    Examples
    --------
    >>> figure = Figure()
    >>> _ = figure.subplots().set(title="Loss", xlabel="step")
    >>> kind, data, words = picture(figure)
    >>> kind, data[:5], words
    ('image/svg+xml', '<?xml', 'Figure: Loss, step')
    """
    written = io.StringIO()
    with rc_context({"svg.hashsalt": "lessons"}):
        figure.savefig(written, format="svg", bbox_inches="tight", metadata={"Date": None})
    if len(svg := written.getvalue()) <= LARGEST_SVG:
        return "image/svg+xml", svg, words_of(figure)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight")
    return "image/png", base64.b64encode(drawn.getvalue()).decode(), words_of(figure)


def words_of(figure: Figure) -> str:
    """Return titles and labels of a figure's axes as one line."""
    parts = [part for axes in figure.axes
             for part in (axes.get_title("left"), axes.get_title(), axes.get_title("right"),
                          axes.get_xlabel(), axes.get_ylabel()) if part]
    return "Figure: " + ", ".join(dict.fromkeys(parts)) if parts else "Figure without labels"
