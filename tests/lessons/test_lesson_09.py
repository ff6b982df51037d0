"""Lesson 09: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn.descent.basins import NOT_SETTLED
from calclearn.figures.basins import palette

grown = 0.001 * np.cumprod(np.full(30, 1 + 0.1 * 4))
right = {
    "09.1": [np.linalg.eigvalsh([[2, 4], [4, 2]])],
    "09.2": ["a"],
    "09.3": [2 / (12 * 1.473**2 - 8)],
    "09.4": [np.argmax(grown > 0.5) + 1],
}


def test_a_large_rate(ball_on_a_curve):
    state = ball_on_a_curve.set(curve="two valleys", start=-1.4, learning_rate=0.18).state
    assert np.ptp(state["run"].points[-10:]) > 0.5
    assert np.all(state["run"].points < 0)
    assert (state["ends"] == 1).mean() > 0.3
    assert (state["ends"] == 0).mean() < 0.005


WORDS = [
    ("ball_on_a_curve", {"curve": "two valleys", "start": -1.4, "learning_rate": 0.18},
     "(0 % in the global one), 57 % do not within 100 steps, 2 % diverge. 1 of 2 minima can hold"),
    ("ball_on_a_curve", {"curve": "parabola", "learning_rate": 1.0, "start": 2.0},
     "on a slope of 4"),
    ("basin_map", {"surface": "double well", "start_x": 0.0, "start_y": 1.5},
     "comes to the saddle at (0.00, 0.00): height 1.00, curvatures −4.00 and 2.00"),
    ("basin_map", {"surface": "monkey saddle", "start_x": 0.0, "start_y": 0.0},
     "degenerate point at (0.00, 0.00)"),
    ("basin_map", {"surface": "saddle", "start_x": 0.0, "start_y": 1.5}, "off the map at step"),
    ("basin_map", {"surface": "saddle"},
     "100 % of 10,000 starts diverge within 50 steps: there is no minimum"),
    ("basin_map", {"surface": "monkey saddle"}, "99 % of 10,000 starts diverge"),  # not all
    ("basin_map", {"surface": "plateau", "start_x": 3.0, "start_y": 3.0},
     "at (3.00, 3.00) after 200 steps"),
    ("basin_map", {"surface": "Rastrigin"}, "(4 % in the global one)"),
]  # fmt: skip


@pytest.mark.parametrize(("figure", "settings", "words"), WORDS)
def test_words(request, figure, settings, words):
    assert words in request.getfixturevalue(figure).set(**settings).caption


def test_starts_reach_as_far_as_the_surface_is_drawn(ball_on_a_curve, basin_map):
    for curve, low, high in (("ripples", -5, 5), ("two valleys", -2.2, 2)):
        start = ball_on_a_curve.set(curve=curve).controls["start"]
        assert (start.min, start.max) == (low, high)
    basin_map.set(surface="Himmelblau").set(start_x=5.0, start_y=0.3)
    assert basin_map.set(surface="double well").controls["start_x"].value == 2.2
    assert basin_map.state["weights"].tolist() == pytest.approx([2.2, 0.3])


def test_each_surface_begins_with_what_suits_it(basin_map):
    for surface, share in (("plateau", 0.5), ("double well", 1.0), ("Rastrigin", 1.0)):
        assert np.mean(basin_map.set(surface=surface).state["ends"] >= 0) >= share, surface
        state = basin_map.state
        assert np.array_equal(state["basins"], palette(state["surface"])[state["ends"]])
    ends = basin_map.set(surface="plateau").state["ends"]
    assert (ends[0, 0], ends[50, 50]) == (NOT_SETTLED, 0)


def test_noise_at_a_saddle(noisy_saddle):
    state = noisy_saddle.set(noise=0.1, learning_rate=0.1, seed=3).state
    x, y = state["noisy"].points.T
    assert state["quiet"].point == pytest.approx([0, 0], abs=1e-3)
    assert abs(x[-1]) == pytest.approx(1, abs=0.2)
    assert state["with noise"] == pytest.approx((x**2 - 1) ** 2 + y**2)
    first = int(np.argmax(np.abs(x) > 0.5))
    assert f"leaves the saddle and is past |x| = 0.5 at step {first}," in noisy_saddle.caption
    assert noisy_saddle.set(noise=0.0).state["noisy"].point == pytest.approx([0, 0], abs=1e-3)
    assert "stays near" in noisy_saddle.caption


def test_a_film_rolls_the_ball(ball_on_a_curve):
    w, height = ball_on_a_curve.set(step=3).state["walk"].points[3]
    assert ball_on_a_curve.caption.startswith(f"At step 3 the ball is at w = {w:.2f}. ")
    assert height == pytest.approx(ball_on_a_curve.state["surface"](np.array([w])))
    balls = ball_on_a_curve._drawings[4].drawing.lines["balls"]
    assert balls.get_xydata()[balls.get_markevery()].tolist() == [[w, height]]
