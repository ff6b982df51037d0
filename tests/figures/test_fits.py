"""What the drawing of a penalty puts on the paper, read from its artists."""

import numpy as np
import pytest

from calclearn.descent.losses import linear_fit, mse
from calclearn.figures.fits import PenaltyAndLoss

RNG = np.random.default_rng(5)
X = RNG.normal(size=(30, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
SURFACE = linear_fit(X, X @ np.array([1.0, -0.5]) + RNG.normal(size=30), mse)


@pytest.mark.parametrize(("power", "corners"), [(1, 4), (2, 120)])
def test_loss_around_each_ring_and_penalty_along_the_edge(ax, power, corners):
    drawing, weights, best = PenaltyAndLoss(ax, spacing=0.5), np.array([0.3, -0.4]), SURFACE.minima
    drawing.update(SURFACE, power, weights)
    assert SURFACE(drawing.through.get_xydata().T) == pytest.approx(SURFACE(weights))
    for k, ring in enumerate(drawing.rings.get_segments(), start=1):
        assert SURFACE(ring.T) - SURFACE(best[0]) == pytest.approx((0.5 * k) ** 2)
    penalties = np.sum(np.abs(drawing.region.get_xy()) ** power, axis=1)
    assert penalties == pytest.approx(np.sum(np.abs(weights) ** power))
    assert len(penalties) == corners + 1  # closed
    drawing.update(SURFACE, power, np.array(best[0]))  # there the ring is a point
    assert np.ptp(drawing.through.get_xydata(), axis=0) == pytest.approx([0, 0], abs=1e-6)
