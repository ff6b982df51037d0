"""What the drawings of basins put on the paper, measured on the paper."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from calclearn.descent.basins import DIVERGES, NOT_SETTLED
from calclearn.descent.landscapes import double_well, two_valleys
from calclearn.figures.basins import StationaryPoints, Valleys, colours, legend, palette
from calclearn.figures.style import BASINS, STATIONARY, UNSETTLED


def rgb(color):
    return [round(255 * part) for part in to_rgb(color)]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 3), st.integers(0, 99))
def test_the_first_six_colours_differ_and_all_are_in_the_palette(count, d, seed):
    minima = np.random.default_rng(seed).normal(size=(count, d))
    chosen = colours(minima)
    assert chosen[:6].tolist() == list(range(min(count, 6)))
    assert set(chosen) <= set(range(len(BASINS)))


def test_neighbours_on_a_lattice_get_different_colours():
    lattice = sorted(((x, y) for x in range(-5, 6) for y in range(-5, 6)), key=np.linalg.norm)
    shade = dict(zip(lattice, colours(lattice), strict=True))
    for x, y in lattice:
        for other in ((x + 1, y), (x, y + 1)):
            assert shade[x, y] != shade.get(other, -1)


def test_each_end_has_its_colour():
    surface = double_well()
    shades = np.round(255 * palette(surface)[[0, 1, NOT_SETTLED, DIVERGES, NOT_SETTLED - 2]])
    colors = [BASINS[0], BASINS[1], UNSETTLED["hardly moves"], UNSETTLED["diverges"]]
    assert shades[:4].tolist() == [rgb(color) for color in colors]
    assert shades[4] == pytest.approx(0.3 * np.array(rgb(BASINS[1])) + 0.7 * 255, abs=0.5)


def test_each_kind_stands_at_its_places_with_its_marker(ax):
    marks = StationaryPoints(ax)
    marks.update(double_well())
    places = {kind: sorted(dots.get_offsets().tolist()) for kind, dots in marks.dots.items()}
    assert places["minimum"] == [[-1, 0], [1, 0]]
    assert (places["saddle"], places["maximum"]) == ([[0, 0]], [])
    faces = np.round(255 * marks.dots["minimum"].get_facecolor()[:, :3]).tolist()
    assert faces == [rgb(BASINS[0]), rgb(BASINS[1])]
    legend(ax)
    words = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert words == [*STATIONARY, *UNSETTLED]


def test_a_curve_and_what_stands_on_it_have_its_heights(ax):
    valleys, marks, surface = Valleys(ax), StationaryPoints(ax), two_valleys()
    valleys.update(surface)
    w, heights = valleys.line.get_data()
    assert heights == pytest.approx(w**4 - 3 * w**2 + w)
    assert ax.get_xlim() == surface.domain[0]
    assert ax.get_ylim()[0] < heights.min() < heights.max() < ax.get_ylim()[1]
    marks.update(surface)
    for kind, count in (("minimum", 2), ("maximum", 1)):
        w, heights = marks.dots[kind].get_offsets().T
        assert heights == pytest.approx(w**4 - 3 * w**2 + w)
        assert len(w) == count
