"""Dense layers, activations, dropout: their equations, their derivatives twice over, PyTorch's."""

import json
from pathlib import Path

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, hessian, vjp
from calclearn.calculus.checking import check_gradient
from calclearn.calculus.numerical import hessian as numerical_hessian
from calclearn.networks.initial import xavier
from calclearn.networks.layers import (
    Dense,
    Dropout,
    Flatten,
    LastStep,
    Layer,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Tanh,
    linear,
)

# name                layer                   PyTorch's                        inputs (N, ...)
# fmt: off
CASES = {
    "Dense":         (Dense(4),               "Linear(3, 4)",                  (5, 3)),
    "Dense, one":    (Dense(1, xavier),       "Linear(6, 1)",                  (1, 6)),
    "ReLU":          (ReLU(),                 "ReLU()",                        (3, 4)),
    "LeakyReLU":     (LeakyReLU(),            "LeakyReLU()",                   (3, 4)),
    "LeakyReLU 0.2": (LeakyReLU(0.2),         "LeakyReLU(0.2)",                (2, 2, 3, 3)),
    "Sigmoid":       (Sigmoid(),              "Sigmoid()",                     (3, 4)),
    "Tanh":          (Tanh(),                 "Tanh()",                        (2, 5, 3)),
    "Flatten":       (Flatten(),              "Flatten()",                     (2, 3, 4, 5)),
}
# fmt: on
REFERENCE = Path(__file__).with_name("layers_reference.json")


def drawn(name: str) -> tuple:
    """A layer, its parameters, an input that has a 0 in it, and a cotangent of the output."""
    layer, _, shape = CASES[name]
    rng = np.random.default_rng(list(CASES).index(name))
    parameters = layer.init(rng, shape[1:])
    parameters = tuple(p if p.ndim > 1 else rng.normal(size=p.shape) for p in parameters)
    x = 2 * rng.normal(size=shape)
    x.flat[0] = 0.0
    return layer, parameters, x, rng.normal(size=(shape[0], *layer.output_shape(shape[1:])))


def pytorchs(name: str) -> list[np.ndarray]:
    import torch
    from torch import nn

    _, parameters, x, g = drawn(name)
    module = eval(f"nn.{CASES[name][1]}", {"nn": nn}).double()
    with torch.no_grad():
        for mine, theirs in zip(parameters, module.parameters(), strict=True):
            theirs.copy_(torch.tensor(mine))
    x = torch.tensor(x, requires_grad=True)
    y = module(x)
    y.backward(torch.tensor(g))
    result = [y.detach(), x.grad, *(p.grad for p in module.parameters())]
    return [part.numpy() for part in result]


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients_equal_those_of_pytorch(name, pulled, agree):
    expected = json.loads(REFERENCE.read_text(encoding="utf-8"))[name]
    agree(pulled(*drawn(name)), expected)


@pytest.mark.parametrize("name", CASES)
def test_the_stored_values_are_those_of_pytorch(name, agree):
    pytest.importorskip("torch")
    expected = json.loads(REFERENCE.read_text(encoding="utf-8"))[name]
    agree(pytorchs(name), expected)


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_right_and_so_is_the_second_one(name):
    layer, parameters, x, _ = drawn(name)
    x = np.where(x < 0, x - 0.5, x + 0.5)[:1]  # away from the kink

    def energy(v):
        return np.sum(np.sin(layer(parameters, np.reshape(v, x.shape))))

    assert check_gradient(energy, grad(energy), at=x.ravel())
    np.testing.assert_allclose(
        hessian(energy)(x.ravel()), numerical_hessian(energy)(x.ravel()), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("name", CASES)
def test_single_precision_stays(name, pulled):
    layer, parameters, x, g = drawn(name)
    x, g, *parameters = (part.astype(np.float32) for part in (x, g, *parameters))
    assert {part.dtype for part in pulled(layer, parameters, x, g)} == {np.dtype(np.float32)}


def test_biases_begin_at_zero():
    W, b = Dense(3).init(np.random.default_rng(0), (2,))
    assert np.all(b == 0)
    assert np.all(W != 0)


def test_the_last_step_alone_receives_a_gradient():
    x = np.arange(12.0).reshape(1, 4, 3)
    y, pullback = vjp(lambda x: LastStep()((), x), x)
    assert np.array_equal(y, x[:, -1])
    assert np.array_equal(pullback(np.ones((1, 3)))[0][:, :3], np.zeros((1, 3, 3)))


def test_dropout_silences_its_share_keeps_the_mean_and_sends_back_the_same_mask():
    layer, x = Dropout(0.3), np.ones((200, 300))
    y, pullback = vjp(lambda x: layer((), x, np.random.default_rng(5)), x)
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.01)
    assert np.mean(y) == pytest.approx(1, abs=0.01)
    assert set(np.unique(y)) == {0.0, 1 / 0.7}
    assert np.array_equal(*pullback(x), y)
    assert layer((), x) is x
    assert layer((), x.astype(np.float32), np.random.default_rng(5)).dtype == np.float32


X, W, B = np.ones((5, 4)), np.ones((3, 4)), np.ones(3)


def narrow(rng, shape):
    return rng.normal(size=(1, *shape[1:]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(0), "units must be a whole number of at least 1, got 0"),
        (lambda: Dense(2.5), "units must be a whole number"),
        (lambda: Dropout(1.0), "rate must be at least 0 and below 1, got 1.0"),
        (lambda: Dropout(np.nan), "rate must be at least 0 and below 1, got nan"),
        (lambda: LeakyReLU(np.inf), "slope must be finite"),
        (lambda: Dense(3).output_shape((1, 8, 8)), r"input of Dense, must have shape \(N, D\)"),
        (lambda: LastStep().output_shape((4,)), r"input of LastStep, must have shape \(N, T, H\)"),
        (lambda: LastStep()((), X[0]), r"input of LastStep, .* got \(N\)"),
        (lambda: LastStep()((), X[:, None][:, :0]), r"none but N 0, got \(N, 0, 4\)"),
        (lambda: Dense(3)((W, B), X[:, None]), r"input of Dense, must have shape \(N, D\)"),
        (lambda: Dense(3)((W, B), X[:, 1:]), r"W of Dense.* must have shape \(3, 3\) for x of"),
        (lambda: Dense(3)((W, B[1:]), X), r"b of Dense.* must have shape \(3,\) .* got \(2,\)"),
        (lambda: Dense(3)((W,), X), "parameters of Dense must be W, b, got 1 arrays"),
        (lambda: Dense(3, initial=narrow).init(0, (4,)), r"initial must draw .* got \(1, 4\)"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(3, 4), r"initial must be a function \(rng, shape\) -> array, got 4"),
        (lambda: Dense(3)(W, X), "parameters of Dense must be a tuple of arrays"),
        (lambda: Dense(3)((W, B), X + 1j), "x must be real numbers, got complex128"),
        (lambda: Dense(3)((W, B), "x"), "x must be real numbers"),
        (lambda: Dense(3)((W + 1j, B), X), "W must be real numbers, got complex128"),
        (lambda: Dense(3).init("seed", (4,)), "rng must be a generator or a seed, got 'seed'"),
        (lambda: Dropout(0.5)((), X, "seed"), "rng must be a generator or a seed, got 'seed'"),
        *((lambda layer=layer: layer((), X + 1j), "x must be real numbers, got complex128")
          for layer in (Flatten(), LastStep(), Dropout(), ReLU(), LeakyReLU(), Sigmoid(), Tanh())),
    ],
)  # fmt: skip
def test_what_is_of_another_kind(make, message):
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize("layer", [Flatten(), Dropout(), ReLU(), LeakyReLU(), Sigmoid(), Tanh()])
def test_lists_and_whole_numbers_become_numbers(layer):
    numbers = [[-1, 0], [2, 3]]
    y = layer((), numbers)
    assert y.dtype == float
    assert np.array_equal(y, layer((), np.array(numbers, float)))


def test_no_examples_are_no_error():
    assert Dense(3)((W, B), X[:0]).shape == (0, 3)
    assert Flatten()((), np.ones((0, 2, 3))).shape == (0, 6)


def test_a_layer_is_a_value():
    assert Dense(3) == Dense(3) != Dense(4)
    assert isinstance(Dense(3), Layer)
    with pytest.raises(AttributeError):
        Dense(3).units = 4


if __name__ == "__main__":
    stored = {name: [part.tolist() for part in pytorchs(name)] for name in CASES}
    REFERENCE.write_text(json.dumps(stored) + "\n", encoding="utf-8")


def test_second_derivatives_of_the_linear_layer_agree_with_differences():
    w = np.random.default_rng(1).normal(size=12)

    def loss(w):
        return np.sum(np.tanh(linear(w[:4].reshape(2, 2), w[4:10].reshape(3, 2), w[7:10])) * w[9:])

    np.testing.assert_allclose(hessian(loss)(w), numerical_hessian(loss)(w), atol=1e-6)
