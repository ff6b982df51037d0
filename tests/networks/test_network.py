"""A network is its layers in a row: values, gradients, mini-batches, training, errors."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.checking import check_gradient
from calclearn.calculus.numerical import grad as numerical_grad
from calclearn.descent.descend import descend
from calclearn.descent.losses import binary_cross_entropy, cross_entropy, mse, sse
from calclearn.descent.optimizers import Adam
from calclearn.descent.schedules import clipped
from calclearn.descent.second_order import LBFGS
from calclearn.networks.inside import activations, backpropagated, filter_normalised
from calclearn.networks.layers import Dense, Dropout, Flatten, Layer, LeakyReLU, ReLU, Sigmoid, Tanh
from calclearn.networks.network import Network

from ..refusals import refused

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(30, 4)), RNG.integers(0, 3, 30)
ONE = Network((Dense(1),), (4,))
SMALL = Network((Dense(5), Tanh(), Dense(3)), (4,))


# Values
def test_a_network_is_its_layers_in_a_row_over_one_vector():
    w = SMALL.init(1)
    (W, b), _, (V, c) = SMALL.parameters(w)
    np.testing.assert_allclose(SMALL(w, X), np.tanh(X @ W.T + b) @ V.T + c, rtol=1e-14)
    assert SMALL.dimension == w.size == 5 * 4 + 5 + 3 * 5 + 3
    assert SMALL.shapes == [(4,), (5,), (5,), (3,)]
    assert Network([*SMALL.layers], [4]) == SMALL
    W[0, 0], c[-1] = 7.0, 8.0  # they are views
    assert (w[0], w[-1]) == (7.0, 8.0)
    assert np.array_equal(SMALL.init(3), SMALL.init(np.random.default_rng(3)))
    assert not np.array_equal(SMALL.init(3), SMALL.init(4))


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.integers(1, 5), st.integers(0, 99))
def test_by_hand_automatic_and_numerical_gradients_agree(units, examples, seed):
    rng = np.random.default_rng(seed)
    layers = [layer for n in units for layer in (Dense(n), (Tanh(), Sigmoid())[n % 2])]
    network = Network((*layers, Dense(2)), (3,))
    x, y = rng.normal(size=(examples, 3)), rng.integers(0, 2, examples)
    loss, w = network.loss(x, y), network.init(seed)
    value, g = loss.value_and_gradient(w)
    np.testing.assert_allclose(g, numerical_grad(loss.function)(w), rtol=1e-7, atol=1e-9)
    assert value == loss(w) == cross_entropy(network(w, x), y)
    assert np.array_equal(g, loss.gradient(w))
    p = np.exp(network(w, x))  # the last layer's bias: mean of softmax minus truth
    by_hand = np.mean(p / p.sum(axis=1, keepdims=True) - np.eye(2)[y], axis=0)
    np.testing.assert_allclose(g[-2:], by_hand, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("error", "units"), [(mse, 2), (sse, 2), (binary_cross_entropy, 1)])
def test_outputs_can_be_numbers(error, units):
    network = Network((Dense(4), LeakyReLU(), Dense(units)), (4,))
    target, w = RNG.uniform(size=(30, units)), network.init(0)
    loss = network.loss(X, target, error)
    assert loss(w) == pytest.approx(error(network(w, X), target))
    assert check_gradient(loss.function, loss.gradient, at=w)


@pytest.mark.parametrize("shape", [(2, 3), (1,)])
def test_many_points_at_once_are_each_alone(shape):
    loss = SMALL.loss(X, LABELS)
    w = np.random.default_rng(0).normal(size=(SMALL.dimension, *shape))
    values, gradients = loss(w), loss.gradient(w)
    assert values.shape == shape
    for i in np.ndindex(shape):
        alone, here = loss.value_and_gradient(w[:, *i]), (slice(None), *i)
        np.testing.assert_allclose(values[i], alone[0], rtol=1e-13)
        np.testing.assert_allclose(gradients[here], alone[1], rtol=1e-12, atol=1e-15)


# Mini-batches and random layers
class Noise(Layer):
    def forward(self, parameters, x, rng):
        return x if rng is None else x + rng.normal(size=x.shape)


class ByName(Layer):
    def forward(self, parameters, x, *, rng=None):
        return x if rng is None else x + rng.normal(size=x.shape)


@pytest.mark.parametrize(
    ("y", "error"),
    [
        (LABELS, cross_entropy),
        (RNG.normal(size=(30, 3)), sse),
        (LABELS, lambda p, t: len(t) * cross_entropy(p, t)),
    ],
    ids=["mean", "sum", "own sum"],
)
def test_the_mean_of_the_mini_batches_is_the_loss(y, error):
    loss, w = SMALL.loss(X, y, error, batch_size=6), SMALL.init(0)
    rows = iter(np.arange(30).reshape(5, 6))
    dealer = SimpleNamespace(choice=lambda *_, **__: next(rows))  # of all rows, batch after batch
    batches = [loss.sample(dealer).value_and_gradient(w) for _ in range(5)]
    values, gradients = zip(*batches, strict=True)
    assert np.mean(values) == pytest.approx(loss(w))
    np.testing.assert_allclose(np.mean(gradients, axis=0), loss.gradient(w), atol=1e-12)
    assert np.std(values) > 0.01
    whole = SMALL.loss(X, y, error, batch_size=30).sample(np.random.default_rng(0))
    assert whole(w) == pytest.approx(loss(w))


@pytest.mark.parametrize("noise", [Dropout(0.5), Noise(), ByName()], ids=repr)
def test_a_random_layer_draws_in_a_sample_and_not_in_the_loss(noise):
    network = Network((Dense(5), noise, *SMALL.layers[1:]), (4,))
    loss, plain, w = network.loss(X, LABELS), SMALL.loss(X, LABELS), SMALL.init(0)
    rng = np.random.default_rng(0)
    assert plain.sample(rng) is plain
    assert loss(w) == plain(w)
    sample = loss.sample(rng)
    assert sample(w) == sample(w) != loss(w), "one sample is one function"
    assert len({loss.sample(rng)(w).item() for _ in range(20)}) == 20, "and each is another"
    assert check_gradient(sample.function, sample.gradient, at=w)
    assert np.array_equal(network(w, X, 5), network(w, X, np.random.default_rng(5)))
    assert not np.array_equal(network(w, X, 5), network(w, X))
    with pytest.raises(TypeError, match="rng must be a generator or a seed, got 'seed'"):
        noise((), X, "seed")


# Errors and layers of one's own
def doubled(prediction, target):
    return 2 * cross_entropy(prediction, target)


def indexed(prediction, target):
    """A cross-entropy that counts and indexes with its targets."""
    shares = np.bincount(target, minlength=prediction.shape[1]) / len(target)
    scores = prediction - np.log(np.sum(np.exp(prediction), axis=1))[:, None]
    return -np.mean(scores[np.arange(len(target)), target]) + np.sum(shares)


def test_an_own_error_of_class_numbers():
    own, own_indexed = SMALL.loss(X, LABELS, doubled), SMALL.loss(X, LABELS, indexed)
    loss, w = SMALL.loss(X, LABELS), SMALL.init(0)
    assert own(w) == pytest.approx(2 * loss(w))
    np.testing.assert_allclose(own.gradient(w), 2 * loss.gradient(w), rtol=1e-12)
    assert own_indexed(w) == pytest.approx(loss(w) + 1)
    x, y = X.copy(), LABELS.copy()
    kept = SMALL.loss(x, y)
    x[:], y[:] = 0, 0  # the loss has data of its own
    assert kept(w) == loss(w)
    np.testing.assert_allclose(own_indexed.gradient(w), loss.gradient(w), rtol=1e-10)
    pieces = [g.ravel() for a in backpropagated(SMALL, w, X, LABELS, doubled) for g in a[3]]
    np.testing.assert_allclose(np.concatenate(pieces), own.gradient(w), rtol=1e-12)


@pytest.mark.parametrize(
    ("error", "factor"),
    [
        (lambda p, t: np.sum((p - t) ** 2), 18),
        (lambda p, t: 3 * sse(p, t), 54),
        (lambda p, t: np.mean((p - t) ** 2), 1),
        (lambda p, t: np.sqrt(mse(p, t)), 1),
        (lambda p, t: np.sum(np.abs(p - t)) / len(t), 1),
        (sse, 18),
        (mse, 1),
    ],
)
def test_an_own_sum_counts_for_all_examples_and_a_mean_stays_a_mean(error, factor):
    network = Network((Dense(1),), (1,))
    loss = network.loss(np.zeros((18, 1)), np.ones((18, 1)), error, batch_size=6)
    w = np.zeros(2)  # so each example has the error 1
    assert loss(w) == pytest.approx(factor)
    assert loss.sample(np.random.default_rng(0))(w) == pytest.approx(factor)


def test_class_numbers_come_to_an_error_as_indices(narrow_indices):
    """Also where an index has 32 bits."""
    w = SMALL.init(0)
    for dtype in (np.int8, np.int64, np.uint64, float):
        loss = SMALL.loss(X, LABELS.astype(dtype), indexed, batch_size=6)
        assert loss(w) == pytest.approx(cross_entropy(SMALL(w, X), LABELS) + 1)
        assert np.isfinite(loss.sample(np.random.default_rng(0))(w))


# Training
def test_any_optimizer_trains_it():
    loss, w = SMALL.loss(X, LABELS, batch_size=10), SMALL.init(0).astype(np.float32)
    run = descend(loss, w, clipped(Adam(0.03), 1.0), steps=300)
    assert run.point.dtype == run.gradients.dtype == run.values.dtype == np.float32
    assert loss(run.point) < 0.5 * loss(w)
    assert descend(SMALL.loss(X, LABELS), w.astype(float), LBFGS(), steps=30).value < loss(w)


def test_the_precision_of_a_loss_is_that_of_the_weights():
    w, ones = SMALL.init(0), np.ones((30, 3), int)
    for error, target in ((mse, X[:, :3]), (mse, ones), (lambda p, t: np.mean((p - t) ** 2), ones)):
        loss = SMALL.loss(X, target, error)
        for dtype in (np.float32, np.float64):
            value, gradient = loss.value_and_gradient(w.astype(dtype))
            assert value.dtype == gradient.dtype == loss(w.astype(dtype)).dtype == dtype
    whole = np.ones(SMALL.dimension, int)
    assert np.array_equal(SMALL(whole, X), SMALL(whole.astype(float), X))


# At the door
NAN = np.where(np.arange(120).reshape(30, 4) == 5, np.nan, X)


BAD = [
    (lambda: Network((), (4,)), "layers must have weights to learn"),
    (lambda: Network((ReLU(),), (4,)), "layers must have weights to learn"),
    (lambda: Network((Dense(3),), (1, 8, 8)), r"input of Dense, must have shape \(N, D\)"),
    (lambda: Network((Flatten(), Dense(3)), (1, 0)), "each of input_shape must be a whole"),
    (lambda: SMALL.loss(X[:, :3], LABELS), r"x must have shape \(N, 4\), got \(30, 3\)"),
    (lambda: SMALL.loss(X, LABELS[:9]), "x and y must hold the same number of examples"),
    (lambda: SMALL.loss(X[:0], LABELS[:0]), "at least 1, got"),
    (lambda: SMALL.loss(NAN, LABELS), "x must be finite, got nan"),
    (lambda: SMALL.loss(np.ma.array(X, mask=X > 2), LABELS), "x must be finite, got nan"),
    (lambda: SMALL.loss(X, LABELS + 1), "class numbers from 0 to 2"),
    (lambda: SMALL.loss(X, LABELS + 0.5), "class numbers from 0 to 2"),
    (lambda: SMALL.loss(X, LABELS + 1, doubled), "y must hold class numbers from 0 to 2, got 3"),
    (lambda: SMALL.loss(X, LABELS, mse), r"y must have the outputs' shape \(30, 3\)"),
    (lambda: SMALL.loss(X, LABELS, lambda p, t: np.sum(p - t)), "error must take outputs of"),
    (lambda: SMALL.loss(X, X[:, :3], np.subtract), r"error must be .* got shape \(30, 3\)"),
    (lambda: SMALL.loss(X, X[:, :3], lambda p, y: "low"), "error must be .* got 'low'"),
    (lambda: SMALL.loss(X, LABELS, batch_size=31), "batch_size must be a whole number from 1"),
    (lambda: SMALL.loss(X, LABELS)(np.ones((43, 0))), "w must hold at least one point"),
    (lambda: SMALL(SMALL.init(0)[1:], X), r"w must have shape \(43,\)"),
    (lambda: SMALL(SMALL.init(0), X[0]), r"x must have shape \(N, 4\), got \(4,\)"),
    (lambda: ONE.loss(X, LABELS, lambda p, t: np.mean((p - t) ** 2)), r"y must have the outputs'"),
    (lambda: ONE.loss(X, np.zeros(30, int)), "of one class the cross-entropy is always 0"),
]  # fmt: skip
WRONG = [
    (lambda: Network(Dense(3), (4,)), "layers must be layers in a row"),
    (lambda: Network((Dense,), (4,)), "layers must be layers in a row"),
    (lambda: Network((Dense(3),), 4), "input_shape must be a tuple"),
    (lambda: SMALL.loss(X + 1j, LABELS), "x must be real numbers"),
    (lambda: SMALL.loss(X, ["a"] * 30), "y must be real numbers"),
    (lambda: SMALL.loss(X, LABELS, "mse"), "error must be a function such as mse, got 'mse'"),
    (lambda: SMALL(SMALL.init(0), "x"), "x must be real numbers"),
    (lambda: SMALL.init("seed"), "rng must be a generator or a seed, got 'seed'"),
    (lambda: SMALL(SMALL.init(0), X, "seed"), "rng must be a generator or a seed"),
    (lambda: own(__call__=lambda self, p, x: x), "Own must define forward, which __call__ calls"),
]  # fmt: skip

test_what_cannot_be = refused(BAD, WRONG)


def own(**methods):
    return type("Own", (Layer,), methods)()


@pytest.mark.parametrize(
    ("methods", "kind", "sentence"),
    [
        ({}, NotImplementedError, r"Own must define forward\(parameters, x\)"),
        ({"forward": lambda s, p, x: x[:, :1]}, ValueError, r"of shape \(30, 4\), got \(30, 1\)"),
        ({"forward": lambda s, p, x: x[:1]}, ValueError, r"Own\(\) must have .* got \(1, 4\)"),
        ({"forward": lambda s, p, x: None}, ValueError, r"Own\(\) must have outputs .* got None"),
        ({"forward": lambda s, p, x: [x]}, ValueError, r"Own\(\) must have outputs .* got .{60}$"),
        ({"forward": lambda s, p, x: np.add(x, 1, out=x)}, ValueError, "read-only"),
        ({"output_shape": lambda s, shape: 4}, TypeError, r"output_shape of Own\(\) must be a tu"),
        ({"shapes": lambda s, shape: [shape]}, TypeError, r"shapes of Own\(\) must be a dict"),
        ({"shapes": lambda s, shape: {"a": 4}}, TypeError, r"shape a of Own\(\) must be a tuple"),
    ],
)
def test_an_own_layer_that_is_none(methods, kind, sentence):
    def outputs(call):
        network = Network((own(**methods), Dense(3)), (4,))
        return call(network, network.init(0), X)

    kept = X.copy()
    with pytest.raises(kind, match=sentence):
        outputs(Network.__call__)
    if sentence != "read-only":  # traced numbers are never changed in place
        with pytest.raises((kind, TypeError)):
            outputs(activations)
    np.testing.assert_array_equal(X, kept)


def test_an_own_layer_may_have_a_single_number_and_a_list_as_its_shape():
    layer = own(
        shapes=lambda self, shape: {"factor": ()},
        output_shape=lambda self, shape: list(shape),
        forward=lambda self, parameters, x: parameters[0] * x,
    )
    network = Network((layer, Dense(3)), (4,))
    loss, w = network.loss(X, LABELS), network.init(0) + 0.5
    assert check_gradient(loss.function, loss.gradient, at=w)
    assert filter_normalised(network, w, 0)[0] == 0
