"""Recurrent layers: two forms that agree, truncation, adjoints, one unit, errors."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.autodiff import grad
from calclearn.calculus.tracing import plain
from calclearn.descent.descend import Stop, descend
from calclearn.descent.losses import mse
from calclearn.descent.optimizers import GradientDescent
from calclearn.networks.layers import Dense, LastStep
from calclearn.networks.network import Network
from calclearn.networks.recurrent import (
    GRU,
    LSTM,
    RNN,
    adjoints_through_time,
    one_unit,
    step_by_step,
)

from ..refusals import refused

LAYERS = {"tanh": RNN(3), "relu": RNN(3, "relu"), "LSTM": LSTM(3), "GRU": GRU(3)}
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def drawn(layer, shape, seed=0) -> tuple:
    """Parameters, none of them 0, inputs (N, T, D) and a cotangent (N, T, H) of the outputs."""
    rng = np.random.default_rng(seed)
    parameters = tuple(p + 0.3 * rng.normal(size=p.shape) for p in layer.init(rng, shape[1:]))
    return parameters, rng.normal(size=shape), rng.normal(size=(*shape[:2], layer.units))


def steps(layer):
    return lambda parameters, x: step_by_step(layer, parameters, x)


# The two forms.
@settings(deadline=None, max_examples=40)
@given(
    layer=st.sampled_from([*LAYERS.values()]),
    units=st.integers(1, 6),
    shape=st.tuples(st.integers(0, 4), st.integers(1, 9), st.integers(1, 4)),
    truncate=st.none() | st.integers(1, 10),
    seed=st.integers(0, 2**32),
)
def test_the_whole_and_the_steps_agree(layer, units, shape, truncate, seed, pulled, agree):
    layer = replace(layer, units=units, truncate=truncate)
    case = drawn(layer, shape, seed)
    agree(pulled(layer, *case), pulled(steps(layer), *case), 1e-12)


# Derivatives of the way back.
@every_layer
def test_a_gradient_of_a_truncated_gradient_is_that_of_the_steps(layer, agree):
    layer = replace(layer, truncate=2)
    parameters, x, g = drawn(layer, (2, 5, 2))

    def steepness(form):
        def loss(W):
            return np.sum(g * form((parameters[0], W, *parameters[2:]), x))

        return grad(lambda W: np.sum(grad(loss)(W) ** 2))(parameters[1])

    agree([steepness(layer)], [steepness(steps(layer))], 1e-12)


@every_layer
def test_no_error_leaves_its_window(layer, pulled):
    """Windows of 3 of 8 steps: 0-2, 3-5, 6-7."""
    parameters, x, g = drawn(layer, (2, 8, 2))
    g[:, [0, 1, 2, 3, 5, 6, 7]] = 0
    short = replace(layer, truncate=3)
    y, to_x, *_ = pulled(short, parameters, x, g)
    np.testing.assert_array_equal(y, layer(parameters, x))
    for reached in (to_x, adjoints_through_time(short, parameters, x, g)):
        assert [t for t in range(8) if np.any(reached[:, t])] == [3, 4]


@every_layer
@pytest.mark.parametrize("truncate", [None, 2])
def test_the_adjoint_of_a_state_is_what_a_push_to_it_does_to_the_loss(layer, truncate, agree):
    layer = replace(layer, truncate=truncate)
    parameters, x, g = drawn(layer, (3, 5, 2))

    def loss(push):
        state, total = (np.zeros((3, 3)),) * layer.carried, 0.0
        for t in range(5):
            if truncate and t % truncate == 0:
                state = plain(state)
            h, *rest = layer.step(parameters, x[:, t], state)
            state = (h + push[:, t], *rest)
            total = total + np.sum(g[:, t] * state[0])
        return total

    expected = grad(loss)(np.zeros((3, 5, 3)))
    agree([adjoints_through_time(layer, parameters, x, g)], [expected], 1e-12)


# Precision, numbers without end, initial weights.
@every_layer
@pytest.mark.parametrize("form", [lambda layer: layer, steps], ids=["whole", "steps"])
def test_single_precision_stays_and_mixed_becomes_double(layer, form, pulled, agree):
    parameters, x, g = drawn(layer, (2, 4, 2))
    single = tuple(p.astype(np.float32) for p in parameters)
    result = pulled(form(layer), single, x.astype(np.float32), g.astype(np.float32))
    assert {part.dtype for part in result} == {np.dtype(np.float32)}
    agree(result, pulled(form(layer), parameters, x, g), 1e-4)
    mixed = pulled(form(layer), single, x, g)
    assert [part.dtype.itemsize for part in mixed] == [8, 8, 4, 4, 4, 4]


def test_a_state_that_explodes_is_a_result(pulled):
    layer = RNN(2, "relu")
    huge = (np.ones((2, 1)), np.full((2, 2), 1e3), np.zeros(2), np.zeros(2))
    x, g = np.ones((1, 200, 1)), np.ones((1, 200, 2))
    with np.errstate(all="ignore"):
        for function in (layer, steps(layer)):
            y, _, *to_parameters = pulled(function, huge, x, g)
            assert np.isinf(y).any()
            assert not all(np.isfinite(part).all() for part in to_parameters)
    network = Network((layer, LastStep(), Dense(1)), (200, 1))
    w = np.concatenate([*map(np.ravel, huge), np.ones(3)])
    run = descend(network.loss(x, np.ones((1, 1)), mse), w, GradientDescent(0.1), 5)
    assert run.stop == Stop.DIVERGED


def test_each_gate_draws_its_own_initial_weights():
    W_ih, W_hh, *biases = GRU(5).init(np.random.default_rng(0), (7, 2))
    assert W_ih.shape == (15, 2)
    for gate in W_hh.reshape(3, 5, 5):
        np.testing.assert_allclose(gate @ gate.T, np.eye(5), atol=1e-12)
    assert not np.any(biases)
    W_ih, W_hh, *_ = LSTM(4, initial=lambda rng, shape: np.zeros(shape)).init(0, (7, 2))
    assert not np.any(W_ih)
    assert np.all(W_hh)


# Errors.
P, X, _ = drawn(LSTM(3), (2, 4, 5))
SHORT = np.zeros((2, 3))


def both(parameters, x):
    """The two forms have one check."""
    return lambda: [form(parameters, x) for form in (steps(LSTM(3)), LSTM(3))]


BAD = [
    (lambda: RNN(0), "units must be a whole number of at least 1, got 0"),
    (lambda: RNN(3, "sigmoid"), "nonlinearity must be 'tanh' or 'relu', got 'sigmoid'"),
    (lambda: GRU(3, truncate=0), "truncate must be a whole number of at least 1, got 0"),
    (lambda: adjoints_through_time(LSTM(3), P, X, SHORT), r"g must have .* \(2, 4, 3\), .*"),
    (both(P, X[0]), r"LSTM, must have shape \(N, T, D\), .* got \(N, 5\)"),
    (both(P, X[:, :0]), r"none but N 0, got \(N, 0, 5\)"),
    (both(P, X[:, :, :4]), r"W_ih of LSTM\(.*\) must have shape \(12, 4\) .* got \(12, 5\)"),
    (both((*P[:3], np.zeros(3)), X), r"b_hh of LSTM\(.*\) must have shape \(12,\)"),
    (both(P[:2], X), "must be W_ih, W_hh, b_ih, b_hh, got 2 arrays"),
]  # fmt: skip
WRONG = [
    (both(P, X + 1j), "x must be real numbers, got complex128"),
    (lambda: step_by_step(Dense(3), (), X), "layer must be an RNN, LSTM or GRU, got Dense"),
    (lambda: adjoints_through_time(3, (), X, X), "layer must be an RNN, LSTM or GRU, got 3"),
]  # fmt: skip

test_what_cannot_be = refused(BAD, WRONG)


# One unit.
def test_one_unit_is_an_rnn_with_one_unit():
    x = np.array([0.3, -1.0, 0.7, 0.2, 1.5])
    loss, mesh = one_unit(x, 0.4), np.random.default_rng(0).normal(size=(2, 3, 4))
    values, gradients = loss.value_and_gradient(mesh)
    for i, j in np.ndindex(3, 4):
        w = mesh[:, i, j]
        layer = (*np.reshape(w[::-1], (2, 1, 1)), np.zeros(1), np.zeros(1))
        outputs = RNN(1)(layer, x[None, :, None])
        assert values[i, j] == pytest.approx((outputs[0, -1, 0] - 0.4) ** 2)
        assert gradients[:, i, j] == pytest.approx(grad(loss.function)(w))
