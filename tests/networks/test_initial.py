"""First weights: their variances, their orthogonality, and what they do to a deep signal."""

import numpy as np
import pytest

from calclearn.networks.initial import he, orthogonal, scaled, xavier
from calclearn.networks.layers import Dense
from calclearn.networks.network import Network

EVERY = [xavier, he, orthogonal, scaled(0.3)]


@pytest.mark.parametrize("shape", [(40, 60), (8, 3, 5, 5)])
@pytest.mark.parametrize("initial", EVERY)
def test_the_shape_is_kept_and_a_seed_repeats_it(initial, shape):
    first = initial(np.random.default_rng(1), shape)
    assert first.shape == shape
    assert np.array_equal(first, initial(1, shape))
    assert not np.array_equal(first, initial(2, shape))
    with pytest.raises(TypeError, match="rng must be a generator or a seed, got 'three'"):
        initial("three", shape)


@pytest.mark.parametrize(
    ("initial", "variance"),
    [
        (xavier, lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        (he, lambda fan_in, fan_out: 2 / fan_in),
        (scaled(0.3), lambda fan_in, fan_out: 0.09),
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


def test_he_keeps_a_signal_through_thirty_layers_of_relu():
    """The mean of the squares halves in ReLU, and he doubles it again."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 20))
    for _ in range(30):
        x = np.maximum(he(rng, (300, 300)) @ x, 0)
    assert 0.2 < np.sqrt(np.mean(x**2)) < 5


@pytest.mark.parametrize("shape", [4, (4,), (4, 0), "xy"])
@pytest.mark.parametrize("initial", EVERY[:3])
def test_a_shape_without_fans_is_refused(initial, shape):
    with pytest.raises(ValueError, match=r"shape must be \(outputs, inputs, \*kernel\)"):
        initial(0, shape)


@pytest.mark.parametrize(
    ("deviation", "message"), [(-1.0, "at least 0"), (np.nan, "finite"), ([1.0, 2.0], "a number")]
)
def test_a_deviation_that_cannot_be_is_refused(deviation, message):
    with pytest.raises((ValueError, TypeError), match=f"deviation must be .*{message}"):
        scaled(deviation)


def test_an_initialisation_that_draws_no_numbers():
    network = Network((Dense(1, initial=lambda rng, shape: [["a", "b"]]),), (2,))
    with pytest.raises(TypeError, match="initial weights must be real numbers, got <U1"):
        network.init(0)
