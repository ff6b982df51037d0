"""What the drawings of penalties put on the paper, read from their artists."""

import numpy as np
import pytest

from calclearn.descent.losses import linear_fit, mse
from calclearn.figures.fits import Reach, Rings

RNG = np.random.default_rng(5)
X = RNG.normal(size=(30, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
SURFACE = linear_fit(X, X @ np.array([1.0, -0.5]) + RNG.normal(size=30), mse)


def test_the_loss_is_the_same_all_around_a_ring(ax):
    drawing, weights = Rings(ax, spacing=0.5), np.array([0.3, 0.4])
    drawing.update(SURFACE, weights)
    around = SURFACE(np.transpose(drawing.through.get_xydata()))
    assert around == pytest.approx(SURFACE(weights))
    least = SURFACE(np.array(SURFACE.minima[0]))
    for k, ring in enumerate(drawing.rings.get_segments(), start=1):
        assert SURFACE(ring.T) - least == pytest.approx((0.5 * k) ** 2)
    drawing.update(SURFACE, np.array(SURFACE.minima[0]))  # there it is a point
    assert np.ptp(drawing.through.get_xydata(), axis=0) == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize(("power", "corners"), [(1, 4), (2, 120)])
def test_the_penalty_is_the_same_along_its_edge(ax, power, corners):
    drawing, weights = Reach(ax), np.array([0.3, -0.4])
    drawing.update(power, weights)
    edge = drawing.region.get_xy()
    penalties = np.sum(np.abs(edge) ** power, axis=1)
    assert penalties == pytest.approx(np.sum(np.abs(weights) ** power))
    assert len(edge) == corners + 1  # closed
