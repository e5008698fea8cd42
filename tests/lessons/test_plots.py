"""The look of figures: colours, panels, far points, numbers in words."""

import colorsys
import math
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, strategies as st

from lessons import plots
from lessons.widgets.explorers.control import slider
from lessons.widgets.explorers.explorer import explore
from lessons.widgets.explorers.live import LiveExplorer
from lessons.widgets.explorers.record import png
from lessons.words import number, power_of_ten

CSS = Path(__file__).resolve().parents[2] / "book" / "_static" / "book.css"


def luminance(colour):
    channels = (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("colour", [c for c in plots.CYCLE.by_key()["color"]])
def test_colours_of_curves_stand_out_from_paper(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_curves_differ_in_line_style_too():
    styles = plots.CYCLE.by_key()["linestyle"]
    assert len({str(s) for s in styles}) == len(styles)
    hues = {round(colorsys.rgb_to_hsv(*mpl.colors.to_rgb(c))[0], 2)
            for c in plots.CYCLE.by_key()["color"]}
    assert len(hues) == len(styles)


@pytest.mark.parametrize("colour, role", plots.ROLES.items())
def test_the_style_sheet_knows_every_role(colour, role):
    values = re.findall(rf"--c-{role}:\s*(#[0-9a-f]{{6}})", CSS.read_text())
    assert len(set(values)) >= 2  # light and dark
    if colour != "#000000":
        assert colour in values


def test_panels_have_their_sizes_and_do_not_overlap():
    for n_panels, width in [(1, 480), (2, 720), (3, 1080)]:
        figure, axes = plots.panels(n_panels, height=200)
        assert len(axes) == n_panels
        assert tuple(figure.bbox.size) == (width, 200)
        figure.draw_without_rendering()
        edges = [(ax.get_tightbbox().x0, ax.get_tightbbox().x1) for ax in axes]
        cell = width / n_panels
        assert all(i * cell <= a < b <= (i + 1) * cell for i, (a, b) in enumerate(edges))


def test_use_style_changes_later_figures():
    with mpl.rc_context():
        plots.use_style()
        assert mpl.rcParams["axes.edgecolor"] == plots.MUTED


#: A reader's matplotlibrc: text by LaTeX, which may be missing, and a look unlike the book's.
OWN = """
text.usetex: True
font.family: serif
font.sans-serif: DejaVu Serif
font.size: 30
axes.unicode_minus: False
axes.facecolor: black
axes.linewidth: 5
figure.constrained_layout.use: False
figure.facecolor: black
lines.antialiased: False
lines.dashed_pattern: 9, 9
mathtext.fontset: stix
path.simplify: False
patch.linewidth: 7
savefig.facecolor: black
svg.fonttype: path
svg.image_inline: False
xtick.direction: in
"""


def pictures():
    """Return what an explorer records, its PNG, and its picture in a live kernel."""

    def frame(ax):
        ax.set(xlim=(-1, 1), ylim=(1e-3, 1), yscale="log", xlabel="x", ylabel="y", title="a")
        ax.text(0, 0.1, "here")
        ax.imshow([[0, 1]], extent=(-1, 0, 1e-3, 1e-2), aspect="auto")

    def draw(ax, slope):
        ax.plot([-1, 1], [0.1, slope], "o-", label="line")
        ax.bar([0.5], [slope])
        ax.annotate("moves, $x^2$", (0, 0.1))
        ax.text(0, 0.5, "moves")
        return f"Slope {slope:g}."

    made = explore(draw, frame, name="own", title="How?", alt="A line that rises or falls.",
                   slope=slider([0.1, 0.5], label="slope"))
    return made.record(), png(made), LiveExplorer(made).image.value


def test_an_explorer_takes_nothing_from_the_readers_own_settings(tmp_path):
    (tmp_path / "matplotlibrc").write_text(OWN)
    expected = pictures()
    with mpl.rc_context(fname=tmp_path / "matplotlibrc"):
        plots._settings.cache_clear()  # as in a session that begins with these
        assert mpl.rcParams["text.usetex"]
        assert pictures() == expected
        assert mpl.rcParams["font.size"] == 30  # and leaves them as they were
        plots.use_style()
        changed = {key for key, value in mpl.rcParams.items() if value != mpl.rcParamsDefault[key]}
        assert changed <= {"backend", *plots.STYLE}


def test_contours_fix_the_view():
    _, (ax,) = plots.panels()
    plots.contours(ax, lambda x, y: x**2 + y**2, (-2, 2), (-1, 1), [0.5, 1.0])
    assert ax.get_xlim() == (-2, 2) and ax.get_ylim() == (-1, 1)
    assert ax.get_xlabel() == "w₁" and ax.collections


def test_log_axes_get_plain_labels():
    figure, (ax,) = plots.panels()
    ax.set(xscale="log", xlim=(1e-3, 1e3), ylim=(0, 1))
    plots.plain_log_labels(ax)
    figure.draw_without_rendering()
    texts = [t.get_text() for t in ax.get_xticklabels()]
    assert "10⁻³" in texts and not [t for t in texts if "$" in t]


def test_log_axes_keep_the_labels_of_an_author():
    figure, (ax,) = plots.panels()
    ax.set(xscale="log", xlim=(0.3, 30), ylim=(0, 1))
    ax.set_xticks([0.4, 1.6, 6.4], ["0.4", "1.6", "six"])
    plots.plain_log_labels(ax)
    figure.draw_without_rendering()
    assert [t.get_text() for t in ax.get_xticklabels() if t.get_text()] == ["0.4", "1.6", "six"]
    assert not [t for t in ax.get_xticklabels(minor=True) if t.get_text()]


@pytest.mark.parametrize("x, text", [
    (0, "0"), (1, "1"), (-2.5, "-2.5"), (99_999, "99,999"), (0.001, "0.001"),
    (0.00012345, "1.23 × 10⁻⁴"), (-1e20, "-1 × 10²⁰"), (-math.inf, "below the smallest number"),
])
def test_numbers_for_a_reader(x, text):
    assert number(x) == text


@given(st.floats())
def test_a_number_never_reads_nan_or_inf(x):
    assert not re.search(r"nan|inf|e[+-]?\d", number(x))


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_number_keeps_three_digits(x):
    text = number(x).replace(",", "")
    if "×" in text:
        mantissa, power = text.split(" × 10")
        table = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
        text = f"{mantissa}e{power.translate(table)}"
    assert float(text) == pytest.approx(x, rel=6e-3)


@pytest.mark.parametrize("x, text", [
    (1e-20, "10⁻²⁰"), (10.0, "10"), (1000.0, "10³"), (0, ""), (-1, ""), (2.0, "")
])
def test_power_of_ten(x, text):
    assert power_of_ten(x) == text


def reach(x, y, **limits):
    _, (ax,) = plots.panels()
    ax.set(**{"xlim": (0, 10), "ylim": (0, 10)} | limits)
    (line,) = ax.plot(x, y)
    ax.set(**{"xlim": (0, 10), "ylim": (0, 10)} | limits)
    plots.keep_in_reach(line)
    return np.column_stack(line.get_data())


def test_near_points_and_gaps_are_left_alone():
    x, y = [0.1, 2.0, np.nan, 3.0], [1e3, -1e4, 1.0, np.nan]
    np.testing.assert_array_equal(reach(x, y), np.column_stack([x, y]))


def test_infinite_points_become_far_points_on_the_same_side():
    points = reach([5, 6, np.inf, -np.inf], [np.inf, -np.inf, 5, 5])
    assert np.isfinite(points).all()
    assert points[0, 1] > 1e6 and points[1, 1] < -1e6
    assert points[2, 0] > 1e6 and points[3, 0] < -1e6


def test_very_far_points_stay_on_their_ray():
    (x, y), = reach([5 + 4e30], [5 + 3e30]) - 5
    assert y / x == pytest.approx(0.75) and 1e6 <= x < 1e8


def test_a_logarithmic_axis_takes_zero_and_infinity():
    points = reach([1, 2, 3], [np.inf, 1e-300, 0], ylim=(1e-3, 1e3), yscale="log")
    assert np.isfinite(points).all() and points[0, 1] > 1e10 and points[1, 1] == 1e-300


def test_lines_in_other_coordinates_are_left_alone():
    _, (ax,) = plots.panels()
    ax.set(xlim=(0, 10), ylim=(0, 10))
    line = ax.axhline(np.inf)
    plots.keep_in_reach(line)
    assert np.isinf(line.get_ydata()).all()
