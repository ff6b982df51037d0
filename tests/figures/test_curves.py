"""What the drawings of lines and curves put on the paper, read from their artists."""

import numpy as np
import pytest

from calclearn.data import LineData
from calclearn.figures.areas import Areas
from calclearn.figures.curves import Data, Line, Residuals, Tangent, TotalSquare
from calclearn.figures.surfaces import Point

DATA = LineData([0.0, 1.0, 2.0], [1.0, 3.0, 2.0], x_label="t (s)", y_label="s (m)")


def test_data_show_every_point_their_labels_and_their_squares(ax):
    drawing, squares = Data(ax, around=DATA), Residuals(ax)
    drawing.update(DATA.thinned(1))
    limits = ax.get_xlim()
    drawing.update(DATA)
    assert np.array_equal(drawing.points.get_xydata(), np.column_stack([DATA.x, DATA.y]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("t (s)", "s (m)")
    assert limits[0] < 0 < 2 < limits[1]
    assert ax.get_xlim() == limits, "the axes moved when few data were shown"
    squares.update(DATA, np.array([0.0, 1.0]))
    heights = [np.ptp(path.vertices[:, 1]) for path in squares.squares.get_paths()]
    assert heights == pytest.approx(np.abs(1.0 - DATA.y))


@pytest.mark.parametrize("y", [[1.0, np.nan, 2.0], [np.nan] * 3, [np.inf, -np.inf, 0.0], []])
def test_data_with_gaps_have_axes(ax, y):
    drawing = Data(ax, LineData(y, y, x_label="", y_label=""))
    drawing.update(**drawing.constants)
    assert np.isfinite([ax.get_xlim(), ax.get_ylim()]).all()


def test_a_line_runs_across_and_a_family_ends_with_the_present_one(ax):
    drawing = Line(ax)
    drawing.update(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 5.0]]))
    assert np.allclose(drawing.line.get_ydata(), 3 * drawing.line.get_xdata() + 5)
    assert tuple(drawing.line.get_xdata()) == ax.get_xlim()
    slopes = [np.nanmean(each[:, 1] / each[:, 0]) for each in drawing.family.get_segments()]
    assert slopes == pytest.approx([1, 2])
    drawing.update(np.array([3.0, 5.0]))
    assert drawing.family.get_segments() == []


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


@pytest.mark.parametrize(
    ("make", "came", "words"),
    [
        (Data, (DATA.x, DATA.y), r"data must be a LineData, as line_data reads it, got \(array"),
        (Data, "my.csv", "got 'my.csv'"),
        (Line, 3.0, r"weights must have shape \(2,\) or \(2, k\), got an array of shape \(\)"),
        (Line, [1, 2, 3], r"got an array of shape \(3,\)"),
        (Line, None, r"got an array of shape \(\)"),
        (Point, [[1, 2], [3, 4]], r"weights must have shape \(2,\), got an array of shape \(2, 2"),
        (Areas, 2.0, r"tops must be \(x, y\), got 2.0"),
        (Areas, None, r"tops must be \(x, y\), got None"),
    ],
)
def test_what_cannot_be_drawn_is_named(ax, make, came, words):
    with pytest.raises((TypeError, ValueError), match=words):
        make(ax).update(came)
