"""Areas known by hand, the orders at which errors shrink, and the fundamental theorem."""

import math

import numpy as np
import pytest

from calclearn.calculus import autodiff
from calclearn.calculus.integrals import (
    accumulate,
    expected,
    gauss_legendre,
    left_sum,
    midpoint,
    monte_carlo,
    simpson,
    trapezoid,
)
from calclearn.calculus.numerical import derivative

from ..refusals import refused

ORDERS = [(left_sum, 1), (midpoint, 2), (trapezoid, 2), (simpson, 4)]
AREAS = [  # f, F
    (np.cos,                      np.sin),
    (lambda x: 1 / (1 + x**2),    np.arctan),
    (lambda x: x * np.exp(-x**2), lambda x: -np.exp(-x**2) / 2),
]  # fmt: skip
RULES = [left_sum, midpoint, trapezoid, simpson, gauss_legendre]


@pytest.mark.parametrize(("rule", "order"), ORDERS)
@pytest.mark.parametrize(("f", "antiderivative"), AREAS)
def test_the_error_shrinks_at_its_order(rule, order, f, antiderivative):
    a, b, n = -0.5, 2.0, np.array([16, 32, 64, 128, 256])
    errors = [abs(rule(f, a, b, k) - (antiderivative(b) - antiderivative(a))) for k in n]
    assert np.polyfit(np.log(n), np.log(errors), 1)[0] == pytest.approx(-order, abs=0.12)


EXACT = [*[(rule, order, 2) for rule, order in ORDERS],
         *[(gauss_legendre, 2 * n, n) for n in (1, 2, 3, 5, 8)]]  # fmt: skip


@pytest.mark.parametrize(("rule", "order", "n"), EXACT)
@pytest.mark.parametrize(("a", "b"), [(-1.0, 1.5), (1.5, -1.0)])
def test_each_rule_is_exact_below_the_degree_of_its_order(rule, order, n, a, b):
    for power in range(order + 1):
        area = rule(lambda x, p=power: x**p, a, b, n)
        exact = (b ** (power + 1) - a ** (power + 1)) / (power + 1)
        assert (area == pytest.approx(exact, rel=1e-13)) == (power < order)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_limits_may_be_arrays(rule, shape):
    a, b = np.random.default_rng(0).normal(size=(2, *shape))
    together = rule(np.exp, a, b, 8)
    looped = [rule(math.exp, *limits, 8) for limits in zip(a.ravel(), b.ravel(), strict=True)]
    assert together.shape == rule(np.exp, 0.0, b, 8).shape == shape
    np.testing.assert_allclose(together.ravel(), looped, rtol=1e-13)


# Monte Carlo: the error that it claims is the error that it makes.
def test_the_error_of_monte_carlo():
    estimates = [monte_carlo(np.exp, 0.0, 1.0, 1000, seed) for seed in range(300)]
    misses = np.array([(e.value - (np.e - 1)) / e.error for e in estimates])
    assert misses.std() == pytest.approx(1.0, abs=0.12)
    assert abs(misses.mean()) < 0.2
    assert np.mean(np.abs(misses) < 1) == pytest.approx(0.683, abs=0.07)


def test_monte_carlo_is_repeatable_and_batched():
    rng = np.random.default_rng(3)
    first, second, again = (monte_carlo(np.sin, 0, 2, 50, r).value for r in (rng, rng, 3))
    assert first == again != second
    areas = monte_carlo(np.square, [0.0, 0.0, 3.0], [1.0, 2.0, 0.0], 4000)
    assert areas.evaluations == 4000
    assert np.all(np.abs(areas.value - np.array([1, 8, -27]) / 3) < 4 * areas.error)
    assert np.all(monte_carlo(np.square, 0.0, [1, 2, 3], 40_000).error < 0.35 * areas.error)


# The fundamental theorem: the slope of an accumulated area is the curve.
@pytest.mark.parametrize(("f", "antiderivative"), AREAS)
def test_accumulated_areas_are_antiderivatives(f, antiderivative):
    x = np.linspace(-4, 4, 33)
    exact = antiderivative(x) - antiderivative(-1.0)
    np.testing.assert_allclose(accumulate(f, -1.0, x), exact, atol=1e-12)
    assert accumulate(f, -1.0, x.reshape(3, 11)).shape == (3, 11)


@pytest.mark.parametrize(("f", "antiderivative"), AREAS)
def test_the_slope_of_the_area_is_the_curve(f, antiderivative):
    x = np.linspace(-2, 3, 11)

    def area(x):
        return accumulate(f, -1.0, x)

    slopes = autodiff.grad(lambda x: np.sum(area(x)))(x)
    np.testing.assert_allclose(slopes, f(x), atol=1e-12)
    below = autodiff.grad(lambda a: accumulate(f, a, 2.0))(-1.0)
    assert below == pytest.approx(-f(-1.0), rel=1e-12)
    bend = autodiff.grad(autodiff.grad(area))(0.5)
    assert bend == pytest.approx(derivative(f, 0.5).value, rel=1e-9)


@pytest.mark.parametrize("rule", [*RULES, lambda *given: monte_carlo(*given).value])
def test_an_area_can_be_differentiated(rule):
    for area in (
        lambda rate: rule(lambda x: np.exp(-rate * x), 0.0, 1.0, 8),
        lambda end: rule(np.exp, 0.0, end, 8),
        lambda c: rule(lambda x: c, 0.0, 2.0, 8),
    ):
        assert autodiff.grad(area)(0.7) == pytest.approx(derivative(area, 0.7).value, rel=1e-10)


# Expected loss.
def bell(mean, spread=1.0, height=1.0):
    return lambda x: height * np.exp(-(((x - mean) / spread) ** 2) / 2)


EXPECTED = [  # loss, density, limits, its mean, the tolerance
    *[(loss, bell(0.7, 0.5, height), (-6, 6), mean, 1e-10)
      for loss, mean in ((lambda x: 1 + 0 * x, 1), (lambda x: x, 0.7), (np.square, 0.7**2 + 0.25))
      for height in (1e-6, 1.0, 1e6)],
    (np.square,  lambda x: 1.0, (0.0, 3.0), 3,     1e-12),
    (math.sqrt,  lambda x: 1.0, (0.0, 1.0), 2 / 3, 1e-5),
]  # fmt: skip


@pytest.mark.parametrize(("loss", "density", "limits", "mean", "tolerance"), EXPECTED)
def test_the_mean_of_a_loss(loss, density, limits, mean, tolerance):
    assert expected(loss, density, *limits) == pytest.approx(mean, rel=tolerance)


def test_the_mean_of_a_loss_follows_its_density():
    slope = autodiff.grad(lambda mean: expected(np.square, bell(mean), -12, 12))(0.7)
    assert slope == pytest.approx(1.4, rel=1e-9)


REFUSED = [  # a call, and what its error says
    *[(lambda r=rule, g=given: r(*g), message) for rule in RULES for given, message in [
        ((np.exp, 0, 1, 2.5), r"n must be a whole number, got 2\.5"),
        ((np.exp, 0, 1, 0), "n must be at least 1, got 0"),
        ((np.exp, 0, np.inf, 4), "b must be finite, got inf"),
        ((np.exp, "0", 1, 4), "a must be a real number"),
        ((lambda x: [x, x], 0, 1, 4), "f must return one number for one number"),
        ((lambda x: 1j * x, 0, 1, 4), "f must return real numbers, got complex"),
    ]],
    *[(lambda r=rule, g=given: r(*g), message) for rule in [*RULES, monte_carlo, accumulate]
      for given, message in [
        ((None, 0.0, 1.0), "f must be a function, got NoneType"),
        ((np.sin, 0.0, "one"), "[bx] must be a real number or an array of them"),
        ((np.sin, np.zeros(2), np.ones(3)), "a and [bx] must have shapes that broadcast"),
    ]],
    (lambda: simpson(np.exp, 0, 1, 3), "even, because a parabola spans two pieces, got 3"),
    (lambda: monte_carlo(np.exp, 0, 1, 1), "n must be at least 2, got 1"),
    (lambda: monte_carlo(np.exp, 0, 1, 10, "dice"), "rng, unless a Generator, must be a whole"),
    (lambda: accumulate(np.exp, 0, 1, pieces=0), "pieces must be at least 1, got 0"),
    (lambda: expected(None, np.exp, 0.0, 1.0), "loss must be a function"),
    (lambda: expected(np.sin, None, 0.0, 1.0), "density must be a function"),
    (lambda: expected(np.square, np.sin, -1, 1), "density must not be negative"),
    (lambda: expected(np.square, lambda x: 0.0, -1, 1), "density must have an area"),
    (lambda: expected(np.sin, lambda x: np.inf, 0.0, 1.0), "density must have an area"),
]  # fmt: skip


test_bad_input_is_named = refused(REFUSED, kind=(TypeError, ValueError))
