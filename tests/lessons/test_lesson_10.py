"""Lesson 10: its exercises as learners answer them, and its figures: model, steps and price."""

import numpy as np
import pytest

from calclearn import lessons
from calclearn.calculus.autodiff import grad, hessian
from calclearn.descent.descend import descend
from calclearn.descent.landscapes import (
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

right = {
    "10.1": [newton, 2 - 21 / 42],
    "10.2": [damped, (0.25 + 0.9375 / 3.25, 0)],
    "10.3": [50_000**2 * 8 / 1e9],
    "10.4": ["c"],
}


@pytest.mark.parametrize("w", [-2.0, 0.2, 1.7])
def test_the_parabola_touches_and_newton_goes_where_it_is_level(at_first, w):
    curve = at_first(lessons.newton_on_a_curve).set(w=w, step=1)
    state, f = curve.state, lambda w: w**4 - 3 * w**2 + w
    slope, bend = grad(f)(w), grad(grad(f))(w)
    assert (state["slope"], state["curvature"]) == pytest.approx((slope, bend))
    assert state["next"] == pytest.approx(w - slope / bend)
    axis, heights = state["model of height"]
    assert heights == pytest.approx(f(w) + slope * (axis - w) + bend * (axis - w) ** 2 / 2)
    assert ("highest" in curve.caption) == (bend < 0)
    for name, exact in (("height", f), ("slope", grad(f))):
        (axis, heights), (wide, (bottom, top)) = state[f"curve of {name}"], state[f"view of {name}"]
        assert (axis[0], axis[-1]) == wide
        assert heights[::40] == pytest.approx([exact(w) for w in axis[::40]])
        inside = slice(*np.searchsorted(axis, two_valleys().domain[0]))
        assert bottom < heights[inside].min() < heights[inside].max() < top


def test_each_step_starts_where_the_last_one_ended(at_first):
    curve = at_first(lessons.newton_on_a_curve)
    assert "Step 6, the last, starts at w = 1.13" in curve.set(w=1.9, step=12).caption
    for step in range(1, 6):
        end, start = curve.set(step=step).state["next"], curve.set(step=step + 1).state["here"]
        assert end == start == curve.state["points of height"][0][step]
        assert curve.state["model of height"][1].min() == pytest.approx(
            curve.state["end of height"][1], abs=1e-3
        )


@pytest.mark.parametrize("start", [1.9, -0.9])
def test_right_digits_count_decimals_and_double(at_first, start):
    state = at_first(lessons.newton_on_a_curve).set(w=start, step=12).state
    minimum = min(np.ravel(two_valleys().minima), key=lambda w: abs(w - state["next"]))
    digits = state["digits"]
    error = abs(state["points of height"][0] - minimum)
    assert (error <= 10.0**-digits * 1.01).all()
    assert ((digits % 15 == 0) | (error > 10.0 ** -(digits + 1))).all()
    (near,) = np.nonzero((digits > 1) & (digits < 8))
    assert (digits[near + 1] >= 2 * digits[near] - 1).all()


def test_axes_hold_each_step_and_come_back(at_first):
    curve, (low, high) = at_first(lessons.newton_on_a_curve), two_valleys().domain[0]
    left, right = curve._drawings[0].drawing.ax.figure.axes
    widths = []
    for step in range(1, 12):
        state = curve.set(w=0.72, step=step).state
        for ax, name in ((left, "height"), (right, "slope")):
            for x, y in (state[f"start of {name}"], state[f"end of {name}"]):
                assert ax.get_xlim()[0] <= x <= ax.get_xlim()[1]
                assert ax.get_ylim()[0] <= y <= ax.get_ylim()[1]
        widths.append(np.ptp(left.get_xlim()))
    assert widths[0] > 2 * (high - low)
    assert left.get_xlim() == right.get_xlim() == (low, high)


def test_a_drag_goes_on_where_the_axes_widen(at_first):
    curve = at_first(lessons.newton_on_a_curve).set(w=1.2, step=1)
    curve.still()  # what has been drawn has found its place
    ax, before, way = curve._drawings[0].drawing.ax, curve.values, np.linspace(1.2, 0.2, 6)
    to_figure = ax.transData + ax.figure.transFigure.inverted()
    start, *ends = to_figure.transform([(w, -0.5) for w in way]).tolist()
    for w, to in zip(way[1:], ends, strict=True):
        curve._answer(before, {"grip": 0, "before": before, "start": start, "to": to})
        assert curve.state["here"] == curve.values["w"] == pytest.approx(w, abs=0.011)
        curve.still()


@pytest.mark.parametrize("at", [(0.0, 0.0), (-1.0, -2.0), (4.0, 3.0)])
def test_newton_solves_and_damped_newton_turns_the_curvatures_up(at_first, at):
    plane = at_first(lessons.newton_on_a_map).set(x=at[0], y=at[1], step=1, damping=1e-6)
    runs, surface, at = plane.state["descents"], himmelblau(), np.array(at)
    g, H = grad(surface)(at), hessian(surface)(at)
    assert runs["Newton"].points[1] == pytest.approx(at - np.linalg.solve(H, g))
    curvatures, directions = np.linalg.eigh(H)
    step = directions @ (directions.T @ g / abs(curvatures))
    shares = (at - runs["DampedNewton"].points[1]) / step
    assert shares[0] == pytest.approx(shares[1])  # a half or a quarter of it, if it was too long
    assert np.log2(shares[0]) == pytest.approx(round(np.log2(shares[0])))
    assert runs["DampedNewton"].value < surface(at)
    t, heights = plane.state["cut of model"]  # of one change that it promises, level at the step
    promised = np.sign(heights[80])
    assert heights == pytest.approx(promised * (2 * t - t**2), abs=1e-9)
    full = plane.set(damping=1.0).state["descents"]["DampedNewton"].points[1]
    if at[0] == 4:  # gradient descent with one over the largest curvature
        assert full == pytest.approx(at - g / abs(curvatures).max())


@pytest.mark.parametrize("surface", [himmelblau(), rosenbrock()])
def test_no_step_is_so_short_that_its_cut_shows_rounding(surface):
    plane = lessons.newton_on_a_map(surface)
    for x, y in ((0.1, 0.1), (-1.2, 1.0)):
        for step in range(1, 9):
            t, heights = plane.set(x=x, y=y, step=step).state["cut of model"]
            bend = np.polynomial.Polynomial.fit(t, heights, 2)
            assert heights == pytest.approx(bend(t), abs=1e-2)


def test_the_model_moves_on_with_newton(at_first):
    plane = at_first(lessons.newton_on_a_map).set(x=-1.0, y=-2.0, step=1)
    run = plane.state["descents"]["Newton"]
    paths = next(d.drawing for d in plane._drawings if d.kind == "Paths").paths
    for step in range(1, len(run.points)):
        state = plane.set(step=step).state
        assert state["point"] == pytest.approx(run.points[step - 1])
        assert state["end"][1] == pytest.approx(state["cut of model"][1][80])  # at t = 1
        assert len(paths["Newton"].line.get_xdata()) == step + 1
        exact = np.linalg.eigvalsh(himmelblau().hessian(state["point"]))
        assert state["curvatures"] == pytest.approx(exact)


def test_bowls_hills_and_saddles_also_where_the_slope_is_zero(at_first):
    plane = at_first(lessons.newton_on_a_map)
    for x, y, kind in ((3.0, 2.0, "a bowl"), (0.0, 0.0, "a hill"), (3.0, 0.0, "a saddle")):
        assert kind in plane.set(x=x, y=y).caption
    assert "a saddle" in lessons.newton_on_a_map(saddle()).set(x=0.0, y=0.0).caption


PLACES = [(0.0, 2.0), (2.0, 2.0), (-3.0, -2.0), (3.3, 2.2), (4.0, 3.0), (1.0, 1.0)]


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("c", [0.0, 0.2, 0.95])
def test_the_accepted_step_is_the_first_below_armijos_line(at_first, at, c):
    state = at_first(lessons.line_search).set(x=at[0], y=at[1], c=c).state
    surface, w, end = himmelblau(), np.array(at), state["way"][:, 1]
    slope = grad(surface)(w) @ (end - w)
    assert slope == pytest.approx(-state["promise"])
    t = 1.0
    while surface(w + t * (end - w)) > surface(w) + c * t * slope:
        t /= 2
    assert state["accepted"] == t
    assert state["fall"] == pytest.approx(surface(w) - surface(w + t * (end - w)))
    assert state["refused steps"][0] == pytest.approx(0.5 ** np.arange(round(-np.log2(t))))
    there = descend(surface, at, DampedNewton(1e-6), 1).points[1]
    assert c or state["accepted place"][:, 0] == pytest.approx(there)


def test_the_search_near_a_minimum_and_at_it(at_first):
    search = at_first(lessons.line_search).set(x=3.0, y=2.02, c=0.45)
    assert search.state["accepted"] == 1
    assert search.state["fall"] == pytest.approx(search.state["promise"] / 2, rel=0.02)
    assert search.set(c=0.55).state["accepted"] == 0.5
    at_rest = search.set(y=2.0, c=0.2).state
    assert at_rest["promise"] == at_rest["fall"] == 0


def test_near_a_saddle_newton_stops_there_and_damping_does_not():
    race = lessons.race_by_curvature(double_well()).set(x=0.1, y=1.5)
    results = race.state["results"]
    assert results["Newton"].descent.point == pytest.approx([0, 0], abs=1e-6)
    assert abs(results["DampedNewton"].descent.point) == pytest.approx([1, 0], abs=1e-6)
    assert "Newton is 1 above the lowest, resting on a saddle" in race.caption
    rate = race.controls["learning_rate"]
    race.set(learning_rate=float(rate.base**rate.max), x=2.0, y=2.0)
    assert "GradientDescent diverges" in race.caption


def test_a_race_spends_its_gradients_picture_by_picture(at_first):
    race = at_first(lessons.race_by_curvature)
    assert race.play[0] == "budget"
    whole = race.set(budget=60).state["results"]
    for budget in (4, 17, 60):
        results = race.set(budget=budget).state["results"]
        assert f"{budget} gradients each" in race.caption
        for name, (descent, price, gap) in results.items():
            assert len(price) == len(gap) == len(descent.points)
            assert price[0] == 1
            assert price[-1] <= budget
            paid = whole[name].price <= budget
            np.testing.assert_array_equal(descent.points, whole[name].descent.points[paid])


def test_a_race_needs_two_weights_and_a_minimum():
    for surface in (rosenbrock(3), saddle(), parabola()):
        with pytest.raises(ValueError, match="surface must have two weights and a known minimum"):
            lessons.race_by_curvature(surface)
