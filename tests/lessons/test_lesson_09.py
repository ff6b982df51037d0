"""Lesson 09: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn import lessons
from calclearn.descent.basins import NOT_SETTLED
from calclearn.lessons.lesson_09 import STEPS

w = -1.4
for _ in range(20):  # Newton's method on f'
    w -= (4 * w**3 - 8 * w + 1) / (12 * w**2 - 8)


def count():
    x, k = 0.001, 0
    while x <= 0.5:
        x, k = x + 0.1 * 4 * x, k + 1
    return k


right = {
    "09.1": [(-2, 6), [-2.0, 6.0], np.linalg.eigvalsh([[2, 4], [4, 2]])],
    "09.2": ["a", "It comes to the origin and stays there."],
    "09.3": [2 / (12 * w**2 - 8), 0.111, 2 / (12 * 1.473**2 - 8)],
    "09.4": [count(), 19.0, "19"],
}
readings = {  # answers that are not listed as mistakes, and words of the reply
    "09.1": [((6, -2), "wrong order"), (6, "two numbers")],
    "09.3": [(-2 / (12 * w**2 - 8), "sign")],
}


@pytest.fixture(scope="module")
def ball():
    return lessons.ball_on_a_curve()


@pytest.fixture(scope="module")
def basins():
    return lessons.basin_map()


@pytest.fixture(scope="module")
def noisy():
    return lessons.noisy_saddle()


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
    caption = ball.set(curve="two valleys", start=1.9, learning_rate=0.02).caption
    assert caption.startswith(
        "From w = 1.90 the ball comes to the minimum at w = 1.13: height −1.07, curvature 9.35."
    )
    ball.set(curve="parabola", start=0.0)
    assert "From w = 0.00 the ball comes to the minimum at w = 0.00" in ball.caption
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
    assert "comes to the saddle at (0.00, 0.00): height 1.00, curvatures −4.00 and 2.00" in (
        basins.caption
    )
    basins.set(surface="monkey saddle", start_x=0.0, start_y=0.0)
    assert "degenerate point at (0.00, 0.00)" in basins.caption
    basins.set(surface="saddle", start_y=1.5)
    assert "off the map at step" in basins.caption
    assert "100 % of 10,000 starts diverge" in basins.caption


def test_the_plain(basins):
    state = basins.set(surface="plateau").set(start_x=3.0, start_y=3.0).state
    assert np.ptp(state["run"].points) < 1e-3
    assert "at (3.00, 3.00) after 200 steps" in basins.caption
    assert state["ends"][0, 0] == NOT_SETTLED
    assert state["ends"][50, 50] == 0


def test_the_map_moves_without_a_repaint(basins):
    basins.set(surface="Himmelblau", rate=20).still()
    edition = basins._painter.edition
    before = basins._painter.paint().copy()
    basins.set(rate=26).caption  # noqa: B018
    after = basins._painter.paint()
    assert basins._painter.edition == edition
    assert np.mean(before != after) > 0.05


def test_each_surface_begins_with_what_suits_it(basins):
    for surface, share in (("plateau", 0.5), ("Rastrigin", 1.0), ("double well", 1.0)):
        state = basins.set(surface=surface, start_x=0.0, start_y=1.5).state
        assert np.mean(state["ends"] >= 0) >= share, surface
    assert "(4 % in the global one)" in basins.set(surface="Rastrigin").caption


def test_noise_at_a_saddle(noisy):
    for seed in range(4):
        state = noisy.set(noise=0.1, learning_rate=0.1, seed=seed).state
        assert state["quiet"].point == pytest.approx([0, 0], abs=1e-3)
        assert abs(state["noisy"].point[0]) == pytest.approx(1, abs=0.2)
        assert "leaves it and is past |x| = 0.5 at step" in noisy.caption
    noisy.set(noise=0.0)
    assert "stays near" in noisy.caption
    assert noisy.state["noisy"].point == pytest.approx([0, 0], abs=1e-3)
    state = noisy.set(noise=0.1, seed=0).state
    heights = state["with noise"]
    x, y = state["noisy"].points.T
    assert heights == pytest.approx((x**2 - 1) ** 2 + y**2)
    assert len(heights) == STEPS + 1
    first = int(np.argmax(np.abs(x) > 0.5))
    assert f"at step {first}," in noisy.caption


def test_a_film_rolls_the_ball(ball):
    ball.set(curve="two valleys", start=1.9, learning_rate=0.02)
    path, start, moving = (ball._drawings[k].drawing for k in (2, 3, 4))
    walk = ball.set(step=3).state["walk"]
    assert moving.dot.get_xydata()[0] == pytest.approx(walk.points[3])
    assert start.dot.get_xydata()[0] == pytest.approx(walk.points[0])
    assert len(path.line.get_xdata()) == 4
    assert ball.caption.startswith("At step 3 the ball is at w = ")
