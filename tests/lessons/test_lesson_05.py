"""Lesson 05: its exercises as learners answer them, and its figure."""

import numpy as np
import pytest

from calclearn.calculus.numerical import central_difference
from calclearn.data import penguin_line
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y
bowl = line_loss(x, y)


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


@pytest.mark.parametrize("weights", [(0.3, 4.0), (1.6, 1.6)])
def test_profiles_and_their_slopes(profiles, weights):
    state = profiles.set(slope=weights[0], intercept=weights[1]).state
    slope, intercept = state["weights"]
    assert state["loss"] == pytest.approx(sse(slope, intercept))
    for name, at, f in (
        ("slope", slope, lambda m: sse(m, intercept)),
        ("intercept", intercept, lambda c: sse(slope, c)),
    ):
        places, losses = state[f"over_{name}"]
        assert losses == pytest.approx([f(place) for place in places])
        assert state[f"d_{name}"] == pytest.approx(central_difference(f, at, 1e-4))


def test_words_for_a_derivative(profiles):
    derivative = profiles.set(slope=0.3, intercept=4.5).state["d_slope"]
    assert derivative > 0
    assert f"the slope alone raises it by {derivative:.4g} kg² per unit" in profiles.caption
    assert "the slope alone lowers it" in profiles.set(slope=-0.5).caption
    level = best_intercept(profiles.values["slope"])
    assert "the intercept alone hardly changes it." in profiles.set(intercept=level).caption


def test_each_move_goes_to_the_bottom_of_one_profile(profiles):
    path = profiles.set(slope=-0.5, intercept=5.0, moves=12).state["zigzag"]
    assert path[:2, 0] == pytest.approx([-0.5, 5.0])
    for k, (before, after) in enumerate(zip(path[:2].T, path[:2].T[1:], strict=False)):
        assert after[1 - k % 2] == before[1 - k % 2], "the other weight stays"
        assert bowl.gradient(after)[k % 2] == pytest.approx(0, abs=1e-4)
    assert path[2] == pytest.approx([sse(*w) for w in path[:2].T])
    assert (np.diff(path[2]) < 0).all()
    assert path[:2, -1] == pytest.approx(np.polyfit(x, y, 1), abs=0.03)
    assert "After 12 moves" in profiles.caption
