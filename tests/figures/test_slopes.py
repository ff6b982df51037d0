"""What the drawings of slopes put on the paper, read from their artists."""

import numpy as np
import pytest

from calclearn.figures.slopes import Graph, Secants


def slopes(lines):
    return [np.diff(line.get_ydata())[0] / np.diff(line.get_xdata())[0] for line in lines]


def test_a_graph_leaves_a_gap_at_a_pole(ax):
    graph = Graph(ax, title="1/x")
    graph.update((np.array([-1, -0.001, 0.001, 1]), np.array([-1, -1000, 1000, 1])), (-2, 2))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 1), (-2, 2))
    assert np.isnan(graph.line.get_ydata()).tolist() == [False, True, True, False]


def test_secants_go_through_their_points_with_their_slopes(ax):
    ax.set_xlim(-3, 3)
    drawing = Secants(ax)
    drawing.update(1.0, 1.0, 0.5, 1.5, 2.5, 2.0)  # of x**2
    assert slopes(drawing.lines) == pytest.approx([1.5, 2.5, 2.0])
    for line, (x, y) in zip(drawing.lines, [(0.5, 0.25), (1.5, 2.25), (1, 1)], strict=True):
        assert np.interp(x, *line.get_data()) == pytest.approx(y)
    assert drawing.neighbours.get_xydata().tolist() == [[0.5, 0.25], [1.5, 2.25]]
    assert drawing.point.get_xydata().tolist() == [[1, 1]]
    drawing.update(0.0, 0.0, 1.0, -1.0, 1.0, np.nan)  # of abs(x): no tangent
    heights = [np.isfinite(line.get_ydata()).tolist() for line in drawing.lines]
    assert heights == [[True, True], [True, True], [False, False]]
    assert drawing.dragged((0, 0), (1.5, 9), 0.0) == (1.5,)
