"""Lesson 09: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn import lessons
from calclearn.descent.basins import NOT_SETTLED

grown = 0.001 * np.cumprod(np.full(30, 1 + 0.1 * 4))
right = {
    "09.1": [np.linalg.eigvalsh([[2, 4], [4, 2]])],
    "09.2": ["a"],
    "09.3": [2 / (12 * 1.473**2 - 8)],
    "09.4": [np.argmax(grown > 0.5) + 1],
}


@pytest.fixture
def ball(at_first):
    return at_first(lessons.ball_on_a_curve)


@pytest.fixture
def basins(at_first):
    return at_first(lessons.basin_map)


def test_a_large_rate(ball):
    state = ball.set(curve="two valleys", start=-1.4, learning_rate=0.18).state
    assert np.ptp(state["run"].points[-10:]) > 0.5
    assert np.all(state["run"].points < 0)
    assert (state["ends"] == 1).mean() > 0.3
    assert (state["ends"] == 0).mean() < 0.005
    assert "(0 % in the global one)" in ball.caption
    assert "1 of 2 minima can hold a ball" in ball.caption
    assert "on a slope of" in ball.caption


def test_where_the_ball_rests(ball):
    minimum = "the minimum at w = 1.13: height −1.07, curvature 9.35."
    assert ball.caption.startswith(f"From w = 1.90 the ball comes to {minimum}")
    ball.set(curve="parabola", start=0.0)
    ball.set(learning_rate=1.0, start=2.0)
    assert "on a slope of 4" in ball.caption
    assert "0 of 1 minima can hold a ball" in ball.caption


def test_starts_reach_as_far_as_the_surface_is_drawn(ball, basins):
    for curve, low, high in (("ripples", -5, 5), ("two valleys", -2.2, 2)):
        start = ball.set(curve=curve).controls["start"]
        assert (start.min, start.max) == (low, high)
    basins.set(surface="Himmelblau").set(start_x=5.0, start_y=0.3)
    state = basins.set(surface="double well").state
    assert state["weights"].tolist() == pytest.approx([2.2, 0.3])
    assert basins.controls["start_x"].value == 2.2


def test_saddles(basins):
    basins.set(surface="double well", start_x=0.0, start_y=1.5)
    saddle = "the saddle at (0.00, 0.00): height 1.00, curvatures −4.00 and 2.00"
    assert f"comes to {saddle}" in basins.caption
    basins.set(surface="monkey saddle", start_x=0.0, start_y=0.0)
    assert "degenerate point at (0.00, 0.00)" in basins.caption
    basins.set(surface="saddle", start_y=1.5)
    assert "off the map at step" in basins.caption
    assert "100 % of 10,000 starts diverge within 50 steps: there is no minimum" in basins.caption


def test_the_plain(basins):
    state = basins.set(surface="plateau").set(start_x=3.0, start_y=3.0).state
    assert "at (3.00, 3.00) after 200 steps" in basins.caption
    assert state["ends"][0, 0] == NOT_SETTLED
    assert state["ends"][50, 50] == 0


def test_each_surface_begins_with_what_suits_it(basins):
    for surface, share in (("plateau", 0.5), ("double well", 1.0), ("Rastrigin", 1.0)):
        assert np.mean(basins.set(surface=surface).state["ends"] >= 0) >= share, surface
    assert "(4 % in the global one)" in basins.caption


def test_noise_at_a_saddle(at_first):
    noisy = at_first(lessons.noisy_saddle)
    for seed in (3, 0):
        state = noisy.set(noise=0.1, learning_rate=0.1, seed=seed).state
        x, y = state["noisy"].points.T
        assert state["quiet"].point == pytest.approx([0, 0], abs=1e-3)
        assert abs(x[-1]) == pytest.approx(1, abs=0.2)
        assert state["with noise"] == pytest.approx((x**2 - 1) ** 2 + y**2)
        first = int(np.argmax(np.abs(x) > 0.5))
        assert f"leaves the saddle and is past |x| = 0.5 at step {first}," in noisy.caption
    assert noisy.set(noise=0.0).state["noisy"].point == pytest.approx([0, 0], abs=1e-3)
    assert "stays near" in noisy.caption


def test_a_film_rolls_the_ball(ball):
    walk = ball.set(step=3).state["walk"]
    assert ball.caption.startswith(f"At step 3 the ball is at w = {walk.points[3][0]:.2f}. ")
    assert walk.points[3][1] == pytest.approx(ball.state["surface"](walk.points[3][:1]))
