"""Lesson 01: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn import derivative, forward_difference, grad, parse

curve = parse("x**2 - 3*x + 5")
right = {
    "01.1": [forward_difference(parse("x**3"), 2, 0.1)],
    "01.2": [np.poly1d([2, -3]), grad(curve), lambda x: derivative(curve, x).value],
    "01.3": [5 + (-2) * (3.1 - 3)],
    "01.4": ["d"],
}


def test_the_secants_of_a_parabola_are_steeper_and_flatter_by_h(slope_at_a_point):
    for x, h in ((1.0, 1.0), (-2.0, 0.5), (0.0, 1e-3)):
        state = slope_at_a_point.set(x=x, h=h).state
        slopes = [state[name] for name in ("backward", "forward", "slope")]
        assert slopes == pytest.approx([2 * x - h, 2 * x + h, 2 * x], abs=1e-9)
        assert state["now"] == ([h, h], slopes[:2])
        for name, sign in (("left_slopes", -1), ("right_slopes", 1)):
            assert state[name][1] == pytest.approx(2 * x + sign * state[name][0], rel=1e-6)


def test_a_smooth_curve_becomes_a_line_in_the_microscope_and_a_kink_stays(slope_at_a_point):
    for function, x, smooth in (("sigmoid", 0.8, True), ("ReLU", 0.0, False)):
        bent = []
        for h in (1.0, 0.1):
            t, rise = slope_at_a_point.set(function=function, x=x, h=h).state["magnified"]
            bent.append(np.max(abs(rise - np.interp(t, t[[0, -1]], rise[[0, -1]]))))
        assert bent[0] > 5 * bent[1] if smooth else bent[0] == pytest.approx(bent[1])
        assert ("has no derivative here" in slope_at_a_point.caption) == (not smooth)


def test_the_box_holds_what_the_microscope_shows(slope_at_a_point):
    state = slope_at_a_point.set(x=-0.5, h=0.25).state
    (across, up), (low, high) = state["box"], state["field"]
    assert (across.min(), across.max()) == (-1, 0)
    assert (up.min(), up.max()) == pytest.approx((0.25 + low / 4, 0.25 + high / 4))
    graph, zoom = (slope_at_a_point._drawings[i].drawing.ax for i in (0, 3))
    shapes = [np.ptp(ax.get_ylim()) / np.ptp(ax.get_xlim()) for ax in (graph, zoom)]
    assert shapes[0] == pytest.approx(shapes[1])  # magnified alike in both directions
    secants = slope_at_a_point._drawings[4].drawing  # with lengths counted in h from the point
    assert secants.point.get_xydata().tolist() == [[0, 0]]
    assert secants.neighbours.get_xdata() == [-1, 1]


def test_a_typed_formula_is_shown_whatever_was_chosen_before(slope_at_a_point):
    slope_at_a_point.set(function="sine")
    assert slope_at_a_point.values["formula"] == "sin(x)"
    slope_at_a_point.set(formula="x**3")
    assert slope_at_a_point.values["function"] == "the typed one"
    assert slope_at_a_point.caption.startswith("f(x) = x**3 at")
    assert slope_at_a_point.set(function="sine").caption.startswith("f(x) = sin(x) at")


# fmt: off
FORMULAS = [
    ("log(x - 9)", 1.0, 1.0, "log(x - 9) has no values between -3 and 3"),
    ("\U0001f600", 1.0, 1.0, "wrong at character 1, ▸\\U0001f600: this has no place here"),
    ("sqrt(x)", -2.5, 1.0, "= sqrt(x) has no value at x = −2.5, and so no derivative there."),
    ("sqrt(x)", 0.0, 1.0, "has slope none. As h shrinks they agree on no number: "),
    ("cbrt(x)", 0.0, 0.5, "slope 1.5874. As h shrinks they grow beyond all bounds: "),
    ("-abs(x) - 90*x", 0.0, 0.5, "slope −89. As h shrinks they agree on no number: "),
    ("-2.5*x - 1000.0", -1.0, 0.1, "f(x) = -2.5*x - 1000.0 at x = −1: "),
    ("x**2", 1.0, 5e-5, "slope 2.00005"),
    *((odd, 0.05, 1.0, f"= {odd} at") for odd in ("1/x", "x**99", "3", "sign(x)", "1e8*x")),
]
# fmt: on


@pytest.mark.parametrize(("formula", "x", "h", "words"), FORMULAS)
def test_a_typed_formula_is_a_picture_and_a_sentence(slope_at_a_point, formula, x, h, words):
    before = slope_at_a_point.still()
    assert slope_at_a_point.set(formula=formula, x=x, h=h).still() != before
    assert words in slope_at_a_point.caption
    if "no value at" in words:  # no secants, also in the microscope
        for k in (1, 4):
            assert not np.isfinite(slope_at_a_point._drawings[k].drawing.point.get_ydata()).any()
    assert slope_at_a_point.set(formula="x**3").error is None


@pytest.mark.parametrize(
    ("function", "slope", "at_0"),
    [
        ("ReLU", lambda x: 1.0 * (x > 0), np.nan),
        ("cube root", lambda x: abs(x) ** (-2 / 3) / 3, 10_000),
    ],
)
def test_the_slopes_are_written_down_as_far_as_the_point(slope_at_a_point, function, slope, at_0):
    places, slopes = slope_at_a_point.set(function=function, x=1.0).state["slopes"]
    assert np.isnan(slopes[places > 1.0]).all()
    past = (places < 1.0 - 1e-9) & (abs(places) > 1e-9)
    assert slopes[past] == pytest.approx(slope(places[past]), rel=1e-4, abs=1e-6)
    assert slopes[abs(places) < 1e-9] == pytest.approx(at_0, rel=1e-2, nan_ok=True)
    assert np.isnan(at_0) or at_0 > 10 * slope_at_a_point.state["range_of_slopes"][1]


def test_products_and_quotients_follow_their_rules(product_rule):
    state = product_rule.set(x=1.5, h=1e-3).state
    assert state["rule"] == pytest.approx(np.exp(1.5) * (1.5**2 + 2 * 1.5))
    assert state["rule_of_quotient"] == pytest.approx(np.exp(1.5) * (1.5 - 2) / 1.5**3)
    parts = [np.ptp(x) * (high - low) for x, low, high in map(state.get, ("top", "side"))]
    assert sum(parts) / 1e-3 + state["corner_per_h"] == pytest.approx(state["product"])
    assert state["product"] == pytest.approx(state["rule"], rel=5e-3)
    assert state["quotient"] == pytest.approx(state["rule_of_quotient"], rel=1e-2)
