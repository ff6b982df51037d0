"""Drawings of time: a size has one colour, the future is empty, and the last loss is framed."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from calclearn.descent.landscapes import bowl
from calclearn.figures.sequences import (
    AGREEMENT,
    ARRIVING,
    CLIPPING,
    FORECASTS,
    LONGEST,
    SIZES,
    ByStep,
    Months,
    Relief,
    TimeMap,
    Unrolled,
    shades,
)
from calclearn.figures.style import GRADIENT, LIGHT, LOSS, panels
from calclearn.figures.surfaces import Contours

WINDOW = ((-2.0, 2.0), (-1.0, 1.0))


def test_sizes_run_from_dark_to_light():
    luminance = GRADIENT(np.linspace(0, 1, 30))[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > 0).all()


def test_one_is_in_the_middle_nothing_is_paper_and_ends_are_ends():
    found = shades(np.array([1.0, 0.0, 1e-300, SIZES[0], 1e300, SIZES[1]]))
    assert found[0] == pytest.approx(GRADIENT(0.5), abs=0.01)
    assert found[1] == pytest.approx(to_rgba(LIGHT))
    assert (found[2] == found[3]).all()
    assert (found[4] == found[5]).all()
    assert not (found[1] == found[2]).all()


def test_the_map_leaves_the_future_empty_and_frames_the_last_loss(ax):
    drawing = TimeMap(ax, title="map")
    sizes = np.tril(np.geomspace(1e-5, 1e5, 25).reshape(5, 5))
    drawing.update(sizes)
    image = np.asarray(drawing.image.get_array())
    assert image.shape == (LONGEST, LONGEST, 4)
    assert (image[:5, :5, 3] == np.tri(5)).all()
    assert not image[5:].any()
    assert image[4, 2] == pytest.approx(shades(sizes[4, 2:3])[0])
    assert set(drawing.last.get_ydata()) == {4.5, 5.5}
    assert set(drawing.last.get_xdata()) == {0.5, 5.5}


def test_the_unrolled_network_has_a_dot_a_step_in_the_colour_of_what_arrives():
    _, strip = panels("flat", "strip")
    drawing, sizes = Unrolled(strip, "dots"), np.array([1e-4, 1e-2, 1.0])
    drawing.update(sizes)
    assert drawing.states.get_offsets()[:, 0].tolist() == [1, 2, 3]
    assert drawing.states.get_facecolor() == pytest.approx(shades(sizes))
    assert drawing.loss.get_position()[0] > 3


@pytest.mark.parametrize("looks", [ARRIVING, CLIPPING, AGREEMENT, FORECASTS])
def test_curves_differ_in_more_than_colour(looks):
    plain = {(look.get("ls", "-"), look.get("marker", "")) for look in looks.values()}
    assert len(plain) == len({look["color"] for look in looks.values()}) == len(looks)


def test_curves_have_the_limits_of_the_map(ax):
    drawing = ByStep(ax, ARRIVING, title="arriving", step="step")
    drawing.update({"guide": ([1, 2], np.array([1e-30, 1e30])), "arriving": ([1], np.ones(1))})
    assert drawing.lines["guide"].get_ydata() == pytest.approx(SIZES)
    assert ax.get_ylim() == pytest.approx(SIZES)


def test_months_keep_what_was_measured_below_what_was_foretold(ax):
    years = np.arange(1990, 2002.0)
    measured = years, 350 + 0 * years
    drawing = Months(ax, FORECASTS, measured=measured, held_out=1994.0, ylim=(340, 380))
    nothing = dict.fromkeys(FORECASTS, ([], []))
    drawing.update(nothing | {"network": (years[4:], years[4:] - 1640)})
    assert drawing.lines["network"].get_ydata() == pytest.approx(years[4:] - 1640)
    assert len(drawing.lines["same month last year"].get_xdata()) == 0
    (line,) = [line for line in ax.lines if not line.get_animated()]
    assert line.get_xydata() == pytest.approx(np.column_stack(measured))
    assert line.get_zorder() < drawing.lines["network"].get_zorder()
    assert ax.patches[0].get_x() == 1994.0


def test_a_relief_has_the_colours_of_the_contours(ax):
    surface = bowl()
    relief = Relief(ax, WINDOW, names=("w", "u"), title="loss")
    relief.update(surface)
    contours = Contours(panels("flat")[0], window=WINDOW)
    contours.update(surface)
    painted = np.asarray(relief.image.get_array())
    shades = LOSS(np.linspace(0, 1, 14))
    assert {tuple(c) for c in painted.reshape(-1, 4)} <= {tuple(c) for c in shades}
    heights = surface(relief.mesh)
    low, high = (np.unravel_index(f(heights), heights.shape) for f in (np.argmin, np.argmax))
    assert painted[low] == pytest.approx(contours.bands.get_facecolor()[0])
    assert painted[high] == pytest.approx(contours.bands.get_facecolor()[-1])
    assert relief.image.get_extent() == [*WINDOW[0], *WINDOW[1]]
