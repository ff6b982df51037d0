"""Pooling: its definition by loops, its derivatives, who wins a tie, PyTorch's numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.autodiff import grad
from calclearn.calculus.checking import check_gradient
from calclearn.calculus.numerical import derivative
from calclearn.networks.images import AvgPool2D, MaxPool2D, avg_pool2d, max_pool2d

# sizes                                                inputs (N, C, H, W)
SIZES = [
    ({"kernel_size": 1}, (1, 1, 1, 1)),
    ({"kernel_size": 2}, (2, 3, 4, 6)),
    ({"kernel_size": 2}, (2, 2, 5, 7)),
    ({"kernel_size": 3, "stride": 1}, (2, 2, 5, 4)),
    ({"kernel_size": 3, "stride": 2, "padding": 1}, (3, 1, 6, 5)),
    ({"kernel_size": (2, 3), "stride": (3, 1), "padding": (1, 0)}, (2, 2, 5, 6)),
    ({"kernel_size": (4, 1), "stride": (1, 2), "padding": (2, 0)}, (1, 2, 3, 5)),
    ({"kernel_size": 2, "stride": 3, "padding": 1}, (2, 1, 6, 4)),
]
CASES = [(kind(**sizes), shape) for kind in (MaxPool2D, AvgPool2D) for sizes, shape in SIZES]
REFERENCE = Path(__file__).with_name("pooling_reference.json")
every_case = pytest.mark.parametrize("case", range(len(CASES)), ids=lambda k: repr(CASES[k][0]))
both = pytest.mark.parametrize("kind", [MaxPool2D, AvgPool2D])


def drawn(case: int) -> tuple:
    """A layer, no parameters, an input of whole numbers, so that there are ties, a cotangent."""
    layer, shape = CASES[case]
    rng = np.random.default_rng(case)
    x = rng.integers(-2, 3, shape).astype(float)
    return layer, (), x, rng.normal(size=(shape[0], *layer.output_shape(shape[1:])))


def pytorchs(layer, _, x, g) -> list[np.ndarray]:
    import torch

    kind = getattr(torch.nn, type(layer).__name__.replace("2D", "2d"))
    x = torch.tensor(x, requires_grad=True)
    y = kind(layer.kernel_size, layer.stride, layer.padding)(x)
    y.backward(torch.tensor(g))
    return [y.detach().numpy(), x.grad.numpy()]


def by_loops(layer, _, x, g) -> list[np.ndarray]:
    """The definition, one output after the other, and what each sends back."""
    (kh, kw), (sh, sw), (ph, pw) = layer.windows
    largest = isinstance(layer, MaxPool2D)
    width = ((0, 0), (0, 0), (ph, ph), (pw, pw))
    padded = np.pad(x, width, constant_values=-np.inf if largest else 0)
    y, back = np.zeros(g.shape), np.zeros(padded.shape)
    for n, c, i, j in np.ndindex(g.shape):
        place = (n, c, slice(sh * i, sh * i + kh), slice(sw * j, sw * j + kw))
        window = padded[place]
        if largest:
            winner = np.unravel_index(np.argmax(window), window.shape)  # the first of equals
            y[n, c, i, j] = window[winner]
            back[place][winner] += g[n, c, i, j]
        else:
            y[n, c, i, j] = window.mean()
            back[place] += g[n, c, i, j] / window.size
    return [y, back[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]]


# What they compute
@every_case
def test_outputs_and_gradients_equal_those_of_pytorch(case, pulled, agree):
    agree(pulled(*drawn(case)), json.loads(REFERENCE.read_text(encoding="utf-8"))[case])


@every_case
def test_the_stored_values_are_those_of_pytorch(case, agree):
    pytest.importorskip("torch")
    agree(pytorchs(*drawn(case)), json.loads(REFERENCE.read_text(encoding="utf-8"))[case])


@st.composite
def problems(draw, kind):
    """A layer of any sizes that fit, with all that `drawn` gives."""
    kernel_size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel_size)
    stride = draw(st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    layer = kind(kernel_size, stride, padding)
    least = [max(1, k - 2 * p) for k, p in zip(kernel_size, padding, strict=True)]
    size = [draw(st.integers(low, low + 5)) for low in least]
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *size)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.integers(-2, 3, shape) * draw(st.sampled_from([1.0, 0.1]))
    return layer, (), x, rng.normal(size=(shape[0], *layer.output_shape(shape[1:])))


@both
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_sizes_equal_the_definition_and_pytorch(kind, data, pulled, agree):
    problem = data.draw(problems(kind))
    result = pulled(*problem)
    agree(result, by_loops(*problem))
    try:
        agree(result, pytorchs(*problem))
    except ImportError:
        return


@every_case
def test_single_precision_stays_and_no_images_give_no_outputs(case, pulled):
    layer, _, x, g = drawn(case)
    result = pulled(layer, (), x.astype(np.float32), g.astype(np.float32))
    assert {part.dtype for part in result} == {np.dtype(np.float32)}
    y, back = pulled(layer, (), x[:0], g[:0])
    assert (y.shape, back.shape) == ((0, *g.shape[1:]), (0, *x.shape[1:]))


# Who is responsible
def test_the_first_winner_in_the_order_of_reading_takes_all(pulled):
    x = np.array([[[[0.0, 7.0, 7.0], [7.0, 0.0, 7.0], [1.0, 1.0, 1.0]]]])
    for index, winner in [((0, 0), (0, 1)), ((0, 1), (0, 1)), ((1, 0), (1, 0)), ((1, 1), (1, 2))]:
        g = np.zeros((1, 1, 2, 2))
        g[0, 0, *index] = 1
        _, back = pulled(MaxPool2D(2, stride=1), (), x, g)
        assert np.argwhere(back[0, 0]).tolist() == [list(winner)]
        assert back.sum() == 1


def test_the_padding_never_wins_and_counts_in_the_mean():
    x = np.full((1, 1, 2, 2), -3.0)
    assert max_pool2d(x, 3, 1, 1).tolist() == [[[[-3.0, -3.0], [-3.0, -3.0]]]]
    np.testing.assert_allclose(avg_pool2d(x, 3, 1, 1), np.full((1, 1, 2, 2), -12 / 9))


# Their derivatives
@every_case
def test_the_gradient_is_right(case):
    layer, shape = CASES[case]
    x = np.random.default_rng(0).normal(size=shape)[:1]

    def energy(v):
        return np.sum(np.sin(layer((), np.reshape(v, x.shape))))

    assert check_gradient(energy, grad(energy), at=x.ravel())


@pytest.mark.parametrize(("pool", "kind"), [(max_pool2d, MaxPool2D), (avg_pool2d, AvgPool2D)])
def test_the_functions_have_the_defaults_of_the_layers_there_and_back(pool, kind, pulled, agree):
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=(1, 2, 4, 5)), rng.normal(size=(1, 2, 2, 2))
    agree(pulled(lambda _, x: pool(x, 2), (), x, g), pulled(kind(2), (), x, g), 0)


@every_case
def test_derivatives_of_every_order(case):
    """Along a curve, so that each way back is differentiated, too, and the way back of that."""
    layer, shape = CASES[case]
    x, d = np.random.default_rng(case).normal(size=(2, *shape))

    def energy(t):
        return np.sum(np.sin(layer((), x + 0.01 * np.exp(t) * d)))

    for slope in (grad(energy), grad(grad(energy)), grad(grad(grad(energy)))):
        expected = derivative(np.vectorize(energy), 0.3)
        assert slope(0.3) == pytest.approx(expected.value, rel=1e-6)
        energy = slope


# As layers
@both
def test_a_layer_is_a_value_without_parameters(kind):
    layer = kind(2)
    assert layer == kind(2, None, 0) != kind(2, stride=1)
    assert layer.shapes((3, 8, 8)) == {}
    assert layer.init(np.random.default_rng(0), (3, 8, 8)) == ()
    with pytest.raises(AttributeError):
        layer.kernel_size = 3


X = np.ones((2, 3, 5, 5))


@both
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda kind: kind(0), "kernel_size must be a whole number of at least 1 or a pair"),
        (lambda kind: kind((2, 2, 2)), r"kernel_size must .* got \(2, 2, 2\)"),
        (lambda kind: kind(2, stride=0), "stride must be a whole number of at least 1"),
        (lambda kind: kind(2, padding=-1), "padding must be a whole number of at least 0"),
        (
            lambda kind: kind((4, 2), padding=2),
            r"padding must be at most half of kernel_size \(4, 2\), got \(2, 2\)",
        ),
        (lambda kind: kind(2).output_shape((3, 8)), r"must have shape \(N, C, H, W\)"),
        (
            lambda kind: kind(6).output_shape((1, 5, 8)),
            r"kernel_size must fit into the image with its padding, \(5, 8\), got \(6, 6\)",
        ),
        (lambda kind: kind(2)((), X[0]), r"must have shape \(N, C, H, W\), .* got \(N, 5, 5\)"),
        (lambda kind: kind(6)((), X), "kernel_size must fit"),
    ],
)
def test_what_cannot_be(kind, make, message):
    with pytest.raises(ValueError, match=message):
        make(kind)


@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
def test_lists_become_floating_point_and_complex_numbers_are_refused(pool):
    y = pool([[[[1, 1], [1, 1]]]], 2)
    assert (y.dtype, y.tolist()) == (np.float64, [[[[1.0]]]])
    with pytest.raises(TypeError, match="x must be real numbers, got complex128"):
        pool(X * 1j, 2)


if __name__ == "__main__":
    stored = [[part.tolist() for part in pytorchs(*drawn(case))] for case in range(len(CASES))]
    REFERENCE.write_text(json.dumps(stored) + "\n", encoding="utf-8")
