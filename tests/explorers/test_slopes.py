"""The explorers of lessons 01 and 02: what they claim about slopes and errors is so."""

import numpy as np
import pytest

from calclearn import explorers
from calclearn.calculus.autodiff import grad
from calclearn.explorers.formula import parse
from calclearn.explorers.slopes import FORMULAS, STUDIED


@pytest.fixture(scope="module")
def slope():
    return explorers.slope_at_a_point()


@pytest.fixture(scope="module")
def small():
    return explorers.how_small_is_small()


@pytest.fixture(autouse=True)
def reset(slope):
    slope.set(function="the typed one", formula="x**2", x=1.0, h=1.0)


def test_the_secants_of_a_parabola_are_steeper_and_flatter_by_h(slope):
    for x, h in [(1.0, 1.0), (-2.0, 0.5), (0.0, 1e-3)]:
        slopes = slope.set(x=x, h=h).state["touch"][3:]
        assert slopes == pytest.approx([2 * x - h, 2 * x + h, 2 * x], abs=1e-9)


@pytest.mark.parametrize("function", ["sine", "sigmoid"])
def test_a_smooth_curve_becomes_a_line_in_the_microscope(slope, function):
    slope.set(function=function, x=0.8)
    bent = []
    for h in (1.0, 0.1, 0.01):
        t, rise, _ = slope.set(h=h).state["view"]
        bent.append(np.max(abs(rise - slope.state["touch"][5] * t)))
    assert bent[1] < bent[0] / 5
    assert bent[2] < bent[1] / 5


@pytest.mark.parametrize("function", ["absolute value", "ReLU"])
def test_a_kink_stays_a_kink_however_much_it_is_magnified(slope, function):
    views = [slope.set(function=function, x=0.0, h=h).state["view"][1] for h in (1.0, 1e-4)]
    assert views[0] == pytest.approx(views[1])
    assert np.isnan(slope.state["touch"][5])
    assert slope.error is None
    assert "has no derivative here" in slope.caption
    assert "has no derivative here" not in slope.set(x=0.05).caption


@pytest.mark.parametrize("formula", FORMULAS.values())
def test_the_tangent_has_the_slope_that_grad_computes(slope, formula):
    for x in (-1.3, 0.7):
        slope.set(formula=formula, x=x)
        assert slope.state["touch"][5] == pytest.approx(grad(parse(formula))(x), rel=1e-11)


def test_the_box_holds_what_the_microscope_shows(slope, drawing):
    x, y, h = slope.set(x=-0.5, h=0.25).state["touch"][:3]
    across, up = slope.state["field"]
    _, _, (low, high) = slope.state["view"]
    assert (across.min(), across.max()) == (x - 2 * h, x + 2 * h)
    assert (up.min(), up.max()) == pytest.approx((y + h * low, y + h * high))
    main, zoom = drawing(slope, "graph").ax, drawing(slope, "view").ax
    shapes = [np.ptp(ax.get_ylim()) / np.ptp(ax.get_xlim()) for ax in (main, zoom)]
    assert shapes[0] == pytest.approx(shapes[1])  # magnified alike in both directions


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("x^2", "formula goes wrong at character 2, x▸^: for ^ type **"),
        ("sqrt(x)", "sqrt(x) has no value at x = -2.5"),
        ("log(x - 9)", "log(x - 9) has no values between -3 and 3"),
        ("$x$ + $y$", "formula goes wrong at character 1, ▸$: this has no place here"),
        ("\U0001f600", "formula goes wrong at character 1, ▸\\U0001f600: this has no place here"),
    ],
)
def test_a_mistake_is_a_sentence_in_the_figure(slope, formula, sentence):
    slope.set(formula=formula, x=-2.5)
    picture = slope.still()  # with no warning about signs that the font does not have
    assert slope.caption == sentence
    assert isinstance(slope.error, ValueError)
    slope.set(formula="x**3")
    assert slope.error is None
    assert slope.still() != picture


@pytest.mark.parametrize("formula", ["1/x", "tan(x)", "x**99", "exp(9*x)", "3", "sign(x)", "1e8*x"])
def test_odd_functions_are_drawn_all_the_same(slope, formula):
    for x in (-2.5, 0.05, 2.5):
        slope.set(formula=formula, x=x)
        assert slope.error is None
        assert slope.still()


def test_a_formula_stands_in_the_caption_as_it_is_typed(slope):
    caption = slope.set(formula="-2.5*x - 1000.0", x=-1.0, h=0.1).caption
    assert caption.startswith("f(x) = -2.5*x - 1000.0 at x = −1: ")


def test_where_one_side_has_no_value_there_is_no_tangent(slope):
    assert "the one to x − h has slope none" in slope.set(formula="sqrt(x)", x=0.0).caption
    assert "no derivative here" in slope.caption


def test_the_point_can_be_dragged_along_the_curve(slope, drag):
    drag(slope, "touch", (-1.52, 5.0))
    assert slope.values["x"] == pytest.approx(-1.5)
    assert slope.state["touch"][1] == pytest.approx(2.25)


@pytest.mark.parametrize("function", STUDIED)
def test_errors_are_those_of_the_three_rules(small, function):
    f, h = parse(function), 1e-3
    exact = grad(f)(1.0)
    rules = [(f(1 + h) - f(1)) / h, (f(1 + h) - f(1 - h)) / (2 * h), f(1 + 1j * h).imag / h]
    _, errors = small.set(function=function, h=h).state["curves"][5]
    # rounding may differ by one unit in each value of f
    assert errors == pytest.approx(np.abs(np.array(rules) / exact - 1), abs=1e-9)


@pytest.mark.parametrize("function", STUDIED)
def test_each_rule_errs_by_its_order_where_truncation_is_larger(small, function):
    h, errors, truncated, *_ = small.set(function=function).state["curves"]
    for error, mask, order in zip(errors, truncated, (1, 2, 2), strict=True):
        clear = np.flatnonzero(mask & (h < 1e-3) & (error > 1e-13))[3:]
        grows = np.diff(np.log(error[clear])) / np.diff(np.log(h[clear]))
        assert np.median(grows) == pytest.approx(order, abs=0.05)


@pytest.mark.parametrize("function", STUDIED)
def test_the_star_is_near_the_least_error(small, function):
    h, errors, truncated, best, admitted, _ = small.set(function=function).state["curves"]
    for error, mask, (at, _) in zip(errors[:2], truncated, best, strict=False):
        assert np.all(np.diff(mask.astype(int)) >= 0)  # round-off left, truncation right
        smooth = np.exp(np.convolve(np.log(error), np.ones(9) / 9, "same"))[9:-9]
        assert abs(np.log10(h[9:-9][np.argmin(smooth)] / at)) < 1
    assert errors[2][h < 1e-9] == pytest.approx(0, abs=1e-15)
    assert admitted < errors[0].min()


def test_the_curve_is_a_staircase_at_the_scale_of_the_last_digit(small):
    smooth = small.set(function="exp(x)", h=1e-6).state["view"][1]
    stairs = small.set(h=1e-15).state["view"][1]
    level = small.set(h=1e-18).state["view"][1]
    assert len(np.unique(smooth)) > 700
    assert 5 < len(np.unique(stairs)) < 50
    assert not level.any()


def test_the_caption_names_the_larger_part(small):
    assert "forward 0.005 (truncation)" in small.set(function="exp(x)", h=1e-2).caption
    assert "forward 1 (round-off)" in small.set(h=1e-18).caption
