"""Fused operations equal their parts, and name what came where the shapes are wrong."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad
from calclearn.calculus.fused import linear, softmax_cross_entropy


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


def test_scores_beyond_all_measure_in_32_bits_have_a_slope():
    z = np.random.default_rng(0).normal(size=(400, 3)) * np.geomspace(1, 1e30, 400)[:, None]
    labels = np.arange(400) % 3
    slope = grad(lambda z: np.sum(softmax_cross_entropy(z, labels)))(z.astype(np.float32))
    assert slope.dtype == np.float32
    np.testing.assert_allclose(slope.sum(axis=1), 0, atol=1e-3)
    surely = z[100:].argmax(axis=1)[:, None] == np.arange(3)
    np.testing.assert_array_equal(slope[100:] + (labels[100:, None] == np.arange(3)), surely)


def test_fused_operations_name_what_came():
    with pytest.raises(ValueError, match=r"x, W and b must have shapes .* got \(2,\), "):
        linear(np.ones(2), np.ones((2, 3)), np.ones(3))
    with pytest.raises(ValueError, match=r"logits must have shape \(N, K\)"):
        softmax_cross_entropy(np.ones(3), [0])
    with pytest.raises(ValueError, match=r"target must hold class numbers from 0 to 2, got 3"):
        softmax_cross_entropy(np.ones((2, 3)), [0, 3])


def test_a_linear_layer_of_whole_numbers_may_have_any_bias():
    y = linear(np.array([[1, 2]]), np.array([[3], [4]]), np.array([0.5]))
    assert y.tolist() == [[11.5]]
    with pytest.raises(
        TypeError, match="x, W and b must be real, got float64, float64 and complex"
    ):
        linear(np.ones((1, 2)), np.ones((2, 1)), np.array([1j]))
