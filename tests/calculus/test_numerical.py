"""Differences against derivatives by hand, their errors against the errors that they claim."""

import cmath
import math

import numpy as np
import pytest

from calclearn.calculus import autodiff
from calclearn.calculus.numerical import (
    Estimate,
    at_points,
    backward_difference,
    central_difference,
    complex_step,
    derivative,
    elementwise,
    forward_difference,
    grad,
    hessian,
    jacobian,
    line_slopes,
)
from calclearn.descent.landscapes import rosenbrock

from ..refusals import refused

SMOOTH = {  # f, f', x
    "sin":            (np.sin,                   np.cos,                               1.0),
    "sin far out":    (np.sin,                   np.cos,                               1e4),
    "exp":            (np.exp,                   np.exp,                               1.0),
    "x**7":           (lambda x: x**7,           lambda x: 7 * x**6,                   1.5),
    "tan near pole":  (np.tan,                   lambda x: 1 / np.cos(x) ** 2,         1.57),
    "tanh, flat":     (np.tanh,                  lambda x: 1 - np.tanh(x) ** 2,        3.0),
    "bell":           (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x),    0.3),
    "x**2 at 0":      (lambda x: x * x,          lambda x: 2 * x,                      0.0),
    "constant":       (lambda x: 0 * x + 5,      lambda x: 0 * x,                      2.0),
    "cbrt":           (np.cbrt,                  lambda x: 1 / (3 * np.cbrt(x) ** 2),  1.0),
    "log|x|":         (lambda x: np.log(np.abs(x)), lambda x: 1 / x,                   1e-6),
    "runge":          (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2, 0.5),
    "cos(50x)":       (lambda x: np.cos(50 * x), lambda x: -50 * np.sin(50 * x),       1.0),
}  # fmt: skip
BROKEN = {  # f, x: there is no derivative, or no double can show it
    "abs at 0":       (np.abs,                                0.0),
    "relu at 0":      (lambda x: np.maximum(x, 0),            0.0),
    "abs, displaced": (lambda x: np.abs(x - 1),               1 + 1e-9),
    "abs, raised":    (lambda x: 200 + np.abs(x),             0.0),
    "step at 0":      (lambda x: np.where(x > 0, 1.0, 0.0),   0.0),
    "floor at 2":     (np.floor,                              2.0),
    "cube root at 0": (np.cbrt,                               0.0),
    "sqrt at 0":      (np.sqrt,                               0.0),
    "1/x at 0":       (lambda x: 1 / x,                       0.0),
    "log below 0":    (np.log,                                -1.0),
    "overflow":       (np.exp,                                1000.0),
    "nan":            (lambda x: x * np.nan,                  1.0),
}  # fmt: skip
BESIDE = {  # f, f': something breaks at 1
    "abs":   (lambda x: np.abs(x - 1),                    lambda x: np.sign(x - 1)),
    "relu":  (lambda x: np.maximum(x - 1, 0) + np.sin(x), lambda x: (x > 1) + np.cos(x)),
    "small": (lambda x: 1e-6 * np.abs(x - 1) + x,         lambda x: 1e-6 * np.sign(x - 1) + 1),
    "curve": (lambda x: 0.01 * np.abs(x - 1) + x * x,     lambda x: 0.01 * np.sign(x - 1) + 2 * x),
    "step":  (lambda x: np.where(x > 1, 1.0, 0.0) + x,    lambda x: 1 + 0 * x),
    "cusp":  (lambda x: abs(x - 1) ** 1.5, lambda x: 1.5 * np.sign(x - 1) * abs(x - 1) ** 0.5),
    "edge":  (lambda x: np.sqrt(x - 1),                   lambda x: 0.5 / np.sqrt(x - 1)),
}  # fmt: skip
SINGLES = {  # f, f': single precision, which its values show, whatever their type
    "squares beside 1e4": (lambda t: np.float32(1e4) + np.float32(t) ** 2, lambda t: 2 * t),
    "sine":               (lambda t: np.sin(np.float32(t)), np.cos),
    "sine, as doubles":   (lambda t: np.sin(np.float32(t)).astype(float), np.cos),
    "tanh times 1e3":     (lambda t: np.float32(1e3) * np.tanh(np.float32(t)),
                           lambda t: 1e3 / np.cosh(t) ** 2),
    "half precision":     (lambda t: np.float16(t) ** 2, lambda t: 2 * t),
}  # fmt: skip


@pytest.mark.parametrize(("f", "slope", "x"), SMOOTH.values(), ids=SMOOTH)
def test_derivative_and_its_error(f, slope, x):
    estimate, exact = derivative(f, x), slope(x)
    assert abs(estimate.value - exact) <= max(1e-12 * abs(exact), 1e-14)
    assert abs(estimate.value - exact) <= 3 * estimate.error
    assert (estimate.reliable, estimate.evaluations) == (True, 58)
    for scale in (1e-3, 0.1, 1.0, 5.0):
        around = np.random.default_rng(0).normal(size=400) * scale
        assert wrong_share(f, slope, around, 1e-15) == 0


def wrong_share(f, slope, x, rounding, least=0.98):
    """How often the error is claimed to be reliable, and is more than three times too small."""
    estimate = derivative(f, x)
    wrong = np.abs(estimate.value - slope(x)) > 3 * estimate.error + rounding * np.abs(slope(x))
    assert estimate.reliable.mean() > least
    return np.mean(wrong & estimate.reliable)


@pytest.mark.parametrize(("f", "slope"), BESIDE.values(), ids=BESIDE)
def test_breaks_beside_x(f, slope):
    rng = np.random.default_rng(0)
    distance = 10.0 ** rng.uniform(-13, 0, 2000)
    x = 1 + distance * (1 if f is BESIDE["edge"][0] else rng.choice([-1, 1], 2000))
    assert wrong_share(f, slope, x, 1e-14, least=0.3) < 0.001


@pytest.mark.parametrize(("f", "x"), BROKEN.values(), ids=BROKEN)
def test_no_derivative(f, x):
    estimate = derivative(f, x)
    assert estimate.reliable is False
    assert estimate.error > 0.1
    assert not np.isnan(estimate.value) or estimate.error == np.inf


@pytest.mark.parametrize(
    ("f", "most"), [(lambda x: np.abs(x) ** 1.5, 1e-3), (lambda x: np.maximum(x, 0) ** 2, 1e-5)]
)
def test_a_kink_in_the_slope_costs_digits_and_shows_it(f, most):
    estimate = derivative(f, 0.0)
    assert abs(estimate.value) <= estimate.error < most


ELEMENTWISE = [
    *[np.tanh, lambda x: math.sin(x) + 2, lambda x: x if np.any(x > 1) else 1 - x],
    *[lambda x: np.sum(x**2), lambda x: x - np.mean(x), lambda x: int(x > 1)],
]


@pytest.mark.parametrize("f", ELEMENTWISE)
@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 0)])
def test_derivative_of_an_array_is_that_of_its_elements(shape, f):
    x = np.random.default_rng(1).normal(size=shape)
    together, alone = derivative(f, x), [derivative(f, element) for element in x.ravel()]
    for name in ("value", "error", "reliable"):
        each = np.reshape([getattr(estimate, name) for estimate in alone], shape)
        np.testing.assert_array_equal(getattr(together, name), each)


@pytest.mark.parametrize("x", [1e-3, 0.5, 1.0, 3.0, 123.456, 1e6])
@pytest.mark.parametrize(("f", "slope"), SINGLES.values(), ids=SINGLES)
@np.errstate(all="ignore")
def test_single_precision_is_noticed(f, slope, x):
    estimate = derivative(f, x)
    assert not estimate.reliable or abs(estimate.value - slope(x)) <= 3 * estimate.error
    assert not derivative(lambda t: np.sin(np.float32(t).astype(float)), 1e8).reliable


def test_noise_is_measured():
    rng = np.random.default_rng(0)
    noise = 1e-6 * rng.normal(size=1000)
    x = rng.uniform(0.5, 2, 500)
    estimate = derivative(lambda t: np.sin(t) + noise[np.int64(1e9 * t) % 1000], x)
    assert np.mean(np.abs(estimate.value - np.cos(x)) <= 3 * estimate.error) > 0.98
    assert np.median(estimate.error) < 1e-4


def test_an_estimate_of_many_numbers_prints_itself():
    array = Estimate(np.array([1.0, 2.0]), np.array([1e-3, 0.5]), 58, np.array([True, False]))
    assert repr(array) == "[1. 2.] ± [0.001 0.5], unreliable (58 evaluations)"


# The differences at a step of one's own, or at that which they choose.

METHODS = [forward_difference, backward_difference, central_difference, complex_step]


@pytest.mark.parametrize(("rule", "order"), [*zip(METHODS, (1, 1, 2), strict=False)])
def test_the_error_of_a_difference_shrinks_at_its_order(rule, order):
    h, x = np.logspace(-4, -1, 20), np.array([0.0, 1.0, 100.0])
    error = np.abs(rule(np.exp, 1.0, h) - np.exp(1.0))
    assert np.polyfit(np.log(h), np.log(error), 1)[0] == pytest.approx(order, abs=0.05)
    of_its_own = rule(np.sin, x)
    np.testing.assert_allclose(of_its_own, np.cos(x), atol=1e-5 if order == 1 else 1e-8)


NO_NUMBER = "must be a real number or an array of them, got"
REFUSED = [  # a call, and what its error says
    *[(lambda m=method, g=given: m(*g), message) for method in METHODS for given, message in [
        ((np.sin, np.nan, 0.1), "x must be finite, got nan"),
        ((np.sin, 1.0, np.nan), "h must be finite, got nan"),
        ((np.sin, "one", 0.1), f"x {NO_NUMBER} str"),
        ((np.sin, [[1, 2], [3]], 0.1), f"x {NO_NUMBER}"),
        ((None, 1.0, 0.1), "f must be a function, got NoneType"),
        ((np.sin, 1.0, 0.0), "h must not be 0"),
        ((np.sin, np.ones(3), np.ones(2)), r"x and h must have shapes that broadcast, got \(3,\)"),
    ]],
    (lambda: complex_step(np.abs, 1.0), "f must carry complex numbers through, got a real value"),
    *[(lambda f=f: complex_step(f, [0.5, 2.5]), "numbers through, got a slope of") for f in [
        lambda z: abs(z) * z, lambda z: np.abs(z) ** 2 + 0j, lambda z: z.real * z,
        lambda z: np.conj(z) * z, lambda z: z + np.angle(z - 9) * z.imag + z.real,
        lambda z: z * np.sqrt(z * np.conj(z)),
    ]],
    (lambda: derivative(np.sin, np.nan), "x must be finite, got nan"),
    (lambda: derivative(1.0, 1.0), "f must be a function, got float"),
    (lambda: derivative(lambda x: x + 1j, 1.0), "f must return real numbers, got complex"),
    (lambda: derivative(lambda x: [x, x], 1.0), "f must return one number for one number"),
    (lambda: elementwise(lambda x: np.ones(2), np.ones(3)), "one number for one number, got shape"),
    (lambda: derivative(lambda x: undefined_name(x), 1.0), "undefined_name"),  # noqa: F821
    (lambda: derivative(lambda x: math.sqrt(-1 - x * x), 1.0), "math domain error"),
    *[(lambda t=transform, f=f, w=w: t(f)(w), message) for transform in (grad, jacobian, hessian)
      for f, w, message in [
        (np.sum, np.full(2, np.inf), "w must be finite, got"),
        (np.sum, ["one", "two"], f"w {NO_NUMBER}"),
        (np.sum, 1j, f"w {NO_NUMBER}"),
        (np.sum, [], r"w must have shape \(d,\) or \(d, ...\), got \(0,\)"),
        (3, np.ones(2), "f must be a function, got int"),
        (lambda w: "seven", np.ones(2), "f must return real numbers, got str"),
        (lambda w: w[0] * 1j, np.ones(2), "f must return real numbers, got complex"),
    ]],
    *[(lambda t=transform, f=f: t(f)(np.ones(2)), "f must return one number for each point, got")
      for transform in (grad, hessian) for f in (lambda w: w**2, list)],
]  # fmt: skip


test_bad_input_is_named = refused(REFUSED, kind=(TypeError, ValueError, NameError))


# What f does with its argument and with what it returned.
PAIR, BUFFERS = np.array([1.0, 2.0]), {(): np.zeros(()), (2,): np.zeros(2)}


def doubles_its_argument(x):
    x *= 2
    return x**2


def sum_of_doubled(w):
    return np.sum(doubles_its_argument(w))


def returns_one_array_again(x):
    return np.square(x, out=BUFFERS[np.shape(x)])


def slope_of(f, x):
    return derivative(f, x).value


def matrix_valued(w):
    return np.stack([np.stack([w[0], w[1]]), np.stack([w[0] * w[1], w[0] ** 2])])


def one_in_an_array(w):
    return (w @ w).reshape(1, 1)


TINY_AND_HUGE = np.array([1e-8, 1e-5, 1.0, 1e8])
ABOVE_1 = np.array([0.2, 0.5, 2.0])
IN_SINGLE = [
    lambda w: np.sum(np.float32(w) ** 2),
    lambda w: np.sum(np.float32(w) ** 2, axis=0),
    lambda w: float(np.sum(np.float32(w) ** 2)),
]
VALUES = [  # a call, its value, the tolerance
    *[(lambda m=m: m(doubles_its_argument, PAIR),                       [8, 16],        1e-7)
      for m in (*METHODS, slope_of)],
    *[(lambda m=m: m(returns_one_array_again, 3.0),                     6,              1e-7)
      for m in (*METHODS[:3], slope_of)],
    (lambda: grad(sum_of_doubled)(PAIR),                                [8, 16],        1e-9),
    (lambda: hessian(sum_of_doubled)(PAIR),                             8 * np.eye(2),  1e-7),
    (lambda: jacobian(returns_one_array_again)(PAIR),                   [[2, 0], [0, 4]], 1e-9),
    (lambda: slope_of(lambda x: x**2, 3),                               6,              1e-14),
    # differences at steps of one's own, which may be many, or as small as one likes
    (lambda: forward_difference(math.sqrt, 4.0, [[5.0], [12.0]]),       [[0.2], [1/6]], 1e-15),
    *[(lambda m=m: m(np.sin, np.zeros((2, 0)), 0.1),                    np.zeros((2, 0)), 0)
      for m in METHODS],
    *[(lambda h=h: complex_step(lambda z: np.exp(np.sin(z)), [-4.0, 0.5], h),
       np.cos([-4, 0.5]) * np.exp(np.sin([-4, 0.5])), 1e-14) for h in (1e-10, 1e-100, 1e-200)],
    (lambda: complex_step(cmath.sin, 1.0),                              math.cos(1.0),  1e-15),
    (lambda: complex_step(lambda z: np.where(z.real > 1, z**2, -z), ABOVE_1), [-1, -1, 4], 1e-12),
    (lambda: complex_step(lambda z: np.maximum(z, 1), ABOVE_1),         [0, 0, 1],      1e-12),
    (lambda: complex_step(lambda z: z if z.real > 1 else z**2, ABOVE_1), [0.4, 1, 1],   1e-12),
    # a number is a point, and one number in an array is a number
    (lambda: grad(math.sin)(1.0),                                       math.cos(1.0),  1e-9),
    (lambda: jacobian(lambda x: np.stack([x, x**2]))(2.0),              [1, 4],         1e-9),
    (lambda: hessian(math.sin)(2.0),                                    -math.sin(2),   1e-8),
    (lambda: grad(one_in_an_array)([1.0, 2.0]),                         [2, 4],         1e-9),
    (lambda: hessian(one_in_an_array)([1.0, 2.0]),                      2 * np.eye(2),  1e-9),
    (lambda: grad(lambda w: w[0] > 0)(np.array([1, 2])),                [0, 0],         1e-9),
    (lambda: jacobian(matrix_valued)([2.0, 3.0]), [[[1, 0], [0, 1]], [[3, 2], [4, 0]]], 1e-8),
    # scales side by side, functions that refuse wide steps, huge points
    (lambda: grad(lambda w: np.sum(np.log(w)))(TINY_AND_HUGE),          1 / TINY_AND_HUGE, 1e-8),
    (lambda: grad(lambda w: math.log(w[0]) + math.sqrt(w[1]) + w[2])([1e-8, 1e-5, 1.0]),
                                                      [1e8, 0.5 / math.sqrt(1e-5), 1],  1e-7),
    (lambda: 1e-9 * grad(lambda w: math.acos(1e9 * w[0]) + math.sqrt(1e-20 - w[1] ** 2))(
        np.zeros(2)),                                                   [-1, 0],        1e-12),
    (lambda: 1e-8 * grad(lambda w: np.sum(np.tanh(1e8 * w)))(np.array([0.0, 1e-8, 1.0])),
                                                      [1, 1 / np.cosh(1) ** 2, 0],      1e-9),
    (lambda: hessian(lambda w: w[1] ** 2)([1e300, 1.0]),                [[0, 0], [0, 2]], 1e-9),
    (lambda: grad(lambda w: np.inf + np.sum(w, axis=0))(np.ones(5)),    [np.nan] * 5,   0),
    (lambda: elementwise(math.log, np.array([-1.0, 1.0])),              [np.nan, 0],    0),
    # single precision
    *[(lambda f=f: grad(f)([0.1, 0.5, 1.0]),                            [0.2, 1, 2],    1e-4)
      for f in IN_SINGLE],
    *[(lambda f=f: hessian(f)([0.1, 0.5, 1.0]),                         2 * np.eye(3),  1e-3)
      for f in IN_SINGLE],
    (lambda: grad(lambda w: np.sum(np.float32(w / 1e-8) ** 2))(1e-8 * ABOVE_1) * 1e-8,
                                                                        2 * ABOVE_1,    1e-4),
    (lambda: 1e-16 * hessian(lambda w: np.sum(np.cos(w / 1e-8)))(np.zeros(2)), -np.eye(2), 1e-8),
    (lambda: hessian(lambda w: np.sum(np.abs(w - 1)))(np.ones(2)),      np.full((2, 2), np.nan), 0),
]  # fmt: skip


@pytest.mark.parametrize(("call", "value", "tolerance"), VALUES)
@pytest.mark.parametrize("settings", ["ignore", "raise"])
def test_values(call, value, tolerance, settings):
    with np.errstate(all=settings):
        came = call()
    assert np.shape(came) == np.shape(value)
    np.testing.assert_allclose(came, value, rtol=tolerance, atol=tolerance)
    assert PAIR.tolist() == [1.0, 2.0], "f wrote into the caller's own array"


@pytest.mark.parametrize("scale", 10.0 ** np.arange(-8, 9, 2))
def test_derivatives_at_every_scale(scale):
    w = np.array([scale, 1.0, 2.0])
    np.testing.assert_allclose(grad(lambda w: np.sum(np.log(w)))(w), 1 / w, rtol=1e-8)
    np.testing.assert_allclose(grad(lambda w: np.sum(np.sqrt(w)))(w), 0.5 / np.sqrt(w), rtol=1e-7)
    slopes = grad(lambda w: np.sum(np.exp(w / scale)))(scale * np.array([0.0, 1.0]))
    np.testing.assert_allclose(slopes, np.exp([0, 1]) / scale, rtol=1e-6)
    assert slope_of(np.log, scale) == pytest.approx(1 / scale, rel=1e-10)
    assert slope_of(lambda x: np.sin(x / scale), 0.0) == pytest.approx(1 / scale, rel=1e-6)
    curvature = hessian(lambda w: np.sum(np.log(w)))([scale])
    assert curvature[0, 0] == pytest.approx(-1 / scale**2, rel=1e-7)


def test_the_errors_of_gradients_are_honest():
    rng = np.random.default_rng(0)
    for f, slope in (
        (lambda w: np.sum(np.sin(w)), np.cos),
        (lambda w: 1e6 + np.sum(np.sin(w)), np.cos),
        (lambda w: np.sum(np.abs(w - 0.5)), lambda w: np.sign(w - 0.5)),
        (lambda w: np.sum(np.log(w)), lambda w: 1 / w),
    ):
        w = 10 ** rng.uniform(-4, 0, (20, 1))
        slopes, errors = line_slopes(f, w, np.eye(20)[..., None], w)
        assert np.all(np.abs(slopes - slope(w)) <= 3 * errors + 1e-12 * np.abs(slope(w)))
        assert np.median(errors) < 1e-4


# One call of f or many.
X = np.array([[1.0, 2.0], [3.0, 5.0], [2.0, 2.0], [0.5, 4.0]])
Y = np.array([1.0, -1.0, 2.0, 0.5])
OF_A_POINT = {
    "takes a batch": lambda w: w[0] ** 2 + w[1],
    "sums over everything": lambda w: np.sum((X @ w - Y) ** 2),
    "keeps the last axis by accident": lambda w: ((X @ w - Y) ** 2).sum(axis=0),
    "has residuals": lambda w: X @ w - Y,
    "normalises over its batch": lambda w: w[0] / np.abs(w).max(),
    "returns a list": lambda w: [w[0] * w[1], 2.0],
    "returns a matrix": lambda w: np.array([[w[0], w[1]], [w[1], w[0] ** 2]]),
    "branches": lambda w: w[0] if w[0] > w[1] else w[1] ** 2,
}
FUNCTIONS = {
    "rosenbrock": rosenbrock().function,
    "log-sum-exp": lambda w: np.log(np.sum(np.exp(w), axis=0)),
    "bell": lambda w: np.exp(-np.sum(w * w, axis=0) / 2),
    "barrier": lambda w: -np.sum(np.log(w), axis=0) + w[0] * w[-1],
}
BATCHED = [
    *[(jacobian, f, 2, (m,)) for f in OF_A_POINT.values() for m in (1, 2, 4, 9)],  # 4 residuals
    *[(transform, FUNCTIONS["rosenbrock"], d, batch) for transform in (grad, hessian)
      for d in (2, 5) for batch in [(), (1,), (2, 3, 2), (0,), (2, 0)]],
    *[(jacobian, lambda w: np.stack([w[0] * w[1], w[1] ** 3]), 5, batch)
      for batch in [(), (2, 3, 2), (2, 0)]],
]  # fmt: skip


@pytest.mark.parametrize(("transform", "f", "d", "batch"), BATCHED)
def test_batched_is_looped(transform, f, d, batch):
    w = np.random.default_rng(d).normal(size=(d, *batch))
    together, alone = transform(f)(w), transform(f)(np.ones(d))
    assert together.shape == (*alone.shape, *batch)
    for k in np.ndindex(batch):
        alone = transform(f)(w[:, *k])
        np.testing.assert_allclose(together[..., *k], alone, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("d", [2, 3, 5, 20])
@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_gradients_and_hessians_are_right_to_eight_digits(f, d):
    w = np.random.default_rng(d).uniform(0.2, 1.5, d)
    for ours, theirs in ((grad, autodiff.grad), (hessian, autodiff.hessian)):
        came, exact = ours(f)(w), theirs(f)(w)
        assert np.abs(came - exact).max() <= 1e-8 * np.abs(exact).max()
        np.testing.assert_array_equal(came, came.T)


def test_f_is_called_once_where_it_takes_many_points():
    shapes = []
    at_points(lambda w: (shapes.append(w.shape), w[0])[1], np.ones((2, 50)))
    assert shapes == [(2, 50), (2,)]  # and once more, for a check


def test_traced_values_stay_traced():
    def total(x):
        return np.sum(elementwise(np.sin, x)) + np.sum(elementwise(lambda t: x[0] * t, np.ones(3)))

    gradient = autodiff.grad(total)(np.array([0.5, 2.0]))
    np.testing.assert_allclose(gradient, [np.cos(0.5) + 3, np.cos(2.0)])
