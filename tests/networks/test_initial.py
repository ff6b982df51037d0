"""First weights: their variances, their orthogonality, and what they do to a deep signal."""

import numpy as np
import pytest

from calclearn.networks.initial import he, orthogonal, xavier
from calclearn.networks.layers import Dense

from ..refusals import refused

EVERY = [xavier, he, orthogonal]


@pytest.mark.parametrize("shape", [(40, 60), (8, 3, 5, 5)])
@pytest.mark.parametrize("initial", EVERY)
def test_the_shape_is_kept_and_a_seed_repeats_it(initial, shape):
    first = initial(np.random.default_rng(1), shape)
    assert first.shape == shape
    assert np.array_equal(first, initial(1, shape))
    assert not np.array_equal(first, initial(2, shape))


@pytest.mark.parametrize(
    ("initial", "variance"),
    [
        (xavier, lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        (he, lambda fan_in, fan_out: 2 / fan_in),
    ],
)
@pytest.mark.parametrize("shape", [(200, 300), (300, 200), (20, 30, 5, 3)])
def test_the_variance_is_that_of_the_formula(initial, variance, shape):
    weights = initial(np.random.default_rng(0), shape)
    assert weights.mean() == pytest.approx(0, abs=4 * weights.std() / np.sqrt(weights.size))
    cells = weights[0, 0].size
    expected = variance(shape[1] * cells, shape[0] * cells)
    assert weights.var() == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("shape", [(5, 5), (4, 9), (9, 4), (4, 3, 2, 2)])
def test_orthogonal_rows_or_columns(shape):
    W = orthogonal(np.random.default_rng(0), shape).reshape(shape[0], -1)
    square = W @ W.T if W.shape[0] <= W.shape[1] else W.T @ W
    np.testing.assert_allclose(square, np.eye(len(square)), atol=1e-12)


def test_orthogonal_matrices_are_evenly_spread():
    """Turned by any rotation they are as likely, so the mean of a diagonal entry is 0."""
    rng = np.random.default_rng(0)
    diagonal = [np.diag(orthogonal(rng, (3, 3))) for _ in range(2000)]
    np.testing.assert_allclose(np.mean(diagonal, axis=0), 0, atol=0.05)


WORDS = Dense(1, initial=lambda rng, shape: [["a", "b"]])
test_what_cannot_be = refused([
    *((lambda e=e, shape=shape: e(0, shape), r"shape must be \(outputs, inputs, \*kernel\)")
      for e in EVERY for shape in (4, (4,), (4, 0), "xy")),
    (lambda: WORDS.init(0, (2,)), TypeError, r"initial weights must be real numbers, got \[\['a'"),
    *((lambda e=e: e("three", (2, 2)), TypeError, "rng must be a generator or a seed, got 'three'")
      for e in EVERY),
])  # fmt: skip
