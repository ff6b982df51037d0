"""Lesson 06: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn import lessons
from calclearn.calculus.numerical import central_difference
from calclearn.data import penguin_line, penguins
from calclearn.descent.losses import line_loss

x, y = penguin_line().x, penguin_line().y
z = penguin_line("standardised").x
bowl = line_loss(x, y)


def sse(slope, intercept):
    return np.sum(r(slope, intercept) ** 2)


def r(slope, intercept):
    return slope * x + intercept - y


g = 2 * np.array([r(0.0, 3.0) @ x, r(0.0, 3.0).sum()])
down = -g / np.linalg.norm(g)

right = {
    "06.1": [
        lambda m, c: 2 * np.sum(m * x + c - y),
        lambda m, c: central_difference(lambda v: sse(m, v), c, 1e-4),
    ],
    "06.2": [
        lambda m, c: 2 * np.sum((m * x + c - y) * x),
        lambda m, c: central_difference(lambda v: sse(v, c), m, 1e-4),
    ],
    "06.3": [down, [round(v, 3) for v in down], down.reshape(2, 1)],
    "06.4": [2 * z.sum(), line_loss(z, y).hessian(np.array([1.0, 2.0]))[0, 1]],
}


@pytest.fixture
def way(at_first):
    return at_first(lessons.which_way_is_down)


def test_gradient_and_loss_of_the_figure(way):
    for slope, intercept in ((1.5, 2.5), (-0.4, 4.8)):
        values = way.set(slope=slope, intercept=intercept).values
        state, at = way.state, (values["slope"], values["intercept"])
        assert state["loss"] == pytest.approx(sse(*at))
        assert state["gradient"] == pytest.approx([2 * r(*at) @ x, 2 * r(*at).sum()])


def test_right_angle_of_arrow_and_contour_on_the_screen(way):
    way.set(slope=1.5, intercept=2.5).still()
    weights, gradient = way.state["weights"], way.state["gradient"]
    arrow = way._drawings[7].drawing
    along = np.array([-gradient[1], gradient[0]]) * 1e-3 / np.linalg.norm(gradient)
    to_screen = arrow.ax.transData.transform
    shaft = to_screen(arrow.arrows[2].xy) - to_screen(weights)
    level = to_screen(weights + along) - to_screen(weights)
    assert abs(shaft @ level / np.linalg.norm(shaft) / np.linalg.norm(level)) < 1e-6
    assert shaft @ (to_screen(weights - 1e-6 * gradient) - to_screen(weights)) > 0


def test_curvatures_of_the_bowl():
    shape, names = lessons.shape_of_the_bowl(), ("an oval", "round", "a long valley")
    for origin, unit, name in zip((190, 201, 180), (1, 1.4, 0.4), names, strict=True):
        state = shape.set(origin=origin, unit=unit).state
        u = (penguins().flipper_length - origin) / (10 * unit)
        flat, steep = np.linalg.eigvalsh(2 * np.array([[u @ u, u.sum()], [u.sum(), len(u)]]))
        assert state["curvatures"] == pytest.approx([flat, steep])
        assert state["condition"] == pytest.approx(steep / flat)
        assert shape.caption.endswith(f"so the bowl is {name}.")


def test_slopes_along_every_direction():
    explorer, at = lessons.every_direction(), np.array([-0.2, 4.5])
    gradient = np.array([2 * r(*at) @ x, 2 * r(*at).sum()])
    for angle in (-180.0, 37.0, 90.0):
        state = explorer.set(angle=angle).state
        u = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        assert state["rate"] == pytest.approx(gradient @ u)
        cosine = np.linalg.norm(gradient) * np.cos(np.radians(state["turn"]))
        assert state["rate"] == pytest.approx(cosine)
        t, losses = state["slice"]
        assert losses[::40] == pytest.approx([sse(*(at + s * u)) for s in t[::40]])
    uphill = np.degrees(np.arctan2(gradient[1], gradient[0]))
    assert "uphill, as steeply as it gets" in explorer.set(angle=uphill).caption
    assert "along the contour" in explorer.set(angle=uphill - 90).caption


def test_the_goal_is_a_place_where_the_slope_is_right_and_the_intercept_is_not(way):
    intercept = 4.5
    slope = (y - intercept) @ x / (x @ x)
    assert way.set(slope=slope, intercept=intercept).caption.endswith(": reached.")
    assert way.set(slope=slope + 0.1, intercept=intercept).caption.endswith(": not yet.")
    bottom = way.set(slope=0.5, intercept=3.66).caption
    assert bottom.endswith("the gradient is nearly zero: this is the bottom of the bowl.")
