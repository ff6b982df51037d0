"""Lesson 05: its exercises as learners answer them, and its figure."""

import numpy as np
import pytest

from calclearn.calculus.numerical import central_difference
from calclearn.data import penguin_line
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y


def sse(slope, intercept):
    return np.sum((slope * x + intercept - y) ** 2)


def by_parabola(slope):
    """The vertex of the parabola through three points of the profile."""
    a, b, _ = np.polyfit([0.0, 1.0, 2.0], [sse(slope, c) for c in (0.0, 1.0, 2.0)], 2)
    return -b / (2 * a)


def best_intercept(slope):
    return y.mean() - slope * x.mean()


right = {
    "05.1": [by_parabola(1)],
    "05.2": [best_intercept, by_parabola],
    "05.3": [sse(-0.5, 3) - 2 * sse(0.5, 3) + sse(1.5, 3), 2163],
    "05.4": ["c"],
}
readings = {"05.2": [(lambda slope: np.mean(np.abs(y - slope * x)), "Hint 1")]}


def test_profiles_and_their_slopes(profiles):
    state = profiles.set(slope=0.3, intercept=4.5).state
    assert state["loss"] == pytest.approx(sse(0.3, 4.5))
    along = {"slope": (0.3, lambda m: sse(m, 4.5)), "intercept": (4.5, lambda c: sse(0.3, c))}
    for name, (at, f) in along.items():
        places, losses = state[f"over_{name}"]
        assert losses == pytest.approx([f(place) for place in places])
        derivative = central_difference(f, at, 1e-4)
        assert state[f"d_{name}"] == pytest.approx(derivative)
        assert f"the {name} alone raises it by {derivative:.4g} kg² per unit" in profiles.caption
    assert "the slope alone lowers it" in profiles.set(slope=-0.5).caption
    level = best_intercept(profiles.values["slope"])
    assert "the intercept alone hardly changes it." in profiles.set(intercept=level).caption


def test_each_move_goes_to_the_bottom_of_one_profile(profiles):
    path = profiles.set(slope=-0.5, intercept=5.0, moves=12).state["zigzag"]
    assert path[:2, 0] == pytest.approx([-0.5, 5.0])
    for k, (before, after) in enumerate(zip(path[:2].T, path[:2].T[1:], strict=False)):
        assert after[1 - k % 2] == before[1 - k % 2], "the other weight stays"
        assert line_loss(x, y).gradient(after)[k % 2] == pytest.approx(0, abs=1e-4)
    assert path[2] == pytest.approx([sse(*w) for w in path[:2].T])
    assert path[:2, -1] == pytest.approx(np.polyfit(x, y, 1), abs=0.03)
    assert "After 12 moves" in profiles.caption
