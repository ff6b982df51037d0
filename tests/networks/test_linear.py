"""The linear layer as one operation equals its parts, and names shapes that do not fit."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, hessian
from calclearn.calculus.numerical import hessian as numerical_hessian
from calclearn.descent.errors import softmax_cross_entropy
from calclearn.networks.layers import linear


def test_fused_layers_equal_their_parts():
    rng = np.random.default_rng(0)
    x, W, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4)
    labels = np.array([0, 1, 3, 2, 2])

    def apart(x, W, b):
        z = x @ W + b
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(5), labels])

    def whole(x, W, b):
        return np.mean(softmax_cross_entropy(linear(x, W, b), labels))

    np.testing.assert_allclose(whole(x, W, b), apart(x, W, b))
    for one, other in zip(
        grad(whole, (0, 1, 2))(x, W, b), grad(apart, (0, 1, 2))(x, W, b), strict=True
    ):
        np.testing.assert_allclose(one, other)
    large = grad(lambda z: np.sum(softmax_cross_entropy(z, [0])))(np.array([[1e4, 0.0]]))
    np.testing.assert_array_equal(large, [[0, 0]])


def test_second_derivatives_of_the_linear_layer_agree_with_differences():
    w = np.random.default_rng(1).normal(size=12)

    def loss(w):
        return np.sum(np.tanh(linear(w[:4].reshape(2, 2), w[4:10].reshape(2, 3), w[7:10])) * w[9:])

    np.testing.assert_allclose(hessian(loss)(w), numerical_hessian(loss)(w), atol=1e-6)


def test_a_linear_layer_of_whole_numbers_may_have_any_bias():
    y = linear(np.array([[1, 2]]), np.array([[3], [4]]), np.array([0.5]))
    assert y.tolist() == [[11.5]]
    with pytest.raises(
        TypeError, match="x, W and b must be real, got float64, float64 and complex"
    ):
        linear(np.ones((1, 2)), np.ones((2, 1)), np.array([1j]))
    with pytest.raises(ValueError, match=r"x, W and b must have shapes .* got \(2,\), "):
        linear(np.ones(2), np.ones((2, 3)), np.ones(3))
