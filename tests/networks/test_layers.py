"""Every layer: PyTorch's numbers, two orders of derivatives, precision; dropout; errors."""

import json
from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest

from calclearn.calculus.autodiff import grad, vjp
from calclearn.calculus.numerical import derivative
from calclearn.networks.images import AvgPool2D, Conv2D, MaxPool2D
from calclearn.networks.initial import xavier
from calclearn.networks.layers import (
    Dense,
    Dropout,
    Flatten,
    LastStep,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Tanh,
)
from calclearn.networks.recurrent import GRU, LSTM, RNN

from ..refusals import refused

CASES = [  # a layer, PyTorch's, inputs (N, ...)
    (Dense(4),                      "Linear(3, 4)",                               (5, 3)),
    (Dense(1, xavier),              "Linear(6, 1)",                               (1, 6)),
    (ReLU(),                        "ReLU()",                                     (3, 4)),
    (LeakyReLU(),                   "LeakyReLU()",                                (3, 4)),
    (LeakyReLU(0.2),                "LeakyReLU(0.2)",                             (2, 2, 3, 3)),
    (Sigmoid(),                     "Sigmoid()",                                  (3, 4)),
    (Tanh(),                        "Tanh()",                                     (2, 5, 3)),
    (Flatten(),                     "Flatten()",                                  (2, 3, 4, 5)),
    # Any other sizes of images equal their definition: test_images.
    (Conv2D(2, 3, padding=1),       "Conv2d(2, 2, 3, padding=1)",                 (3, 2, 4, 5)),
    (Conv2D(4, (2, 3), (1, 2), (2, 0)), "Conv2d(2, 4, (2, 3), (1, 2), (2, 0))",   (2, 2, 4, 6)),
    *((kind(*sizes), f"{kind.__name__[:-1]}d{sizes}", shape)
      for kind in (MaxPool2D, AvgPool2D) for sizes, shape in [
        ((2, 2),                    (2, 3, 5, 7)),
        (((2, 3), (3, 1), (1, 0)),  (2, 2, 5, 6))]),
    (RNN(3),                        "RNN(2, 3, batch_first=True)",                (2, 4, 2)),
    (RNN(3, "relu"),                "RNN(2, 3, nonlinearity='relu', batch_first=True)", (2, 4, 2)),
    (LSTM(3),                       "LSTM(2, 3, batch_first=True)",               (2, 4, 2)),
    (GRU(3),                        "GRU(2, 3, batch_first=True)",                (2, 4, 2)),
]  # fmt: skip
REFERENCE = Path(__file__).with_name("layers_reference.json")
every_case = pytest.mark.parametrize("case", range(len(CASES)), ids=lambda k: repr(CASES[k][0]))
# One of each kind of layer, and an input of it.
SOME = {type(layer): (layer, shape) for layer, _, shape in CASES} | {
    LastStep: (LastStep(), (2, 3, 4)), Dropout: (Dropout(), (2, 3)),
}  # fmt: skip
each_kind = pytest.mark.parametrize(("layer", "shape"), SOME.values(), ids=lambda a: repr(a)[:8])


def drawn(case: int) -> tuple:
    """A layer, parameters of which none is 0, an input with a 0 and ties, and a cotangent."""
    layer, _, shape = CASES[case]
    rng = np.random.default_rng(case)
    parameters = tuple(p + 0.3 * rng.normal(size=p.shape) for p in layer.init(rng, shape[1:]))
    x = 2 * rng.normal(size=shape)
    x.flat[0] = 0
    x = np.round(x) if "Pool" in repr(layer) else x
    return layer, parameters, x, rng.normal(size=layer(parameters, x).shape)


def pytorchs(case: int) -> list[np.ndarray]:
    """The stored numbers, made by `python -m tests.networks.test_layers` where PyTorch is."""
    import torch

    _, parameters, x, g = drawn(case)
    module = eval(f"torch.nn.{CASES[case][1]}", {"torch": torch}).double()
    with torch.no_grad():
        for mine, theirs in zip(parameters, module.parameters(), strict=True):
            theirs.copy_(torch.tensor(mine))
    x = torch.tensor(x, requires_grad=True)
    y = module(x)
    y = y[0] if isinstance(y, tuple) else y
    y.backward(torch.tensor(g))
    return [y.detach().numpy(), *(part.grad.numpy() for part in (x, *module.parameters()))]


# What all have in common.
@every_case
def test_outputs_and_gradients_equal_those_of_pytorch(case, pulled, agree):
    agree(pulled(*drawn(case)), json.loads(REFERENCE.read_text(encoding="utf-8"))[case])


@every_case
def test_derivatives_of_the_first_and_second_order(case):
    """Along a curve through inputs and parameters, so that each way back is differentiated, too."""
    layer, parameters, *_ = drawn(case)
    rng = np.random.default_rng(1)
    x, d = rng.normal(size=(2, *CASES[case][2]))
    along = [0.3 * rng.normal(size=p.shape) for p in parameters]

    def energy(t):
        moved = tuple(p + t * q for p, q in zip(parameters, along, strict=True))
        return np.sum(np.sin(layer(moved, x + 0.01 * np.exp(t) * d)))

    for slope in (grad(energy), grad(grad(energy))):
        expected = derivative(np.vectorize(energy), 0.3)
        assert slope(0.3) == pytest.approx(expected.value, rel=1e-6, abs=1e-9)
        energy = slope


@every_case
def test_single_precision_stays(case, pulled):
    layer, parameters, x, g = drawn(case)
    x, g, *parameters = (part.astype(np.float32) for part in (x, g, *parameters))
    assert {part.dtype for part in pulled(layer, parameters, x, g)} == {np.dtype(np.float32)}


@every_case
def test_no_examples_give_no_outputs_and_nothing_is_changed_in_place(case, pulled):
    layer, parameters, x, g = drawn(case)
    y, to_x, *to_parameters = pulled(layer, parameters, x[:0], g[:0])
    assert (y.shape, to_x.shape) == ((0, *g.shape[1:]), (0, *x.shape[1:]))
    assert not any(np.any(part) for part in to_parameters)
    kept = [part.copy() for part in (x, g, *parameters)]
    _, pull = vjp(lambda x: layer(parameters, x), x)
    np.testing.assert_array_equal(*(pull(g)[0] for _ in range(2)))
    for part, copy in zip((x, g, *parameters), kept, strict=True):
        np.testing.assert_array_equal(part, copy)


@each_kind
def test_lists_and_whole_numbers_become_numbers_and_others_are_refused(layer, shape):
    parameters, x = layer.init(0, shape[1:]), np.arange(np.prod(shape)).reshape(shape)
    y = layer(parameters, x.tolist())
    assert y.dtype == float
    np.testing.assert_array_equal(y, layer(parameters, x.astype(float)))
    for wrong in (x * 1j, np.full(shape, "x")):
        with pytest.raises(TypeError, match="x must be real numbers, got"):
            layer(parameters, wrong)


@each_kind
def test_a_layer_is_a_value(layer, shape):
    assert layer == replace(layer)
    assert hash(layer) == hash(replace(layer))
    assert all(layer != other for other, _ in SOME.values() if other is not layer)
    with pytest.raises(FrozenInstanceError):
        layer.initial = xavier


# What is of one kind.
def test_biases_begin_at_zero_and_weights_as_the_initialisation_draws_them():
    for layer, shape in ((Dense(5, xavier), (6,)), (Conv2D(5, 3, initial=xavier), (4, 9, 9))):
        W, b = layer.init(7, shape)
        assert not b.any()
        np.testing.assert_array_equal(W, xavier(7, W.shape))


def test_the_last_step_alone_receives_a_gradient():
    x = np.arange(12.0).reshape(1, 4, 3)
    y, pullback = vjp(lambda x: LastStep()((), x), x)
    assert np.array_equal(y, x[:, -1])
    assert np.array_equal(pullback(np.ones((1, 3)))[0], [[[0] * 3] * 3 + [[1] * 3]])


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


BAD = [
    (lambda: Dense(0), "units must be a whole number of at least 1, got 0"),
    (lambda: Dropout(1.0), "rate must be at least 0 and below 1, got 1.0"),
    (lambda: LeakyReLU(np.inf), "slope must be finite"),
    (lambda: Dense(3).output_shape((1, 8, 8)), r"input of Dense, must have shape \(N, D\)"),
    (lambda: LastStep().output_shape((4,)), r"input of LastStep, must have shape \(N, T, H\)"),
    (lambda: LastStep()((), X[:, None][:, :0]), r"none but N 0, got \(N, 0, 4\)"),
    (lambda: Dense(3)((W, B), X[:, 1:]), r"W of Dense.* must have shape \(3, 3\) for x of"),
    (lambda: Dense(3)((W, B[1:]), X), r"b of Dense.* must have shape \(3,\) .* got \(2,\)"),
    (lambda: Dense(3)((W,), X), "parameters of Dense must be W, b, got 1 arrays"),
    (lambda: Dense(3, initial=narrow).init(0, (4,)), r"initial must draw .* got \(1, 4\)"),
]  # fmt: skip
WRONG = [
    (lambda: Dense(3, 4), r"initial must be a function \(rng, shape\) -> array, got 4"),
    (lambda: Conv2D(2, 3, initial=1), "initial must be a function .* got 1"),
    (lambda: GRU(3, recurrent_initial=2), "recurrent_initial must be a function .* got 2"),
    (lambda: Dense(3)(W, X), "parameters of Dense must be a tuple of arrays"),
    (lambda: Dense(3)((W + 1j, B), X), "W must be real numbers, got complex128"),
    (lambda: Dense(3).init("seed", (4,)), "rng must be a generator or a seed, got 'seed'"),
    (lambda: Dropout(0.5)((), X, "seed"), "rng must be a generator or a seed, got 'seed'"),
]  # fmt: skip

test_what_cannot_be = refused(BAD, WRONG)


if __name__ == "__main__":
    stored = [[part.tolist() for part in pytorchs(case)] for case in range(len(CASES))]
    REFERENCE.write_text(json.dumps(stored) + "\n", encoding="utf-8")
