"""What the drawings of lines and curves put on the paper, read from their artists."""

import numpy as np
import pytest

from calclearn.data import LineData
from calclearn.figures.curves import (
    Data,
    Line,
    Residuals,
    Tangent,
    TotalSquare,
)


@pytest.fixture
def data():
    return LineData([0.0, 1.0, 2.0], [1.0, 3.0, 2.0], x_label="t (s)", y_label="s (m)")


def test_data_show_every_point_and_their_labels(ax, data):
    drawing = Data(ax)
    drawing.update(data)
    assert np.array_equal(drawing.points.get_xydata(), np.column_stack([data.x, data.y]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("t (s)", "s (m)")
    assert ax.get_xlim()[0] < 0
    assert ax.get_xlim()[1] > 2


@pytest.mark.parametrize("y", [[1.0, np.nan, 2.0], [np.nan] * 3, [np.inf, -np.inf, 0.0], []])
def test_data_with_gaps_have_axes(ax, y):
    drawing = Data(ax, LineData(y, y, x_label="", y_label=""))
    drawing.update(**drawing.constants)
    assert np.isfinite([ax.get_xlim(), ax.get_ylim()]).all()


def test_axes_stay_around_all_data_while_few_are_shown(ax, data):
    drawing = Data(ax, around=data)
    drawing.update(data.thinned(1))
    limits = ax.get_xlim()
    drawing.update(data)
    assert ax.get_xlim() == limits


def test_a_line_runs_across_and_a_family_ends_with_the_present_one(ax):
    drawing = Line(ax)
    drawing.update(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]]))
    assert np.allclose(drawing.line.get_ydata(), 3 * drawing.line.get_xdata() + 5)
    assert tuple(drawing.line.get_xdata()) == ax.get_xlim()
    first, second = (segment[:, 1] / segment[:, 0] for segment in drawing.family.get_segments())
    assert np.nanmean(first) == pytest.approx(1)
    assert np.nanmean(second) == pytest.approx(2)
    drawing.update(np.array([3.0, 5.0]))
    assert drawing.family.get_segments() == []


def test_the_side_of_a_square_is_the_residual(ax, data):
    Data(ax).update(data)
    drawing = Residuals(ax)
    drawing.update(data, np.array([0.0, 1.0]))
    heights = [np.ptp(path.vertices[:, 1]) for path in drawing.squares.get_paths()]
    assert heights == pytest.approx(np.abs(1.0 - data.y))


def test_a_tangent_touches_with_the_slope(ax):
    ax.set_xlim(0, 8)
    drawing = Tangent(ax)
    drawing.update(3.0, 1.0, -0.5)
    (x0, y0), (x1, y1) = drawing.line.get_xydata()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(-0.5)
    assert (y0 + y1) / 2 == pytest.approx(1.0)
    assert drawing.point.get_xydata().tolist() == [[3.0, 1.0]]


def test_the_total_square_has_the_total_as_its_area(ax):
    drawing = TotalSquare(ax, unit="kg")
    drawing.update(9.0, 4.0, 100.0)
    assert drawing.total.get_width() * drawing.total.get_height() == pytest.approx(9.0)
    assert drawing.least.get_width() == pytest.approx(2.0)
    assert ax.get_xlim()[1] > 10
