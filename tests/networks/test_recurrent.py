"""Recurrent layers: two forms that agree, PyTorch's numbers, truncation, adjoints, errors."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.autodiff import grad, hessian, jacobian, vjp
from calclearn.calculus.checking import check_gradient
from calclearn.calculus.numerical import hessian as numerical_hessian
from calclearn.calculus.tracing import plain
from calclearn.descent.descend import Stop, descend
from calclearn.descent.losses import mse
from calclearn.descent.optimizers import Adam, GradientDescent
from calclearn.networks.initial import scaled
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

LAYERS = {"tanh": RNN(3), "relu": RNN(3, "relu"), "LSTM": LSTM(3), "GRU": GRU(3)}
# name           layer            shape (N, T, D) of the inputs
# fmt: off
CASES = {
    "tanh":      (LAYERS["tanh"], (2, 4, 2)),
    "tanh, 1":   (RNN(2),         (1, 1, 1)),
    "relu":      (LAYERS["relu"], (2, 4, 2)),
    "relu, 1":   (RNN(2, "relu"), (3, 1, 1)),
    "LSTM":      (LAYERS["LSTM"], (2, 4, 2)),
    "LSTM, 1":   (LSTM(1),        (1, 3, 1)),
    "GRU":       (LAYERS["GRU"],  (2, 4, 2)),
    "GRU, 1":    (GRU(1),         (1, 3, 1)),
}
# fmt: on
REFERENCE = Path(__file__).with_name("recurrent_reference.json")
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def drawn(layer, shape, seed=0) -> tuple:
    """Parameters, none of them 0, inputs (N, T, D) and a cotangent (N, T, H) of the outputs."""
    rng = np.random.default_rng(seed)
    parameters = layer.init(rng, shape[1:])
    parameters = tuple(p + 0.3 * rng.normal(size=p.shape) for p in parameters)
    return parameters, rng.normal(size=shape), rng.normal(size=(*shape[:2], layer.units))


def steps(layer):
    return lambda parameters, x: step_by_step(layer, parameters, x)


# The two forms.


@settings(deadline=None, max_examples=40)
@given(
    kind=st.sampled_from([RNN, LSTM, GRU]),
    units=st.integers(1, 6),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 4)),
    truncate=st.none() | st.integers(1, 10),
    relu=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_the_whole_sequence_and_the_single_steps_agree(
    kind, units, shape, truncate, relu, seed, pulled, agree
):
    layer = kind(units, truncate=truncate)
    if kind is RNN and relu:
        layer = replace(layer, nonlinearity="relu")
    parameters, x, g = drawn(layer, shape, seed)
    agree(pulled(layer, parameters, x, g), pulled(steps(layer), parameters, x, g), 1e-12)


@every_layer
def test_layers_follow_each_other_and_nothing_is_changed_in_place(layer, agree):
    """The second layer is given the first one's memory, and a pull-back may be used twice."""
    first, x, g = drawn(layer, (3, 5, 2))
    second, _, _ = drawn(layer, (3, 5, 3), 1)
    kept = [part.copy() for part in (x, g, *first, *second)]

    def deep(form):
        return vjp(lambda x, *p: form(layer)(p[4:], form(layer)(p[:4], x)), x, *first, *second)

    y, pull = deep(lambda layer: layer)
    agree([y, *pull(g)], [deep(steps)[0], *deep(steps)[1](g)], 1e-12)
    np.testing.assert_array_equal(np.stack(pull(g)[:1]), np.stack(pull(g)[:1]))
    agree([x, g, *first, *second], kept, 0)


@every_layer
def test_no_examples_are_no_trouble(layer, pulled):
    parameters, x, g = drawn(layer, (0, 4, 2))
    y, to_x, *to_parameters = pulled(layer, parameters, x, g)
    assert y.shape == (0, 4, 3)
    assert to_x.shape == x.shape
    assert all(not np.any(part) for part in to_parameters)


# PyTorch.


def pytorchs(layer, parameters, x, g) -> list[np.ndarray]:
    import torch

    kind = type(layer).__name__
    more = {"nonlinearity": layer.nonlinearity} if kind == "RNN" else {}
    module = getattr(torch.nn, kind)(x.shape[2], layer.units, batch_first=True, **more).double()
    with torch.no_grad():
        for mine, theirs in zip(parameters, module.parameters(), strict=True):
            theirs.copy_(torch.tensor(mine))
    x = torch.tensor(x, requires_grad=True)
    outputs, state = [], None
    for window in x.split(layer.truncate or x.shape[1], dim=1):
        y, state = module(window, state)
        state = tuple(s.detach() for s in state) if kind == "LSTM" else state.detach()
        outputs.append(y)
    y = torch.cat(outputs, dim=1)
    y.backward(torch.tensor(g))
    result = [y.detach(), x.grad, *(p.grad for p in module.parameters())]
    return [part.numpy() for part in result]


def stored(name: str) -> list:
    return json.loads(REFERENCE.read_text(encoding="utf-8"))[name]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("form", [lambda layer: layer, steps], ids=["whole", "steps"])
def test_outputs_and_gradients_equal_those_of_pytorch(name, form, pulled, agree):
    layer, shape = CASES[name]
    agree(pulled(form(layer), *drawn(layer, shape)), stored(name), 1e-10)


@pytest.mark.parametrize("name", CASES)
def test_the_stored_values_are_those_of_pytorch(name, agree):
    pytest.importorskip("torch")
    layer, shape = CASES[name]
    agree(pytorchs(layer, *drawn(layer, shape)), stored(name), 1e-10)


@every_layer
@pytest.mark.parametrize("seed", range(8))
def test_pytorch_agrees_over_random_shapes_and_truncations(layer, seed, pulled, agree):
    pytest.importorskip("torch")
    N, T, D, H, k = np.random.default_rng(seed).integers(1, [6, 12, 5, 8, 12]).tolist()
    layer = replace(layer, units=H, truncate=k if seed % 2 else None)
    case = drawn(layer, (N, T, D), seed)
    agree(pulled(layer, *case), pytorchs(layer, *case), 1e-10)


# Derivatives, in a second way.


@every_layer
def test_the_gradient_is_right_and_so_is_the_second_one(layer):
    layer = replace(layer, units=2)
    parameters, x, _ = drawn(layer, (2, 3, 2), seed=5)  # away from the kinks of relu

    def energy(v):
        return np.sum(np.sin(layer(parameters, np.reshape(v, x.shape))))

    def of_weights(v):
        return np.sum(np.sin(layer((parameters[0], v.reshape(-1, 2), *parameters[2:]), x)))

    for f, at in ((energy, x.ravel()), (of_weights, parameters[1].ravel())):
        assert check_gradient(f, grad(f), at=at)
        np.testing.assert_allclose(hessian(f)(at), numerical_hessian(f)(at), rtol=1e-6, atol=1e-6)


@every_layer
def test_a_pull_back_has_a_derivative_by_its_cotangent(layer):
    """It is linear in g, so that its Jacobian is itself, row by row."""
    parameters, x, g = drawn(layer, (1, 3, 2))

    def to_input(g):
        return vjp(lambda x: layer(parameters, x), x)[1](g.reshape(1, 3, 3))[0].ravel()

    J = jacobian(to_input)(g.ravel())
    np.testing.assert_allclose(J @ g.ravel(), to_input(g.ravel()), atol=1e-12)


@every_layer
def test_a_gradient_of_a_truncated_gradient_is_that_of_the_steps(layer, agree):
    layer = replace(layer, truncate=2)
    parameters, x, g = drawn(layer, (2, 5, 2))

    def steepness(form):
        def loss(W):
            return np.sum(g * form(layer)((parameters[0], W, *parameters[2:]), x))

        return grad(lambda W: np.sum(grad(loss)(W) ** 2))(parameters[1])

    agree([steepness(lambda layer: layer)], [steepness(steps)], 1e-12)


# Truncation.


@every_layer
def test_no_error_leaves_its_window(layer, pulled):
    """Windows of 3 of 8 steps: 0-2, 3-5, 6-7."""
    parameters, x, g = drawn(layer, (2, 8, 2))
    g[:, [0, 1, 2, 3, 5, 6, 7]] = 0
    short = replace(layer, truncate=3)
    y, to_x, *_ = pulled(short, parameters, x, g)
    np.testing.assert_array_equal(y, layer(parameters, x))
    assert [bool(np.any(to_x[:, t])) for t in range(8)] == [t in (3, 4) for t in range(8)]
    reached = adjoints_through_time(short, parameters, x, g)
    assert [bool(np.any(reached[:, t])) for t in range(8)] == [t in (3, 4) for t in range(8)]


# The adjoint of every state.


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
            state = layer.step(parameters, x[:, t], state)
            state = (state[0] + push[:, t], *state[1:])
            total = total + np.sum(g[:, t] * state[0])
        return total

    expected = grad(loss)(np.zeros((3, 5, 3)))
    agree([adjoints_through_time(layer, parameters, x, g)], [expected], 1e-12)


# Precision, and numbers without end.


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
    whole = np.ones((2, 4, 2), int)
    np.testing.assert_array_equal(
        form(layer)(parameters, whole), form(layer)(parameters, whole * 1.0)
    )


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


def test_a_network_remembers_the_first_number_unless_its_error_is_held_back():
    """The number is followed by five others, so the error must come back through all of them."""
    x = np.random.default_rng(0).normal(size=(64, 6, 1))
    y = np.tanh(x[:, 0])
    for layer in (RNN(8), GRU(8)):
        left = {}
        for k in (None, 3):
            network = Network((replace(layer, truncate=k), LastStep(), Dense(1)), (6, 1))
            run = descend(network.loss(x, y, mse), network.init(0), Adam(0.03), 150, every=150)
            left[k] = run.value
        assert left[None] < 0.01 * y.var()
        assert left[None] < 0.1 * left[3]


# First weights, shapes and errors.


def test_each_gate_draws_its_own_initial_weights():
    W_ih, W_hh, b_ih, b_hh = GRU(5).init(np.random.default_rng(0), (7, 2))
    assert W_ih.shape == (15, 2)
    for gate in W_hh.reshape(3, 5, 5):
        np.testing.assert_allclose(gate @ gate.T, np.eye(5), atol=1e-12)
    assert not np.any(b_ih)
    assert not np.any(b_hh)
    W_ih, W_hh, *_ = LSTM(4, initial=scaled(0.0), recurrent_initial=scaled(1.0)).init(
        np.random.default_rng(0), (7, 2)
    )
    assert not np.any(W_ih)
    assert np.all(W_hh)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RNN(0), "units must be a whole number of at least 1, got 0"),
        (lambda: RNN(3, "sigmoid"), "nonlinearity must be 'tanh' or 'relu', got 'sigmoid'"),
        (lambda: GRU(3, truncate=0), "truncate must be a whole number of at least 1, got 0"),
        (lambda: LSTM(3, truncate=2.5), "truncate must be a whole number of at least 1"),
        (lambda: RNN(3).shapes((4,)), r"input of RNN, must have shape \(N, T, D\)"),
        (lambda: GRU(3).output_shape((1, 8, 8)), r"input of GRU, must have shape \(N, T, D\)"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("call", [lambda layer, p, x: layer(p, x), step_by_step])
def test_inputs_that_do_not_fit(call):
    layer = LSTM(3)
    parameters, x, _ = drawn(layer, (2, 4, 5))
    with pytest.raises(ValueError, match=r"LSTM, must have shape \(N, T, D\), .* got \(N, 5\)"):
        call(layer, parameters, x[0])
    with pytest.raises(ValueError, match=r"none but N 0, got \(N, 0, 5\)"):
        call(layer, parameters, x[:, :0])
    with pytest.raises(
        ValueError, match=r"W_ih of LSTM\(units=3, .*\) must have shape \(12, 4\) .* got \(12, 5\)"
    ):
        call(layer, parameters, x[:, :, :4])
    with pytest.raises(ValueError, match=r"b_hh of LSTM\(.*\) must have shape \(12,\)"):
        call(layer, (*parameters[:3], np.zeros(3)), x)
    with pytest.raises(ValueError, match="must be W_ih, W_hh, b_ih, b_hh, got 2 arrays"):
        call(layer, parameters[:2], x)
    with pytest.raises(TypeError, match="x must be real numbers, got complex128"):
        call(layer, parameters, x + 1j)


@pytest.mark.parametrize("name", ["initial", "recurrent_initial"])
def test_an_initialisation_that_is_no_function(name):
    with pytest.raises(TypeError, match=rf"{name} must be a function .* got 2"):
        GRU(3, **{name: 2})


def test_a_layer_without_steps():
    with pytest.raises(TypeError, match="layer must be an RNN, LSTM or GRU, got Dense"):
        step_by_step(Dense(3), (), np.ones((2, 4, 5)))


def test_a_cotangent_of_another_shape():
    parameters, x, g = drawn(RNN(3), (2, 4, 5))
    with pytest.raises(ValueError, match=r"g must have shape \(2, 4, 3\), .* got \(2, 3\)"):
        adjoints_through_time(RNN(3), parameters, x, g[:, -1])


@pytest.mark.parametrize("w", [(0.9, 0.5), (-1.2, 0.3), (1.3, 0.01)])
def test_gradient_of_one_unit(w):
    x = np.array([0.3, -1.0, 0.7, 0.2, 1.5])
    loss = one_unit(x, 0.4)
    assert loss.gradient(w) == pytest.approx(grad(loss.function)(np.array(w)))
    assert loss(w) == pytest.approx(loss.value_and_gradient(w)[0])
    layer = (*np.reshape(w[::-1], (2, 1, 1)), np.zeros(1), np.zeros(1))
    assert loss(w) == pytest.approx((RNN(1)(layer, x[None, :, None])[0, -1, 0] - 0.4) ** 2)


def test_one_unit_at_many_points():
    loss, mesh = one_unit(np.ones(20), 0.7), np.random.default_rng(0).normal(size=(2, 3, 4))
    values, gradients = loss.value_and_gradient(mesh)
    for i, j in np.ndindex(3, 4):
        assert values[i, j] == pytest.approx(loss(mesh[:, i, j]))
        assert gradients[:, i, j] == pytest.approx(loss.gradient(mesh[:, i, j]))


if __name__ == "__main__":
    result = {name: pytorchs(layer, *drawn(layer, shape)) for name, (layer, shape) in CASES.items()}
    text = json.dumps({name: [part.tolist() for part in parts] for name, parts in result.items()})
    REFERENCE.write_text(text + "\n", encoding="utf-8")
