"""Lesson 10: its exercises as learners answer them, and its figures: model, steps and price."""

import numpy as np
import pytest

from calclearn import lessons
from calclearn.calculus.autodiff import grad, hessian
from calclearn.descent import landscapes
from calclearn.descent.descend import descend
from calclearn.descent.landscapes import double_well, himmelblau, two_valleys
from calclearn.descent.optimizers import Adam
from calclearn.descent.second_order import DampedNewton, Newton
from calclearn.lessons.races import race_on

newton = descend(two_valleys(), (2.0,), Newton(), 1).point
damped = descend(double_well(), (0.25, 1.0), DampedNewton(), 1).point

right = {
    "10.1": [newton, 2 - 21 / 42],
    "10.2": [damped, (0.25 + 0.9375 / 3.25, 0)],
    "10.3": [50_000**2 * 8 / 1e9],
    "10.4": ["c"],
}


@pytest.mark.parametrize("w", [-2.0, 0.2, 1.7])
def test_the_parabola_touches_and_newton_goes_where_it_is_level(newton_on_a_curve, w):
    curve = newton_on_a_curve.set(w=w, step=1)
    state, f = curve.state, lambda w: w**4 - 3 * w**2 + w
    slope, bend = grad(f)(w), grad(grad(f))(w)
    assert (state["slope"], state["curvature"]) == pytest.approx((slope, bend))
    assert state["next"] == pytest.approx(w - slope / bend)
    axis, heights = state["model of height"]
    assert heights == pytest.approx(f(w) + slope * (axis - w) + bend * (axis - w) ** 2 / 2)
    assert ("highest" in curve.caption) == (bend < 0)
    for name, exact in (("height", f), ("slope", grad(f))):
        axis, heights = state[f"curve of {name}"]
        assert heights[::40] == pytest.approx([exact(w) for w in axis[::40]])


@pytest.mark.parametrize("start", [1.9, -0.9])
def test_each_step_starts_where_the_last_one_ended_and_its_right_digits_double(
    newton_on_a_curve, start
):
    state = newton_on_a_curve.set(w=start, step=12).state
    (points, _), digits = state["points of height"], state["digits"]
    assert f"Step {len(points) - 1}, the last, starts at" in newton_on_a_curve.caption
    assert newton_on_a_curve.set(step=2).state["here"] == points[1]
    error = np.abs(points - min(np.ravel(two_valleys().minima), key=lambda w: abs(w - points[-1])))
    assert (error <= 10.0**-digits * 1.01).all()
    assert ((digits % 15 == 0) | (error > 10.0 ** -(digits + 1))).all()
    (near,) = np.nonzero((digits > 1) & (digits < 8))
    assert (digits[near + 1] >= 2 * digits[near] - 1).all()


def test_axes_hold_each_step_and_come_back(newton_on_a_curve):
    curve, window, widths = newton_on_a_curve, two_valleys().domain[0], []
    for step in range(1, 12):
        state = curve.set(w=0.72, step=step).state
        for ax, name in zip(curve._painter.figure.axes, ("height", "slope"), strict=True):
            places = np.transpose([state[f"start of {name}"], state[f"end of {name}"]])
            for (low, high), values in zip((ax.get_xlim(), ax.get_ylim()), places, strict=True):
                assert ((low <= values) & (values <= high)).all()
        widths.append(np.ptp(ax.get_xlim()))
    assert widths[0] > 2 * np.ptp(window)
    assert ax.get_xlim() == window


def test_a_drag_goes_on_where_the_axes_widen(newton_on_a_curve):
    curve = newton_on_a_curve.set(w=1.2, step=1)
    curve.still()  # what has been drawn has found its place
    ax, before, way = curve._drawings[0].drawing.ax, curve.values, np.linspace(1.2, 0.2, 6)
    to_figure = ax.transData + ax.figure.transFigure.inverted()
    start, *ends = to_figure.transform([(w, -0.5) for w in way]).tolist()
    for w, to in zip(way[1:], ends, strict=True):
        curve._answer(before, {"grip": 0, "before": before, "start": start, "to": to})
        assert curve.state["here"] == curve.values["w"] == pytest.approx(w, abs=0.011)
        curve.still()


@pytest.mark.parametrize("at", [(0.0, 0.0), (-1.0, -2.0), (4.0, 3.0)])
def test_the_model_is_cut_along_newtons_step_and_moves_on_with_it(newton_on_a_map, at):
    plane, surface = newton_on_a_map.set(x=at[0], y=at[1], step=1, damping=1e-6), himmelblau()
    runs = plane.state["descents"]
    assert runs["Newton"].points[1] == pytest.approx(
        at - np.linalg.solve(hessian(surface)(np.array(at)), grad(surface)(np.array(at)))
    )
    assert runs["DampedNewton"].value < surface(at)
    for step in range(1, len(runs["Newton"].points)):
        state = plane.set(step=step).state
        assert state["point"] == pytest.approx(runs["Newton"].points[step - 1])
        exact = np.linalg.eigvalsh(hessian(surface)(state["point"]))
        assert state["curvatures"] == pytest.approx(exact)
        t, heights = state["cut of model"]  # of one change that it promises, level at the step
        assert heights == pytest.approx(np.sign(heights[80]) * (2 * t - t**2), abs=1e-3)
        assert state["end"][1] == pytest.approx(heights[80])  # at t = 1


def test_no_step_is_so_short_that_its_cut_shows_rounding():
    plane = lessons.newton_on_a_map(landscapes.rosenbrock()).set(x=-1.2, y=1.0)
    for step in range(1, 9):
        t, heights = plane.set(step=step).state["cut of model"]
        bend = np.polynomial.Polynomial.fit(t, heights, 2)
        assert heights == pytest.approx(bend(t), abs=1e-2)


def test_bowls_hills_and_saddles_also_where_the_slope_is_zero(newton_on_a_map):
    for x, y, kind in ((3.0, 2.0, "a bowl"), (0.0, 0.0, "a hill"), (3.0, 0.0, "a saddle")):
        assert kind in newton_on_a_map.set(x=x, y=y).caption
    assert "a saddle" in lessons.newton_on_a_map(landscapes.saddle()).set(x=0.0, y=0.0).caption


@pytest.mark.parametrize("at", [(0.0, 2.0), (2.0, 2.0), (4.0, 3.0)])
@pytest.mark.parametrize("c", [0.0, 0.2, 0.95])
def test_the_accepted_step_is_the_first_below_armijos_line(line_search, at, c):
    state = line_search.set(x=at[0], y=at[1], c=c).state
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


def test_a_search_at_the_minimum_promises_nothing(line_search):
    at_rest = line_search.set(x=3.0, y=2.0, c=0.2).state
    assert at_rest["promise"] == at_rest["fall"] == 0


def test_near_a_saddle_newton_stops_there_and_damping_does_not():
    race = lessons.race_by_curvature(double_well()).set(x=0.1, y=1.5)
    ends = {name: result.descent.point for name, result in race.state["results"].items()}
    assert ends["Newton"] == pytest.approx([0, 0], abs=1e-6)
    assert abs(ends["DampedNewton"]) == pytest.approx([1, 0], abs=1e-6)
    assert "Newton is 1 above the lowest, resting on a saddle" in race.caption
    rate = race.controls["learning_rate"]
    race.set(learning_rate=float(rate.base**rate.max), x=2.0, y=2.0)
    assert "GradientDescent diverges" in race.caption


def test_a_race_spends_its_gradients_picture_by_picture(race_by_curvature):
    whole = race_by_curvature.set(budget=60).state["results"]
    results = race_by_curvature.set(budget=17).state["results"]
    curves = race_by_curvature._drawings[2].drawing.lines
    for name, (descent, price, gap) in results.items():
        assert curves[name].get_xdata() == pytest.approx(price)
        assert curves[name].get_ydata()[0] == pytest.approx(gap[0])
        paid = whole[name].price <= 17
        assert (price[0], price[-1] <= 17) == (1, True)
        np.testing.assert_array_equal(descent.points, whole[name].descent.points[paid])


def test_a_race_needs_two_weights_and_a_minimum():
    for surface in (landscapes.rosenbrock(3), landscapes.saddle(), landscapes.parabola()):
        with pytest.raises(ValueError, match="surface must have two weights and a known minimum"):
            lessons.race_by_curvature(surface)


def test_an_optimizer_of_ones_own_races():
    words = "with mine at η = 0.1"
    own = race_on(himmelblau(), lambda: {"Mine": Adam(0.1)}, ("Mine",), lambda _: words, 60)
    assert words in own.caption
    assert own.state["results"]["Mine"].price[-1] == 60
