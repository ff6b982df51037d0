"""Lesson 06: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn.calculus.numerical import central_difference
from calclearn.data import penguin_line

x, y = penguin_line().x, penguin_line().y
z = penguin_line("standardised").x


def sse(slope, intercept):
    return np.sum((slope * x + intercept - y) ** 2)


def gradient_at(slope, intercept):
    r = slope * x + intercept - y
    return 2 * np.array([r @ x, r.sum()])


down = -gradient_at(0, 3) / np.linalg.norm(gradient_at(0, 3))

right = {
    "06.1": [lambda m, c: central_difference(lambda v: sse(m, v), c, 1e-4)],
    "06.2": [lambda m, c: central_difference(lambda v: sse(v, c), m, 1e-4)],
    "06.3": [down, [round(v, 3) for v in down]],
    "06.4": [2 * z.sum()],
}


def test_gradient_and_loss_of_the_figure(which_way_is_down):
    state = which_way_is_down.set(slope=1.5, intercept=2.5).state
    assert state["loss"] == pytest.approx(sse(1.5, 2.5))
    assert state["gradient"] == pytest.approx(gradient_at(1.5, 2.5))
    assert which_way_is_down._painter.figure.axes[1].get_aspect() == 1  # for right angles
    level, upright = (which_way_is_down._drawings[k].drawing.lines for k in (3, 4))
    assert (level["y"][1].get_ydata()[0], upright["x"][1].get_xdata()[0]) == (2.5, 1.5)


def test_slopes_along_every_direction(every_direction):
    at = np.array([-0.2, 4.5])
    gradient = gradient_at(*at)
    for angle in (-180.0, 37.0):
        state = every_direction.set(angle=angle).state
        u = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        cosine = np.linalg.norm(gradient) * np.cos(np.radians(state["turn"]))
        assert state["rate"] == pytest.approx(gradient @ u) == pytest.approx(cosine)
        t, losses = state["slice"]
        assert losses[::40] == pytest.approx([sse(*(at + s * u)) for s in t[::40]])
        (turned,) = every_direction._held()[0].dragged(None, state["tip"], 0.0)
        assert turned % 360 == pytest.approx(angle % 360)
    uphill = np.degrees(np.arctan2(gradient[1], gradient[0]))
    assert "uphill, as steeply as it gets" in every_direction.set(angle=uphill).caption
    assert "along the contour" in every_direction.set(angle=uphill - 90).caption


def test_the_goal_is_a_place_where_the_slope_is_right_and_the_intercept_is_not(which_way_is_down):
    slope = (y - 4.5) @ x / (x @ x)
    bottom = "the gradient is nearly zero: this is the bottom of the bowl."
    places = ((slope, 4.5), ": reached."), ((slope + 0.1, 4.5), ": not yet."), ((0.5, 3.66), bottom)
    for w, end in places:
        assert which_way_is_down.set(slope=w[0], intercept=w[1]).caption.endswith(end)
