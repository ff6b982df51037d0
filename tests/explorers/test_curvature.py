"""The explorers of lesson 10: the model they draw, the steps they take, the price they name."""

import numpy as np
import pytest

from calclearn import explorers
from calclearn.calculus.autodiff import grad, hessian
from calclearn.descent.descend import Stop
from calclearn.descent.landscapes import (
    bowl,
    double_well,
    himmelblau,
    parabola,
    ripples,
    rosenbrock,
    saddle,
    two_valleys,
)
from calclearn.descent.surfaces import Surface


@pytest.fixture(scope="module")
def curve():
    return explorers.newton_on_a_curve()


@pytest.fixture(scope="module")
def plane():
    return explorers.newton_on_a_map()


@pytest.mark.parametrize("w", [-2.0, -1.1, 0.2, 0.9, 1.7])
def test_the_parabola_touches_and_is_level_where_newton_goes(curve, w):
    state = curve.set(w=w).state
    f = lambda w: w**4 - 3 * w**2 + w  # noqa: E731
    slope, bend = grad(f)(w), grad(grad(f))(w)
    assert state["told"][2:] == pytest.approx((slope, bend))
    assert state["next"] == pytest.approx(w - slope / bend)
    axis, heights = state["model"]
    assert heights == pytest.approx(f(w) + slope * (axis - w) + bend * (axis - w) ** 2 / 2)
    assert ("highest" in curve.caption) == (bend < 0)


def test_on_a_parabola_newton_arrives_in_one_step():
    newton = explorers.newton_on_a_curve(parabola()).set(w=-2.4)
    assert newton.state["next"] == pytest.approx(0, abs=1e-12)
    assert newton.set(steps=8).state["run"].steps_taken == 1


def test_every_curve_and_place_is_a_picture_and_a_sentence():
    newton = explorers.newton_on_a_curve(ripples())
    for w in np.linspace(-5, 5, 41):
        newton.set(w=round(float(w), 1), steps=8)
        assert newton.error is None
        assert newton.still()


def test_the_curve_and_its_slope_are_drawn_from_end_to_end(curve, drawing):
    surface = two_valleys()
    for part, f in (("point", surface), ("tangent", surface.gradient)):
        ax = drawing(curve, part).ax
        (low, high), (bottom, top) = surface.domain[0], ax.get_ylim()
        (w, y) = next(line.get_data() for line in ax.lines if len(line.get_xdata()) > 300)
        assert (w[0], w[-1]) == ax.get_xlim() == (low, high)
        assert y == pytest.approx(np.ravel(f(w[None])))
        assert bottom < y.min() < y.max() < top


def test_where_the_curvature_is_0_there_is_no_lowest_point():
    cubic = Surface(lambda w: w[0] ** 3, domain=((-2.0, 2.0),), start=(0.5,), name="cubic")
    newton = explorers.newton_on_a_curve(cubic).set(w=0.0)
    assert newton.error is None
    assert "curvature is 0" in newton.caption


@pytest.mark.parametrize(
    ("surface", "kind"),
    [(bowl(0.2, 3), "a bowl"), (-1 * bowl(0.2, 3), "a hill"), (saddle(), "a saddle")],
)
def test_the_model_is_a_bowl_a_hill_or_a_saddle(surface, kind):
    assert kind in explorers.newton_on_a_map(surface).set(x=0.5, y=0.5).caption


def test_the_point_can_be_dragged_along_the_curve(curve, drag):
    drag(curve, "point", (-1.5, 5.0))
    assert curve.state["told"][0] == pytest.approx(-1.5, abs=0.02)


@pytest.mark.parametrize("at", [(0.0, 0.0), (-1.0, -2.0), (4.0, 3.0)])
def test_newton_solves_and_damped_newton_turns_the_curvatures_up(plane, at):
    runs = plane.set(x=at[0], y=at[1], steps=1, damping=1e-6).state["runs"]
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
    run = plane.set(x=4.0, y=3.0, steps=1, damping=1.0).state["runs"]["DampedNewton"]
    steepest = abs(np.linalg.eigvalsh(himmelblau().hessian(np.array([4.0, 3.0])))).max()
    assert run.points[1] == pytest.approx(run.points[0] - run.gradients[0] / steepest)


def test_the_cut_promises_one_and_is_level_at_the_step(plane):
    for at, promised in (((4.0, 3.0), -1), ((0.0, 0.0), 1)):
        t, heights = plane.set(x=at[0], y=at[1]).state["cut"]["model"]
        assert heights == pytest.approx(promised * (2 * t - t**2), abs=1e-9)


def test_at_a_stationary_point_there_is_still_a_picture(plane):
    assert plane.set(x=3.0, y=2.0).still()
    assert plane.error is None
    flat = explorers.newton_on_a_map(saddle()).set(x=0.0, y=0.0)
    assert flat.error is None
    assert "saddle" in flat.caption


def test_near_a_saddle_newton_stops_there_and_damping_does_not():
    race = explorers.race_by_curvature(double_well()).set(x=0.1, y=1.5)
    laps = race.state["laps"]
    assert laps["Newton"].descent.point == pytest.approx([0, 0], abs=1e-6)
    assert abs(laps["DampedNewton"].descent.point) == pytest.approx([1, 0], abs=1e-6)
    assert "Newton is 1 above the lowest, resting on a saddle" in race.caption


@pytest.mark.parametrize("budget", [4, 17, 60])
def test_nobody_spends_more_than_the_budget(budget):
    laps = explorers.race_by_curvature(rosenbrock()).set(budget=budget).state["laps"]
    for name, (descent, price, gap) in laps.items():
        assert len(price) == len(gap) == len(descent.points)
        assert price[0] == 1
        assert price[-1] <= budget
        assert np.all(np.diff(price) > 0) or descent.stop == Stop.DIVERGED
        if name == "Newton":  # a gradient, and two for the Hessian
            assert np.all(np.diff(price) == 3)


def test_divergence_is_a_picture_and_a_word():
    race = explorers.race_by_curvature()
    rate = race.controls["learning_rate"]
    race.set(learning_rate=float(rate.base**rate.max), x=4.9, y=4.9)
    assert "GradientDescent diverges" in race.caption
    assert race.still()


def test_other_surfaces_have_two_weights_and_a_minimum():
    with pytest.raises(ValueError, match="surface must have one weight, got 2"):
        explorers.newton_on_a_curve(bowl())
    for surface in (rosenbrock(3), saddle(), parabola()):
        with pytest.raises(ValueError, match="surface must have two weights and a known minimum"):
            explorers.race_by_curvature(surface)
