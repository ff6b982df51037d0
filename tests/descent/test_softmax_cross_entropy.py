"""Softmax and cross-entropy as one operation: slopes at large scores, and what it refuses."""

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, hessian
from calclearn.calculus.numerical import hessian as numerical_hessian
from calclearn.descent.errors import softmax_cross_entropy


def test_scores_beyond_all_measure_in_32_bits_have_a_slope():
    z = np.random.default_rng(0).normal(size=(400, 3)) * np.geomspace(1, 1e30, 400)[:, None]
    labels = np.arange(400) % 3
    slope = grad(lambda z: np.sum(softmax_cross_entropy(z, labels)))(z.astype(np.float32))
    assert slope.dtype == np.float32
    np.testing.assert_allclose(slope.sum(axis=1), 0, atol=1e-3)
    surely = z[100:].argmax(axis=1)[:, None] == np.arange(3)
    np.testing.assert_array_equal(slope[100:] + (labels[100:, None] == np.arange(3)), surely)


def test_second_derivatives_agree_with_differences():
    z = np.random.default_rng(0).normal(size=6)

    def loss(z):
        return np.sum(np.square(softmax_cross_entropy(z.reshape(2, 3), [0, 2])))

    np.testing.assert_allclose(hessian(loss)(z), numerical_hessian(loss)(z), atol=1e-6)


def test_scores_and_class_numbers_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"logits must have shape \(N, K\)"):
        softmax_cross_entropy(np.ones(3), [0])
    with pytest.raises(ValueError, match=r"target must hold class numbers from 0 to 2, got 3"):
        softmax_cross_entropy(np.ones((2, 3)), [0, 3])
