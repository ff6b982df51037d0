"""Lesson 10: its exercises as learners answer them, and its figures: model, steps and price."""

import numpy as np
import pytest

from calclearn import lessons
from calclearn.calculus.autodiff import grad, hessian
from calclearn.descent.descend import Stop, descend
from calclearn.descent.landscapes import (
    bowl,
    double_well,
    himmelblau,
    parabola,
    rosenbrock,
    saddle,
    two_valleys,
)
from calclearn.descent.second_order import DampedNewton, Newton

newton = descend(two_valleys(), (2.0,), Newton(), 1).point
damped = descend(double_well(), (0.25, 1.0), DampedNewton(), 1).point
climbed = descend(double_well(), (0.25, 1.0), Newton(), 1).point

right = {
    "10.1": [newton, 1.5, "3/2", 2 - 21 / 42],
    "10.2": [damped, (0.25 + 0.9375 / 3.25, 0), [0.538, 0.0]],
    "10.3": [20, 50_000**2 * 8 / 1e9, "20"],
    "10.4": ["c", "Newton's method."],
}
readings = {  # answers that are not listed as mistakes, and words of the reply
    "10.1": [(0, "changed places")],
    "10.2": [
        (climbed, "goes up along x"),
        (damped[::-1], "wrong order"),
        (np.zeros(3), "two numbers"),
    ],
    "10.3": [(20_000, "power of ten")],
}


@pytest.fixture(scope="module")
def curve():
    return lessons.newton_on_a_curve()


@pytest.fixture(scope="module")
def plane():
    return lessons.newton_on_a_map()


@pytest.mark.parametrize("w", [-2.0, -1.1, 0.2, 0.9, 1.7])
def test_the_parabola_touches_and_newton_goes_where_it_is_level(curve, w):
    state = curve.set(w=w).state
    f = lambda w: w**4 - 3 * w**2 + w  # noqa: E731
    slope, bend = grad(f)(w), grad(grad(f))(w)
    assert (state["slope"], state["curvature"]) == pytest.approx((slope, bend))
    assert state["first"] == pytest.approx(w - slope / bend)
    axis, heights = state["model"]
    assert heights == pytest.approx(f(w) + slope * (axis - w) + bend * (axis - w) ** 2 / 2)
    assert ("highest" in curve.caption) == (bend < 0)


def test_every_place_on_the_curve(curve):
    (window,) = two_valleys().domain
    for w in np.linspace(*window, 41):
        curve.set(w=float(w), steps=8)
        assert curve.error is None
        assert curve.still()


def test_the_curve_and_its_slope_are_drawn_from_end_to_end(curve):
    surface = two_valleys()
    for place, f in ((1, surface), (4, surface.gradient)):
        ax = curve._drawings[place].drawing.ax
        (low, high), (bottom, top) = surface.domain[0], ax.get_ylim()
        (w, y) = next(line.get_data() for line in ax.lines if len(line.get_xdata()) > 300)
        assert (w[0], w[-1]) == ax.get_xlim() == (low, high)
        assert y == pytest.approx(np.ravel(f(w[None])))
        assert bottom < y.min() < y.max() < top


def test_a_drag_along_the_curve(curve):
    curve.still()  # what has been drawn has found its place
    ax, before = curve._drawings[1].drawing.ax, curve.values
    to_figure = ax.transData + ax.figure.transFigure.inverted()
    start, to = to_figure.transform([(1.0, 0.0), (-1.5, 5.0)]).tolist()
    curve._answer(before, {"grip": 0, "before": before, "start": start, "to": to})
    assert curve.state["point"][0] == pytest.approx(-1.5, abs=0.02)


@pytest.mark.parametrize(
    ("surface", "kind"),
    [(bowl(0.2, 3), "a bowl"), (-1 * bowl(0.2, 3), "a hill"), (saddle(), "a saddle")],
)
def test_bowls_hills_and_saddles(surface, kind):
    assert kind in lessons.newton_on_a_map(surface).set(x=0.5, y=0.5).caption


@pytest.mark.parametrize("at", [(0.0, 0.0), (-1.0, -2.0), (4.0, 3.0)])
def test_newton_solves_and_damped_newton_turns_the_curvatures_up(plane, at):
    runs = plane.set(x=at[0], y=at[1], steps=1, damping=1e-6).state["descents"]
    surface, at = himmelblau(), np.array(at)
    g, H = grad(surface)(at), hessian(surface)(at)
    assert runs["Newton"].points[1] == pytest.approx(at - np.linalg.solve(H, g))
    curvatures, directions = np.linalg.eigh(H)
    step = directions @ (directions.T @ g / abs(curvatures))
    shares = (at - runs["DampedNewton"].points[1]) / step
    assert shares[0] == pytest.approx(shares[1])  # a half or a quarter of it, if it was too long
    assert np.log2(shares[0]) == pytest.approx(round(np.log2(shares[0])))
    assert runs["DampedNewton"].value < surface(at)


def test_full_damping_is_gradient_descent_with_one_over_the_largest_curvature(plane):
    run = plane.set(x=4.0, y=3.0, steps=1, damping=1.0).state["descents"]["DampedNewton"]
    steepest = abs(np.linalg.eigvalsh(himmelblau().hessian(np.array([4.0, 3.0])))).max()
    assert run.points[1] == pytest.approx(run.points[0] - run.gradients[0] / steepest)


def test_the_cut_promises_one_and_is_level_at_the_step(plane):
    for at, promised in (((4.0, 3.0), -1), ((0.0, 0.0), 1)):
        t, heights = plane.set(x=at[0], y=at[1]).state["cut of model"]
        assert heights == pytest.approx(promised * (2 * t - t**2), abs=1e-9)


def test_stationary_points(plane):
    assert plane.set(x=3.0, y=2.0).still()
    assert plane.error is None
    flat = lessons.newton_on_a_map(saddle()).set(x=0.0, y=0.0)
    assert flat.error is None
    assert "saddle" in flat.caption


def test_near_a_saddle_newton_stops_there_and_damping_does_not():
    race = lessons.race_by_curvature(double_well()).set(x=0.1, y=1.5)
    results = race.state["results"]
    assert results["Newton"].descent.point == pytest.approx([0, 0], abs=1e-6)
    assert abs(results["DampedNewton"].descent.point) == pytest.approx([1, 0], abs=1e-6)
    assert "Newton is 1 above the lowest, resting on a saddle" in race.caption


@pytest.mark.parametrize("budget", [4, 17, 60])
def test_prices_stay_within_the_budget(budget):
    results = lessons.race_by_curvature(rosenbrock()).set(budget=budget).state["results"]
    for name, (descent, price, gap) in results.items():
        assert len(price) == len(gap) == len(descent.points)
        assert price[0] == 1
        assert price[-1] <= budget
        assert np.all(np.diff(price) > 0) or descent.stop == Stop.DIVERGED
        if name == "Newton":  # a gradient, and two for the Hessian
            assert np.all(np.diff(price) == 3)


def test_divergence():
    race = lessons.race_by_curvature()
    rate = race.controls["learning_rate"]
    race.set(learning_rate=float(rate.base**rate.max), x=4.9, y=4.9)
    assert "GradientDescent diverges" in race.caption
    assert race.still()


def test_a_race_needs_two_weights_and_a_minimum():
    for surface in (rosenbrock(3), saddle(), parabola()):
        with pytest.raises(ValueError, match="surface must have two weights and a known minimum"):
            lessons.race_by_curvature(surface)
