"""Convolution and pooling: their definitions by loops, there and back, and their errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calclearn.calculus.autodiff import vjp
from calclearn.networks.images import AvgPool2D, Conv2D, MaxPool2D, avg_pool2d, conv2d, max_pool2d

from ..refusals import refused

RNG = np.random.default_rng(0)


def by_loops(layer, parameters, x, g) -> list[np.ndarray]:
    """The definition, one output after the other, and what each sends back to x, W and b."""
    (kh, kw), (sh, sw), (ph, pw) = layer.windows
    fill = -np.inf if isinstance(layer, MaxPool2D) else 0
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=fill)
    y, back = np.zeros(g.shape), np.zeros(padded.shape)
    W, b = parameters or (np.zeros((0, 0)), np.zeros(0))
    to_W, to_b = np.zeros(W.shape), np.zeros(b.shape)
    for n, c, i, j in np.ndindex(g.shape):
        cells = slice(sh * i, sh * i + kh), slice(sw * j, sw * j + kw)
        place = (n, slice(None) if parameters else c, *cells)
        window, sent = padded[place], g[n, c, i, j]
        if parameters:
            y[n, c, i, j] = b[c] + np.sum(W[c] * window)
            back[place] += sent * W[c]
            to_W[c] += sent * window
            to_b[c] += sent
        elif isinstance(layer, MaxPool2D):
            winner = np.unravel_index(np.argmax(window), window.shape)  # the first of equals
            y[n, c, i, j] = window[winner]
            back[place][winner] += sent
        else:
            y[n, c, i, j] = window.mean()
            back[place] += sent / window.size
    gradients = [back[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]], to_W, to_b]
    return [y, *gradients[: 1 + len(parameters)]]


@st.composite
def problems(draw, kind):
    """A layer of any sizes that fit, its parameters, images with ties, and a cotangent."""
    small, pool = st.integers(1, 4), kind is not Conv2D
    kernel = draw(st.tuples(small, small))
    padding = tuple(draw(st.integers(0, k // 2 if pool else 3)) for k in kernel)
    stride = draw(st.tuples(small, small) | (st.none() if pool else st.just(2)))
    layer = kind(kernel, stride, padding) if pool else kind(draw(small), kernel, stride, padding)
    least = [max(1, k - 2 * p) for k, p in zip(kernel, padding, strict=True)]
    size = [draw(st.integers(low, low + 5)) for low in least]
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *size)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    parameters = tuple(rng.normal(size=p.shape) for p in layer.init(rng, shape[1:]))
    x = rng.integers(-2, 3, shape) * draw(st.sampled_from([1.0, 0.1]))
    return layer, parameters, x, rng.normal(size=(shape[0], *layer.output_shape(shape[1:])))


@pytest.mark.parametrize("kind", [Conv2D, MaxPool2D, AvgPool2D])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_sizes_equal_the_definition(kind, data, pulled, agree):
    problem = data.draw(problems(kind))
    agree(pulled(*problem), by_loops(*problem))


@pytest.mark.parametrize("layer", [Conv2D(2, 3, padding=1), MaxPool2D(2), AvgPool2D(2)])
def test_the_order_in_memory_changes_nothing(layer, pulled, agree):
    x, parameters = RNG.normal(size=(3, 2, 4, 5)), layer.init(0, (2, 4, 5))
    g = RNG.normal(size=layer(parameters, x).shape)
    turned = [np.ascontiguousarray(a.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2) for a in (x, g)]
    agree(pulled(layer, parameters, *turned), pulled(layer, parameters, x, g))


def test_each_argument_has_its_gradient_where_the_others_are_constants(agree):
    x, W, b = RNG.normal(size=(3, 2, 4, 5)), RNG.normal(size=(2, 2, 3, 3)), RNG.normal(size=2)
    y, pull = vjp(conv2d, x, W, b)
    alone = [
        *vjp(lambda x: conv2d(x, W, b), x)[1](y),
        *vjp(lambda W: conv2d(x, W, b), W)[1](y),
        *vjp(lambda b: conv2d(x, W, b), b)[1](y),
    ]
    agree(alone, pull(y))


@pytest.mark.parametrize(("pool", "kind"), [(max_pool2d, MaxPool2D), (avg_pool2d, AvgPool2D)])
def test_the_functions_have_the_defaults_of_the_layers_there_and_back(pool, kind, pulled, agree):
    x, g = RNG.normal(size=(1, 2, 4, 5)), RNG.normal(size=(1, 2, 2, 2))
    agree(pulled(lambda _, x: pool(x, 2), (), x, g), pulled(kind(2), (), x, g), 0)
    assert kind(2) == kind(2, None, 0) != kind(2, stride=1)


def test_lists_and_whole_numbers_will_do():
    y = conv2d([[[[1, 2], [3, 4]]]], [[[[1, 0], [0, 1]]]], [10])
    assert (y.dtype, y.tolist()) == (np.float64, [[[[15.0]]]])
    assert max_pool2d([[[[1, 1], [1, 1]]]], 2).dtype == np.float64
    assert Conv2D(2, [3, np.int64(2)], stride=[1, 2]).output_shape((1, 5, 6)) == (2, 3, 3)


X, W, B = np.ones((2, 3, 5, 5)), np.ones((4, 3, 2, 2)), np.ones(4)
BAD = [
    (lambda: Conv2D(0, 3), "channels must be a whole number of at least 1, got 0"),
    (lambda: Conv2D(2, 0), "kernel_size must be a whole number of at least 1 or a pair"),
    (lambda: Conv2D(2, [3, 3, 3]), r"kernel_size must .* got \[3, 3, 3\]"),
    (lambda: Conv2D(2, 2.5), "kernel_size must be a whole number .* got 2.5"),
    (lambda: Conv2D(2, 3, stride=(1, 0)), r"stride must be .* at least 1 .* got \(1, 0\)"),
    (lambda: Conv2D(2, 3, stride=True), "stride must be a whole number .* got True"),
    (lambda: Conv2D(2, 3, padding=-1), "padding must be a whole number of at least 0"),
    (lambda: Conv2D(2, 3).output_shape((8, 8)), r"input of Conv2D, must have shape \(N, C, H"),
    (lambda: Conv2D(2, 5, padding=1).output_shape((1, 8, 2)),
     r"kernel_size must fit into the image with its padding, \(10, 4\), got \(5, 5\)"),
    (lambda: conv2d(X[0], W, B), r"input of Conv2D, must have shape \(N, C, H, W\), .* 5, 5\)"),
    (lambda: conv2d(X, W[:, :2], B), r"W of Conv2D.* must have shape \(4, 3, 2, 2\) for x of"),
    (lambda: conv2d(X, W[0], B), r"W must have shape \(O, C, k_h, k_w\), got \(3, 2, 2\)"),
    (lambda: conv2d(X, W, B[:2]), r"b of Conv2D.* must have shape \(4,\) .* got \(2,\)"),
    (lambda: conv2d(X, np.ones((1, 3, 6, 6)), B[:1]), "kernel_size must fit"),
    (lambda: Conv2D(4, 2)((W, B), X[:, :0]), r"none but N 0, got \(N, 0, 5, 5\)"),
    (lambda: MaxPool2D((4, 2), padding=2), r"at most half of kernel_size \(4, 2\), got \(2, 2\)"),
    (lambda: AvgPool2D((2, 4), padding=2), r"at most half of kernel_size \(2, 4\), got \(2, 2\)"),
    (lambda: AvgPool2D(2)((), X[0]), r"must have shape \(N, C, H, W\), .* got \(N, 5, 5\)"),
    (lambda: AvgPool2D(6)((), X), "kernel_size must fit"),
    (lambda: max_pool2d(X[0], 2), r"input of MaxPool2D, must have shape \(N, C, H, W\), .* 5, 5\)"),
]  # fmt: skip
WRONG = [
    (lambda: conv2d(X * 1j, W, B), "x must be real numbers, got complex128"),
    (lambda: conv2d(X, W * 1j, B), "W must be real numbers, got complex128"),
    (lambda: conv2d(X, W, [[1, 2], [3]]), r"b must be real numbers, got \[\[1, 2\], \[3\]\]"),
    (lambda: avg_pool2d(X * 1j, 2), "x must be real numbers, got complex128"),
]  # fmt: skip

test_what_cannot_be = refused(BAD, WRONG)
