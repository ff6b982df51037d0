"""Filter-normalised directions see through a change of scale that changes nothing."""

import numpy as np
import pytest

from calclearn.networks.convolution import Conv2D
from calclearn.networks.directions import filter_normalised
from calclearn.networks.layers import Dense, Flatten, ReLU
from calclearn.networks.network import Network

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(20, 3)), RNG.integers(0, 2, 20)
NETWORK = Network((Dense(6), ReLU(), Dense(2)), (3,))


def rescaled(w, factor):
    """The same function: the first layer times the factor, the second divided by it."""
    w = w.copy()
    (W, b), _, (V, _) = NETWORK.parameters(w)
    W *= factor
    b *= factor
    V /= factor
    return w


def test_the_loss_along_it_does_not_depend_on_the_scale_of_the_layers():
    loss, w = NETWORK.loss(X, LABELS), NETWORK.init(0)
    steps = np.linspace(-1, 1, 5)
    profiles = [
        [loss(v + t * filter_normalised(NETWORK, v, 7)) for t in steps]
        for v in (w, rescaled(w, 30.0))
    ]
    np.testing.assert_allclose(*profiles, rtol=1e-9)


def test_every_filter_is_as_long_as_its_own_weights_and_biases_rest():
    network = Network((Conv2D(3, 2), Flatten(), Dense(1), Dense(2)), (2, 4, 4))
    w = network.init(0)
    along = filter_normalised(network, w, 1)
    pairs = zip(network.parameters(w), network.parameters(along), strict=True)
    for (W, _), (D, e) in [(own, new) for own, new in pairs if own]:
        own, new = (np.linalg.norm(part.reshape(len(W), -1), axis=1) for part in (W, D))
        np.testing.assert_allclose(new, own)
        assert not e.any()


def test_what_cannot_be_is_said_in_one_sentence():
    with pytest.raises(TypeError, match="network must be a Network, got 3"):
        filter_normalised(3, NETWORK.init(0), 0)
    with pytest.raises(TypeError, match="rng must be a generator or a seed"):
        filter_normalised(NETWORK, NETWORK.init(0), "seed")
    with pytest.raises(ValueError, match="w must have shape"):
        filter_normalised(NETWORK, NETWORK.init(0)[1:], 0)


def test_a_seed_repeats_it_and_other_seeds_are_other_directions():
    w = NETWORK.init(0)
    one, again, other = (filter_normalised(NETWORK, w, seed) for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    assert abs(cosine) < 0.6
