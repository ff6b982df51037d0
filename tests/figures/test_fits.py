"""What the drawings of fits and penalties put on the paper, read from their artists."""

import numpy as np
import pytest

from calclearn.descent.losses import linear_fit, mse
from calclearn.figures.fits import Reach, Rings, SizedPoints, Split, Weights

RNG = np.random.default_rng(5)
X = RNG.normal(size=(30, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
SURFACE = linear_fit(X, X @ np.array([1.0, -0.5]) + RNG.normal(size=30), mse)


def test_each_point_is_either_seen_or_held_back(ax):
    x, y, seen = np.arange(6.0), np.arange(6.0) ** 2, np.array([1, 0, 0, 1, 0, 0], bool)
    drawing = Split(ax, title="birds")
    drawing.update(x, y, seen)
    assert drawing.seen.get_xydata().tolist() == [[0, 0], [3, 9]]
    assert len(drawing.unseen.get_xydata()) == 4
    assert ax.get_title() == "birds"


def test_a_weight_of_zero_is_a_ring_and_a_huge_one_stays_on_the_paper(ax):
    drawing = Weights(ax, 13, most=1e5)
    drawing.update(np.array([2.0, 0.0, -3e7, 0.0]))
    assert drawing.tips.get_xydata().tolist() == [[0, 2], [2, -1e5]]
    assert drawing.zeros.get_xydata().tolist() == [[1, 0], [3, 0]]
    assert [segment[1, 1] for segment in drawing.stems.get_segments()] == [2, 0, -1e5, 0]
    drawing.update(np.ones(2))
    assert len(drawing.zeros.get_xydata()) == 0


def test_the_loss_is_the_same_all_around_a_ring(ax):
    drawing, weights = Rings(ax, spacing=0.5), np.array([0.3, 0.4])
    drawing.update(SURFACE, weights)
    around = SURFACE(np.transpose(drawing.through.get_xydata()))
    assert around == pytest.approx(SURFACE(weights))
    least = SURFACE(np.array(SURFACE.minima[0]))
    for k, ring in enumerate(drawing.rings.get_segments(), start=1):
        assert SURFACE(ring.T) - least == pytest.approx((0.5 * k) ** 2)


def test_at_the_bottom_the_ring_is_a_point(ax):
    drawing, best = Rings(ax, spacing=0.5), np.array(SURFACE.minima[0])
    drawing.update(SURFACE, best)
    assert np.ptp(drawing.through.get_xydata(), axis=0) == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize(("power", "corners"), [(1, 4), (2, 120)])
def test_the_penalty_is_the_same_along_its_edge(ax, power, corners):
    drawing, weights = Reach(ax), np.array([0.3, -0.4])
    drawing.update(power, weights)
    edge = drawing.region.get_xy()
    penalties = np.sum(np.abs(edge) ** power, axis=1)
    assert penalties == pytest.approx(np.sum(np.abs(weights) ** power))
    assert len(edge) == corners + 1  # closed


def test_points_of_two_classes_sized_by_their_errors(ax):
    points, classes = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 0.0]]), np.array([1.0, -1.0, 1.0])
    drawing = SizedPoints(ax, points, classes)
    drawing.update([0.0, 4.0, 1.0])
    negative, positive = drawing.dots
    assert np.array_equal(positive.get_offsets(), points.T[[0, 2]])
    assert positive.get_sizes()[0] < positive.get_sizes()[1] < negative.get_sizes()[0]
