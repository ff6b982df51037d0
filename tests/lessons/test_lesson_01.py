"""Lesson 01: its exercises as learners answer them, and its figures."""

import numpy as np
import pytest

from calclearn import derivative, forward_difference, grad, lessons, parse

curve = parse("x**2 - 3*x + 5")
right = {
    "01.1": [forward_difference(parse("x**3"), 2, 0.1)],
    "01.2": [np.poly1d([2, -3]), grad(curve), lambda x: derivative(curve, x).value],
    "01.3": [5 + (-2) * (3.1 - 3)],
    "01.4": ["d"],
}


@pytest.fixture
def explorer(at_first):
    return at_first(lessons.slope_at_a_point)


def test_the_secants_of_a_parabola_are_steeper_and_flatter_by_h(explorer):
    for x, h in ((1.0, 1.0), (-2.0, 0.5), (0.0, 1e-3)):
        state = explorer.set(x=x, h=h).state
        slopes = [state[name] for name in ("backward", "forward", "slope")]
        assert slopes == pytest.approx([2 * x - h, 2 * x + h, 2 * x], abs=1e-9)
        assert state["now"] == ([h, h], slopes[:2])
        for name, sign in (("left_slopes", -1), ("right_slopes", 1)):
            assert state[name][1] == pytest.approx(2 * x + sign * state[name][0], rel=1e-6)


@pytest.mark.parametrize(
    ("function", "x"), [("sigmoid", 0.8), ("absolute value", 0.0), ("ReLU", 0.0)]
)
def test_a_smooth_curve_becomes_a_line_in_the_microscope_and_a_kink_stays(explorer, function, x):
    bent = []
    for h in (1.0, 0.1):
        t, rise = explorer.set(function=function, x=x, h=h).state["magnified"]
        bent.append(np.max(abs(rise - np.interp(t, t[[0, -1]], rise[[0, -1]]))))
    smooth = function == "sigmoid"
    assert bent[0] > 5 * bent[1] if smooth else bent[0] == pytest.approx(bent[1])
    assert ("has no derivative here" in explorer.caption) == (not smooth)
    assert "has no derivative here" not in explorer.set(x=0.05).caption


def test_the_box_holds_what_the_microscope_shows(explorer):
    state = explorer.set(x=-0.5, h=0.25).state
    (across, up), (low, high) = state["box"], state["field"]
    assert (across.min(), across.max()) == (-1, 0)
    assert (up.min(), up.max()) == pytest.approx((0.25 + low / 4, 0.25 + high / 4))
    graph, zoom = (explorer._drawings[i].drawing.ax for i in (0, 3))
    shapes = [np.ptp(ax.get_ylim()) / np.ptp(ax.get_xlim()) for ax in (graph, zoom)]
    assert shapes[0] == pytest.approx(shapes[1])  # magnified alike in both directions


def test_a_typed_formula_is_shown_whatever_was_chosen_before(explorer):
    explorer.set(function="sine")
    assert explorer.values["formula"] == "sin(x)"
    explorer.set(formula="x**3")
    assert explorer.values["function"] == "the typed one"
    assert explorer.caption.startswith("f(x) = x**3 at")
    assert explorer.set(function="sine").caption.startswith("f(x) = sin(x) at")


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("log(x - 9)", "log(x - 9) has no values between -3 and 3"),
        ("\U0001f600", "formula goes wrong at character 1, ▸\\U0001f600: this has no place here"),
    ],
)
def test_a_mistake_is_a_sentence_in_the_figure(explorer, formula, sentence):
    picture = explorer.set(formula=formula).still()  # with no warning about signs without a glyph
    assert explorer.caption == sentence
    assert explorer.set(formula="x**3").still() != picture
    assert explorer.error is None


@pytest.mark.parametrize(("formula", "x"), [("sqrt(x)", -2.5), ("1/x", 0.0)])
def test_where_a_function_has_no_value_its_curve_is_shown_without_a_point(explorer, formula, x):
    before = explorer.still()
    assert explorer.set(formula=formula, x=x).still() != before
    said = f"f(x) = {formula} has no value at x = {x:g}".replace("-", "−")
    assert explorer.caption == f"{said}, and so no derivative there."
    for k in (1, 4):  # the secants, also in the microscope
        assert not np.isfinite(explorer._drawings[k].drawing.point.get_ydata()).any()


@pytest.mark.parametrize("formula", ["1/x", "x**99", "3", "sign(x)", "1e8*x"])
def test_odd_functions_are_drawn_all_the_same(explorer, formula):
    assert explorer.set(formula=formula, x=0.05).still()
    assert explorer.error is None


def test_the_caption_repeats_the_formula_and_gives_slopes_that_differ(explorer):
    caption = explorer.set(formula="-2.5*x - 1000.0", x=-1.0, h=0.1).caption
    assert caption.startswith("f(x) = -2.5*x - 1000.0 at x = −1: ")
    caption = explorer.set(formula="x**2", x=1.0, h=5e-5).caption
    assert "slope 2.00005" in caption
    assert "slope 1.99995" in caption
    caption = explorer.set(formula="sqrt(x)", x=0.0).caption
    assert "the one to x − h has slope none" in caption
    assert "no derivative here" in caption


@pytest.mark.parametrize(
    ("function", "slope", "at_0"),
    [
        ("absolute value", np.sign, np.nan), ("ReLU", lambda x: 1.0 * (x > 0), np.nan),
        ("sine", np.cos, 1), ("cube root", lambda x: abs(x) ** (-2 / 3) / 3, 10_000),
    ],
)  # fmt: skip
def test_the_slopes_are_written_down_as_far_as_the_point(explorer, function, slope, at_0):
    places, slopes = explorer.set(function=function, x=1.0).state["slopes"]
    assert np.isnan(slopes[places > 1.0]).all()
    past = (places < 1.0 - 1e-9) & (abs(places) > 1e-9)
    assert slopes[past] == pytest.approx(slope(places[past]), rel=1e-4, abs=1e-6)
    assert slopes[abs(places) < 1e-9] == pytest.approx(at_0, rel=1e-2, nan_ok=True)
    if function == "cube root":  # whose slope leaves its panel
        assert at_0 > 10 * explorer.state["range_of_slopes"][1]


def test_products_and_quotients_follow_their_rules():
    explorer = lessons.product_rule()
    for x, h in ((0.8, 0.5), (1.5, 1e-3)):
        state = explorer.set(x=x, h=h).state
        slope = np.exp(x) * (x**2 + 2 * x)
        assert state["rule"] == pytest.approx(slope)
        assert state["rule_of_quotient"] == pytest.approx(np.exp(x) * (x - 2) / x**3)
        parts = [np.ptp(x) * (high - low) for x, low, high in map(state.get, ("top", "side"))]
        assert sum(parts) / h + state["corner_per_h"] == pytest.approx(state["product"])
    assert state["product"] == pytest.approx(slope, rel=5e-3)
    assert state["quotient"] == pytest.approx(state["rule_of_quotient"], rel=1e-2)
