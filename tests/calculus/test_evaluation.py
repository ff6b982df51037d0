"""One call or many: the answers are those of f asked point by point, whatever f does to a batch."""

import math

import numpy as np
import pytest

from calclearn.calculus import autodiff
from calclearn.calculus.evaluation import (
    at_points,
    elementwise,
    numbers,
    real,
    real_array,
    remembers,
)

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
    assert calls == [(2,), (2, 50), (2,)]


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


def test_traced_values_keep_their_memory():
    seen = []

    def total(x):
        seen.append(remembers(x))
        return np.sum(elementwise(np.sin, x)) + np.sum(elementwise(lambda t: x[0] * t, np.ones(3)))

    gradient = autodiff.grad(total)(np.array([0.5, 2.0]))
    assert seen == [True]
    np.testing.assert_allclose(gradient, [np.cos(0.5) + 3, np.cos(2.0)])
    assert not remembers(np.ones(3))
    assert not remembers(np.float64(1.0))


def test_bad_input_is_named():
    with pytest.raises(TypeError, match="f must return one number for one number, got shape"):
        elementwise(lambda x: np.ones(2), np.ones(3))
    with pytest.raises(TypeError, match="f must return numbers, got 'seven'"):
        numbers("seven")
    with pytest.raises(TypeError, match="f must return real numbers, got complex ones"):
        real(np.array(1j))
    with pytest.raises(TypeError, match="w must be a real number"):
        real_array("w", "seven")
    with pytest.raises(TypeError, match="w must be a real number"):
        real_array("w", 1j)
    with pytest.raises(ValueError, match="w must be finite"):
        real_array("w", [1.0, np.nan])
