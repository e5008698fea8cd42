"""Parts of a figure as SVG: short, in the colours of the theme, without clashes of ids."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from lessons import plots
from lessons.widgets.explorers.svg import fragment


@pytest.fixture
def panel():
    figure, (ax,) = plots.panels()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure, ax


def parsed(text):
    """Return the tree of a fragment; raise if it is not well-formed."""
    return ET.fromstring(f'<svg xmlns:xlink="http://www.w3.org/1999/xlink">{text}</svg>')


@pytest.mark.parametrize("colour, role", plots.ROLES.items())
def test_each_colour_of_the_book_becomes_a_variable(panel, colour, role):
    figure, ax = panel
    artists = [*ax.plot([0, 1], [0, 1], "o-", color=colour), ax.text(0, 0, "hi", color=colour)]
    text = fragment(artists, figure, "clip")
    assert f"var(--c-{role})" in text and colour not in text


def test_other_colours_stay(panel):
    figure, ax = panel
    assert "#123456" in fragment(ax.plot([0, 1], color="#123456"), figure, "clip")


def test_a_colour_in_a_text_is_left_alone(panel):
    figure, ax = panel
    text = fragment([ax.text(0.1, 0.1, f"{plots.TRAIN} & <b>")], figure, "clip")
    assert parsed(text).find(".//text").text == f"{plots.TRAIN} & <b>"


def test_coordinates_are_within_a_twentieth_of_a_pixel_and_short(panel):
    figure, ax = panel
    x = np.linspace(0.013, 0.987, 7)
    y = np.array([0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4])
    (line,) = ax.plot(x, y)
    path = parsed(fragment([line], figure, "clip")).find(".//path").get("d")
    found = np.array(re.findall(r"-?[\d.]+", path), dtype=float).reshape(-1, 2)
    expected = ax.transData.transform(np.column_stack([x, y]))
    expected[:, 1] = figure.bbox.height - expected[:, 1]
    np.testing.assert_allclose(found, expected, atol=0.051)
    assert not re.search(r"\.\d\d", path)


def test_artists_are_clipped_to_the_panel_and_drawn_by_zorder(panel):
    figure, ax = panel
    (top,) = ax.plot([0, 1], color=plots.WARN, zorder=5)
    (below,) = ax.plot([0, 1], color=plots.GRAD, zorder=1)
    text = fragment([top, below], figure, "clip-x-0")
    assert set(re.findall(r"url\(([^)]*)\)", text)) == {"#clip-x-0"}
    assert text.index("--c-grad") < text.index("--c-warn")


def test_every_reference_has_its_definition(panel):
    figure, ax = panel
    artists = [
        *ax.plot([0, 1], "o-"),
        *ax.bar([0.2, 0.6], [0.5, 0.8], width=0.1, hatch="//"),
        ax.scatter([0.1, 0.2], [0.3, 0.4], c=[1, 2]),
        ax.imshow(np.eye(3), extent=(0, 1, 0, 1), aspect="auto"),
        ax.annotate("a", (0.1, 0.1), (0.5, 0.5), arrowprops={"arrowstyle": "->"}),
    ]
    text = fragment(artists, figure, "clip-x-0")
    tree = parsed(text)
    ids = {e.get("id") for e in tree.iter() if e.get("id")} | {"clip-x-0"}
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    assert used and used <= ids
    assert not tree.findall(".//clipPath") and "</svg>" not in text


def test_ids_of_two_panels_and_of_two_parts_differ(panel):
    figure, ax = panel
    line = ax.plot([0, 1], "s-")
    ids = [set(re.findall(r'\bid="([^"]+)"', fragment(line, figure, *salt)))
           for salt in [("clip-a-0",), ("clip-a-1",), ("clip-b-0",), ("clip-a-0", "frame")]]
    assert all(ids) and len(set.union(*ids)) == sum(map(len, ids))


def test_round_dots_of_one_colour_become_one_path(panel):
    figure, ax = panel
    (line,) = ax.plot([0.1, 0.2, 0.3], [0.5, 0.6, 0.7], "o", color=plots.PATH, markersize=6)
    text = fragment([line], figure, "clip")
    assert "<use" not in text and "stroke-width: 7;" in text and "stroke: var(--c-path)" in text
    found = np.array(re.findall(r"M([\d.]+) ([\d.]+)h0", text), dtype=float)
    expected = ax.transData.transform(np.column_stack(line.get_data()))
    expected[:, 1] = figure.bbox.height - expected[:, 1]
    np.testing.assert_allclose(found, expected, atol=0.051)


@pytest.mark.parametrize("style", [
    {"marker": "s"}, {"markerfacecolor": "none"}, {"markeredgecolor": plots.WARN}, {"alpha": 0.3},
    {"markeredgewidth": 3}, {"fillstyle": "left"},
])
def test_other_markers_stay_as_they_are(panel, style):
    figure, ax = panel
    line = ax.plot([0.1, 0.2], [0.5, 0.6], **{"marker": "o", "linestyle": "none"} | style)
    text = fragment(line, figure, "clip")
    assert text.count("<use") >= 2 and "h0" not in text


def test_a_legend_keeps_the_marker_that_it_shares(panel):
    figure, ax = panel
    line = ax.plot([0.1, 0.2], [0.5, 0.6], "o", label="dots")
    text = fragment([*line, ax.legend()], figure, "clip")
    ids = set(re.findall(r'\bid="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= ids


def test_the_font_is_the_pages_and_drawing_twice_gives_the_same(panel):
    figure, ax = panel
    artists = [ax.text(0.5, 0.5, "loss", fontsize=11), *ax.plot([0, 1], "s--")]
    text = fragment(artists, figure, "clip")
    assert "font-family" not in text and "font-size: 11px" in text
    assert text == fragment(artists, figure, "clip")


def test_nothing_to_draw_is_an_empty_text(panel):
    assert fragment([], panel[0], "clip") == ""
