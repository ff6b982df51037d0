"""What the drawings of areas put on the paper, measured on the paper."""

import numpy as np
import pytest

from calclearn.calculus import integrals
from calclearn.figures.areas import Areas, frame, tops

RULES = [
    (integrals.left_sum, (0,), 1), (integrals.midpoint, (0.5,), 1),
    (integrals.trapezoid, (0, 1), 1), (integrals.simpson, (0, 0.5, 1), 2),
]  # fmt: skip
by_rule = pytest.mark.parametrize(
    ("rule", "nodes", "span"), RULES, ids=[r.__name__ for r, *_ in RULES]
)


@pytest.fixture
def ax(ax):
    ax.set(xlim=(0, 10), ylim=(0, 1))
    return ax


def signed_area(corners):
    """Half the sum of cross products around a polygon, clockwise counted positive."""
    x, y = corners.T
    return np.sum(np.roll(x, -1) * y - x * np.roll(y, -1)) / 2


@by_rule
def test_the_area_on_the_paper_is_the_sum(ax, rule, nodes, span):
    drawing, ends = Areas(ax), np.linspace(0.5, 4.0, 5)
    drawing.update(tops(np.cos, ends, nodes))
    areas = [signed_area(path.vertices) for path in drawing.areas.get_paths()]
    assert len(areas) == 4
    assert sum(areas) == pytest.approx(rule(np.cos, 0.5, 4.0, 4 * span), abs=1e-3)


@by_rule
def test_a_top_meets_the_curve_at_its_nodes(rule, nodes, span):
    x, y = tops(np.exp, np.array([0.0, 1.0, 3.0]), nodes)
    for left, width, x_row, y_row in zip((0, 1), (1, 2), x, y, strict=True):
        at_nodes = np.interp(left + width * np.array(nodes), x_row, y_row)
        assert at_nodes == pytest.approx(np.exp(left + width * np.array(nodes)))


def test_areas_take_one_curve_too_and_follow(ax):
    drawing = Areas(ax)
    for x, y, area in (([0, 1, 2], [1, 3, 1], 4.0), ([0, 1], [-1, -1], -1.0)):
        drawing.update((np.array(x, float), np.array(y, float)))
        (path,) = drawing.areas.get_paths()
        assert signed_area(path.vertices) == pytest.approx(area)


def test_a_frame_holds_its_curve_and_zero(ax):
    x = np.linspace(1, 2, 5)
    frame(ax, (x, x**2), title="t", labels=("x (m)", "f"))
    (low, high), words = ax.get_ylim(), (ax.get_title(), ax.get_xlabel(), ax.get_ylabel())
    assert low < 0 < 4 < high
    assert (ax.get_xlim(), words) == ((1, 2), ("t", "x (m)", "f"))
    frame(ax, (x, 0 * x), title="", labels=("", ""))
    assert ax.get_ylim()[0] < 0 < ax.get_ylim()[1]
