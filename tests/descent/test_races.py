"""Races: the evaluations of a surface are counted, and each optimizer runs as it does alone."""

import numpy as np
import pytest

from calclearn.descent.descend import descend
from calclearn.descent.landscapes import booth, ravine, saddle
from calclearn.descent.optimizers import Adam
from calclearn.descent.races import CountedSurface, race
from calclearn.descent.second_order import BFGS, Newton


def test_price_of_gradients_and_hessians():
    counted, w = CountedSurface(ravine()), np.array([1.0, 1.0])
    for _ in range(3):
        counted.surface.value_and_gradient(w)
    counted.surface.hessian(w)
    assert counted.paid == 3 + 2


def test_a_race_is_what_descend_does():
    result = race(ravine(), (1.0, 2.0), {"Adam": Adam(0.1)}, 30)["Adam"]
    alone = descend(ravine(), (1.0, 2.0), Adam(0.1), 29)
    assert np.array_equal(result.descent.points, alone.points)
    assert np.array_equal(result.gap, alone.values)
    assert result.price.tolist() == list(range(1, 31))


def test_a_start_at_the_minimum_is_a_race():
    optimizers = {"Adam": Adam(0.1), "Newton": Newton(), "BFGS": BFGS()}
    for result in race(booth(), booth().minima[0], optimizers, 20).values():
        assert np.all(result.gap == 0)
        assert np.all(np.diff(result.price) > 0)


def test_a_point_reached_again_is_paid_again():
    counted = CountedSurface(booth())

    class ToAndFro:
        def init(self, w):
            return False

        def update(self, w, g, state, surface=None):
            return (w - 1 if state else w + 1), not state

    descent = descend(counted.surface, (4.0, 4.0), ToAndFro(), 5)
    assert len(np.unique(descent.points, axis=0)) == 2
    assert counted.price(descent).tolist() == [1, 2, 3, 4, 5, 6]


def test_a_race_needs_a_known_minimum():
    with pytest.raises(ValueError, match="surface must have a known minimum, got 'saddle'"):
        race(saddle(), (1, 1), {"Adam": Adam(0.1)}, 20)


def test_what_cannot_race():
    with pytest.raises(ValueError, match="budget must be a whole number of at least 1, got 0"):
        race(booth(), (1, 1), {"Adam": Adam()}, 0)
    with pytest.raises(ValueError, match=r"start must be one point \(d,\), got shape \(2, 3\)"):
        race(booth(), np.ones((2, 3)), {"Adam": Adam()}, 9)
