"""Differences against derivatives by hand, their errors against the errors that they claim."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus import autodiff
from calclearn.calculus.numerical import (
    EPS,
    SINGLE,
    Estimate,
    at_points,
    backward_difference,
    central_difference,
    complex_step,
    derivative,
    elementwise,
    forward_difference,
    grad,
    grain,
    hessian,
    jacobian,
    line_slopes,
    real_numbers,
    returned,
    table,
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
def test_derivative_and_its_error(name, f, slope, x):
    estimate, exact = derivative(f, x), slope(x)
    assert abs(estimate.value - exact) <= max(1e-12 * abs(exact), 1e-14)
    assert abs(estimate.value - exact) <= 3 * estimate.error
    assert estimate.reliable is True
    assert estimate.evaluations == 58


@pytest.mark.parametrize(("name", "f", "x"), BROKEN, ids=[case[0] for case in BROKEN])
def test_no_derivative(name, f, x):
    estimate = derivative(f, x)
    assert estimate.reliable is False
    assert estimate.error > 0.1


def test_the_error_at_a_kink_reaches_both_slopes():
    estimate = derivative(np.abs, 0.0)
    assert (estimate.value, estimate.error) == (0.0, pytest.approx(1.0, rel=1e-14))


@pytest.mark.parametrize(
    ("f", "most"), [(lambda x: np.abs(x) ** 1.5, 1e-3), (lambda x: np.maximum(x, 0) ** 2, 1e-5)]
)
def test_a_kink_in_the_slope_costs_digits_and_shows_it(f, most):
    estimate = derivative(f, 0.0)
    assert abs(estimate.value) <= estimate.error < most


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


BESIDE = [  # name, f, f': something breaks at 1
    ("abs", lambda x: np.abs(x - 1), lambda x: np.sign(x - 1)),
    ("relu", lambda x: np.maximum(x - 1, 0) + np.sin(x), lambda x: (x > 1) + np.cos(x)),
    ("small", lambda x: 1e-6 * np.abs(x - 1) + x, lambda x: 1e-6 * np.sign(x - 1) + 1),
    ("step", lambda x: np.where(x > 1, 1.0, 0.0) + x, lambda x: 1 + 0 * x),
    ("cusp", lambda x: abs(x - 1) ** 1.5, lambda x: 1.5 * np.sign(x - 1) * abs(x - 1) ** 0.5),
    ("edge", lambda x: np.sqrt(x - 1), lambda x: 0.5 / np.sqrt(x - 1)),
]


@pytest.mark.parametrize(("name", "f", "slope"), BESIDE, ids=[case[0] for case in BESIDE])
def test_breaks_beside_x(name, f, slope):
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


def test_functions_of_numbers_and_integer_points():
    assert derivative(math.sin, 1.0).value == pytest.approx(math.cos(1.0), rel=1e-13)
    assert derivative(math.log, 1e-6).value == pytest.approx(1e6, rel=1e-12)
    assert derivative(lambda x: x**3 if x > 0 else -x, 2.0).value == pytest.approx(12, rel=1e-13)
    np.testing.assert_allclose(derivative(math.exp, [0.0, 1.0]).value, [1, math.e], rtol=1e-13)
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


DIFFERENCES = [forward_difference, backward_difference, central_difference, complex_step]
NO_NUMBER = "must be a real number or an array of them, got"
REFUSED = [  # a call, and what its error says
    *[(lambda m=method, g=given: m(*g), message) for method in DIFFERENCES for given, message in [
        ((np.sin, np.nan, 0.1), "x must be finite, got nan"),
        ((np.sin, 1.0, np.nan), "h must be finite, got nan"),
        ((np.sin, "one", 0.1), f"x {NO_NUMBER} 'one'"),
        ((np.sin, [[1, 2], [3]], 0.1), f"x {NO_NUMBER}"),
        ((None, 1.0, 0.1), "f must be a function, got NoneType"),
        ((np.sin, 1.0, 0.0), "h must not be 0"),
        ((np.sin, np.ones(3), np.ones(2)), r"x and h must have shapes that broadcast, got \(3,\)"),
    ]],
    (lambda: complex_step(np.abs, 1.0), "f must carry complex numbers through"),
    (lambda: derivative(np.sin, np.nan), "x must be finite, got nan"),
    (lambda: derivative(1.0, 1.0), "f must be a function, got float"),
    (lambda: derivative(lambda x: x + 1j, 1.0), "f must return real numbers, got complex"),
    (lambda: derivative(lambda x: [x, x], 1.0), "f must return one number for one number"),
    (lambda: elementwise(lambda x: np.ones(2), np.ones(3)), "one number for one number, got shape"),
    (lambda: returned("seven"), "f must return real numbers, got 'seven'"),
    (lambda: returned(np.array(1j)), "f must return real numbers, got complex ones"),
    (lambda: real_numbers("w", 1j), f"w {NO_NUMBER}"),
    (lambda: real_numbers("w", [1.0, np.nan]), "w must be finite"),
    *[(lambda t=transform, f=f, w=w: t(f)(w), message) for transform in (grad, jacobian, hessian)
      for f, w, message in [
        (np.sum, np.full(2, np.inf), "w must be finite, got"),
        (np.sum, ["one", "two"], f"w {NO_NUMBER}"),
        (np.sum, [[1, 2], [3]], f"w {NO_NUMBER}"),
        (np.sum, [], r"w must have shape \(d,\) or \(d, ...\), got \(0,\)"),
        (3, np.ones(2), "f must be a function, got int"),
        (lambda w: "seven", np.ones(2), "f must return real numbers, got 'seven'"),
        (lambda w: w[0] * 1j, np.ones(2), "f must return real numbers, got complex"),
    ]],
    *[(lambda t=transform, f=f: t(f)(np.ones(2)), "f must return one number for each point, got")
      for transform in (grad, hessian) for f in (lambda w: w**2, list)],
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@pytest.mark.parametrize("method", DIFFERENCES)
def test_no_points_have_no_differences(method):
    assert method(np.sin, np.zeros((2, 0)), 0.1).shape == (2, 0)


# The table and the ladder of steps.


@pytest.mark.parametrize("column", range(1, 5))
def test_each_column_cancels_one_more_even_power(column):
    h = 9.0 / 3.0 ** np.arange(8)
    for power in range(1, 7):
        entry = table(h ** (2 * power))[0][column, column]
        assert (abs(entry) <= 1e-15 * 3.0 ** (2 * power)) == (power <= column)


def test_distances_are_those_of_neighbours():
    differences = np.random.default_rng(0).normal(size=(14, 3))
    entries, distances = table(differences)
    np.testing.assert_array_equal(entries[0], differences)
    np.testing.assert_array_equal(distances[:, 1:], np.abs(np.diff(entries, axis=1)))
    for column in range(5):
        assert np.isnan(entries[column, :column]).all()
        assert np.isnan(distances[column, : column + 1]).all()
        assert np.isfinite(distances[column, column + 1 :]).all()


def test_steps_across_a_pole_or_beyond_the_domain_are_dropped():
    pole, edge = derivative(lambda x: 1 / x, 1e-4), derivative(np.sqrt, 1e-3)
    assert abs(pole.value + 1e8) <= 3 * pole.error < 1e-2 * 1e8
    assert abs(edge.value - 0.5 / np.sqrt(1e-3)) <= 3 * edge.error < 1e-8


def test_noise_is_measured():
    rng = np.random.default_rng(0)
    noise = 1e-6 * rng.normal(size=1000)
    x = rng.uniform(0.5, 2, 500)
    estimate = derivative(lambda t: np.sin(t) + noise[np.int64(1e9 * t) % 1000], x)
    assert np.mean(np.abs(estimate.value - np.cos(x)) <= 3 * estimate.error) > 0.98
    assert np.median(estimate.error) < 1e-4


def test_nan_everywhere_has_no_slope():
    estimate = derivative(lambda x: x * np.nan, 1.0)
    assert np.isnan(estimate.value)
    assert estimate.error == np.inf
    assert not estimate.reliable


def test_an_estimate_prints_itself():
    assert repr(Estimate(1.5, 2e-13, 58)) == "1.5 ± 2e-13 (58 evaluations)"
    assert repr(Estimate(0.0, 1.0, 58, False)) == "0.0 ± 1, unreliable (58 evaluations)"
    array = Estimate(np.array([1.0, 2.0]), np.array([1e-3, 0.5]), 58, np.array([True, False]))
    assert repr(array) == "[1. 2.] ± [0.001 0.5], unreliable (58 evaluations)"


# What f does with its argument and with what it returned.


def doubles_its_argument(x):
    x *= 2
    return x**2


def sum_of_doubled(w):
    w *= 2
    return np.sum(w**2)


REUSED = np.zeros(())


def returns_one_array_again(x):
    REUSED[...] = np.sum(np.square(x))
    return REUSED


@pytest.mark.parametrize(
    "difference", [forward_difference, backward_difference, central_difference]
)
def test_differences_of_f_that_writes_into_its_argument(difference):
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(difference(doubles_its_argument, x, 1e-6), [8, 16], rtol=1e-5)
    assert x.tolist() == [1.0, 2.0]
    assert difference(returns_one_array_again, 3.0, 1e-6) == pytest.approx(6, rel=1e-5)
    assert difference(lambda x: x, 3.0, 1e-6) == pytest.approx(1, rel=1e-8)


def test_derivatives_of_f_that_writes_into_its_argument():
    x = np.array([1.0, 2.0])
    assert derivative(doubles_its_argument, 1.0).value == pytest.approx(8, rel=1e-12)
    np.testing.assert_allclose(derivative(doubles_its_argument, x).value, [8, 16], rtol=1e-12)
    np.testing.assert_allclose(complex_step(doubles_its_argument, x), [8, 16], rtol=1e-12)
    assert derivative(returns_one_array_again, 3.0).value == pytest.approx(6, rel=1e-12)
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("d", [1, 2, 4, 7])
def test_gradients_of_f_that_writes_into_its_argument(d):
    w, buffer = np.ones(d), np.zeros(d)

    def squares(w):
        return np.multiply(w, w, out=buffer)

    np.testing.assert_allclose(grad(sum_of_doubled)(w), np.full(d, 8.0), rtol=1e-9)
    np.testing.assert_allclose(hessian(sum_of_doubled)(w), 8 * np.eye(d), atol=1e-7)
    np.testing.assert_allclose(jacobian(squares)(w), 2 * np.eye(d), atol=1e-9)
    np.testing.assert_allclose(jacobian(lambda w: w[::-1])(w), np.eye(d)[::-1], atol=1e-9)
    assert w.tolist() == [1.0] * d


# Single precision: its values show it, whatever their type.

SINGLES = {  # f, f'
    "squares beside 1e4": (lambda t: np.float32(1e4) + np.float32(t) ** 2, lambda t: 2 * t),
    "sine": (lambda t: np.sin(np.float32(t)), np.cos),
    "sine, as doubles": (lambda t: np.sin(np.float32(t)).astype(float), np.cos),
    "sine, one number": (lambda t: float(np.float32(math.sin(t))), np.cos),
    "tanh times 1e3": (
        lambda t: np.float32(1e3) * np.tanh(np.float32(t)),
        lambda t: 1e3 / np.cosh(t) ** 2,
    ),
    "inverse": (lambda t: 1 / np.float32(t), lambda t: -1 / t**2),
    "half precision": (lambda t: np.float16(t) ** 2, lambda t: 2 * t),
}


@pytest.mark.parametrize("x", [1e-3, 0.5, 1.0, 3.0, 123.456, 1e6])
@pytest.mark.parametrize(("f", "slope"), SINGLES.values(), ids=SINGLES)
def test_single_precision_is_noticed(f, slope, x):
    estimate = derivative(f, x)
    with np.errstate(all="ignore"):
        off = abs(estimate.value - slope(x))
    assert not estimate.reliable or off <= 3 * estimate.error


def test_x_in_single_precision_is_noticed():
    estimate = derivative(lambda t: np.sin(np.float32(t).astype(float)), 1e8)
    assert not estimate.reliable


def test_gradients_in_single_precision():
    w = np.linspace(0.1, 1, 5)
    for f in (
        lambda w: np.sum(np.float32(w) ** 2),
        lambda w: np.sum(np.float32(w) ** 2, axis=0),
        lambda w: float(np.sum(np.float32(w) ** 2)),
    ):
        np.testing.assert_allclose(grad(f)(w), 2 * w, rtol=1e-4)
        np.testing.assert_allclose(hessian(f)(w), 2 * np.eye(5), atol=1e-3)


def test_grain():
    rng = np.random.default_rng(0)
    single = rng.normal(size=50).astype(np.float32)
    assert grain(single) == grain(single.astype(float)) == SINGLE
    assert grain(rng.normal(size=50)) == EPS
    assert grain(np.append(single.astype(float), 0.1)) == EPS
    for few_digits in (np.zeros(3), np.array([1.0, -5.0, np.nan]), np.array([0.5, 0.0])):
        assert grain(few_digits) == EPS
    assert grain(np.ones(3, np.float16)) == np.finfo(np.float16).eps


# Scales from 1e-8 to 1e8.

SCALES = 10.0 ** np.arange(-8, 9)


@pytest.mark.parametrize("scale", SCALES)
def test_gradients_at_every_scale(scale):
    w = np.array([scale, 1.0, 2.0])
    np.testing.assert_allclose(grad(lambda w: np.sum(np.log(w)))(w), 1 / w, rtol=1e-8)
    np.testing.assert_allclose(grad(lambda w: np.sum(np.sqrt(w)))(w), 0.5 / np.sqrt(w), rtol=1e-7)
    near = scale * np.array([0.0, 1.0])
    slopes = grad(lambda w: np.sum(np.exp(w / scale)))(near)
    np.testing.assert_allclose(slopes, np.exp([0, 1]) / scale, rtol=1e-6)
    assert derivative(np.log, scale).value == pytest.approx(1 / scale, rel=1e-10)
    assert derivative(lambda x: np.sin(x / scale), 0.0).value == pytest.approx(1 / scale, rel=1e-6)
    curvature = hessian(lambda w: np.sum(np.log(w)))([scale])
    assert curvature[0, 0] == pytest.approx(-1 / scale**2, rel=1e-7)


def test_scales_side_by_side():
    w = np.array([1e-8, 1e-5, 1.0, 1e8])
    np.testing.assert_allclose(grad(lambda w: np.sum(np.log(w)))(w), 1 / w, rtol=1e-8)
    slopes = grad(lambda w: math.log(w[0]) + math.sqrt(w[1]) + w[2])(w)  # refuses what is below 0
    np.testing.assert_allclose(slopes[:3], [1e8, 0.5 / math.sqrt(1e-5), 1], rtol=1e-7)


def test_functions_that_refuse_wide_steps():
    def both(w):
        return [math.acos(1e9 * w[0]), math.sqrt(1e-20 - w[1] ** 2)]

    np.testing.assert_allclose(grad(lambda w: sum(both(w)))(np.zeros(2)), [-1e9, 0], atol=1e-3)
    np.testing.assert_allclose(jacobian(both)(np.zeros(2)), [[-1e9, 0], [0, 0]], atol=1e-3)
    slopes = grad(lambda w: np.sum(np.tanh(1e8 * w)))(np.array([0.0, 1e-8, 1.0]))
    np.testing.assert_allclose(slopes, [1e8, 1e8 / np.cosh(1) ** 2, 0], rtol=1e-9, atol=1e-3)


def test_the_errors_of_gradients_are_honest():
    rng = np.random.default_rng(0)
    for f, slope in (
        (lambda w: np.sum(np.sin(w)), np.cos),
        (lambda w: 1e6 + np.sum(np.sin(w)), np.cos),
        (lambda w: np.sum(np.abs(w - 0.5)), lambda w: np.sign(w - 0.5)),
        (lambda w: np.sum(np.log(w)), lambda w: 1 / w),
    ):
        w = 10 ** rng.uniform(-4, 0, (20, 1))
        slopes, errors = line_slopes(f, w, lambda i: np.eye(20)[:, [i]], w)
        assert np.all(np.abs(slopes - slope(w)) <= 3 * errors + 1e-12 * np.abs(slope(w)))
        assert np.median(errors) < 1e-4


def test_a_kink_in_the_noise_of_a_large_value_is_noticed():
    estimate = derivative(lambda x: 200 + np.abs(x), 0.0)
    assert not estimate.reliable
    assert estimate.error > 0.99


# Steps that choose themselves, and numbers for points.


@pytest.mark.parametrize(
    ("difference", "digits"),
    [(forward_difference, 7), (backward_difference, 7), (central_difference, 9)],
)
def test_a_difference_has_a_step_of_its_own(difference, digits):
    assert difference(np.sin, 1.0) == pytest.approx(math.cos(1), abs=10.0**-digits)
    x = np.array([0.0, 1.0, 100.0])
    np.testing.assert_allclose(difference(np.sin, x), np.cos(x), atol=1e-5)


def test_a_number_is_a_point():
    assert grad(math.sin)(1.0) == pytest.approx(np.cos(1.0), rel=1e-9)
    assert np.ndim(grad(math.sin)(1.0)) == 0
    np.testing.assert_allclose(grad(lambda w: np.sum(w**2, axis=0))([1, 2]), [2, 4], rtol=1e-9)
    np.testing.assert_allclose(grad(lambda w: w[0] > 0)(np.array([1, 2])), [0, 0])
    assert hessian(lambda x: x**3)(2.0) == pytest.approx(autodiff.hessian(lambda x: x**3)(2.0))
    assert hessian(math.sin)(2.0) == pytest.approx(-math.sin(2), rel=1e-8)
    assert np.ndim(hessian(math.sin)(2.0)) == np.ndim(jacobian(math.sin)(2.0)) == 0
    pair = jacobian(lambda x: np.stack([x, x**2]))(2.0)
    np.testing.assert_allclose(pair, [1, 4], rtol=1e-9)


def test_one_number_in_an_array_is_one_number():
    np.testing.assert_allclose(grad(lambda w: (w @ w).reshape(1, 1))([1.0, 2.0]), [2, 4])
    H = hessian(lambda w: (w @ w).reshape(1, 1))([1.0, 2.0])
    np.testing.assert_allclose(H, 2 * np.eye(2), atol=1e-9)


LOSES_THE_IMAGINARY_PART = {
    "abs": lambda z: abs(z) * z,
    "numpy.abs": lambda z: np.abs(z) ** 2 + 0j,
    "real": lambda z: z.real * z,
    "numpy.real": lambda z: np.real(z) ** 2 + 0j,
    "conj": lambda z: np.conj(z) * z,
    "angle": lambda z: z + np.angle(z - 9) * z.imag + z.real,
    "a norm": lambda z: z * np.sqrt(z * np.conj(z)),
}


@pytest.mark.parametrize("f", LOSES_THE_IMAGINARY_PART.values(), ids=LOSES_THE_IMAGINARY_PART)
@pytest.mark.parametrize("x", [1.0, [0.5, 2.5]])
def test_a_lost_imaginary_part_is_noticed(f, x):
    with pytest.raises(TypeError, match="f must carry complex numbers through, got a slope of"):
        complex_step(f, x)


def test_what_keeps_the_imaginary_part_is_taken():
    for f, slope in (
        (lambda z: np.where(z.real > 0, z**2, -z), lambda x: np.where(x > 0, 2 * x, -1)),
        (lambda z: np.maximum(z, 0), lambda x: 1.0 * (x > 0)),
        (lambda z: z if z.real > 1 else z**2, lambda x: np.where(x > 1, 1, 2 * x)),
    ):
        x = np.array([0.2, 0.5, 2.0])
        np.testing.assert_allclose(complex_step(f, x), slope(x), rtol=1e-12)


def test_settings_of_numpy_change_nothing():
    with np.errstate(all="raise"):
        assert derivative(np.log, 0.1).value == pytest.approx(10)
        assert grad(lambda w: np.sum(np.log(w)))([1e-5]) == pytest.approx(1e5)
        assert np.isnan(forward_difference(np.log, -1.0, 0.1))


# One call of f or many.

X = np.array([[1.0, 2.0], [3.0, 5.0], [2.0, 2.0], [0.5, 4.0]])
Y = np.array([1.0, -1.0, 2.0, 0.5])

NUMBER_TO_NUMBER = {
    "takes arrays": lambda x: x**2,
    "takes scalars": lambda x: math.sin(x) + 2,
    "branches on one number": lambda x: x if x > 1 else 1 - x,
    "branches on any": lambda x: x if np.any(x > 1) else 1 - x,
    "sums without an axis": lambda x: np.sum(x**2),
    "centres its batch": lambda x: x - np.mean(x),
    "forgets its argument": lambda x: 3.0,
    "returns integers": lambda x: int(x > 1),
}


@pytest.mark.parametrize("f", NUMBER_TO_NUMBER.values(), ids=NUMBER_TO_NUMBER)
@pytest.mark.parametrize("shape", [(), (1,), (7,), (2, 3)])
def test_elementwise_is_a_loop(f, shape):
    points = np.random.default_rng(0).uniform(0, 2, shape)
    looped = np.array([f(point) for point in points.ravel()]).reshape(shape)
    np.testing.assert_allclose(elementwise(f, points), looped, rtol=1e-14)


POINT_TO_NUMBERS = {
    "takes a batch": lambda w: w[0] ** 2 + w[1],
    "sums over coordinates": lambda w: np.sum(w**2, axis=0),
    "sums over everything": lambda w: np.sum((X @ w - Y) ** 2),
    "keeps the last axis by accident": lambda w: ((X @ w - Y) ** 2).sum(axis=0),
    "has residuals": lambda w: X @ w - Y,
    "normalises over its batch": lambda w: w[0] / np.abs(w).max(),
    "is constant": lambda w: 1.0,
    "returns a list": lambda w: [w[0] * w[1], 2.0],
    "returns a matrix": lambda w: np.array([[w[0], w[1]], [w[1], w[0] ** 2]]),
    "branches": lambda w: w[0] if w[0] > w[1] else w[1] ** 2,
}


@pytest.mark.parametrize("f", POINT_TO_NUMBERS.values(), ids=POINT_TO_NUMBERS)
@pytest.mark.parametrize("m", [1, 2, 4, 9])
def test_at_points_is_a_loop(f, m):
    points = np.random.default_rng(m).normal(size=(2, m))
    looped = np.stack([f(column) for column in points.T], axis=-1)
    np.testing.assert_allclose(at_points(f, points), looped, rtol=1e-12, atol=1e-14)


def test_a_batch_is_one_call_and_two_checks():
    calls = []

    def f(w):
        calls.append(w.shape)
        return w[0] * w[1]

    at_points(f, np.ones((2, 50)))
    assert calls == [(2, 50), (2,), (2,)]


def test_thousands_of_points_of_which_many_are_refused():
    points = np.linspace(-1, 1, 3001) * np.ones((2, 1))
    values = at_points(lambda w: math.log(w[0]) + w[1], points)
    with np.errstate(all="ignore"):
        right = np.where(points[0] > 0, np.log(points[0]) + points[1], np.nan)
    np.testing.assert_allclose(values, right)
    np.testing.assert_allclose(at_points(lambda w: w[0] * w[1], points), points[0] ** 2)
    w = np.full((2, 40), 1e-6)
    np.testing.assert_allclose(grad(lambda w: math.log(w[0]) + w[1])(w)[0], 1e6, rtol=1e-8)


def test_outside_its_domain_a_scalar_function_is_nan():
    values = elementwise(math.log, np.array([-1.0, 1.0]))
    np.testing.assert_array_equal(values, [np.nan, 0.0])


def test_a_mistake_in_f_is_not_swallowed():
    with pytest.raises(NameError):
        elementwise(lambda x: undefined_name(x), np.ones(3))  # noqa: F821
    with pytest.raises(ValueError, match="math domain error"):
        elementwise(lambda x: math.sqrt(-1 - x), np.ones(3))
    with pytest.raises(KeyError):
        at_points(lambda w: {}["missing"], np.ones((2, 3)))


def test_traced_values_stay_traced():
    def total(x):
        return np.sum(elementwise(np.sin, x)) + np.sum(elementwise(lambda t: x[0] * t, np.ones(3)))

    gradient = autodiff.grad(total)(np.array([0.5, 2.0]))
    np.testing.assert_allclose(gradient, [np.cos(0.5) + 3, np.cos(2.0)])


# Gradients, Jacobians and Hessians.


def rosenbrock(w):
    return np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2, axis=0)


@pytest.mark.parametrize("d", [2, 3, 4, 20, 100])
def test_gradient_of_rosenbrock(d):
    w = np.random.default_rng(d).normal(size=d)
    exact = autodiff.grad(rosenbrock)(w)
    assert np.abs(grad(rosenbrock)(w) - exact).max() < 1e-9 * np.abs(exact).max()


FUNCTIONS = {
    "rosenbrock": rosenbrock,
    "log-sum-exp": lambda w: np.log(np.sum(np.exp(w), axis=0)),
    "bell": lambda w: np.exp(-np.sum(w * w, axis=0) / 2),
    "barrier": lambda w: -np.sum(np.log(w), axis=0) + w[0] * w[-1],
}


@pytest.mark.parametrize("d", [2, 3, 5, 10, 20])
@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_hessians_are_right_to_eight_digits(f, d):
    w = np.random.default_rng(d).uniform(0.2, 1.5, d)
    H, exact = hessian(f)(w), autodiff.hessian(f)(w)
    assert np.abs(H - exact).max() <= 1e-8 * np.abs(exact).max()
    np.testing.assert_array_equal(H, H.T)


@pytest.mark.parametrize("batch", [(), (1,), (7,), (3, 4), (2, 3, 2)])
@pytest.mark.parametrize("d", [2, 5])
def test_batched_is_looped(d, batch):
    w = np.random.default_rng(0).normal(size=(d, *batch))
    points = w.reshape(d, -1).T

    def two(w):
        return np.stack([rosenbrock(w), w[0] * w[1], w[1] ** 3])

    for transform, f in ((grad, rosenbrock), (jacobian, two), (hessian, rosenbrock)):
        looped = np.stack([transform(f)(point) for point in points], axis=-1)
        together = transform(f)(w)
        assert together.shape == (*looped.shape[:-1], *batch)
        np.testing.assert_allclose(together.reshape(looped.shape), looped, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n", [2, 4, 5, 8, 10])  # 4 and 10: residuals as many as shifted points
@pytest.mark.parametrize("d", [2, 5])
def test_a_sum_without_an_axis_falls_back_to_a_loop(n, d):
    rng = np.random.default_rng(n)
    X, y, w = rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d)

    def sse(w):
        return np.sum((X @ w - y) ** 2)

    def by_accident(w):
        return ((X @ w - y) ** 2).sum(axis=0)

    exact = 2 * X.T @ (X @ w - y)
    np.testing.assert_allclose(grad(sse)(w), exact, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(grad(by_accident)(w), exact, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(jacobian(lambda w: X @ w - y)(w), X, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(hessian(sse)(w), 2 * X.T @ X, rtol=1e-8, atol=1e-8)
    many = rng.normal(size=(d, n))
    exact = 2 * X.T @ (X @ many - y[:, None])
    np.testing.assert_allclose(grad(sse)(many), exact, rtol=1e-7, atol=1e-7)


def test_four_calls_for_each_coordinate_and_one_at_the_point():
    shapes = []

    def f(w):
        shapes.append(w.shape)
        return np.sum(w**2, axis=0)

    grad(f)(np.ones(10))
    assert shapes == 41 * [(10,)]


def test_jacobian_shapes():
    def matrix_valued(w):
        return np.stack([np.stack([w[0], w[1]]), np.stack([w[0] * w[1], w[0] ** 2])])

    w = np.array([2.0, 3.0])
    expected = np.array([[[1, 0], [0, 1]], [[3, 2], [4, 0]]])
    np.testing.assert_allclose(jacobian(matrix_valued)(w), expected, atol=1e-8)
    np.testing.assert_allclose(jacobian(lambda w: w[0] * w[1])(w), [3, 2], atol=1e-8)
    np.testing.assert_allclose(
        jacobian(lambda w: [w[0] * w[1], 1.0])(w), [[3, 2], [0, 0]], atol=1e-8
    )
    np.testing.assert_allclose(grad(lambda w: float(w[0]) ** 2)(w), [4, 0], atol=1e-8)


@pytest.mark.parametrize("batch", [(0,), (2, 0)])
def test_no_points_have_no_derivatives(batch):
    w = np.zeros((3, *batch))
    assert grad(lambda w: np.sum(w**2, axis=0))(w).shape == (3, *batch)
    assert jacobian(lambda w: np.stack([w[0], w[1]]))(w).shape == (2, 3, *batch)
    assert hessian(lambda w: np.sum(w**2, axis=0))(w).shape == (3, 3, *batch)


def test_an_infinite_function_and_a_huge_point_give_no_warning():
    assert np.isnan(grad(lambda w: np.inf + np.sum(w, axis=0))(np.ones(5))).all()
    H = hessian(lambda w: w[1] ** 2)(np.array([1e300, 1.0]))
    np.testing.assert_allclose(H, [[0.0, 0.0], [0.0, 2.0]], atol=1e-9)
