"""Differences against derivatives known by hand; errors against the errors that they claim."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.numerical import (
    Estimate,
    backward_difference,
    central_difference,
    complex_step,
    derivative,
    forward_difference,
)

# fmt: off
SMOOTH = [  # name, f, f', x
    ("sin",            np.sin,                   np.cos,                           1.0),
    ("sin far out",    np.sin,                   np.cos,                           1e4),
    ("sin near 0",     np.sin,                   np.cos,                           1e-9),
    ("exp",            np.exp,                   np.exp,                           1.0),
    ("exp large",      np.exp,                   np.exp,                           20.0),
    ("exp small",      np.exp,                   np.exp,                           -9.0),
    ("x**7",           lambda x: x**7,           lambda x: 7 * x**6,               1.5),
    ("1/x near 0",     lambda x: 1 / x,          lambda x: -1 / x**2,              1e-2),
    ("1/x nearer 0",   lambda x: 1 / x,          lambda x: -1 / x**2,              1e-6),
    ("log near 0",     np.log,                   lambda x: 1 / x,                  1e-2),
    ("log nearer 0",   np.log,                   lambda x: 1 / x,                  1e-6),
    ("sqrt near 0",    np.sqrt,                  lambda x: 0.5 / np.sqrt(x),       1e-6),
    ("tan near pole",  np.tan,                   lambda x: 1 / np.cos(x) ** 2,     1.57),
    ("cos(50x)",       lambda x: np.cos(50 * x), lambda x: -50 * np.sin(50 * x),   1.0),
    ("cos(50x) at 0",  lambda x: np.cos(50 * x), lambda x: -50 * np.sin(50 * x),   0.0),
    ("tanh, flat",     np.tanh,                  lambda x: 1 - np.tanh(x) ** 2,    3.0),
    ("bell",           lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x), 0.3),
    ("x**2 at 0",      lambda x: x * x,          lambda x: 2 * x,                  0.0),
    ("abs beside 0",   np.abs,                   np.sign,                          1e-9),
    ("constant",       lambda x: 0 * x + 5,      lambda x: 0.0,                    2.0),
    ("step, beside",   lambda x: np.where(x > 0, 1.0, 0.0), lambda x: 0.0,         1e-3),
]
BROKEN = [  # name, f, x: there is no derivative, or no double can show it
    ("abs at 0",       np.abs,                                0.0),
    ("relu at 0",      lambda x: np.maximum(x, 0),            0.0),
    ("abs, displaced", lambda x: np.abs(x - 1),               1 + 1e-9),
    ("step at 0",      lambda x: np.where(x > 0, 1.0, 0.0),   0.0),
    ("floor at 2",     np.floor,                              2.0),
    ("cube root at 0", np.cbrt,                               0.0),
    ("sqrt at 0",      np.sqrt,                               0.0),
    ("1/x at 0",       lambda x: 1 / x,                       0.0),
    ("log below 0",    np.log,                                -1.0),
    ("overflow",       np.exp,                                1000.0),
]
# fmt: on


@pytest.mark.parametrize(("name", "f", "slope", "x"), SMOOTH, ids=[case[0] for case in SMOOTH])
def test_derivative_is_right_and_knows_its_error(name, f, slope, x):
    estimate, exact = derivative(f, x), slope(x)
    assert abs(estimate.value - exact) <= max(1e-12 * abs(exact), 1e-14)
    assert abs(estimate.value - exact) <= 3 * estimate.error
    assert estimate.reliable is True
    assert estimate.evaluations == 58


@pytest.mark.parametrize(("name", "f", "x"), BROKEN, ids=[case[0] for case in BROKEN])
def test_derivative_says_where_there_is_none(name, f, x):
    estimate = derivative(f, x)
    assert estimate.reliable is False
    assert estimate.error > 0.1


def test_the_error_at_a_kink_reaches_both_slopes():
    estimate = derivative(np.abs, 0.0)
    assert (estimate.value, estimate.error) == (0.0, 1.0)


def test_a_cusp_that_has_a_slope_costs_digits_and_shows_it():
    estimate = derivative(lambda x: np.abs(x) ** 1.5, 0.0)
    assert abs(estimate.value) <= estimate.error < 1e-3


def test_a_kink_in_the_slope_costs_digits_and_shows_it():
    estimate = derivative(lambda x: np.maximum(x, 0) ** 2, 0.0)
    assert abs(estimate.value) <= estimate.error < 1e-5


HONEST = [case for case in SMOOTH if case[0] in ("sin", "exp", "x**7", "tanh, flat", "bell")] + [
    ("cbrt", np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2), 0.0),
    ("log|x|", lambda x: np.log(np.abs(x)), lambda x: 1 / x, 0.0),
    ("runge", lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2, 0.0),
    ("tan", np.tan, lambda x: 1 / np.cos(x) ** 2, 0.0),
    ("cos(50x)", lambda x: np.cos(50 * x), lambda x: -50 * np.sin(50 * x), 0.0),
]


@pytest.mark.parametrize("scale", [1e-3, 0.1, 1.0, 5.0])
@pytest.mark.parametrize(("name", "f", "slope", "x"), HONEST, ids=[case[0] for case in HONEST])
def test_no_error_exceeds_three_times_its_estimate(name, f, slope, x, scale):
    x = np.random.default_rng(0).normal(size=400) * scale
    estimate = derivative(f, x)
    wrong = np.abs(estimate.value - slope(x)) > 3 * estimate.error + 1e-15 * np.abs(slope(x))
    assert not np.any(wrong & estimate.reliable)
    assert estimate.reliable.mean() > 0.98


def test_single_precision_inside_f_shows_in_the_error():
    estimate = derivative(lambda x: np.sin(np.float32(x)), 1.0)
    assert abs(estimate.value - np.cos(1.0)) <= 3 * estimate.error
    assert 1e-9 < estimate.error < 1e-4


BESIDE = [  # name, f, f': something breaks at 1
    ("abs", lambda x: np.abs(x - 1), lambda x: np.sign(x - 1)),
    ("relu", lambda x: np.maximum(x - 1, 0) + np.sin(x), lambda x: (x > 1) + np.cos(x)),
    ("small", lambda x: 1e-6 * np.abs(x - 1) + x, lambda x: 1e-6 * np.sign(x - 1) + 1),
    ("step", lambda x: np.where(x > 1, 1.0, 0.0) + x, lambda x: 1 + 0 * x),
    ("cusp", lambda x: abs(x - 1) ** 1.5, lambda x: 1.5 * np.sign(x - 1) * abs(x - 1) ** 0.5),
    ("edge", lambda x: np.sqrt(x - 1), lambda x: 0.5 / np.sqrt(x - 1)),
]


@pytest.mark.parametrize(("name", "f", "slope"), BESIDE, ids=[case[0] for case in BESIDE])
def test_a_break_beside_x_is_seen_or_the_slope_is_right(name, f, slope):
    rng = np.random.default_rng(0)
    distance = 10.0 ** rng.uniform(-13, 0, 2000)
    x = 1 + distance * (rng.choice([-1, 1], 2000) if name != "edge" else 1)
    estimate = derivative(f, x)
    wrong = np.abs(estimate.value - slope(x)) > 3 * estimate.error + 1e-14 * np.abs(slope(x))
    assert np.mean(wrong & estimate.reliable) < 0.001
    assert estimate.reliable.mean() > 0.3


DECIMALS = st.integers(-300, 300).map(lambda k: k / 100)


@given(st.lists(DECIMALS, min_size=2, max_size=6), DECIMALS)
@settings(max_examples=40, deadline=None)
def test_polynomials(coefficients, x):
    estimate = derivative(lambda t: np.polyval(coefficients, t), x)
    exact = np.polyval(np.polyder(coefficients), x)
    assert abs(estimate.value - exact) <= 3 * estimate.error + 1e-15 * abs(exact)


@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 4), (2, 0)])
def test_derivative_of_an_array_is_that_of_its_elements(shape):
    x = np.random.default_rng(1).normal(size=shape)
    together = derivative(np.tanh, x)
    alone = [derivative(np.tanh, element) for element in x.ravel()]
    for name in ("value", "error", "reliable"):
        each = np.array([getattr(estimate, name) for estimate in alone]).reshape(shape)
        np.testing.assert_array_equal(getattr(together, name), each)


def test_scalar_only_functions_give_the_same():
    assert derivative(math.sin, 1.0).value == pytest.approx(math.cos(1.0), rel=1e-13)
    assert derivative(math.log, 1e-6).value == pytest.approx(1e6, rel=1e-12)
    assert derivative(lambda x: x**3 if x > 0 else -x, 2.0).value == pytest.approx(12, rel=1e-13)
    np.testing.assert_allclose(derivative(math.exp, [0.0, 1.0]).value, [1, math.e], rtol=1e-13)


def test_an_integer_point_is_a_real_point():
    assert derivative(lambda x: x**2, 3).value == pytest.approx(6, rel=1e-14)


# The differences at a step of one's own: exact on the polynomials for which they are exact.


@pytest.mark.parametrize(
    ("rule", "order"), [(forward_difference, 1), (backward_difference, 1), (central_difference, 2)]
)
def test_the_error_shrinks_at_its_order(rule, order):
    h = np.logspace(-4, -1, 20)
    error = np.abs(rule(np.exp, 1.0, h) - np.exp(1.0))
    assert np.polyfit(np.log(h), np.log(error), 1)[0] == pytest.approx(order, abs=0.05)


def test_differences_are_their_formulas():
    assert forward_difference(np.square, 3.0, 0.5) == 6.5
    assert backward_difference(np.square, 3.0, 0.5) == 5.5
    assert central_difference(np.square, 3.0, 0.5) == 6.0
    assert forward_difference(math.sqrt, 4.0, 5.0) == 0.2
    x, h = np.linspace(0, 1, 4), np.array([[0.1], [0.2]])
    assert central_difference(np.sin, x, h).shape == (2, 4)


@given(st.floats(-5, 5))
@settings(max_examples=30, deadline=None)
def test_complex_step_has_no_smallest_step(x):
    exact = np.cos(x) * np.exp(np.sin(x))
    for h in (1e-10, 1e-100, 1e-200):
        assert complex_step(lambda z: np.exp(np.sin(z)), x, h) == pytest.approx(exact, rel=1e-14)


def test_complex_step_takes_scalar_functions_and_arrays():
    assert complex_step(cmath.sin, 1.0) == pytest.approx(math.cos(1.0), rel=1e-15)
    np.testing.assert_allclose(complex_step(np.square, [1.0, 2.0]), [2, 4])


def test_bad_input_is_named():
    for call in (derivative, complex_step, lambda f, x: forward_difference(f, 1.0, x)):
        with pytest.raises(ValueError, match=r"(x|h) must be finite, got nan"):
            call(np.sin, np.nan)
        with pytest.raises(TypeError, match="must be a real number or an array of them, got 'one'"):
            call(np.sin, "one")
    with pytest.raises(ValueError, match="h must not be 0"):
        central_difference(np.sin, 1.0, 0.0)
    with pytest.raises(TypeError, match="f must carry complex numbers through"):
        complex_step(np.abs, 1.0)
    with pytest.raises(TypeError, match="f must return real numbers, got complex"):
        derivative(lambda x: x + 1j, 1.0)
    with pytest.raises(TypeError, match="f must return one number for one number"):
        derivative(lambda x: [x, x], 1.0)


def test_estimate_is_the_public_result():
    assert isinstance(derivative(np.sin, [0.0, 1.0]), Estimate)


@pytest.mark.parametrize(
    "method", [forward_difference, backward_difference, central_difference, complex_step]
)
def test_what_does_not_go_together_is_named(method):
    with pytest.raises(TypeError, match="f must be a function, got NoneType"):
        method(None, 1.0, 0.1)
    with pytest.raises(ValueError, match=r"x and h must have shapes that broadcast, got \(3,\)"):
        method(np.sin, np.ones(3), np.ones(2))
    with pytest.raises(TypeError, match="x must be a real number or an array of them"):
        method(np.sin, [[1, 2], [3]], 0.1)
    assert method(np.sin, np.zeros((2, 0)), 0.1).shape == (2, 0)


def test_derivative_of_what_is_no_function_is_named():
    with pytest.raises(TypeError, match="f must be a function, got float"):
        derivative(1.0, 1.0)
