"""Convolution: its definition by loops, its derivatives to any order, PyTorch's numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.autodiff import grad, hessian, vjp
from calclearn.calculus.checking import check_gradient
from calclearn.calculus.numerical import derivative
from calclearn.calculus.numerical import hessian as numerical_hessian
from calclearn.networks.images import Conv2D, conv2d
from calclearn.networks.initial import xavier

# layer                                                  inputs (N, C, H, W)
CASES = [
    (Conv2D(1, 1), (1, 1, 1, 1)),
    (Conv2D(3, 3), (2, 1, 5, 5)),
    (Conv2D(2, 3, padding=1), (3, 2, 4, 5)),
    (Conv2D(2, 3, stride=2), (2, 3, 6, 7)),
    (Conv2D(4, (2, 3), stride=(1, 2), padding=(2, 0)), (2, 2, 4, 6)),
    (Conv2D(2, (1, 4), stride=3, padding=(0, 3)), (1, 3, 7, 5)),
    (Conv2D(3, (3, 2), stride=(3, 1), padding=2), (2, 2, 6, 3)),
    (Conv2D(2, 2, stride=3), (2, 2, 7, 8)),
    (Conv2D(2, (4, 5)), (3, 2, 4, 5)),
]
REFERENCE = Path(__file__).with_name("convolution_reference.json")
every_case = pytest.mark.parametrize("case", range(len(CASES)), ids=lambda k: repr(CASES[k][0]))


def drawn(case: int) -> tuple:
    """A layer, its parameters, an input, and a cotangent of the output."""
    layer, shape = CASES[case]
    rng = np.random.default_rng(case)
    W, b = layer.init(rng, shape[1:])
    g = rng.normal(size=(shape[0], *layer.output_shape(shape[1:])))
    return layer, (W, rng.normal(size=b.shape)), rng.normal(size=shape), g


def pytorchs(layer: Conv2D, parameters, x, g) -> list[np.ndarray]:
    import torch

    sizes = (layer.kernel_size, layer.stride, layer.padding)
    module = torch.nn.Conv2d(x.shape[1], layer.channels, *sizes).double()
    with torch.no_grad():
        for mine, theirs in zip(parameters, module.parameters(), strict=True):
            theirs.copy_(torch.tensor(mine))
    x = torch.tensor(x, requires_grad=True)
    y = module(x)
    y.backward(torch.tensor(g))
    return [part.numpy() for part in (y.detach(), x.grad, module.weight.grad, module.bias.grad)]


def by_loops(x, W, b, stride, padding):
    """The definition, one output after the other."""
    (sh, sw), (ph, pw) = stride, padding
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    kh, kw = W.shape[2:]
    rows, columns = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    y = np.zeros((len(x), len(W), rows, columns))
    for n, o, i, j in np.ndindex(y.shape):
        window = x[n, :, sh * i : sh * i + kh, sw * j : sw * j + kw]
        y[n, o, i, j] = b[o] + np.sum(W[o] * window)
    return y


# What it computes
@every_case
def test_outputs_and_gradients_equal_those_of_pytorch(case, pulled, agree):
    expected = json.loads(REFERENCE.read_text(encoding="utf-8"))[case]
    agree(pulled(*drawn(case)), expected)


@every_case
def test_the_stored_values_are_those_of_pytorch(case, agree):
    pytest.importorskip("torch")
    agree(pytorchs(*drawn(case)), json.loads(REFERENCE.read_text(encoding="utf-8"))[case])


sizes = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def problems(draw):
    """A layer of any sizes that fit, with all that `drawn` gives."""
    kernel_size, stride = draw(sizes), draw(sizes)
    padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    layer = Conv2D(draw(st.integers(1, 3)), kernel_size, stride, padding)
    least = [max(1, k - 2 * p) for k, p in zip(kernel_size, padding, strict=True)]
    size = [draw(st.integers(low, low + 5)) for low in least]
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *size)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    W, b = layer.init(rng, shape[1:])
    g = rng.normal(size=(shape[0], *layer.output_shape(shape[1:])))
    return layer, (W, rng.normal(size=b.shape)), rng.normal(size=shape), g


@given(problems())
@settings(max_examples=60, deadline=None)
def test_any_sizes_equal_the_definition_and_pytorch(pulled, agree, problem):
    layer, (W, b), x, g = problem
    result = pulled(*problem)
    assert result[0].shape == (len(x), *layer.output_shape(x.shape[1:]))
    agree(result[:1], [by_loops(x, W, b, layer.windows.stride, layer.windows.padding)])
    try:
        agree(result, pytorchs(*problem))
    except ImportError:  # then the identity of the adjoint has to do
        y0 = by_loops(x, W, 0 * b, layer.windows.stride, layer.windows.padding)
        for part, cotangent in ((x, result[1]), (W, result[2])):
            assert np.sum(g * y0) == pytest.approx(np.sum(part * cotangent))


def test_the_order_in_memory_changes_nothing(pulled, agree):
    layer, parameters, x, g = drawn(2)
    turned = [np.ascontiguousarray(a.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2) for a in (x, g)]
    agree(pulled(layer, parameters, *turned), pulled(layer, parameters, x, g))


@every_case
def test_single_precision_stays(case, pulled):
    layer, parameters, x, g = drawn(case)
    x, g, *parameters = (part.astype(np.float32) for part in (x, g, *parameters))
    result = pulled(layer, tuple(parameters), x, g)
    assert {part.dtype for part in result} == {np.dtype(np.float32)}


def test_whole_numbers_and_lists_become_floating_point():
    y = conv2d([[[[1, 2], [3, 4]]]], [[[[1, 0], [0, 1]]]], [10])
    assert y.dtype == np.float64
    assert y.tolist() == [[[[15.0]]]]


def test_no_images_give_no_outputs(pulled):
    layer, (W, b), x, g = drawn(2)
    y, to_x, to_W, to_b = pulled(layer, (W, b), x[:0], g[:0])
    assert y.shape == (0, *g.shape[1:])
    assert to_x.shape == (0, *x.shape[1:])
    assert not to_W.any()
    assert not to_b.any()


# Its derivatives
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv2D(2, 2), (1, 1, 3, 3)),
        (Conv2D(1, (2, 1), stride=(1, 2), padding=1), (2, 1, 2, 3)),
        (Conv2D(1, 2, stride=3), (1, 2, 4, 3)),
    ],
)
def test_the_gradient_is_right_and_so_is_the_second_one(layer, shape):
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=shape), *layer.init(rng, shape[1:])]
    ends = np.cumsum([part.size for part in parts])

    def energy(v):
        x, W, b = (
            v[end - part.size : end].reshape(part.shape)
            for end, part in zip(ends, parts, strict=True)
        )
        return np.sum(np.sin(layer((W, b), x)))

    v = np.concatenate([part.ravel() for part in parts])
    assert check_gradient(energy, grad(energy), at=v)
    np.testing.assert_allclose(
        hessian(energy)(v), numerical_hessian(energy)(v), rtol=1e-6, atol=1e-6
    )


def test_each_argument_has_its_gradient_where_the_others_are_constants(agree):
    layer, (W, b), x, g = drawn(2)
    together = vjp(lambda x, W, b: layer((W, b), x), x, W, b)[1](g)
    alone = [
        *vjp(lambda x: layer((W, b), x), x)[1](g),
        *vjp(lambda W: layer((W, b), x), W)[1](g),
        *vjp(lambda b: layer((W, b), x), b)[1](g),
    ]
    agree(alone, together)


def test_derivatives_of_every_order():
    rng = np.random.default_rng(0)
    x, dx = rng.normal(size=(2, 2, 2, 5, 4))
    W, dW = rng.normal(size=(2, 3, 2, 2, 3)) / 2
    b = rng.normal(size=3)

    def energy(t):
        return np.sum(np.sin(conv2d(x + t * dx, W + t * dW, b, 2, 1)))

    for slope in (grad(energy), grad(grad(energy)), grad(grad(grad(energy)))):
        expected = derivative(np.vectorize(energy), 0.3)
        np.testing.assert_allclose(slope(0.3), expected.value, rtol=1e-6)
        energy = slope


# Which inputs and kernel cells are responsible
@pytest.mark.parametrize("case", [3, 4, 6])
def test_one_output_depends_on_its_window_alone(case, pulled):
    layer, (W, b), x, g = drawn(case)
    (kh, kw), (sh, sw), (ph, pw) = layer.windows
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    for index in [(0, 0, 0, 0), tuple(n - 1 for n in g.shape)]:
        n, o, i, j = index
        one = np.zeros(g.shape)
        one[index] = 1
        _, to_x, to_W, to_b = pulled(layer, (W, b), x, one)
        place = (n, slice(None), slice(sh * i, sh * i + kh), slice(sw * j, sw * j + kw))
        expected = np.zeros(padded.shape)
        expected[place] = W[o]
        inner = expected[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]
        np.testing.assert_allclose(to_x, inner, atol=1e-15)
        np.testing.assert_allclose(to_W[o], padded[place], atol=1e-15)
        assert not np.delete(to_W, o, axis=0).any()
        assert to_b.tolist() == [float(k == o) for k in range(len(b))]


# As a layer
def test_first_weights_follow_the_initialisation():
    shape = (4, 9, 9)
    W, b = Conv2D(50, 3, initial=xavier).init(np.random.default_rng(0), shape)
    assert W.shape == (50, 4, 3, 3)
    assert not b.any()
    assert W.var() == pytest.approx(2 / (9 * 4 + 9 * 50), rel=0.1)
    assert Conv2D(8, 3) == Conv2D(8, 3) != Conv2D(8, 3, padding=1)
    assert hash(Conv2D(8, 3)) == hash(Conv2D(8, 3))


X, W, B = np.ones((2, 3, 5, 5)), np.ones((4, 3, 2, 2)), np.ones(4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0, 3), "channels must be a whole number of at least 1, got 0"),
        (
            lambda: Conv2D(2, 0),
            "kernel_size must be a whole number of at least 1 or a pair",
        ),
        (lambda: Conv2D(2, [3, 3, 3]), r"kernel_size must .* got \[3, 3, 3\]"),
        (lambda: Conv2D(2, 2.5), "kernel_size must be a whole number .* got 2.5"),
        (lambda: Conv2D(2, 3, stride=(1, 0)), r"stride must be .* at least 1 .* got \(1, 0\)"),
        (lambda: Conv2D(2, 3, stride=True), "stride must be a whole number .* got True"),
        (
            lambda: Conv2D(2, 3, padding=-1),
            "padding must be a whole number of at least 0",
        ),
        (
            lambda: Conv2D(2, 3).output_shape((8, 8)),
            r"input of Conv2D, must have shape \(N, C, H",
        ),
        (
            lambda: Conv2D(2, 5, padding=1).output_shape((1, 8, 2)),
            r"kernel_size must fit into the image with its padding, \(10, 4\), got \(5, 5\)",
        ),
        (lambda: conv2d(X[0], W, B), r"x must have shape \(N, C, H, W\), got \(3, 5, 5\)"),
        (lambda: conv2d(X, W[:, :2], B), r"W and b must have shapes \(O, 3, k_h, k_w\) and \(O,\)"),
        (lambda: conv2d(X, W, B[:2]), r"W and b must .* got \(4, 3, 2, 2\) and \(2,\)"),
        (lambda: conv2d(X, W, 1.0), r"W and b must .* got \(4, 3, 2, 2\) and \(\)"),
        (lambda: conv2d(X, np.ones((1, 3, 6, 6)), B[:1]), "kernel_size must fit"),
        (lambda: Conv2D(4, 2)((W, B[:2]), X), r"b of Conv2D.* must have shape \(4,\) for x of"),
        (lambda: Conv2D(4, 3)((W, B), X), r"W of Conv2D.* must have shape \(4, 3, 3, 3\)"),
        (lambda: Conv2D(4, 2)((W, B), X[0]), r"input of Conv2D, must have shape \(N, C, H"),
        (lambda: Conv2D(4, 2)((W, B), X[:, :0]), r"none but N 0, got \(N, 0, 5, 5\)"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_initialisation_that_is_no_function():
    with pytest.raises(TypeError, match=r"initial must be a function .* got 1"):
        Conv2D(2, 3, initial=1)


def test_complex_numbers_are_refused():
    with pytest.raises(TypeError, match="x must be real numbers, got complex128"):
        conv2d(X * 1j, W, B)
    with pytest.raises(TypeError, match="W must be real numbers, got complex128"):
        conv2d(X, W * 1j, B)
    with pytest.raises(TypeError, match="b must be real numbers, got object"):
        conv2d(X, W, [[1, 2], [3]])


def test_pairs_may_be_lists_and_numpys_whole_numbers():
    assert Conv2D(2, [3, np.int64(2)], stride=[1, 2]).output_shape((1, 5, 6)) == (2, 3, 3)


if __name__ == "__main__":
    stored = [[part.tolist() for part in pytorchs(*drawn(case))] for case in range(len(CASES))]
    REFERENCE.write_text(json.dumps(stored) + "\n", encoding="utf-8")
