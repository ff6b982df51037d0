"""What the drawings of a surface put on the paper, read from their artists."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from calclearn.descent.curvature import quadratic_model
from calclearn.descent.landscapes import himmelblau, parabola
from calclearn.descent.losses import line_loss
from calclearn.descent.surfaces import Surface
from calclearn.figures.marks import Dots
from calclearn.figures.style import panels, style
from calclearn.figures.surfaces import (
    Bowl,
    Contours,
    GradientArrow,
    ModelRings,
    Point,
    ShadedPoints,
    Slices,
    grid,
    levels,
    window_around,
)

X, Y = np.array([-1.0, 0.5, 2.0, 3.0]), np.array([2.0, 2.5, 4.5, 5.0])


@pytest.fixture
def surface():
    return line_loss(X, Y)


@pytest.fixture
def window(surface):
    return window_around(surface)


def test_on_the_edge_of_the_window_the_loss_has_risen_by_as_much_as_asked(surface):
    (low, high), _ = window_around(surface, rise=2.0)
    best = np.array(surface.minima[0])
    intercepts = np.linspace(best[1] - 20, best[1] + 20, 20001)
    for slope in (low, high):
        lowest = surface(np.stack([0 * intercepts + slope, intercepts])).min()
        assert lowest - surface(best) == pytest.approx(2.0 * surface.scale, rel=1e-5)


@pytest.mark.parametrize("heights", [[7.0, 7.0], [np.nan, 7.0], [np.nan, np.inf], [1e300, -np.inf]])
def test_levels_of_any_surface_rise(heights):
    assert (np.diff(levels(np.array(heights), 4)) > 0).all()


@pytest.mark.parametrize("function", [np.log, np.zeros_like])
def test_surfaces_with_holes_have_a_map_and_a_bowl(function):
    surface = Surface(lambda w: function(w[0] + w[1]), domain=((-1, 1), (-1, 1)))
    flat, solid = panels("flat", "solid")
    with style():
        for drawing in (Contours(flat), Bowl(solid)):
            drawing.update(surface)
        FigureCanvasAgg(flat.figure).draw()


def test_a_surface_needs_two_weights_and_a_window():
    with pytest.raises(ValueError, match="surface must have two weights, got 1"):
        Contours(*panels("flat"), title="").update(parabola())
    for window in (None, (0, 1), ((0, np.inf), (0, 1)), "ab"):
        with pytest.raises(ValueError, match=r"(surface|window) must be"):
            Contours(*panels("flat")).update(lambda w: w[0], window)
    with pytest.raises(TypeError, match="Bowl needs solid axes, got flat ones"):
        Bowl(*panels("flat"))


def test_a_map_is_painted_anew_only_for_another_surface(ax, surface, window):
    drawing = Contours(ax)
    drawing.update(surface, window)
    bands = drawing.bands
    drawing.update(surface, window)
    assert drawing.bands is bands
    drawing.update(line_loss(X, 2 * Y), window)
    assert drawing.bands is not bands
    assert len(ax.collections) == 2, "the old map is still there"
    drawing.update(surface, ((-1, 1), (-2, 2)))
    assert ax.get_xlim() == (-1, 1)


def test_low_is_dark_on_the_map_and_in_the_bowl(surface, window):
    flat, solid = panels("flat", "solid")
    bowl, contours = Bowl(solid, window=window), Contours(flat)
    contours.update(surface, window)
    bowl.update(surface, -60, 35)
    on_map = contours.bands.get_facecolor()[:, :3].sum(axis=1)
    assert (np.diff(on_map) > 0).all()
    corners = surface(grid(window, 28))[:-1, :-1]
    brightness = bowl.sheet.colors[..., :3].sum(axis=2)
    assert brightness.flat[corners.argmax()] > brightness.flat[corners.argmin()] + 1.5


@pytest.mark.parametrize("azimuth", [-150, -60, 20, 130])
def test_the_front_of_a_bowl_hides_its_back_as_where_cells_are_sorted(azimuth):
    waves = Surface(lambda w: np.sin(3 * w[0]) + np.cos(4 * w[1]), domain=((-2, 2), (-2, 2)))
    pictures = []
    for sort in (False, True):
        (ax,) = panels("solid")
        bowl = Bowl(ax)
        bowl.update(waves, azimuth, 25)
        if sort:
            m, colors = bowl.sheet.mesh, bowl.sheet.colors.reshape(-1, 4)
            corners = m[:, :-1, :-1], m[:, :-1, 1:], m[:, 1:, 1:], m[:, 1:, :-1]
            cells = np.stack(corners, axis=-1).reshape(3, -1, 4).transpose(1, 2, 0)
            ax.add_collection3d(Poly3DCollection(cells, fc=colors, ec="none", lw=0))
            bowl.sheet.remove()
        canvas = FigureCanvasAgg(ax.figure)
        canvas.draw()
        pictures.append(np.asarray(canvas.buffer_rgba())[..., :3].astype(int))
    apart = np.abs(pictures[0] - pictures[1]).max(axis=2)
    assert np.mean(apart > 40) < 0.002


def test_what_stands_at_the_bottom_of_a_bowl_is_drawn(surface):
    (ax,) = panels("solid")
    Bowl(ax).update(surface)
    (best,), dots = surface.minima, Dots(ax, "bottom")
    dots.update(bottom=(*best, float(surface(best))))
    assert surface(best) < ax.get_zlim()[0], "it lies lower than the corners of the mesh"
    assert np.isfinite(dots.lines["bottom"].get_data_3d()).all()


def test_turning_a_bowl_turns_it_and_hides_the_axis_seen_from_its_end(surface, window):
    (ax,) = panels("solid")
    bowl = Bowl(ax, window=window)
    for azimuth, elevation, slope in ((-60, 35, True), (0, 10, False)):
        bowl.update(surface, azimuth, elevation)
        assert (ax.azim, ax.elev) == (azimuth, elevation)
        assert ("slope" in ax.get_xlabel(), "intercept" in ax.get_ylabel()) == (slope, True)
    assert bowl.dragged((0.5, 0.5), (0.0, 0.5), 10, 20) == (100, 20)


def test_slices_lie_on_the_bowl_and_go_through_the_point(surface):
    drawing, weights = Slices(*panels("solid"), surface), np.array([0.7, 2.0])
    drawing.update(weights)
    for k, line in enumerate(drawing.lines):
        *points, heights = np.array(line.get_data_3d())
        assert (points[1 - k] == weights[1 - k]).all(), "the other weight has moved"
        assert points[k][[0, -1]] == pytest.approx(surface.domain[k])
        assert heights == pytest.approx(surface(np.array(points)))


def test_arrows_show_the_gradient_and_its_parts(ax, surface, window):
    ax.set(xlim=window[0], ylim=window[1])
    drawing, weights = GradientArrow(ax, surface), np.array([0.7, 2.0])
    gradient, sides = surface.gradient(weights), np.ptp(window, axis=1)
    drawing.update(weights, gradient)
    slope, intercept, whole = (np.array(arrow.arrow.xy) - weights for arrow in drawing.arrows)
    assert whole == pytest.approx(slope + intercept)
    assert whole / np.linalg.norm(whole) == pytest.approx(-gradient / np.linalg.norm(gradient))
    assert slope[1] == intercept[0] == 0
    gradients = surface.gradient(grid(window, 7)).reshape(2, -1)
    usual = np.median(np.linalg.norm(gradients / sides[:, None], axis=0))
    for size in (0.0, 0.5, 1.0, 2.5, 100.0):  # it is as long as its gradient, up to a limit
        drawing.update(np.zeros(2), size * usual * sides * [0.6, -0.8])
        length = np.linalg.norm(drawing.arrows[2].arrow.xy / sides)
        assert length == pytest.approx(0.6 * min(size, 1.0))


def test_points_stand_where_they_are_put(ax):
    dot, on_bowl, place = Point(ax, drags=("a", "b")), Point(*panels("solid")), [0.3, 0.4]
    dot.update(np.array(place))
    on_bowl.update(np.array(place), 5.0)
    assert dot.dot.get_xydata().tolist() == [place]
    assert dot.dragged((0, 0), (1.5, 2.5), 0.3, 0.4) == (1.5, 2.5)
    assert np.ravel(on_bowl.dot.get_data_3d()).tolist() == [*place, 5.0]


def test_shaded_points_are_darker_where_the_loss_is_lower(ax, surface, window):
    drawing, best = ShadedPoints(ax, surface, window), np.array(surface.minima[0])
    weights = np.column_stack([best, best + 0.3, best + 0.9])
    drawing.update(weights, surface(weights))
    assert np.array_equal(drawing.dots.get_offsets(), weights.T)
    assert (np.diff(drawing.dots.get_facecolor()[:, :3].sum(axis=1)) > 0).all()


@pytest.mark.parametrize("at", [(0.0, 0.0), (3.0, 1.0), (-1.0, -2.0), (3.0, 2.0)])
def test_rings_of_a_model(ax, at):
    surface, at = himmelblau(), np.array(at)
    model, rings = quadratic_model(surface, at), ModelRings(ax, surface.domain)
    rings.update(model, at)
    segments = rings.rings.get_segments()
    heights = [model(np.transpose(segment)) for segment in segments]
    size = max(np.ptp(np.concatenate(heights)), 20.0)
    assert all(np.ptp(height) < 0.05 * size for height in heights)
    assert segments
    if at.tolist() != [3.0, 2.0]:  # at the minimum there is no ring through the point
        nearest = min(abs(np.mean(height) - surface(at)) for height in heights)
        assert nearest < 0.02 * size
