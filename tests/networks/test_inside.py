"""The gradient inside a network: that which trains it, in pieces, and right in each."""

import numpy as np
import pytest

from calclearn.calculus.numerical import central_difference
from calclearn.descent.losses import cross_entropy, mse
from calclearn.networks.images import Conv2D
from calclearn.networks.inside import activations, backpropagated, filter_normalised, gradient_norms
from calclearn.networks.layers import Dense, Dropout, Flatten, ReLU, Sigmoid, Tanh
from calclearn.networks.network import Network

from ..refusals import refused

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(12, 4)), RNG.integers(0, 3, 12)
DEEP = Network((Dense(5), Tanh(), Dense(4), ReLU(), Dense(3), Sigmoid(), Dense(3)), (4,))
W = DEEP.init(0)
IMAGES = Network((Conv2D(2, 3), ReLU(), Flatten(), Dropout(0.5), Dense(3)), (1, 5, 5))
every_case = pytest.mark.parametrize(
    ("network", "x", "y", "error"),
    [
        (DEEP, X, LABELS, cross_entropy),
        (DEEP, X, RNG.normal(size=(12, 3)), mse),
        (IMAGES, RNG.normal(size=(12, 1, 5, 5)), LABELS, cross_entropy),
    ],
)


def rest(network, w, k, a):
    """What the layers behind layer k make of its activation."""
    for layer, parameters in list(zip(network.layers, network.parameters(w), strict=True))[k + 1 :]:
        a = layer(parameters, a)
    return a


@every_case
def test_activations_are_what_the_layers_put_out(network, x, y, error):
    w = network.init(1)
    result = activations(network, w, x)
    names = [f"{k} {type(layer).__name__}" for k, layer in enumerate(network.layers)]
    assert list(result) == names
    assert [layer.name for layer in backpropagated(network, w, x, y, error)] == names
    assert [value.shape[1:] for value in result.values()] == network.shapes[1:]
    for k, value in enumerate(result.values()):
        np.testing.assert_allclose(rest(network, w, k, value), network(w, x), rtol=1e-13)


@every_case
def test_the_pieces_and_their_norms_make_up_the_gradient(network, x, y, error):
    w = network.init(1)
    layers, whole = backpropagated(network, w, x, y, error), network.loss(x, y, error).gradient(w)
    pieces = [g.ravel() for layer in layers for g in layer.to_parameters]
    np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=1e-12, atol=1e-16)
    for layer, shape, kind in zip(layers, network.shapes, network.layers, strict=False):
        assert [g.shape for g in layer.to_parameters] == [*kind.shapes(shape).values()]
    norms = gradient_norms(network, w, x, y, error)
    assert list(norms) == [layer.name for layer in layers if layer.to_parameters]
    assert np.hypot.reduce([*norms.values()]) == pytest.approx(np.linalg.norm(whole), rel=1e-12)


@every_case
def test_what_comes_back_to_an_activation_is_what_differences_say(network, x, y, error):
    w = network.init(1)
    for k, layer in enumerate(backpropagated(network, w, x, y, error)):
        along = RNG.normal(size=layer.activation.shape)

        def loss(t, k=k, layer=layer, along=along):
            return error(rest(network, w, k, layer.activation + t * along), y)

        slope = central_difference(loss, 0.0, 1e-5)
        assert np.sum(layer.to_activation * along) == pytest.approx(slope, rel=1e-6, abs=1e-9)


def test_32_bits_stay_32_bits_and_their_norms_do_not_overflow():
    layers = backpropagated(DEEP, DEEP.init(0).astype(np.float32), X, LABELS)
    kinds = {part.dtype for layer in layers for part in (*layer[1:3], *layer.to_parameters)}
    assert kinds == {np.dtype(np.float32)}
    linear, w = Network((Dense(1), Dense(1)), (1,)), np.float32([1e-3, 0, 1e25, 0])
    norms = gradient_norms(linear, w, np.ones((2, 1)), np.zeros((2, 1)), lambda p, y: np.sum(p) / 2)
    assert norms["0 Dense"] == pytest.approx(np.sqrt(2) * 1e25, rel=1e-6)


NAN = np.full_like(X, np.nan)
test_what_cannot_be = refused(
    [
        *((lambda look=look, given=given: look(DEEP, *given), words)
          for look in (backpropagated, gradient_norms) for given, words in [
            ((W[:3], X, LABELS), "w must have shape"),
            ((W, X[:, :2], LABELS), r"x must have shape \(N, 4\), got \(12, 2\)"),
            ((W, X, LABELS[:5]), "same number of examples"),
            ((W, X, LABELS + 3), "y must hold class numbers from 0 to 2"),
            ((W, NAN, LABELS), "x must be finite")]),
        (lambda: activations(DEEP, W, X[:, :2]), r"x must have shape \(N, 4\), got"),
        (lambda: filter_normalised(DEEP, W[1:], 0), "w must have shape"),
    ],
    [
        *((lambda look=look, more=more: look(3, W, *more), "network must be a Network, got 3")
          for look, more in ((backpropagated, (X, LABELS)), (activations, (X,)),
                             (filter_normalised, (0,)))),
        (lambda: filter_normalised(DEEP, W, "seed"), "rng must be a generator or a seed"),
    ],
)  # fmt: skip


# Directions in the network's own scale
def test_every_filter_is_as_long_as_its_own_weights_and_biases_do_not_move():
    network = Network((Conv2D(3, 2), Flatten(), Dense(1), Dense(2)), (2, 4, 4))
    w = network.init(0)
    along, again, other = (filter_normalised(network, w, seed) for seed in (1, 1, 2))
    assert np.array_equal(along, again)
    assert not np.allclose(along, other)
    pairs = zip(network.parameters(w), network.parameters(along), strict=True)
    for (W, _), (D, e) in [(own, new) for own, new in pairs if own]:
        own, new = (np.linalg.norm(part.reshape(len(W), -1), axis=1) for part in (W, D))
        np.testing.assert_allclose(new, own)
        assert not e.any()
